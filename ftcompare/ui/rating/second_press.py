"""The moment after an answer in which a second press of the same key means "much better"."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from ftcompare.core.scale import Scale
from ftcompare.ui.rating.answers import Answer, answers


def stronger(answer: Answer, scale: Scale) -> Answer | None:
    """What a second press of an answer's key means; None where the scale has nothing stronger."""
    wanted = f"{answer.command}_much"
    return next((offered for offered in answers(scale) if offered.command == wanted), None)


class SecondPress(QObject):
    """Holds an answer back for a moment.

    Args:
        seconds: how long; 0 for never.

    Signals:
        over: the moment has passed; the `Answer` is meant as it was given.
    """

    over = Signal(object)

    def __init__(self, seconds: float, parent: QObject) -> None:
        super().__init__(parent)
        self._milliseconds = round(seconds * 1000)
        self._answer: Answer | None = None
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_over)

    def set_seconds(self, seconds: float) -> None:
        """Wait so long from the next answer on."""
        self._milliseconds = round(seconds * 1000)

    @property
    def answer(self) -> Answer | None:
        """What is held back."""
        return self._answer

    def counts(self, answer: Answer, scale: Scale) -> bool:
        """Whether an answer is one that a second press would make stronger."""
        return self._milliseconds > 0 and stronger(answer, scale) is not None

    def hold(self, answer: Answer) -> None:
        """Wait with an answer."""
        self._answer = answer
        self._timer.start(self._milliseconds)

    def take(self) -> Answer | None:
        """What was held back; nothing is from now on."""
        self._timer.stop()
        held, self._answer = self._answer, None
        return held

    def _on_over(self) -> None:
        held = self.take()
        if held is not None:
            self.over.emit(held)
