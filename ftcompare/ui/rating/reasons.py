"""The reasons of a scale as tick boxes in a row; number keys tick them while they show their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QSizePolicy, QWidget

from ftcompare.ui import safe_text
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.rating.vertical_fit import CenteredFlow
from ftcompare.ui.theme.theme import XS, S
from ftcompare.ui.widgets.controls import KeyCap, set_role
from ftcompare.ui.widgets.key_text import key_text

LONGEST_REASON = 40
"""Characters of a reason that are shown; the tip has all of it."""


class ReasonChip(QFrame):
    """One reason: a tick box, with the key that ticks it while it does.

    Signals:
        turned: it was clicked.
    """

    turned = Signal()

    def __init__(self, number: int, reason: str) -> None:
        super().__init__()
        self._reason = reason
        self.setProperty("role", "chip")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(self)
        row.setContentsMargins(XS, 0, S, 0)
        row.setSpacing(XS)
        self._cap = KeyCap()
        self.box = QCheckBox(safe_text.one_line(reason, LONGEST_REASON).replace("&", "&&"))
        self.box.setObjectName(f"reason_{number}")
        self.box.setToolTip(safe_text.tip(safe_text.one_line(reason)))
        self.box.clicked.connect(self.turned)
        row.addWidget(self._cap)
        row.addWidget(self.box)
        self.set_key("")

    def set_key(self, key: str) -> None:
        """Show another key, or none while it does something else."""
        self._cap.setText(key_text(key))
        self._cap.setVisible(bool(key))
        name = safe_text.one_line(self._reason)
        self.box.setAccessibleName(f"{name} ({key_text(key)})" if key else name)


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
        self.title = KeyButton("Reasons")
        self.title.set_title("Reasons", "Reasons for your answer")
        self.title.setObjectName("rate.reasons")
        about = (
            "Tick them before you answer: they are kept with the answer. They are about the pair; one that "
            "finds fault, such as “too long”, is about the one you prefer less."
        )
        self.title.setToolTip(about)
        self.title.clicked.connect(self.mode_asked)
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

    def show_ticked(self, ticked: Collection[str]) -> None:
        """Show which are ticked."""
        for reason, chip in self.chips.items():
            chip.box.setChecked(reason in ticked)

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
