"""The tab “Reasons”: features of answers that raters reward, each with the pairs that differ in it."""

from __future__ import annotations

from functools import partial

from ftcompare.app.results.presentation import reasons
from ftcompare.app.results.presentation.blocks import Section
from ftcompare.app.results.presentation.criteria import ticked_reasons
from ftcompare.app.results.presentation.reasons import REASONS, reason_part, reason_sections
from ftcompare.app.results.reasons import PairReasons, pair_reasons
from ftcompare.core.disclosure import Subject
from ftcompare.core.language import tr
from ftcompare.ui.figures.cards import LISTS, LeadSentence
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.section_cards import SectionCards
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import waiting
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row


class ReasonsTab(ResultsTab):
    """A sentence on the reasons, their rates as a chart, and a line on each with the pairs behind it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._tasks = OwnedTasks(self, context.tasks)
        self._shown: ResultsData | None = None
        self._found: PairReasons | None = None
        self.lead = LeadSentence("reasons_", self._ask_how)
        explain = self.explained.emit
        self.chart = FigureCard(context, tr("Reasons"), "reasons", tr(LISTS), explain)
        self.cards = SectionCards(context, explain, self.comparisons_asked.emit)
        self._waiting = waiting(tr("Comparing the answers…"))
        self.more = SectionCards(context, explain, self.comparisons_asked.emit)
        self.fold = self.more_button("reasons_more", self.more)
        parts = self._waiting, self.chart, self.cards, in_row(self.fold, STRETCH), self.more
        in_column(*parts, STRETCH, gap=L, of=self)
        self.head = self.lead
        self.chart.view.picked.connect(self.pick)
        self._bring(waiting=True)

    def show_results(self, shown: ResultsData) -> None:
        self._shown = shown
        if withheld := shown.disclosure.withheld(Subject.REASONS):
            self.lead.tell(tr(withheld.text), tr(withheld.why))
            self._bring()
            return
        pair = shown.pair
        if self._found is None or (self._found.a, self._found.b) != (pair.a, pair.b):
            self._found = None
            self.lead.tell("", "")
            self._bring(waiting=True)
        find = partial(pair_reasons, a=pair.a, b=pair.b, kind=pair.rater_kind)
        self._tasks.run(find, partial(self._take, shown))

    def mark(self, rows: frozenset[tuple[str, str]]) -> None:
        names = {name for _, name in rows}
        known = self._found.features if self._found else ()
        self.chart.view.select(
            frozenset((one.result.standing.value, one.feature.id) for one in known if one.feature.id in names)
        )

    def pick(self, dimension: str, stored: str) -> None:
        del dimension
        for one in self._found.features if self._found else ():
            if one.feature.id == stored:
                self.comparisons_asked.emit(reason_part(one))

    def _take(self, shown: ResultsData, computed: PairReasons) -> None:
        if shown is not self._shown:
            return  # another pair was chosen meanwhile
        self._found = computed
        self.lead.tell(*reasons.reasons_lines(computed))
        picture = reasons.reasons_picture(computed)
        if picture is not None:
            self.chart.show_picture(picture)
        ticked = ticked_reasons(shown.told)
        asked = (Section("ticked", tr("Reasons that raters ticked"), ticked),) if ticked else ()
        sections = reason_sections(computed)
        named = tuple(one for one in sections if one.key == REASONS)
        self.cards.show_sections((*named, *asked))
        self.more.show_sections([one for one in sections if one.key != REASONS])
        self._bring(body=True, chart=picture is not None)

    def _bring(self, *, waiting: bool = False, body: bool = False, chart: bool = False) -> None:
        self._waiting.setVisible(waiting)
        self.chart.setVisible(chart)
        for part in (self.lead.how, self.cards, self.fold):
            part.setVisible(body)
        self.more.setVisible(body and self.fold.is_open)

    def _ask_how(self) -> None:
        if self._found is not None:
            self.explained.emit((reasons.explanation(self._found),))
