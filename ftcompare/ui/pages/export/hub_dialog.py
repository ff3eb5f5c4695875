"""The consent to upload an exported data set to a hub."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from ftcompare.app.setup.consent import looks_like_hub_id
from ftcompare.core.language import N_, tr
from ftcompare.ui.dialogs.frames import TaskDialog
from ftcompare.ui.widgets.controls import Heading, Muted, label_of, named

WIDTH = 520
AGREE = N_("Send the prompts and answers in this folder to the Hugging Face Hub")
WHAT = N_(
    "A data set that does not exist is created, and is private. Files of the same names are replaced in a "
    "new commit. Sign in with hf auth login first."
)


class HubDialog(TaskDialog):
    """Asks for the name of the data set, and for consent to the upload; ``taken`` emits the name."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("hub", tr("Upload to the Hugging Face Hub"), tr("Upload"), parent)
        self.name = named(QLineEdit(), "hub_name", tr("Data set on the hub"))
        self.name.setPlaceholderText("OWNER/DATASET")
        self.agree = named(QCheckBox(tr(AGREE)), "hub_agree")
        heading = Heading(tr("Upload to the Hugging Face Hub"), level=2)
        title = label_of(self.name, tr("Data set on the hub"))
        self.arrange(heading, title, self.name, self.agree, Muted(tr(WHAT)), foot=QWidget(), size=(WIDTH, 0))
        self.name.textChanged.connect(self._show)
        self.agree.toggled.connect(self._show)
        self._show()

    @property
    def _name(self) -> str:
        return self.name.text().strip()

    def _show(self) -> None:
        self.accept_button.setEnabled(self.agree.isChecked() and looks_like_hub_id(self._name))

    def accept(self) -> None:
        self.taken.emit(self._name)
        super().accept()
