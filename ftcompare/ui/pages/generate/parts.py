"""The parts of Generate: the systems with their proof, the settings, the failures, a look at pairs."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QHBoxLayout, QSpinBox, QWidget

from ftcompare.app.writing import Failure, SystemProgress, WrittenPair
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.ui.names import short_name
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme import L, M, S, Theme
from ftcompare.ui.widgets.basics import (
    Card,
    Line,
    LinkButton,
    Muted,
    ProgressLine,
    QuietButton,
    SectionLabel,
    StatusPill,
    label,
    set_role,
)
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.number_field import number_field
from ftcompare.ui.widgets.response_text import ResponseText

MOST_TOKENS = 32_768
LARGEST_SEED = 2**31 - 1
SHOWN_FAILURES = 50
SAMPLES_KEPT = 100
SHOWN_FOR_MS = 4000
PROMPT_SHOWN = 300
NAME_LENGTH = 20


class SystemsCard(Card):
    """A row a system: name, proof, how far it is; below, the proof in words and the device."""

    def __init__(self) -> None:
        super().__init__(self.tr("Systems"))
        self._rows = QGridLayout()
        self._rows.setSpacing(M)
        self._rows.setColumnStretch(2, 1)
        self._lines: dict[str, tuple[StatusPill, ProgressLine]] = {}
        self._pill = ("neutral", self.tr("Not proven yet"))
        self.proof = FieldMessage()
        self.proof.setObjectName("generate_proof")
        self._device = label("", wrap=True)
        self._device.setObjectName("generate_device")
        self._reason = Muted("", small=True)
        self.body.addLayout(self._rows)
        self.body.addWidget(self.proof)
        self.body.addWidget(self._device)
        self.body.addWidget(self._reason)
        self.show_device("", "")

    def show_systems(self, systems: tuple[SystemProgress, ...], prompts: int) -> None:
        """How far each is."""
        if tuple(self._lines) != tuple(s.name for s in systems):
            self._make_rows(systems)
        for system in systems:
            share = system.written / prompts if prompts else 0.0
            self._lines[system.name][1].set(share, f"{system.written:,} / {prompts:,}")

    def show_proof(self, statements: tuple[tuple[bool, str], ...]) -> None:
        """What was found, each with whether it is as it must be; it holds for all systems or for none."""
        self._pill = ("neutral", self.tr("Not proven yet"))
        if statements:
            holds = all(ok for ok, _ in statements)
            self._pill = ("good", self.tr("Proven")) if holds else ("bad", self.tr("Proof failed"))
        for pill, _ in self._lines.values():
            pill.set(*self._pill)
        self.proof.show_lines([("good" if ok else "bad", statement) for ok, statement in statements])

    def show_imported(self) -> None:
        """No model writes here: there is nothing to prove."""
        self._pill = ("neutral", self.tr("Imported"))
        for pill, _ in self._lines.values():
            pill.set(*self._pill)

    def show_device(self, device: str, reason: str) -> None:
        """Where it is computed, with what arithmetic, and why."""
        self._device.setText(self.tr("Written on {0}").format(one_line(device)) if device else "")
        self._device.setVisible(bool(device))
        self._reason.setText(one_line(reason, 300))
        self._reason.setVisible(bool(reason))

    def _make_rows(self, systems: tuple[SystemProgress, ...]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._lines = {}
        for row, system in enumerate(systems):
            pill, progress = StatusPill(*self._pill), ProgressLine()
            name = label(short_name(system.name, NAME_LENGTH), "strong")
            name.setToolTip(tip(one_line(system.name)))
            self._rows.addWidget(name, row, 0)
            self._rows.addWidget(pill, row, 1)
            self._rows.addWidget(progress, row, 2)
            self._lines[system.name] = pill, progress


class FoldButton(QuietButton):
    """A quiet button with an arrow that says whether what is behind it is shown."""

    def __init__(self) -> None:
        super().__init__("", icon="chevron-right")

    def set_open(self, is_open: bool) -> None:
        """Turn the arrow."""
        if self._tint is not None:
            self._tint.set_name("chevron-down" if is_open else "chevron-right")


class SettingsCard(Card):
    """How to write: one line, and the fields behind it."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fold = FoldButton()
        self._fold.setObjectName("generate_settings")
        self._tokens = number_field(
            QSpinBox(minimum=1, maximum=MOST_TOKENS, singleStep=32), "generate_tokens"
        )
        self._temperature = number_field(
            QDoubleSpinBox(minimum=0.0, maximum=2.0, singleStep=0.1, decimals=2), "generate_temperature"
        )
        self._seed = number_field(QSpinBox(minimum=0, maximum=LARGEST_SEED), "generate_seed")
        self._fields = self._lay_out()
        self.body.setContentsMargins(S, S, S, S)
        self.body.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._fields)
        self._fields.hide()
        self._fold.clicked.connect(self._toggle)
        for box in (self._tokens, self._temperature, self._seed):
            box.valueChanged.connect(lambda _value: self._show_words())
        self.set(GenerationSettings())

    def _lay_out(self) -> QWidget:
        fields = QWidget()
        grid = QGridLayout(fields)
        grid.setContentsMargins(M, 0, M, S)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(2, 1)
        lines = (
            (self._tokens, self.tr("Longest answer"), self.tr("Tokens; a longer one is cut.")),
            (self._temperature, self.tr("Temperature"), self.tr("0 takes the likeliest word each time.")),
            (self._seed, self.tr("Seed"), self.tr("The same seed draws the same words.")),
        )
        for row, (box, name, words) in enumerate(lines):
            above = label(name)
            above.setBuddy(box)
            box.setAccessibleName(name)
            grid.addWidget(above, row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(Muted(words, small=True), row, 2)
        return fields

    @property
    def settings(self) -> GenerationSettings:
        """As chosen."""
        return GenerationSettings(
            max_new_tokens=self._tokens.value(),
            temperature=round(self._temperature.value(), 2),
            seed=self._seed.value(),
        )

    def set(self, settings: GenerationSettings) -> None:
        """Put settings into the fields."""
        self._tokens.setValue(settings.max_new_tokens)
        self._temperature.setValue(settings.temperature)
        self._seed.setValue(settings.seed)
        self._show_words()

    def set_fixed(self, fixed: bool) -> None:
        """While a run is under way they cannot be changed."""
        self._fields.setEnabled(not fixed)

    def _toggle(self) -> None:
        shown = self._fields.isHidden()
        self._fields.setVisible(shown)
        self._fold.set_open(shown)
        if shown:
            self.opened.emit()

    def _show_words(self) -> None:
        chosen = self.settings
        drawn = (
            self.tr("temperature {0:g}, seed {1}").format(chosen.temperature, chosen.seed)
            if chosen.temperature
            else self.tr("greedy")
        )
        words = self.tr("Settings: at most {0:,} tokens, {1}").format(chosen.max_new_tokens, drawn)
        self._fold.set_text(words)
        self._seed.setEnabled(bool(chosen.temperature))


class FailuresCard(Card):
    """Prompts that could not be answered, with the reason of each."""

    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        self._title = SectionLabel()
        self._retry = LinkButton(self.tr("Try again"))
        self._retry.setObjectName("generate_retry")
        self._retry.clicked.connect(self.again.emit)
        head.addWidget(self._title)
        head.addStretch()
        head.addWidget(self._retry)
        self.list = FieldMessage()
        self.list.setObjectName("generate_failures")
        self.body.addLayout(head)
        self.body.addWidget(self.list)
        self.hide()

    def show_failures(self, failures: tuple[Failure, ...], *, running: bool) -> None:
        """List them; hidden where there is none."""
        self._title.set_text(
            self.tr("1 prompt could not be answered")
            if len(failures) == 1
            else self.tr("{0} prompts could not be answered").format(len(failures))
        )
        lines = [("caution", f"{one_line(f.prompt, 90)}\n{f.reason}") for f in failures[:SHOWN_FAILURES]]
        if len(failures) > SHOWN_FAILURES:
            lines.append(("", self.tr("and {0} more").format(len(failures) - SHOWN_FAILURES)))
        self.list.show_lines(lines)
        self._retry.setVisible(not running)
        self.setVisible(bool(failures))


class SamplesCard(Card):
    """Pairs as they are written: no names, the order drawn at random for each."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._pairs: list[WrittenPair] = []
        self._shown = -1
        self._follows = True
        self._since = QElapsedTimer()
        self._place = Muted("", small=True)
        self._place.setWordWrap(False)
        self._back = self._step_button("chevron-up", self.tr("Pair before"), "generate_sample_back", -1)
        self._forth = self._step_button("chevron-down", self.tr("Next pair"), "generate_sample_next", 1)
        self._prompt = label("", wrap=True)
        self._prompt.setObjectName("generate_sample_prompt")
        self.texts = (
            ResponseText(theme, self.tr("One answer")),
            ResponseText(theme, self.tr("The other answer")),
        )
        self._empty = Muted(
            self.tr("Pairs appear here as they are written, without names and in an order drawn at random.")
        )
        self._rule = Line()
        self._panels = self._lay_out()
        self.clear()

    def _step_button(self, icon: str, words: str, name: str, by: int) -> QuietButton:
        button = QuietButton("", icon=icon)
        set_role(button, role="tool")
        button.setAccessibleName(words)
        button.setToolTip(words)
        button.setObjectName(name)
        button.clicked.connect(lambda: self._step(by))
        return button

    def _lay_out(self) -> QWidget:
        head = QHBoxLayout()
        head.addWidget(SectionLabel(self.tr("A look at the pairs")))
        head.addStretch()
        for part in (self._place, self._back, self._forth):
            head.addWidget(part)
        panels = QWidget()
        row = QHBoxLayout(panels)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(L)
        for text in self.texts:
            row.addWidget(text, 1)
        self.body.addLayout(head)
        self.body.addWidget(self._empty, 1, Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self._prompt)
        self.body.addWidget(self._rule)
        self.body.addWidget(panels, 1)
        return panels

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._pairs)

    def clear(self) -> None:
        """Forget them."""
        self._pairs = []
        self._follows = True
        self._show(-1)

    def fill(self, pairs: tuple[WrittenPair, ...]) -> None:
        """Pairs of an earlier time."""
        self._pairs = list(pairs)
        self._show(0 if pairs else -1)

    def add(self, pair: WrittenPair) -> None:
        """A new one; it is shown when the one on screen was there for a while, or is the first."""
        self._pairs.append(pair)
        if len(self._pairs) > SAMPLES_KEPT:
            del self._pairs[0]
            self._shown -= 1
        seen = not self._since.isValid() or self._since.elapsed() > SHOWN_FOR_MS
        self._show(len(self._pairs) - 1 if self._shown < 0 or (self._follows and seen) else self._shown)

    def _step(self, by: int) -> None:
        self._show(min(max(self._shown + by, 0), len(self._pairs) - 1))
        self._follows = self._shown == len(self._pairs) - 1

    def _show(self, index: int) -> None:
        some = index >= 0
        if some and index != self._shown:
            pair = self._pairs[index]
            self._prompt.setText(one_line(pair.prompt, PROMPT_SHOWN))
            for view, text in zip(self.texts, (pair.first, pair.second), strict=True):
                view.set_text(text, markdown=False)
            self._since.start()
        self._shown = index
        for part in (self._prompt, self._rule, self._panels, self._place, self._back, self._forth):
            part.setVisible(some)
        self._empty.setVisible(not some)
        self._place.setText(f"{index + 1} / {len(self._pairs)}")
        self._back.setEnabled(index > 0)
        self._forth.setEnabled(index < len(self._pairs) - 1)
