"""The window's one engine, used by one page at a time: two would need memory for two sets of models.

A page takes the engine and releases it after use. The worker stays in between with its loaded models, so that
the same page can continue without loading.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from ftcompare.core.errors import UserError
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import worker_command
from ftcompare.ui.engine.engine_link import EngineLink
from ftcompare.ui.study_thread.study_tasks import StudyTasks


class EngineHost(QObject):
    """Owns the worker and records which page uses it, which models are loaded, and if results are due."""

    def __init__(
        self, command: Sequence[str], clock: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.link = EngineLink(command, clock, self)
        self.link.heard.connect(self._on_event)
        self.holder: EngineSeat | None = None
        self.loaded: tuple[EngineSeat, int] | None = None
        self.draining = False

    def seat(self, doing: str, parent: QObject) -> EngineSeat:
        """Create a page's access to the engine.

        Args:
            doing: a sentence that tells other pages why they must wait ("Generate is writing pairs.").
        """
        return EngineSeat(self, doing, parent)

    def _on_event(self, event: protocol.Event) -> None:
        if self.draining:
            ended = isinstance(event, protocol.Finished) and event.cancelled
            self.draining = not (ended or (isinstance(event, protocol.Fault) and event.fatal))
        elif self.holder is not None:
            if isinstance(event, protocol.Loaded):
                self.loaded = self.holder, self.link.worker
            self.holder.heard.emit(event)


class EngineSeat(QObject):
    """One page's access to the engine."""

    heard = Signal(object)
    """An event of the worker, while this one has it. See `EngineLink.heard`."""

    def __init__(self, host: EngineHost, doing: str, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.doing = doing

    @property
    def kept(self) -> bool:
        """Whether the models that this page loaded last are still in memory."""
        worker = self._host.link.worker
        return worker > 0 and self._host.loaded == (self, worker)

    def take(self) -> None:
        """Reserve the engine until `release`. Does nothing if it is reserved already.

        Raises:
            UserError: ``engine-busy`` if another page uses it.
        """
        holder = self._host.holder
        if holder not in (None, self):
            raise UserError(holder.doing, how="Try again when that is done.", code="engine-busy")
        self._host.holder = self

    def release(self) -> None:
        """Release the engine. Work in progress is cancelled, and its further events are dropped."""
        if self._host.holder is self:
            self._host.draining = self._host.link.cancel() or self._host.link.cancelling
            self._host.holder = None

    def send(self, command: protocol.Command) -> None:
        """Send a command; the engine must be reserved. Starts the worker if it is not running."""
        if isinstance(command, protocol.Load):
            self._host.loaded = None
        self._host.link.send(command)

    def cancel(self) -> bool:
        """Cancel work in progress. See `EngineLink.cancel`."""
        return self._host.holder is self and self._host.link.cancel()

    def shut_down(self) -> None:
        """End the worker, unless another one has it. Blocks a moment."""
        if self._host.holder in (None, self):
            self._host.holder, self._host.loaded, self._host.draining = None, None, False
            self._host.link.shut_down()


def engine_host(tasks: StudyTasks) -> EngineHost:
    """The engine that works for the studies opened here: always the same one."""
    return tasks.findChild(EngineHost) or EngineHost(worker_command(), time.monotonic, tasks)
