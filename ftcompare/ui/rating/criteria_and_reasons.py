"""The criteria of a scale, each a name with four small answers, and its reasons as tick boxes in a row."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QPushButton, QSizePolicy, QWidget

from ftcompare.core.scale import Choice
from ftcompare.ui import safe_text
from ftcompare.ui.rating.answers import CHOICES
from ftcompare.ui.rating.centered_screen import wired
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.rating.vertical_fit import CenteredFlow
from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import XS, S
from ftcompare.ui.widgets.controls import KeyCap, label, set_role
from ftcompare.ui.widgets.key_text import key_text
from ftcompare.ui.widgets.layouts import discard, in_row

LONGEST_NAME = 26
"""Characters of a criterion's name that are shown; the tip has all of it."""

COMMANDS = {choice: f"rate.{choice.value}" for choice in CHOICES}
"""Whose keys answer a criterion while it is in turn."""


class CriterionRow(QFrame):
    """One criterion.

    Signals:
        answered: a `Choice` was clicked.
        asked: its name was clicked: the arrows are to answer it.
    """

    answered = Signal(object)
    asked = Signal()

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self._name = name
        self._armed = False
        self._compact = False
        self._choice: Choice | None = None
        self._keys: dict[Choice, str] = {}
        self.setProperty("role", "criterion")
        self.setObjectName(f"criterion_{number}")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._mark = IconLabel("arrow-right", "accent", 16)
        self.title = wired(KeyButton(""), f"rate.criterion_{number}", self.asked.emit)
        self.title.setToolTip(safe_text.tip(safe_text.one_line(name)))
        self._short = label("", "muted")
        self.segments = {choice: self._segment(number, choice) for choice in CHOICES}
        strip = in_row(*self.segments.values(), gap=0)
        in_row(self._mark, self.title, self._short, strip, gap=XS, margins=(XS, 1, XS, 1), of=self)
        self.show_answer(None, armed=False)

    def show_answer(self, choice: Choice | None, *, armed: bool) -> None:
        """Show what is answered, and whether the next arrow answers it."""
        self._choice, self._armed = choice, armed
        for each, segment in self.segments.items():
            segment.setChecked(each is choice)
        self.title.set_on(armed)
        set_role(self, armed="true" if armed else "false")
        self._name_segments()
        self._short.setText(f"✓ {CHOICES[choice]}" if choice else "–")
        self.title.set_title(safe_text.one_line(self._name, LONGEST_NAME), self._said())
        self._fold()

    def set_compact(self, compact: bool) -> None:
        """Show the four answers only while the arrows answer them."""
        self._compact = compact
        self._fold()

    def set_answer_keys(self, keys: Mapping[str, str]) -> None:
        """Show other keys beside the answers while it is in turn; there is room for them at all times."""
        self._keys = {choice: key_text(keys.get(command, "")) for choice, command in COMMANDS.items()}
        self._widen()
        self._name_segments()

    def changeEvent(self, event: QEvent) -> None:
        """Keep room for the keys however large the type."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "segments"):
            self._widen()

    def _widen(self) -> None:
        for choice, segment in self.segments.items():
            segment.setMinimumWidth(0)
            before = segment.text()
            segment.setText(self._segment_words(choice, with_key=True))
            segment.setMinimumWidth(segment.sizeHint().width())
            segment.setText(before)

    def _name_segments(self) -> None:
        for choice, segment in self.segments.items():
            segment.setText(self._segment_words(choice, with_key=self._armed))
            key = self._keys.get(choice, "") if self._armed else ""
            said = f"{safe_text.one_line(self._name)}: {CHOICES[choice]}"
            segment.setAccessibleName(f"{said} ({key})" if key else said)

    def _segment_words(self, choice: Choice, *, with_key: bool) -> str:
        key = self._keys.get(choice, "") if with_key else ""
        told = (CHOICES[choice], key) if choice is Choice.RIGHT else (key, CHOICES[choice])
        return " ".join(filter(None, told))

    def _fold(self) -> None:
        folded = self._compact and not self._armed
        for segment in self.segments.values():
            segment.setVisible(not folded)
        self._short.setVisible(folded)
        policy = self._mark.sizePolicy()
        policy.setRetainSizeWhenHidden(not self._compact)
        self._mark.setSizePolicy(policy)
        self._mark.setVisible(self._armed)

    def _said(self) -> str:
        answer = CHOICES[self._choice] if self._choice else "not answered yet"
        told = f"{safe_text.one_line(self._name)}: {answer}"
        return f"{told}, the arrows answer it now" if self._armed else told

    def _segment(self, number: int, choice: Choice) -> QPushButton:
        made = QPushButton(CHOICES[choice])
        made.setProperty("role", "segment")
        made.setProperty("end", {Choice.LEFT: "first", Choice.RIGHT: "last"}.get(choice, ""))
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.setObjectName(f"criterion_{number}_{choice.value}")
        made.clicked.connect(lambda: self._on_clicked(choice))
        return made

    def _on_clicked(self, choice: Choice) -> None:
        """What is stored decides what is marked, not the click."""
        self.segments[choice].setChecked(choice is self._choice)
        self.answered.emit(choice)


class CriteriaPanel(QWidget):
    """All criteria, as many beside each other as there is room for.

    Signals:
        answered: name of a criterion and its `Choice`.
        asked: name of the criterion that the arrows are to answer.
    """

    answered = Signal(str, object)
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, CriterionRow] = {}
        self._compact = False
        self._flow = CenteredFlow(S, self)
        self.setAccessibleName("Criteria")
        self.hide()

    def set_criteria(self, names: tuple[str, ...]) -> None:
        """Ask about other criteria."""
        discard(self._flow)
        self.rows = {name: self._row(number, name) for number, name in enumerate(names, start=1)}
        self._even_out()
        self.setVisible(bool(names))

    def show_answers(self, answered: Mapping[str, Choice], armed: str) -> None:
        """Show what is answered, and what the next arrow answers."""
        for name, row in self.rows.items():
            row.show_answer(answered.get(name), armed=name == armed)

    def set_compact(self, compact: bool) -> None:
        """Show the answers of the armed criterion only."""
        self._compact = compact
        for row in self.rows.values():
            row.set_compact(compact)
        self._even_out()

    def set_keys(self, keys: Mapping[str, str], *, numbers: bool) -> None:
        """Show other keys; of the number keys none while they do something else."""
        for number, row in enumerate(self.rows.values(), start=1):
            row.title.set_key(keys.get(f"rate.criterion_{number}", "") if numbers else "")
            row.set_answer_keys(keys)
        self._even_out()

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key goes through."""
        return [part for row in self.rows.values() for part in (row.title, *row.segments.values())]

    def changeEvent(self, event: QEvent) -> None:
        """Keep the names as wide as the widest however large the type."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_flow"):
            self._even_out()

    def _even_out(self) -> None:
        """The answers stand below each other; while only one shows them, each takes what it needs."""
        titles = [row.title for row in self.rows.values()]
        widest = max((title.widest for title in titles), default=0)
        for title in titles:
            title.setMinimumWidth(0 if self._compact else widest)

    def _row(self, number: int, name: str) -> CriterionRow:
        made = CriterionRow(number, name)
        made.set_compact(self._compact)
        made.answered.connect(lambda choice: self.answered.emit(name, choice))
        made.asked.connect(lambda: self.asked.emit(name))
        made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._flow.addWidget(made)
        made.show()
        return made


TURNS = "Once: of the pair. Again: of the left answer, of the right one, not at all."
"""What turning a reason does."""

LONGEST_REASON = 40
"""Characters of a reason that are shown; the tip has all of it."""


class ReasonChip(QFrame):
    """One reason: a tick box, with the key that turns it while it does, and the answer that it is told of.

    Signals:
        turned: it was clicked.
    """

    turned = Signal()

    def __init__(self, number: int, reason: str) -> None:
        super().__init__()
        self._reason, self._key = reason, ""
        self._side: Choice | None = None
        self.setProperty("role", "chip")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._cap = KeyCap()
        self.box = QCheckBox(safe_text.one_line(reason, LONGEST_REASON).replace("&", "&&"))
        self.box.setObjectName(f"reason_{number}")
        self.box.setToolTip(safe_text.tip(f"{safe_text.one_line(reason)}\n{TURNS}"))
        self.box.clicked.connect(self.turned)
        self._of = label("", "small")
        in_row(self._cap, self.box, self._of, gap=XS, margins=(XS, 0, S, 0), of=self)
        self._widen()
        self.set_key("")

    def set_key(self, key: str) -> None:
        """Show another key, or none while it does something else."""
        self._key = key_text(key)
        self._cap.setText(self._key)
        self._cap.setVisible(bool(key))
        self._call()

    def show_ticked(self, *, ticked: bool, side: Choice | None) -> None:
        """Show whether it is ticked, and of which answer; of the pair for None."""
        self.box.setChecked(ticked)
        self._side = side if ticked else None
        self._of.setText(f"· {CHOICES[self._side]}" if self._side else "")
        self._call()

    def changeEvent(self, event: QEvent) -> None:
        """Keep room for the side however large the type: no chip moves when another is turned."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_of"):
            self._widen()

    def _widen(self) -> None:
        words = self._of.fontMetrics().horizontalAdvance(f"· {CHOICES[Choice.RIGHT]}")
        self._of.setMinimumWidth(words)

    def _call(self) -> None:
        name = safe_text.one_line(self._reason)
        name += f", of the {self._side.value} answer" if self._side else ""
        self.box.setAccessibleName(f"{name} ({self._key})" if self._key else name)


class ReasonRow(QWidget):
    """All reasons, in as many lines as they take.

    Signals:
        turned: a reason was clicked.
        mode_asked: the number keys are to tick reasons, or no longer.
    """

    turned = Signal(str)
    mode_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chips: dict[str, ReasonChip] = {}
        self.setAccessibleName("Reasons")
        self._flow = CenteredFlow(S, self)
        self.title = wired(KeyButton("Reasons"), "rate.reasons", self.mode_asked.emit)
        self.title.set_title("Reasons", "Reasons for your answer")
        told = (
            "Tick them before you answer: they are kept with the answer. Ticked once, a reason is about the "
            "pair; one that finds fault, such as “too long”, is about the one you prefer less. Ticked again, "
            "it is about the left answer, then about the right one."
        )
        self.title.setToolTip(safe_text.tip(told))
        self._flow.addWidget(self.title)
        self.hide()

    def set_reasons(self, reasons: tuple[str, ...]) -> None:
        """Offer other reasons."""
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {reason: self._chip(number, reason) for number, reason in enumerate(reasons, start=1)}
        self.setVisible(bool(reasons))

    def show_ticked(self, ticked: Collection[str], sides: Mapping[str, Choice]) -> None:
        """Show which are ticked, and of which answer."""
        for reason, chip in self.chips.items():
            chip.show_ticked(ticked=reason in ticked, side=sides.get(reason))

    def set_keys(self, keys: Mapping[str, str], *, ticking: bool, always: bool) -> None:
        """Show the number keys while they tick, and the key that has them do so where it is needed."""
        self.title.set_key("" if always else keys.get("rate.reasons", ""))
        self.title.set_on(ticking and not always)
        for number, chip in enumerate(self.chips.values(), start=1):
            chip.set_key(keys.get(f"rate.criterion_{number}", "") if ticking else "")
            set_role(chip, armed="true" if ticking and not always else "false")

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key goes through."""
        return [self.title, *(chip.box for chip in self.chips.values())] if self.chips else []

    def _chip(self, number: int, reason: str) -> ReasonChip:
        made = ReasonChip(number, reason)
        made.turned.connect(lambda: self.turned.emit(reason))
        self._flow.addWidget(made)
        made.show()
        return made
