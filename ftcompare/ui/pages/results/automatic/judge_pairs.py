"""Which pairs a judge is asked about: all, those that people judged, or a random sample."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QSpinBox, QWidget

from ftcompare.app.judges.questions import LARGEST_SEED, PairChoice
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.number_field import number_field

MOST_PAIRS = 1_000_000
USUAL_SAMPLE = 100


class PairsChoice(QWidget):
    """The choice; all pairs at first.

    Signals:
        changed: the choice has changed.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.all = named(QRadioButton("All pairs"), "judge_all")
        self.judged = named(QRadioButton("Only pairs that a person has judged"), "judge_judged")
        self.drawn = named(QRadioButton("A random sample of the pairs"), "judge_sample")
        self.count = number_field(
            QSpinBox(minimum=1, maximum=MOST_PAIRS, value=USUAL_SAMPLE), "judge_sample_size"
        )
        self.seed = number_field(QSpinBox(minimum=0, maximum=LARGEST_SEED), "judge_sample_seed")
        self._group = QButtonGroup(self)
        for button in (self.all, self.judged, self.drawn):
            self._group.addButton(button)
        self.all.setChecked(True)
        above = label("Which pairs are judged", "strong")
        ways = in_row(self.all, self.judged, self.drawn, STRETCH, gap=L)
        in_column(above, ways, self._sizes(), gap=S, of=self)
        self._group.buttonToggled.connect(self._on_toggled)
        self.count.valueChanged.connect(lambda _: self.changed.emit())
        self.seed.valueChanged.connect(lambda _: self.changed.emit())

    @property
    def choice(self) -> PairChoice:
        """The current choice."""
        if self.drawn.isChecked():
            return PairChoice(sample=self.count.value(), seed=self.seed.value())
        return PairChoice(only_judged=self.judged.isChecked())

    def _sizes(self) -> QWidget:
        """The sample's size and the seed of the draw; enabled for a sample only."""
        pairs, seed = label("Pairs"), label("Seed")
        pairs.setBuddy(self.count)
        seed.setBuddy(self.seed)
        self._fields = filled(in_row(pairs, self.count, L, seed, self.seed, STRETCH, gap=S))
        self._fields.hide()
        return self._fields

    def _on_toggled(self, _button: QRadioButton, checked: bool) -> None:
        if checked:
            self._fields.setVisible(self.drawn.isChecked())
            self.changed.emit()
