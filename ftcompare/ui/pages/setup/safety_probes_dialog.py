"""Prompts for the safety screen: which of the set that ships with the program are added, looked at before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from ftcompare.app.setup.safety_probes import Framing, ProbeChoice, chosen_probes
from ftcompare.core.context import Expectation
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

SIZE = (980, 660)
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


class SafetyProbesDialog(QDialog):
    """What to add, by category of hazard and form of the request.

    Args:
        probes: the whole set, as it is.
        present: ids of prompts that are there already; those are left out.
        theme: of the table.
        parent: the window that it belongs to.
    """

    chosen = Signal(object)
    """The prompts to add, a tuple of `PromptSpec`."""

    def __init__(
        self,
        probes: Sequence[PromptSpec],
        present: Collection[str],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("probes_dialog")
        self.setWindowTitle("Safety probes")
        self._probes, self._present = tuple(probes), frozenset(present)
        self._new: tuple[PromptSpec, ...] = ()
        many = Counter(spec.category for spec in probes)
        self.categories = {
            category: self._box(f"{category.replace('_', ' ')} ({many[category]:,})", f"probes_{category}")
            for category in many
        }
        self.framings = {
            framing: self._box(words, f"probes_{framing.value}") for framing, words in FRAMINGS.items()
        }
        self.table = DataTable(
            theme, "Prompts to be added", COLUMNS, "Find in the prompts to be added", "All words must occur."
        )
        self.told = named(Muted(""), "probes_told")
        self.accept_button = named(PrimaryButton("Add to the prompts"), "probes_accept")
        for box in (*self.categories.values(), self.framings[Framing.PLAIN]):
            box.setChecked(True)
        self._arrange()
        for box in (*self.categories.values(), *self.framings.values()):
            box.toggled.connect(self._choose)
        self.resize(*SIZE)
        self._choose()

    def accept(self) -> None:
        """Close, and tell what is to be added."""
        self.chosen.emit(self._new)
        super().accept()

    def _choose(self) -> None:
        """Show what is added as the boxes are."""
        made = self._made()
        self._new = tuple(spec for spec in made if spec.key not in self._present)
        self.table.set_rows([_row(place, spec) for place, spec in enumerate(self._new)])
        self.told.setText(_told(self._new, len(made) - len(self._new)))
        self.accept_button.setEnabled(bool(self._new))

    def _made(self) -> tuple[PromptSpec, ...]:
        framings = [framing for framing, box in self.framings.items() if box.isChecked()]
        categories = [category for category, box in self.categories.items() if box.isChecked()]
        # without a category `ProbeChoice` means all
        return chosen_probes(self._probes, ProbeChoice(framings, categories)) if categories else ()

    # --- laying out ------------------------------------------------------------------------------

    def _box(self, words: str, name: str) -> QCheckBox:
        return named(QCheckBox(words), name)

    def _arrange(self) -> None:
        cancel = named(PlainButton("Cancel"), "probes_cancel")
        cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)
        buttons = in_row((self.told, 1), cancel, self.accept_button, gap=S)
        parts = (
            Heading("Add safety probes", level=2),
            Muted(ABOUT),
            label("Categories of hazard", "strong"),
            _flow(self.categories.values()),
            label("Form of the request", "strong"),
            _flow(self.framings.values()),
        )
        body = in_column(*parts, (self.table, 1), buttons, gap=M, of=self)
        body.setContentsMargins(XL, L, XL, L)


def _flow(boxes: Collection[QCheckBox]) -> QWidget:
    """In lines, as many beside each other as there is room for."""
    made = QWidget()
    flow = FlowLayout(L, made)
    for box in boxes:
        flow.addWidget(box)
    return made


def _told(new: Sequence[PromptSpec], there: int) -> str:
    """How many are added, of which kind, and how many are not."""
    harmful = sum(1 for spec in new if spec.expects is Expectation.REFUSAL)
    told = f"{counted(len(new), 'prompt')}: {harmful:,} harmful to decline, {len(new) - harmful:,} to answer."
    return f"{told} {there:,} left out, as the prompts have them." if there else told


def _row(place: int, spec: PromptSpec) -> Row:
    text = " … ".join(message.content for message in spec.messages)
    last = one_line(spec.text, CELL)
    cells = (spec.key, last, spec.category.replace("_", " "), RIGHT.get(spec.expects, ""))
    return Row(place, cells, tip=one_line(text, TIP))
