"""Sends changes to the study, one intent at a time, and again if storing failed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from ftcompare.core.blinding import BlindItem
from ftcompare.core.study import Draft, Guess, Verdict
from ftcompare.ui.pages.rate.signals import Intent, RatingSignals
from ftcompare.ui.rating.active_time import WorkTime
from ftcompare.ui.rating.answers import Answer
from ftcompare.ui.rating.draft import DraftKeeper


class Submission(QObject):
    """Sends the rater's decisions on the current pair to the study.

    Args:
        signals: the page's signals.
        drafts: the draft becomes part of a verdict; drafts that are due are sent on their own.
        time: its seconds become part of a verdict; it stops when a verdict is given.

    Signals:
        closing: an intent is about to be sent; no input must be accepted until it is answered.
    """

    closing = Signal()

    def __init__(
        self, signals: RatingSignals, drafts: DraftKeeper, work_time: WorkTime, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._signals = signals
        self._drafts = drafts
        self._time = work_time
        self._repeat: Callable[[], None] = lambda: None
        self.item: BlindItem | None = None
        """The current pair; None if there is none, or if it is a practice pair, of which nothing is stored.
        """
        self.keeps_drafts = True
        """Whether drafts are stored; not for a judged pair that is opened again."""
        self.stopped = Intent.BEGIN
        """The intent that failed last."""
        self.judged = 0
        """Number of judgments stored since the study was opened."""
        drafts.due.connect(self._save_draft)

    def send(self, intent: Callable[[], None]) -> None:
        """Send a change of the study."""
        self._hold(intent)
        intent()

    def retry(self) -> None:
        """Send again the change that failed last."""
        if self.stopped is Intent.DRAFT:
            self._drafts.store()
        else:
            self.send(self._repeat)

    def on_shown(self, intent: Intent) -> None:
        """Note that an intent is stored."""
        change = {Intent.JUDGE: 1, Intent.UNDO: -1}.get(intent, 0)
        self.judged = max(self.judged + change, 0)

    def judge(self, answer: Answer) -> None:
        """Send a verdict with the draft; a practice pair sends nothing."""
        if self.item is not None:
            draft, seconds = self._stop()
            begun = (draft.comment, draft.flagged, seconds, draft.criteria, draft.reasons)
            beside = (draft.reason_sides, draft.reference_seen)
            verdict = Verdict(answer.choice, answer.strength, *begun, *beside)
            self._hold(partial(self._signals.judge.emit, self.item.allocation, verdict))
            self._repeat()

    def guess(self, guess: Guess) -> None:
        """Send which side the rater takes for that of the fine-tuned model."""
        if self.item is not None:
            self._time.count(False)
            intent = partial(self._signals.guess.emit, self.item.allocation, guess, self._time.seconds)
            self.send(intent)

    def skip(self, reason: str) -> None:
        """Skip the pair, with its draft."""
        if self.item is not None:
            self.send(partial(self._signals.skip.emit, self.item.allocation, reason, *self._stop()))

    def undo(self) -> None:
        """Take back the rater's newest action; the draft of the current pair is stored."""
        self._drafts.store_pending()
        self.send(self._signals.undo.emit)

    def _hold(self, intent: Callable[[], None]) -> None:
        """Send a request, and keep it so that it can be sent again."""
        self._repeat = intent
        self.closing.emit()

    def _stop(self) -> tuple[Draft, float]:
        self._time.count(False)
        return self._drafts.hand_over(), self._time.seconds

    def _save_draft(self, draft: Draft) -> None:
        if self.item is not None and self.keeps_drafts:
            self._signals.save_draft.emit(self.item.allocation, draft)
