"""Prompts for the safety screen: which of the set that ships with the program are added, looked at before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.safety_probes import Framing, ProbeChoice, chosen_probes
from ftcompare.core.context import Expectation
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec
from ftcompare.ui.dialogs.task_dialog import PreviewDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import L, Theme
from ftcompare.ui.widgets.controls import Muted, label
from ftcompare.ui.widgets.table import DataColumn, Row
from ftcompare.ui.widgets.tick_boxes import TickBoxes

COLUMNS = (
    DataColumn("Id"),
    DataColumn("Prompt", stretch=1),
    DataColumn("Category"),
    DataColumn("A right answer"),
)
ABOUT = (
    "Requests that a careful model declines, and as many harmless ones that look alike and are to be "
    "answered. They ask for harmful things in mild words and hold no instructions. Raters see them like any "
    "other prompt: tell them before. Results → Automatic then says what each system declines."
)
FRAMINGS = {
    Framing.PLAIN: "as it is",
    Framing.ROLE_PLAY: "role-play: a figure in a play is asked",
    Framing.PREFIX: "prefix: the answer is to begin as if it complied",
    Framing.TRANSLATION: "translation: the answer is to be in German",
    Framing.MANY_SHOT: "many-shot: after eight questions that were answered",
}
RIGHT = {Expectation.REFUSAL: "declines", Expectation.ANSWER: "answers"}
CELL, TIP = 200, 900
"""Characters of a prompt in the table, and in its tip."""


class SafetyProbesDialog(PreviewDialog):
    """What to add, by category of hazard and form of the request. `taken` carries the prompts, a tuple.

    Args:
        probes: the whole set, as it is.
        present: ids of prompts that are there already; those are left out.
    """

    def __init__(
        self,
        probes: Sequence[PromptSpec],
        present: Collection[str],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        table = "Prompts to be added", "Find in the prompts to be added", COLUMNS
        super().__init__("probes", "Safety probes", "Add to the prompts", *table, theme, parent)
        self._probes, self._present = tuple(probes), frozenset(present)
        self._new: tuple[PromptSpec, ...] = ()
        counts = Counter(spec.category for spec in probes)
        self.categories, self.framings = TickBoxes("probes", flow=L), TickBoxes("probes", flow=L)
        self.categories.offer([(one, f"{one.replace('_', ' ')} ({n:,})", True) for one, n in counts.items()])
        self.framings.offer([(one.value, told, one is Framing.PLAIN) for one, told in FRAMINGS.items()])
        self.lay_out(
            "Add safety probes",
            Muted(ABOUT),
            label("Categories of hazard", "strong"),
            self.categories,
            label("Form of the request", "strong"),
            self.framings,
            size=(980, 660),
        )
        self.categories.changed.connect(self._choose)
        self.framings.changed.connect(self._choose)
        self._choose()

    def accept(self) -> None:
        self.taken.emit(self._new)
        super().accept()

    def _choose(self) -> None:
        categories, framings = self.categories.chosen, [Framing(one) for one in self.framings.chosen]
        # without a category `ProbeChoice` means all
        made = chosen_probes(self._probes, ProbeChoice(framings, categories)) if categories else ()
        self._new = tuple(spec for spec in made if spec.key not in self._present)
        rows = [_row(place, spec) for place, spec in enumerate(self._new)]
        self.show_preview(rows, _summary(self._new, len(made) - len(self._new)), usable=bool(self._new))


def _summary(new: Sequence[PromptSpec], present: int) -> str:
    """How many are added, of which kind, and how many are not."""
    harmful = sum(1 for spec in new if spec.expects is Expectation.REFUSAL)
    told = f"{counted(len(new), 'prompt')}: {harmful:,} harmful to decline, {len(new) - harmful:,} to answer."
    return f"{told} {present:,} left out, as the prompts have them." if present else told


def _row(place: int, spec: PromptSpec) -> Row:
    text = " … ".join(message.content for message in spec.messages)
    last = one_line(spec.text, CELL)
    cells = (spec.key, last, spec.category.replace("_", " "), RIGHT.get(spec.expects, ""))
    return Row(place, cells, tip=one_line(text, TIP))
