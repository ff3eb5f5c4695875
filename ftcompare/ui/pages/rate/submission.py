"""Sends what changes the study, one intent at a time, and again where it was not stored."""

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
    """What the rater decided of the pair in front, on its way to the study.

    Args:
        signals: the way there.
        drafts: what is begun becomes part of a verdict; what is due is sent by itself.
        time: its seconds become part of a verdict; it counts no further once one is given.

    Signals:
        closing: an intent is about to be sent; nothing else is to be taken until it is answered.
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
        """The pair in front; None while there is none, or one to practise on: of that nothing is kept."""
        self.keeps_drafts = True
        """Whether what is begun is stored; of a judged pair that is looked at again it is not."""
        self.stopped = Intent.BEGIN
        """The intent that was refused last."""
        self.judged = 0
        """Judgments stored since the study was opened."""
        drafts.due.connect(self._save_draft)

    def send(self, intent: Callable[[], None]) -> None:
        """Send something that changes the study."""
        self._hold(intent)
        intent()

    def retry(self) -> None:
        """Send again what was refused last."""
        if self.stopped is Intent.DRAFT:
            self._drafts.store()
        else:
            self.send(self._repeat)

    def on_shown(self, intent: Intent) -> None:
        """An intent is stored."""
        change = {Intent.JUDGE: 1, Intent.UNDO: -1}.get(intent, 0)
        self.judged = max(self.judged + change, 0)

    def judge(self, answer: Answer) -> None:
        """Send a verdict on the pair, with what is begun of it; in practice there is nothing to send."""
        if self.item is not None:
            draft, seconds = self._stop()
            begun = (draft.comment, draft.flagged, seconds, draft.criteria, draft.reasons)
            beside = (draft.reason_sides, draft.reference_seen)
            verdict = Verdict(answer.choice, answer.strength, *begun, *beside)
            self._hold(partial(self._signals.judge.emit, self.item.allocation, verdict))
            self._repeat()

    def guess(self, guess: Guess) -> None:
        """Send which side the rater takes for the fine-tuned one's."""
        if self.item is not None:
            self._time.count(False)
            intent = partial(self._signals.guess.emit, self.item.allocation, guess, self._time.seconds)
            self.send(intent)

    def skip(self, reason: str) -> None:
        """Have the pair put aside, with what is begun of it."""
        if self.item is not None:
            self.send(partial(self._signals.skip.emit, self.item.allocation, reason, *self._stop()))

    def undo(self) -> None:
        """Have the newest act taken back; what is begun of this pair is kept."""
        self._drafts.store_pending()
        self.send(self._signals.undo.emit)

    def _hold(self, intent: Callable[[], None]) -> None:
        """Keep what is sent now, so that it can be sent again."""
        self._repeat = intent
        self.closing.emit()

    def _stop(self) -> tuple[Draft, float]:
        self._time.count(False)
        return self._drafts.hand_over(), self._time.seconds

    def _save_draft(self, draft: Draft) -> None:
        if self.item is not None and self.keeps_drafts:
            self._signals.save_draft.emit(self.item.allocation, draft)
