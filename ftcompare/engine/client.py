"""Client side of the worker protocol, as a state machine without I/O.

A transport (`ftcompare.engine.blocking_transport`, or the window's QProcess) writes the bytes that `send` and
`cancel` return, passes the worker's output to `feed` and `note_stderr`, calls `overdue` regularly, and calls
`ended` when the process has ended.
"""

from __future__ import annotations

import signal
from enum import Enum, auto

from ftcompare.core.errors import BugError
from ftcompare.engine import protocol
from ftcompare.engine.protocol import Cancel, Command, Event, Fault, Finished, Hello, Shutdown

START_SECONDS = 60.0  # seconds that a worker may take to send `Hello` before the transport must kill it
CANCEL_SECONDS = 3.0  # seconds that a worker may take to answer a cancel before the transport must kill it

LOADING_CANCEL_SECONDS = 0.7  # the same while it loads: this cannot be interrupted, and killing loses nothing

MAX_LINE = 64 * 1024 * 1024  # maximum number of bytes of a line; a longer line is no message
STDERR_KEPT = 8 * 1024  # number of bytes kept from the end of the worker's stderr
LAST_WORDS = 400  # maximum number of characters of stderr quoted in a crash report
KILLED = -9  # the exit code that `subprocess` reports for SIGKILL, which Windows does not have


class EngineState(Enum):
    STARTING = auto()
    IDLE = auto()
    LOADING = auto()
    VERIFYING = auto()
    GENERATING = auto()
    SCORING = auto()
    REWARDING = auto()
    BENCHMARKING = auto()
    EVALUATING = auto()
    CANCELLING = auto()
    ENDED = auto()


_JOBS: dict[type[Command], EngineState] = {
    protocol.Load: EngineState.LOADING,
    protocol.Verify: EngineState.VERIFYING,
    protocol.Generate: EngineState.GENERATING,
    protocol.Score: EngineState.SCORING,
    protocol.Reward: EngineState.REWARDING,
    protocol.Benchmark: EngineState.BENCHMARKING,
    protocol.Evaluate: EngineState.EVALUATING,
}
_ALWAYS: tuple[type[Event], ...] = (Fault,)
_WORKING: tuple[type[Event], ...] = (*_ALWAYS, protocol.Stage, protocol.Note, protocol.OtherModel)
_COUNTING: tuple[type[Event], ...] = (*_WORKING, protocol.ItemFailed, protocol.Progress)
_ENDS: tuple[type[Event], ...] = (protocol.Loaded, protocol.Verified, protocol.Benchmarked, Finished)
_EVALUATED: tuple[type[Event], ...] = (protocol.EvaluatedItem, protocol.EvaluatedTask)
_EXPECTED: dict[EngineState, tuple[type[Event], ...]] = {
    EngineState.STARTING: (*_ALWAYS, Hello),
    EngineState.IDLE: _ALWAYS,
    EngineState.LOADING: (*_WORKING, protocol.Loaded),
    EngineState.VERIFYING: (*_WORKING, protocol.ServerChecked, protocol.Verified),
    EngineState.GENERATING: (*_COUNTING, protocol.Pair, protocol.ServerChecked, Finished),
    EngineState.SCORING: (*_COUNTING, protocol.Scored, Finished),
    EngineState.REWARDING: (*_COUNTING, protocol.Rewarded, Finished),
    EngineState.BENCHMARKING: (*_COUNTING, protocol.Benchmarked),
    EngineState.EVALUATING: (*_COUNTING, *_EVALUATED, Finished),
    EngineState.CANCELLING: (
        *(*_COUNTING, protocol.Pair, protocol.Scored, protocol.Rewarded, protocol.ServerChecked),
        *(*_EVALUATED, *_ENDS),
    ),
}


class EngineClient:
    """Conversation with one worker. ``now`` is its start in seconds, on the clock of `overdue`."""

    def __init__(self, now: float) -> None:
        self._state = EngineState.STARTING
        self._rest = self._stderr = b""
        self._awaited_since = now
        self._patience = START_SECONDS

    @property
    def state(self) -> EngineState:
        return self._state

    @property
    def working(self) -> bool:
        return self._state in _JOBS.values()

    @property
    def awaited(self) -> bool:
        """Whether an answer has a deadline, so that `overdue` must be called regularly."""
        return self._state in (EngineState.STARTING, EngineState.CANCELLING)

    def send(self, command: Command) -> bytes:
        """Return the line of a command; all but `Shutdown` need state IDLE. `cancel` writes `Cancel`."""
        if isinstance(command, Shutdown):
            self._state = EngineState.ENDED
        elif self._state is EngineState.IDLE and not isinstance(command, Cancel):
            self._state = _JOBS[type(command)]
        else:
            what = f"{type(command).__name__} cannot be sent while {self._state.name}."
            raise BugError(what, code="engine-state")
        return protocol.encode(command)

    def cancel(self, now: float) -> bytes:
        if not self.working:
            return b""
        self._patience = LOADING_CANCEL_SECONDS if self._state is EngineState.LOADING else CANCEL_SECONDS
        self._state = EngineState.CANCELLING
        self._awaited_since = now
        return protocol.encode(Cancel())

    def overdue(self, now: float) -> bool:
        """Return whether the worker's start or answer to a cancel is overdue, so that it must be killed."""
        return self.awaited and now - self._awaited_since >= self._patience

    def feed(self, data: bytes) -> list[Event]:
        """Return events; an incomplete line is kept. After a fatal `Fault` the worker must be ended."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE:
            return self._give_up("worker-garbled", "The engine sent a line without an end.")
        events: list[Event] = []
        for line in lines:
            events += self._take(line)
        return events

    def note_stderr(self, data: bytes) -> None:
        self._stderr = (self._stderr + data)[-STDERR_KEPT:]

    def ended(self, exit_code: int | None) -> list[Event]:
        """Return the event that follows from the end of the worker's process, if any.

        The exit code is as `subprocess` gives it (negative: a signal), None where unknown. The event
        is ``Finished(cancelled=True)`` if a cancel was pending, else a `Fault` ``worker-crashed``.
        """
        state, self._state = self._state, EngineState.ENDED
        if state is EngineState.ENDED:
            return []
        if state is EngineState.CANCELLING:
            return [Finished(cancelled=True)]
        stderr = self._stderr.decode("utf-8", "replace")
        return [_crash(exit_code, stderr, starting=state is EngineState.STARTING)]

    def _take(self, line: bytes) -> list[Event]:
        if self._state is EngineState.ENDED:
            return []
        try:
            event = protocol.decode(line)
        except protocol.ProtocolError as error:
            return self._give_up("worker-garbled", f"The engine's message is not valid. {error.what}")
        if isinstance(event, Command):
            return self._give_up("worker-garbled", "The engine sent a command.")
        if not isinstance(event, _EXPECTED[self._state]):
            words = f"The engine sent {type(event).__name__} while {self._state.name}."
            return self._give_up("worker-garbled", words)
        return self._follow(event)

    def _follow(self, event: Event) -> list[Event]:
        if isinstance(event, Hello):
            return self._greet(event)
        if isinstance(event, Fault) and event.fatal:
            self._state = EngineState.ENDED
        elif self._state is EngineState.CANCELLING and isinstance(event, Finished):
            if not event.cancelled:  # sent before the worker saw the cancel, whose answer follows
                return []
            self._state = EngineState.IDLE
        elif isinstance(event, (Fault, *_ENDS)) and self.working:
            self._state = EngineState.IDLE
        return [event]

    def _greet(self, hello: Hello) -> list[Event]:
        if hello.version != protocol.PROTOCOL_VERSION:
            words = f"The engine speaks version {hello.version}, this program {protocol.PROTOCOL_VERSION}."
            return self._give_up("worker-version", words)
        self._state = EngineState.IDLE
        return [hello]

    def _give_up(self, code: str, what: str) -> list[Event]:
        self._state = EngineState.ENDED
        how = "Start the engine again; if it happens again, report it."
        return [Fault(code, what, where="", how=how, fatal=True, kind="bug")]


def _crash(exit_code: int | None, stderr: str, *, starting: bool) -> Fault:
    last_words = stderr.strip()[-LAST_WORDS:]
    what = "did not start" if starting else "stopped unexpectedly"
    return Fault(
        "worker-crashed",
        f"The engine {what} ({_exit_in_words(exit_code)}).",
        where=f"Its last words: {last_words}" if last_words else "",
        how=_after_a_crash(exit_code, starting=starting),
        fatal=True,
        kind="environment",
    )


def _after_a_crash(exit_code: int | None, *, starting: bool) -> str:
    if starting:
        return "Try again. In a terminal, `ftcompare info --machine` checks the requirements of the engine."
    memory = "If the machine ran out of memory, close other programs or choose a smaller batch."
    if exit_code == KILLED:
        memory = (
            "The system ends programs this way when memory runs out. Close other programs, or choose a "
            "smaller model or batch."
        )
    return f"Everything written so far is saved. Generate again to continue. {memory}"


def _exit_in_words(exit_code: int | None) -> str:
    if exit_code is None:
        return "it crashed"
    if exit_code >= 0:
        return f"exit code {exit_code}"
    known = -exit_code in set(signal.Signals)
    return f"killed by {signal.Signals(-exit_code).name if known else f'signal {-exit_code}'}"
