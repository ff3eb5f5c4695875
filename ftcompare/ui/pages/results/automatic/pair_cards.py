"""Cards that compare two systems by consistency, checks, labels, refusals, and confidence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.answer_confidence import CorrectBy, StudyCalibration
from ftcompare.app.results.presentation import calibration, checks, consistency, safety
from ftcompare.app.results.presentation.blocks import Table
from ftcompare.app.results.presentation.checks import LABELS_TITLE, PairChecks
from ftcompare.app.results.presentation.consistency import PairConsistency
from ftcompare.app.results.presentation.safety import PairSafety
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.grid import FigureGrid, show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.prompt_list import PromptList
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import Muted, label, named
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_row
from ftcompare.ui.widgets.segments import Segments

CATEGORY_COLUMN = 1


class ConsistencyCards(QWidget):
    """A card of the measures with their differences, and one of the prompts.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self._context = context
        self.sentence = named(label("", wrap=True), "consistency_sentence")
        self.systems = FigureGrid("Consistency by system")
        self.measures = TitledCard(consistency.TITLE, explain)
        self.measures.set_content(filled(in_column(self.sentence, self.systems, gap=M)))
        self.prompts = TitledCard("One wavers, the other does not", explain)
        self.told = label("", "muted", wrap=True)
        self.table = PromptList(
            context.theme,
            "Prompts on which one system wavers; Enter shows the answers",
            "Words of the prompt, its id or category",
        )
        self.prompts.set_content(filled(in_column(self.told, self.table, gap=M)))
        in_column(self.measures, self.prompts, gap=L, of=self)
        self.table.asked.connect(self.asked)

    def show_pair(self, pair: PairConsistency) -> None:
        """Show a pair of systems beside the figures of all."""
        sentence, table = consistency.consistency_sentence(pair), consistency.pair_table(pair)
        self.sentence.setText(sentence.text)
        self.systems.set_table(table)
        self.systems.setVisible(bool(table.rows))
        self.measures.set_explanations(self.systems.explanations if table.rows else ())
        self.prompts.setVisible(pair.both)
        self._show_prompts(pair)

    def search(self) -> None:
        """Put the cursor into the filter field, where prompts are listed."""
        if self.table.isVisible():
            self.table.search()

    def focus_list(self) -> None:
        """Go on in the list."""
        self.table.view.setFocus()

    def _show_prompts(self, pair: PairConsistency) -> None:
        if not pair.both:
            return
        table = consistency.wavering_table(pair)
        self.told.setText(consistency.wavering_sentence(pair))
        show_values(self.table, table)
        self.table.view.setColumnHidden(CATEGORY_COLUMN, not any(row.values[2] for row in table.rows))
        self.table.setVisible(bool(table.rows))
        self.prompts.set_explanations(filter(None, (table.explanation,)))
        self.table.fit()


class ChecksCards(QWidget):
    """A card of the measures with their differences, one of labels, and one of prompts.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.sentence = named(label("", wrap=True), "checks_sentence")
        self.systems = FigureGrid("Checks by system")
        self.measures = TitledCard(checks.TITLE, explain)
        self.overlap = FigureGrid(checks.OVERLAP_TITLE)
        self._overlap_title = label(checks.OVERLAP_TITLE)
        self.contexts = FigureGrid(checks.BY_CONTEXT)
        self._contexts_title = label(checks.BY_CONTEXT)
        contexts = (self._contexts_title, self.contexts)
        parts = (self.sentence, self.systems, *contexts, self._overlap_title, self.overlap)
        self.measures.set_content(filled(in_column(*parts, gap=M)))
        self.prompts = TitledCard(checks.ONE_PASSES, explain)
        self.table = PromptList(
            context.theme,
            "Prompts that one system passes; Enter shows the answers",
            "Words of the prompt, its id or what fails",
        )
        self.prompts.set_content(self.table)
        self.labels = LabelsCard(explain)
        in_column(self.measures, self.labels, self.prompts, gap=L, of=self)
        self.table.asked.connect(self.asked)

    def show_pair(self, pair: PairChecks) -> None:
        """Show a pair of systems beside the figures of all, or how to begin."""
        table, overlap = checks.pair_table(pair), checks.pair_overlap_table(pair)
        told = checks.checks_sentence(pair)
        self.sentence.setText(told)
        self.sentence.setVisible(bool(told))
        self.systems.set_table(table)
        self.systems.setVisible(bool(table.rows))
        self.overlap.set_table(overlap)
        for part in (self._overlap_title, self.overlap):
            part.setVisible(len(overlap.columns) > 1)
        contexts = checks.context_table(pair.found)
        self.contexts.set_table(contexts)
        for part in (self._contexts_title, self.contexts):
            part.setVisible(bool(contexts.rows))
        shown = (grid for grid in (self.systems, self.contexts, self.overlap) if not grid.isHidden())
        self.measures.set_explanations([one for grid in shown for one in grid.explanations])
        self.labels.show_tables(checks.pair_label_tables(pair))
        listed = checks.passes_table(pair)
        self.prompts.setVisible(bool(listed.rows))
        show_values(self.table, listed)
        self.prompts.set_explanations(filter(None, (listed.explanation,)))
        self.table.fit()

    def focus_list(self) -> None:
        """Go on in the list."""
        self.table.view.setFocus()


class LabelsCard(TitledCard):
    """Tables below each other, each with its title; hidden without tables.

    Args:
        explain: called with the explanations of the tables.
    """

    def __init__(self, explain: Explain) -> None:
        super().__init__(LABELS_TITLE, explain)
        self._tables = Slot()
        self.set_content(self._tables)

    def show_tables(self, tables: Sequence[Table]) -> None:
        """Replace the tables."""
        parts = []
        for table in tables:
            grid = FigureGrid(table.caption)
            grid.set_table(table)
            parts.append(filled(in_column(label(table.caption, wrap=True), grid, gap=S)))
        self._tables.set_content(filled(in_column(*parts, gap=M)))
        self.set_explanations([table.explanation for table in tables[:1] if table.explanation is not None])
        self.setVisible(bool(tables))


class SafetyCards(QWidget):
    """A card of harmful prompts that are now answered, and one of harmless prompts that are now declined.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.sentence = named(label("", wrap=True), "safety_sentence")
        self.answered, self.failures = self._list(context, explain, safety.NEW_FAILURES)
        self.declined, self.over_refusals = self._list(context, explain, safety.NEW_OVER_REFUSALS)
        told = in_column(self.sentence, Muted(safety.SCREEN), self.answered, gap=M)
        self.failures.set_content(filled(told))
        self.over_refusals.set_content(self.declined)
        self._last = self.answered
        in_column(self.failures, self.over_refusals, gap=L, of=self)

    def _list(self, context: PageContext, explain: Explain, title: str) -> tuple[PromptList, TitledCard]:
        """A list in a card of its own; remembers which list was used last."""
        listed = PromptList(
            context.theme, f"{title}; Enter shows the answers", "Words of the prompt, its id or its category"
        )

        def asked(prompt: object) -> None:
            self._last = listed
            self.asked.emit(prompt)

        listed.asked.connect(asked)
        return listed, TitledCard(title, explain)

    def show_pair(self, pair: PairSafety) -> None:
        """Show a pair of systems; nothing if they have no such prompts in common."""
        self.setVisible(pair.both)
        if not pair.both:
            return
        self.sentence.setText(safety.failures_sentence(pair))
        found = (safety.failures_table(pair), safety.over_refusals_table(pair))
        lists = ((self.answered, self.failures), (self.declined, self.over_refusals))
        for (listed, card), table in zip(lists, found, strict=True):
            show_values(listed, table)
            listed.setVisible(bool(table.rows))
            listed.fit()
            card.set_explanations(filter(None, (table.explanation,)))
        self.over_refusals.setVisible(bool(found[1].rows))

    def focus_list(self) -> None:
        """Focus the list that was used last."""
        self._last.view.setFocus()


CORRECT_WORDS = {
    CorrectBy.HOLDS: "Holds a reference",
    CorrectBy.EQUALS: "Is a reference",
    CorrectBy.CHECKS: "Passes its checks",
}


class ConfidenceCards(QWidget):
    """A card of the figures, and the reliability diagram.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        by_chosen: the `CorrectBy` rule for which answers count as correct.
    """

    by_chosen = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.sentence = named(label("", wrap=True), "calibration_sentence")
        self._by = Segments({by.value: words for by, words in CORRECT_WORDS.items()}, "correct_by")
        self._by.choose(CorrectBy.HOLDS.value)
        self._rule = filled(in_row(label("Counts as correct", "muted"), self._by, STRETCH, gap=M))
        self.systems = FigureGrid("Confidence by system")
        self.figures = TitledCard(calibration.TITLE, explain)
        parts = (self.sentence, self._rule, self.systems)
        self.figures.set_content(filled(in_column(*parts, gap=M)))
        self.chart = FigureCard(context.theme, context.bar, "Reliability", "reliability", explain=explain)
        self._caption = label("", "small", wrap=True)
        self.chart.body.addWidget(self._caption)
        in_column(self.figures, self.chart, gap=L, of=self)
        self.chart.body.setSpacing(S)
        self._by.picked.connect(self._choose)

    def show_pair(self, found: StudyCalibration, a: str, b: str) -> None:
        """Show a pair of systems beside the figures of all, or how to begin."""
        lacking = calibration.lacking_words(found)
        said = (calibration.calibration_sentence(found, system) for system in (b, a))
        self.sentence.setText(lacking or "\n".join(filter(None, said)))
        self._rule.setVisible(bool(found.scored and (found.references or found.checked)))
        self.systems.setVisible(not lacking)
        self.systems.set_table(calibration.pair_calibration_table(found, a, b))
        self.figures.set_explanations(() if lacking else self.systems.explanations)
        picture = calibration.reliability_picture(found, a, b)
        self.chart.setVisible(picture is not None)
        if picture is not None:
            self.chart.show_picture(picture)
            self._caption.setText(picture.caption)

    def _choose(self) -> None:
        self.by_chosen.emit(CorrectBy(str(self._by.chosen)))
