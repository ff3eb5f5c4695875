"""The parts of Generate: the systems with their proof, the failures, a look at pairs."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ftcompare.app.generate.generation_state import Failure, SystemProgress, WrittenPair
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.text.response_text import ResponseView
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import L, M, Theme
from ftcompare.ui.widgets.controls import (
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

SHOWN_FAILURES = 50
SAMPLES_KEPT = 100
SHOWN_FOR_MS = 4000
PROMPT_SHOWN = 300
NAME_LENGTH = 20


class SystemsCard(Card):
    """A row a system: name, proof, how far it is; below, the proof in words and the device."""

    def __init__(self) -> None:
        super().__init__("Systems")
        self._rows = QGridLayout()
        self._rows.setSpacing(M)
        self._rows.setColumnStretch(2, 1)
        self._lines: dict[str, tuple[StatusPill, ProgressLine]] = {}
        self._pill = ("neutral", "Not proven yet")
        self.proof = FieldMessage()
        self.proof.setObjectName("generate_proof")
        hidden = "How far each is stays hidden until all are as far; it would tell them apart."
        self._blind = Muted(hidden, small=True)
        self._blind.setObjectName("generate_blind_progress")
        self._blind.hide()
        self._device = label("", wrap=True)
        self._device.setObjectName("generate_device")
        self._reason = Muted("", small=True)
        self.body.addLayout(self._rows)
        self.body.addWidget(self._blind)
        self.body.addWidget(self.proof)
        self.body.addWidget(self._device)
        self.body.addWidget(self._reason)
        self.show_device("", "")

    def show_systems(self, systems: tuple[SystemProgress, ...], answers: int) -> None:
        """How far each is, of so many answers that it is to write."""
        if tuple(self._lines) != tuple(s.name for s in systems):
            self._make_rows(systems)
        for system in systems:
            line = self._lines[system.name][1]
            line.setVisible(system.written is not None)
            written = system.written or 0
            line.set(written / answers if answers else 0.0, f"{written:,} / {answers:,}")
        self._blind.setVisible(any(system.written is None for system in systems))

    def show_proof(self, statements: tuple[tuple[bool, str], ...], *, whole: bool = True) -> None:
        """What was found, each with whether it is as it must be; the pill says the same of every system.

        Args:
            statements: what was found, and whether it is as it must be.
            whole: every system that is to be proven was looked at.
        """
        self._pill = ("neutral", "Not proven yet")
        if not all(ok for ok, _ in statements):
            self._pill = ("bad", "Proof failed")
        elif statements:
            done = ("good", "Proven")
            self._pill = done if whole else ("neutral", "Proven in part")
        for pill, _ in self._lines.values():
            pill.set(*self._pill)
        self.proof.show_lines([("good" if ok else "bad", statement) for ok, statement in statements])

    def show_imported(self) -> None:
        """No model writes here: there is nothing to prove."""
        self._pill = ("neutral", "Imported")
        for pill, _ in self._lines.values():
            pill.set(*self._pill)

    def show_device(self, device: str, reason: str) -> None:
        """Where it is computed, with what arithmetic, and why."""
        self._device.setText(f"Written on {one_line(device)}" if device else "")
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


class FailuresCard(Card):
    """Prompts that could not be answered, with the reason of each."""

    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        self._title = SectionLabel()
        self._retry = LinkButton("Try again")
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
            "1 prompt could not be answered"
            if len(failures) == 1
            else f"{len(failures)} prompts could not be answered"
        )
        lines = [("caution", f"{one_line(f.prompt, 90)}\n{f.reason}") for f in failures[:SHOWN_FAILURES]]
        if len(failures) > SHOWN_FAILURES:
            lines.append(("", f"and {len(failures) - SHOWN_FAILURES} more"))
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
        self._back = self._step_button("chevron-up", "Pair before", "generate_sample_back", -1)
        self._forth = self._step_button("chevron-down", "Next pair", "generate_sample_next", 1)
        self._prompt = label("", wrap=True)
        self._prompt.setObjectName("generate_sample_prompt")
        self.texts = (
            ResponseView(theme, "One answer"),
            ResponseView(theme, "The other answer"),
        )
        self._empty = Muted(
            "Pairs appear here as they are written, without names and in an order drawn at random."
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
        head.addWidget(SectionLabel("A look at the pairs"))
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
