"""Setup's choice of the chat template that an adapter is asked with."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.setup.new_study import TemplateFinding
from ftcompare.core.study import OWN_TEMPLATE
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Muted, label
from ftcompare.ui.widgets.file_field import FieldMessage, shortened
from ftcompare.ui.widgets.wheel_guard import choice_box

KEYS = ("", OWN_TEMPLATE)


class TemplateChoice(QWidget):
    """The base's or the adapter's own; hidden where an adapter has none of its own.

    Args:
        name: for object names.
        spoken: the adapter, for a screen reader.
    """

    chosen = Signal(str)
    """What the user chose: ``own``, or empty for the base's."""

    def __init__(self, name: str, spoken: str) -> None:
        super().__init__()
        self.box = choice_box()
        self.box.setObjectName(f"setup_template_{name}")
        self.box.addItems(("The base's", "The adapter's own"))
        self.box.setAccessibleName(f"Chat template that {spoken} is asked with")
        title = label("Chat template")
        title.setBuddy(self.box)
        self._about = Muted("", small=True)
        self._refusal = FieldMessage()
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(title)
        row.addWidget(self.box)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._about)
        column.addWidget(self._refusal)
        self._fixed = False
        self.box.currentIndexChanged.connect(lambda _index: self._say())
        self.box.activated.connect(lambda _index: self.chosen.emit(self.key))
        self._say()
        self.hide()

    @property
    def key(self) -> str:
        """``own``, or empty for the base's."""
        return KEYS[self.box.currentIndex()]

    def put(self, key: str, *, fixed: bool = False) -> None:
        """Show a choice.

        Args:
            key: one of `KEYS`.
            fixed: the adapter has written with it.
        """
        self._fixed = fixed
        self.box.setCurrentIndex(KEYS.index(key))
        self._say()

    def show_found(self, found: TemplateFinding | None) -> None:
        """Offer the choice where the adapter's folder has a template; say where it cannot be taken."""
        refused = found.refusal if found else ""
        if (found is None or refused) and not self._fixed:
            self.box.setCurrentIndex(0)
        self.box.setEnabled(not (refused or self._fixed))
        told = f"Its own cannot be used here: {shortened(refused)}"
        self._refusal.show_lines([("caution", told)] if refused else [])
        self.setVisible(found is not None)

    def _say(self) -> None:
        about = {
            "": (
                "Its folder has a chat template that is not the base's. With the base's, all systems get "
                "the same tokens, but this one may be asked in a form that it was not trained on."
            ),
            OWN_TEMPLATE: (
                "It is asked in the form that its folder gives. The two sides then get different tokens, so "
                "that their answers also differ by the template. The systems write one after the other, "
                "which is slower."
            ),
        }[self.key]
        stays = "It has written with this one, which therefore stays."
        self._about.setText(f"{about} {stays}" if self._fixed else about)
