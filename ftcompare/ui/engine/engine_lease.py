"""One engine a window, lent to one page at a time: two would need the memory of two models.

Whoever wants it takes it and gives it back. In between the worker stays, with what it has loaded, so
that who comes back finds it ready.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from ftcompare.core.errors import UserError
from ftcompare.engine import protocol
from ftcompare.engine.process import worker_command
from ftcompare.ui.engine.engine_link import EngineLink
from ftcompare.ui.study_thread.study_tasks import StudyTasks


class EngineHost(QObject):
    """Owns the worker and knows who has it.

    Args:
        command: program and arguments of the worker.
        clock: monotonic seconds.
    """

    def __init__(
        self, command: Sequence[str], clock: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.link = EngineLink(command, clock, self)
        self.link.heard.connect(self._on_event)
        self._holder: EngineSeat | None = None
        self._loaded: tuple[EngineSeat, int] | None = None
        self._draining = False

    def seat(self, doing: str, parent: QObject) -> EngineSeat:
        """A way to the engine.

        Args:
            doing: a sentence that tells others why they must wait ("Generate is writing pairs.").
            parent: whose the way is.
        """
        return EngineSeat(self, doing, parent)

    def take(self, seat: EngineSeat) -> None:
        """Lend the engine. See `EngineSeat.take`."""
        if self._holder not in (None, seat):
            raise UserError(self._holder.doing, how="Try again when that is done.", code="engine-busy")
        self._holder = seat

    def release(self, seat: EngineSeat) -> None:
        """Take the engine back; what the worker still says of it is heard by nobody."""
        if self._holder is seat:
            self._draining = self.link.cancel() or self.link.cancelling
            self._holder = None

    def holds(self, seat: EngineSeat) -> bool:
        """Whether this one has the engine now."""
        return self._holder is seat

    def kept(self, seat: EngineSeat) -> bool:
        """Whether what this one loaded last is still in memory."""
        return self.link.worker > 0 and self._loaded == (seat, self.link.worker)

    def send(self, command: protocol.Command) -> None:
        """Hand on a command; a `Load` drops what was loaded."""
        if isinstance(command, protocol.Load):
            self._loaded = None
        self.link.send(command)

    def shut_down(self, seat: EngineSeat) -> None:
        """End the worker, unless someone else has it."""
        if self._holder in (None, seat):
            self._holder, self._loaded, self._draining = None, None, False
            self.link.shut_down()

    def _on_event(self, event: protocol.Event) -> None:
        if self._draining:
            ended = isinstance(event, protocol.Finished) and event.cancelled
            self._draining = not (ended or (isinstance(event, protocol.Fault) and event.fatal))
            return
        if self._holder is None:
            return
        if isinstance(event, protocol.Loaded):
            self._loaded = self._holder, self.link.worker
        self._holder.heard.emit(event)


class EngineSeat(QObject):
    """One page's way to the engine."""

    heard = Signal(object)
    """An event of the worker, while this one has it. See `EngineLink.heard`."""

    def __init__(self, host: EngineHost, doing: str, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.doing = doing

    @property
    def kept(self) -> bool:
        """Whether what this one loaded last is still in memory."""
        return self._host.kept(self)

    def take(self) -> None:
        """Have the engine until `release`. Nothing happens where it is had already.

        Raises:
            UserError: ``engine-busy`` while another one has it.
        """
        self._host.take(self)

    def release(self) -> None:
        """Give the engine back. What is under way is cancelled."""
        self._host.release(self)

    def send(self, command: protocol.Command) -> None:
        """Send a command; the engine must have been taken. Starts the worker where there is none."""
        self._host.send(command)

    def cancel(self) -> bool:
        """Give up what is under way. See `EngineLink.cancel`."""
        return self._host.holds(self) and self._host.link.cancel()

    def shut_down(self) -> None:
        """End the worker, unless another one has it. Blocks a moment."""
        self._host.shut_down(self)


def engine_host(tasks: StudyTasks) -> EngineHost:
    """The engine that works for the studies opened here: always the same one."""
    return tasks.findChild(EngineHost) or EngineHost(worker_command(), time.monotonic, tasks)
