"""Generate's settings: those often changed first, the rest behind a fold, each with what it does."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QVBoxLayout, QWidget

from ftcompare.engine.protocol import GenerationSettings
from ftcompare.ui.pages.generate.boxes import DecimalBox, WholeBox
from ftcompare.ui.pages.generate.words import settings_words, stop_lines, stop_texts
from ftcompare.ui.pages.setup.fields import TextArea
from ftcompare.ui.theme import L, M, S
from ftcompare.ui.widgets.basics import Card, Muted, QuietButton, label
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.number_field import number_field

MOST_TOKENS = 32_768
MOST_SAMPLES = 100
MOST_BATCH = 4096
MOST_TOP_K = 1_000_000
LARGEST_SEED = 2**31 - 1
MOST_STOPS = 4
"""So many every OpenAI-compatible server takes."""

Line = tuple[QWidget, str, str]


class FoldButton(QuietButton):
    """A quiet button with an arrow that says whether what is behind it is shown."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text, icon="chevron-right")

    def set_open(self, is_open: bool) -> None:
        """Turn the arrow."""
        if self._tint is not None:
            self._tint.set_name("chevron-down" if is_open else "chevron-right")


class SettingsCard(Card):
    """How to write: one line, and the fields behind it."""

    opened = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fold = FoldButton()
        self._fold.setObjectName("generate_settings")
        self._more = FoldButton(self.tr("More settings"))
        self._more.setObjectName("generate_more_settings")
        self._make_fields()
        self._note = FieldMessage()
        self._note.setObjectName("generate_settings_note")
        self._last = Muted("", small=True)
        self._last.setObjectName("generate_last_run")
        self._common = _grid(self._common_lines())
        self._rest = _grid(self._rest_lines())
        self._fields = self._lay_out()
        self.body.setContentsMargins(S, S, S, S)
        self.body.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._last)
        self.body.addWidget(self._fields)
        self._last.setContentsMargins(M, 0, M, S)
        for part in (self._fields, self._rest, self._last):
            part.hide()
        self._connect()
        self.set(GenerationSettings())

    def _make_fields(self) -> None:
        self._tokens = number_field(WholeBox(1, MOST_TOKENS, 32), "generate_tokens")
        self._temperature = number_field(DecimalBox(0.0, 2.0, 0.1), "generate_temperature")
        self._samples = number_field(WholeBox(1, MOST_SAMPLES), "generate_samples")
        self._seed = number_field(WholeBox(0, LARGEST_SEED), "generate_seed")
        self._top_p = number_field(DecimalBox(0.01, 1.0, 0.05), "generate_top_p")
        self._top_k = number_field(WholeBox(0, MOST_TOP_K), "generate_top_k")
        self._min_p = number_field(DecimalBox(0.0, 1.0, 0.05), "generate_min_p")
        self._penalty = number_field(DecimalBox(0.1, 5.0, 0.05), "generate_penalty")
        self._batch = number_field(WholeBox(0, MOST_BATCH), "generate_batch")
        self._top_k.setSpecialValueText(self.tr("all"))
        self._batch.setSpecialValueText(self.tr("by memory"))
        self._coupling = QComboBox()
        self._coupling.setObjectName("generate_coupling")
        self._coupling.addItems((self.tr("shared"), self.tr("independent")))
        self._strict = QCheckBox(self.tr("No answer depends on its neighbours"))
        self._strict.setObjectName("generate_strict")
        self._stop = TextArea(self.tr("Stop texts"), "generate_stop", lines=3)
        self._boxes = (
            self._tokens, self._temperature, self._samples, self._seed, self._top_p, self._top_k, self._min_p,
            self._penalty, self._batch,
        )  # fmt: skip

    def _common_lines(self) -> tuple[Line, ...]:
        return (
            (self._tokens, self.tr("Longest answer"), self.tr("Tokens; a longer one is cut.")),
            (self._temperature, self.tr("Temperature"), self.tr("0 takes the likeliest word each time.")),
            (self._samples, self.tr("Samples"), self.tr("Answers of each system to each prompt.")),
            (self._seed, self.tr("Seed"), self.tr("The same seed draws the same words.")),
        )

    def _rest_lines(self) -> tuple[Line, ...]:
        return (
            (self._top_p, self.tr("Top-p"), self.tr("Draws from the likeliest words of this share; 1: all.")),
            (self._top_k, self.tr("Top-k"), self.tr("Draws from so many of the likeliest words; 0: all.")),
            (self._min_p, self.tr("Min-p"), self.tr("Passes over words below this share of the likeliest.")),
            (self._coupling, self.tr("Draws"), self.tr("Shared by the systems: fewer chance differences.")),
            (self._penalty, self.tr("Repetition"), self.tr("Above 1 holds words back that came before; 1: off.")),
            (self._batch, self.tr("Batch"), self.tr("Prompts written at a time; 0 goes by the memory.")),
        )

    def _lay_out(self) -> QWidget:
        fields = QWidget()
        column = QVBoxLayout(fields)
        column.setContentsMargins(M, 0, M, S)
        column.setSpacing(S)
        rest = QVBoxLayout()
        stop_about = self.tr(
            "An answer ends before the first of these; one a line, at most {0}. \\n is a line break."
        )
        strict_about = self.tr("Slower; otherwise the last digits may change with what is written beside it.")
        for part in (self._stop, Muted(stop_about.format(MOST_STOPS), small=True)):
            rest.addWidget(part)
        rest.addWidget(self._strict)
        rest.addWidget(Muted(strict_about, small=True))
        holder = self._rest
        whole = QWidget()
        inner = QVBoxLayout(whole)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(S)
        inner.addWidget(holder)
        inner.addLayout(rest)
        self._rest = whole
        for part in (self._common, self._note):
            column.addWidget(part)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(whole)
        return fields

    def _connect(self) -> None:
        self._fold.clicked.connect(lambda: self._toggle(self._fields, self._fold))
        self._more.clicked.connect(lambda: self._toggle(self._rest, self._more))
        for box in self._boxes:
            box.valueChanged.connect(lambda _value: self._on_change())
        self._coupling.currentIndexChanged.connect(lambda _index: self._on_change())
        self._strict.toggled.connect(lambda _on: self._on_change())
        self._stop.changed.connect(self._on_change)
