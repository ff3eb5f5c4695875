"""Asks what an evidence file contains, and whether it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from ftcompare.core.language import N_, tr
from ftcompare.ui.dialogs.frames import TaskDialog
from ftcompare.ui.widgets.controls import Heading, Muted, label, named
from ftcompare.ui.widgets.file_field import FileField

WIDTH = 560
WHAT = N_(
    "A web page with the report and the rows behind its figures. In any browser, without a network, it "
    "verifies that nothing was altered, and computes the main figures again."
)
TEXTS = N_("Include texts: prompts, answers, comments, and the paths of models")
WITHOUT = N_("Without texts, readers cannot verify which system wrote which answer.")
SIGN = N_("Sign with an SSH key (optional)")
SIGNED = N_("A private key without a passphrase, or one that your SSH agent has.")


@dataclass(frozen=True, slots=True)
class EvidenceChoice:
    """The content of the file, and the key that signs it, if any."""

    texts: bool
    key: Path | None


class EvidenceDialog(TaskDialog):
    """Asks whether texts are included, and for the key that signs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("evidence", tr("Save evidence"), tr("Choose a location…"), parent)
        self.texts = named(QCheckBox(tr(TEXTS)), "evidence_texts")
        self.texts.setAccessibleDescription(tr(WITHOUT))
        self.key = FileField(tr(SIGN), "evidence_key", folder=False)
        parts = (label(tr(WHAT), wrap=True), self.texts, Muted(tr(WITHOUT)), self.key, Muted(tr(SIGNED)))
        self.arrange(
            Heading(tr("Save evidence that others can verify"), level=2),
            *parts,
            foot=QWidget(),
            size=(WIDTH, 0),
        )

    @classmethod
    def ask(cls, parent: QWidget | None) -> EvidenceChoice | None:
        """Ask the user; None if the user cancels."""
        dialog = cls(parent)
        if not dialog.accepted_by_user():
            return None
        key = Path(dialog.key.text).expanduser() if dialog.key.text else None
        return EvidenceChoice(dialog.texts.isChecked(), key)
