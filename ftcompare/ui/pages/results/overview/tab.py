"""The tab “Overview”: the sentence about a pair, its charts, and its figures. Imports matplotlib."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from ftcompare.app.results.claim_sentences import (
    evidence_sentence,
    interval_sentence,
    is_enough,
    pair_headline,
    unconfirmed,
)
from ftcompare.app.results.presentation.blind_checks import live_blocks
from ftcompare.app.results.presentation.blocks import Explanation, Paragraph, explanations_of
from ftcompare.app.results.presentation.error_marks import TITLE as MARKS
from ftcompare.app.results.presentation.evidence import evidence_picture
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import TRUST, figures, forest_picture, lost_paragraph
from ftcompare.app.results.presentation.pair_results import PairResults, pooled_words
from ftcompare.app.results.presentation.prompted_base import fallback_sentences
from ftcompare.app.results.presentation.ranking import ranking_sentences
from ftcompare.app.results.presentation.regressions import clearest_figures
from ftcompare.app.results.presentation.win_rate import rate_explanation
from ftcompare.app.results.regressions import JudgedPrompt, judged_prompts
from ftcompare.app.results.study_results import PairSummary
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.disclosure import Subject
from ftcompare.ui.figures.cards import LISTS, FiguresCard, ParagraphLine, SnugLabel, TitledCard, figure_rows
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tab_area import TwoColumns
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import IconLabel, L, M, S
from ftcompare.ui.widgets.button_groups import FocusGroup
from ftcompare.ui.widgets.controls import Heading, LinkButton, StatusPill, label, named
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_row, put

PARTS = (Dimension.SPLIT, Dimension.CATEGORY)
"""The dimensions that the chart shows below the row for all prompts."""


PROMPT_LENGTH = 56
"""Characters of a prompt that is a link."""


class OverviewTab(ResultsTab):
    """A summary of the results of one pair of systems."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        explain, pick = self.explained.emit, self.comparisons_asked.emit
        self._explanations: tuple[Explanation, ...] = ()
        self.leakage = CautionBar("Which prompts")
        self.headline = named(Heading(""), "headline")
        self.lines = SnugLabel(), SnugLabel(), SnugLabel()  # scores, the pair, and its interval
        self.lines[1].setProperty("role", "")  # a claim is no secondary text
        self._how = named(LinkButton("How is this computed?"), "how_headline")
        self.settled = SnugLabel()
        self.forest = FigureCard(context.theme, context.bar, "Win rate", "win-rate", LISTS, explain=explain)
        self.evidence = FigureCard(context.theme, context.bar, "Evidence", "evidence", explain=explain)
        self._enough = StatusPill("neutral", "")
        self._meter = Slot()
        self.judgments = FiguresCard("Judgments", explain, pick)
        self.trust = FiguresCard("Can you trust the raters?", explain, pick)
        self.blind = FiguresCard("Did raters recognize the systems?", explain, pick, below=True)
        self.variants = FiguresCard("With and without excluded raters", explain, pick, below=True)
        self.criteria = FiguresCard("By criterion", explain, pick, below=True)
        self.marks = FiguresCard(MARKS, explain, pick, below=True)
        self.fallback = named(SnugLabel(), "fallback_sentence")
        self.lost = ParagraphLine("What got worse", explain, pick)
        self.lost.link.setObjectName("lost_link")
        self.clearest = TitledCard("Largest wins and losses", explain)
        self.live = ParagraphLine("Live votes", explain, pick)
        self._tasks = OwnedTasks(self, context.tasks)
        self._pair: PairSummary | None = None
        self._top = FocusGroup()
        self._columns = TwoColumns(context.theme)
        self._arrange()
        self.forest.view.picked.connect(self._pick_row)
        self.leakage.asked.connect(lambda: self.tab_asked.emit("where"))

    def show_results(self, shown: ResultsData) -> None:
        """Show another pair, or other results of it."""
        told = shown.told
        self.leakage.show_text(shown.leakage.warning if shown.leakage else "")
        all_told = told.disclosure.tells(Subject.ALL_FIGURES)
        ranked = ranking_sentences(told.summary)
        self.headline.setText(ranked[0] if ranked else pair_headline(told))
        pair = (ranked[1], pair_headline(told)) if ranked else ("", "")
        interval = f"{interval_sentence(told.pair)} {pooled_words(told)}".rstrip()
        for line, text in zip(self.lines, (*pair, interval), strict=True):
            line.set_text(text if all_told else "")
            line.setVisible(all_told and bool(text))
        self.forest.setVisible(all_told)
        picture = evidence_picture(told)
        self.settled.set_text(evidence_sentence(told.pair, rating_open=told.disclosure.rating_open))
        if all_told:
            self.forest.show_picture(forest_picture(told, *PARTS))
        evidence = figures(told, Group.EVIDENCE)
        self.evidence.show_picture(picture, explanations_of(evidence, picture.explanation))
        self._show_enough(told)
        self._show_cards(told)
        self._fetch_clearest(shown)
        fallback = " ".join(fallback_sentences(told))
        self.fallback.set_text(fallback)
        self.fallback.setVisible(bool(fallback))
        lost = lost_paragraph(told)
        self.lost.show_paragraph(replace(lost, explanation=None))
        said = (rate_explanation(told.pair) if all_told else None, picture.explanation, lost.explanation)
        self._explanations = tuple(how for how in said if how is not None)
        blocks = live_blocks(shown.checks, told.disclosure)
        live = (block for block in blocks if isinstance(block, Paragraph))
        self.live.show_paragraph(next(live, Paragraph("")))

    def make_room(self, opened: bool) -> None:
        self._columns.cover(opened)

    def _show_cards(self, results: PairResults) -> None:
        self.judgments.show_figures(figures(results, Group.COUNTS))
        self.trust.show_figures(figures(results, *TRUST))
        self.criteria.show_figures(figures(results, Group.CRITERIA))
        self.marks.show_figures(figures(results, Group.MARKS))
        self.blind.show_figures(figures(results, Group.BLIND))
        self.variants.show_figures(figures(results, Group.VARIANTS))

    def _fetch_clearest(self, shown: ResultsData) -> None:
        """Find the prompts with the clearest result for the current pair, on the study's thread."""
        told, pair = shown.told, shown.pair
        self._pair = pair
        self._show_clearest(told, ())
        if shown.disclosure.tells(Subject.PROMPT_WINNERS):
            fetch = partial(judged_prompts, a=pair.a, b=pair.b, kind=pair.rater_kind)
            self._tasks.run(fetch, partial(self._take_clearest, pair, told))

    def _take_clearest(
        self, pair: PairSummary, results: PairResults, judged: tuple[JudgedPrompt, ...]
    ) -> None:
        if pair is self._pair:  # No other pair was chosen meanwhile.
            self._show_clearest(results, judged)

    def _show_clearest(self, results: PairResults, judged: tuple[JudgedPrompt, ...]) -> None:
        groups = [group for group in clearest_figures(results, judged) if group.figures]
        pick = self.comparisons_asked.emit
        parts = [
            filled(
                in_column(
                    label(group.title, "small", wrap=True),
                    figure_rows(group.shown, pick, link_length=PROMPT_LENGTH),
                    gap=S,
                )
            )
            for group in groups
        ]
        self.clearest.setVisible(bool(groups))
        self.clearest.set_content(filled(in_column(*parts, gap=M)))
        self.clearest.set_explanations(filter(None, (group.explanation for group in groups[:1])))

    def _show_enough(self, results: PairResults) -> None:
        pair = results.pair
        if unconfirmed(pair):
            self._enough.set("neutral", "Enough, but only earlier")
        elif is_enough(pair):
            self._enough.set("good", "Enough")
        else:
            self._enough.set("neutral", "Not enough to stop early")
        shown = figures(results, Group.EVIDENCE).shown
        self._meter.set_content(figure_rows(shown, self.comparisons_asked.emit))

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        how = self._how
        how.clicked.connect(lambda: self.explained.emit(self._explanations))
        row = in_row((self.settled, 1), (how, Qt.AlignmentFlag.AlignBottom), STRETCH, gap=S)
        said = (self.headline, *self.lines, row, self.fallback, self.lost)
        in_column(self.leakage, *said, gap=S, of=self._top)
        in_column(self._top, (self._columns, 1), self.live, gap=L, of=self)
        self.evidence.head.insertWidget(2, self._enough)
        self.evidence.body.addWidget(self._meter)
        checks = in_row(gap=L)
        for card in (self.blind, self.variants):
            checks.addWidget(card, 1, Qt.AlignmentFlag.AlignTop)
        put(self._columns.left, self.forest, self.clearest, self.evidence, checks, STRETCH)
        put(self._columns.side, self.judgments, self.criteria, self.marks, self.trust, STRETCH)

    def _pick_row(self, dimension: str, stored: str) -> None:
        chosen = dimension in {by.value for by in PARTS}
        self.comparisons_asked.emit(Part(Dimension(dimension), stored) if chosen else Part())


class CautionBar(QFrame):
    """A warning with an icon and words, never only a color; hidden if there is no warning."""

    asked = Signal()

    def __init__(self, link: str) -> None:
        super().__init__()
        self.setObjectName("caution_bar")
        self.setProperty("role", "raised")
        self._words = label("", wrap=True)
        button = LinkButton(link)
        button.clicked.connect(self.asked)
        icon = IconLabel("triangle-alert", "caution")
        in_row(icon, (self._words, 1), button, gap=M, margins=(L, M, M, M), of=self)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show this warning; an empty text hides the bar."""
        told = f"Caution: {text}"
        self._words.setText(told)
        self.setAccessibleName(told if text else "")
        self.setVisible(bool(text))
