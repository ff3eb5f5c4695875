"""What the rater has begun and not submitted: stored a moment after the last key press."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from ftcompare.core.study import Draft

DELAY = 300
"""Milliseconds after the last key press until a comment is stored."""


class DraftKeeper(QObject):
    """Holds the draft of the present pair.

    Signals:
        due: the `Draft` is to be stored now.
    """

    due = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.draft = Draft()
        self._unstored = False
        self._timer = QTimer(self, singleShot=True, interval=DELAY)
        self._timer.timeout.connect(self.store)

    def load(self, draft: Draft) -> None:
        """Take up the draft of another pair; what was not stored of the one before is dropped."""
        self._timer.stop()
        self._unstored = False
        self.draft = draft

    def write(self, comment: str) -> None:
        """Change the comment; it is stored when the typing pauses."""
        self.draft = replace(self.draft, comment=comment)
        self._unstored = True
        self._timer.start()

    def toggle_flag(self) -> None:
        """Set or take away the flag; stored at once."""
        self.put(replace(self.draft, flagged=not self.draft.flagged))

    def put(self, draft: Draft) -> None:
        """Change anything; stored at once."""
        self.draft = draft
        self.store()

    def store(self) -> None:
        """Store now."""
        self._timer.stop()
        self._unstored = False
        self.due.emit(self.draft)

    def store_pending(self) -> None:
        """Store now what would be stored a moment later, or was part of a submission that failed."""
        if self._unstored:
            self.store()

    def hand_over(self) -> Draft:
        """The draft as part of a submission: it needs no storing of its own while that is under way."""
        self._timer.stop()
        return self.draft
