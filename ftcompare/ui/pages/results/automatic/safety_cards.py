"""Prompts that one system declined and another answered, and the reverse for harmless prompts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation import safety
from ftcompare.app.results.presentation.safety import PairSafety
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.value_table import show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.prompt_list import PromptList
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import Muted, label, named
from ftcompare.ui.widgets.layouts import filled, in_column


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
