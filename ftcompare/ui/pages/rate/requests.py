"""What the rating page requests of the study or pack, and what it gets; it cannot reach the file itself."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from ftcompare.core.study import AllocationId, Draft


class Intent(StrEnum):
    """The request that led to a view or to an error."""

    BEGIN = "begin"
    JUDGE = "judge"
    SKIP = "skip"
    UNDO = "undo"
    RETURN = "return"
    GO_ON = "go_on"
    DRAFT = "draft"
    GUESS = "guess"
    PRACTISED = "practised"
    LOOK = "look"
    LEAVE = "leave"


NOTHING_STORED = (Intent.BEGIN, Intent.PRACTISED, Intent.LOOK, Intent.LEAVE)
"""Intents after which *Saved* is not shown, because no input of the rater was stored."""

READ_BEFORE = (Intent.UNDO, Intent.LOOK)  # intents that lead to a pair that the rater has read before


class RatingRequests(QObject):
    """The requests; `RatingPresenter` carries them out."""

    # an `Intent` with its arguments is about to be sent; no input must be accepted until it is answered
    sending = Signal(object, object)
    shown = Signal(
        object, object
    )  # a ``RatingView`` and the `Intent` that led to it; what it shows is stored
    refused = Signal(object, object)  # an ``FTCompareError`` and the `Intent` that failed; nothing was stored
    raters_known = Signal(object)  # the study's ``KnownRaters``
    draft_saved = Signal()
    answers_listed = Signal(object)  # the rater's ``GivenAnswer`` objects, the newest first

    failed = Intent.BEGIN  # the intent that failed last
    judged = 0  # number of judgments stored since the study was opened

    def ask_raters(self) -> None:
        """Request the names to offer; a pack opens for the rater whom it was made for."""
        raise NotImplementedError

    def begin(self, rater: str) -> None:
        """Open a rater's session; the name is ignored in a pack."""
        raise NotImplementedError

    def send(self, intent: Intent, *values: object) -> None:
        """Send a change, with the arguments of its operation in ``RatingSession``."""
        raise NotImplementedError

    def retry(self) -> None:
        raise NotImplementedError

    def list_answers(self) -> None:
        raise NotImplementedError

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        raise NotImplementedError
