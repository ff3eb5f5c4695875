"""The conversation with a worker as a state machine that does no I/O.

A transport (`ftcompare.engine.process`, or the window's QProcess) writes what `send` and `cancel`
return, hands over what it reads to `feed`, asks `overdue` now and then, and says `ended` at the end.
"""

from __future__ import annotations

import signal
from enum import Enum, auto

from ftcompare.core.errors import BugError
from ftcompare.engine.protocol import (
    PROTOCOL_VERSION,
    Benchmark,
    Benchmarked,
    Cancel,
    Command,
    Event,
    Fault,
    Finished,
    Generate,
    Hello,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    Progress,
    ProtocolError,
    Score,
    Scored,
    Shutdown,
    Stage,
    Verified,
    Verify,
    decode,
    encode,
)

CANCEL_SECONDS = 3.0
"""How long a worker may take to answer a cancel before the transport must kill it."""

LOADING_CANCEL_SECONDS = 0.7
"""The same while it loads: a library's loading cannot be interrupted, and nothing is lost with the worker."""

MAX_LINE = 64 * 1024 * 1024
"""Bytes; a longer line is no message of a sound worker."""

LAST_WORDS = 400
"""Characters of the worker's stderr that a crash report quotes."""


class EngineState(Enum):
    """Where the conversation is."""

    STARTING = auto()
    IDLE = auto()
    LOADING = auto()
    VERIFYING = auto()
    GENERATING = auto()
    SCORING = auto()
    BENCHMARKING = auto()
    CANCELLING = auto()
    ENDED = auto()


_JOBS: dict[type[Command], EngineState] = {
    Load: EngineState.LOADING,
    Verify: EngineState.VERIFYING,
    Generate: EngineState.GENERATING,
    Score: EngineState.SCORING,
    Benchmark: EngineState.BENCHMARKING,
}
_ALWAYS: tuple[type[Event], ...] = (Fault,)
_WORKING: tuple[type[Event], ...] = (*_ALWAYS, Stage, Note)
_COUNTING: tuple[type[Event], ...] = (*_WORKING, ItemFailed, Progress)
_ENDS: tuple[type[Event], ...] = (Loaded, Verified, Benchmarked, Finished)
_EXPECTED: dict[EngineState, tuple[type[Event], ...]] = {
    EngineState.STARTING: (*_ALWAYS, Hello),
    EngineState.IDLE: _ALWAYS,
    EngineState.LOADING: (*_WORKING, Loaded),
    EngineState.VERIFYING: (*_WORKING, Verified),
    EngineState.GENERATING: (*_COUNTING, Pair, Finished),
    EngineState.SCORING: (*_COUNTING, Scored, Finished),
    EngineState.BENCHMARKING: (*_COUNTING, Benchmarked),
    EngineState.CANCELLING: (*_COUNTING, Pair, Scored, *_ENDS),
}


class EngineClient:
    """One conversation, from a worker's start to its end. A new worker needs a new client."""

    def __init__(self) -> None:
        self._state = EngineState.STARTING
        self._rest = b""
        self._cancelled_at = 0.0
        self._patience = CANCEL_SECONDS

    @property
    def state(self) -> EngineState:
        """Where the conversation is."""
        return self._state

    @property
    def working(self) -> bool:
        """Whether a command is under way that has not been cancelled."""
        return self._state in _JOBS.values()

    def send(self, command: Command) -> bytes:
        """The line to write for a command.

        `Shutdown` may always be sent, any other when IDLE; for `Cancel` call `cancel`.

        Raises:
            BugError: the state does not allow it.
        """
        if isinstance(command, Shutdown):
            self._state = EngineState.ENDED
        elif self._state is EngineState.IDLE and not isinstance(command, Cancel):
            self._state = _JOBS[type(command)]
        else:
            raise BugError(
                f"{type(command).__name__} cannot be sent while {self._state.name}.", code="engine-state"
            )
        return encode(command)

    def cancel(self, now: float) -> bytes:
        """The line that cancels what is under way; empty where nothing is.

        Args:
            now: seconds of a monotonic clock, the same as `overdue` is asked with.
        """
        if not self.working:
            return b""
        self._patience = LOADING_CANCEL_SECONDS if self._state is EngineState.LOADING else CANCEL_SECONDS
        self._state = EngineState.CANCELLING
        self._cancelled_at = now
        return encode(Cancel())

    def overdue(self, now: float) -> bool:
        """Whether a cancel has gone unanswered so long that the worker must be killed."""
        return self._state is EngineState.CANCELLING and now - self._cancelled_at >= self._patience

    def feed(self, data: bytes) -> list[Event]:
        """The events in what the worker wrote; an unfinished line waits for its rest.

        After a fatal `Fault` the state is ENDED and the transport must end the worker.
        """
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE:
            return self._give_up("worker-garbled", "The engine sent a line without an end.")
        events: list[Event] = []
        for line in lines:
            events += self._take(line)
        return events

    def ended(self, exit_code: int | None, stderr_tail: str) -> list[Event]:
        """What the end of the worker's process means.

        Args:
            exit_code: as `subprocess` gives it (negative: a signal); None where unknown.
            stderr_tail: the last that the worker wrote to stderr.

        Returns:
            Nothing if it was to end, ``Finished(cancelled=True)`` if it was being cancelled, else a
            `Fault` with code ``worker-crashed``.
        """
        state, self._state = self._state, EngineState.ENDED
        if state is EngineState.ENDED:
            return []
        if state is EngineState.CANCELLING:
            return [Finished(cancelled=True)]
        return [_crash(exit_code, stderr_tail, starting=state is EngineState.STARTING)]

    def _take(self, line: bytes) -> list[Event]:
        if self._state is EngineState.ENDED:
            return []
        try:
            event = decode(line)
        except ProtocolError as error:
            return self._give_up("worker-garbled", f"The engine cannot be understood. {error.what}")
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
        elif self._state is EngineState.CANCELLING:
            return self._follow_cancelled(event)
        elif isinstance(event, (Fault, *_ENDS)) and self.working:
            self._state = EngineState.IDLE
        return [event]

    def _follow_cancelled(self, event: Event) -> list[Event]:
        """A `Finished` that crossed the cancel is held back: the cancel's own answer follows."""
        if not isinstance(event, Finished):
            return [event]
        if not event.cancelled:
            return []
        self._state = EngineState.IDLE
        return [event]

    def _greet(self, hello: Hello) -> list[Event]:
        if hello.version != PROTOCOL_VERSION:
            words = f"The engine speaks version {hello.version}, this program {PROTOCOL_VERSION}."
            return self._give_up("worker-version", words)
        self._state = EngineState.IDLE
        return [hello]

    def _give_up(self, code: str, what: str) -> list[Event]:
        self._state = EngineState.ENDED
        how = "Start the engine again; if it happens again, report it."
        return [Fault(code, what, where="", how=how, fatal=True, kind="bug")]


def _crash(exit_code: int | None, stderr_tail: str, *, starting: bool) -> Fault:
    last_words = stderr_tail.strip()[-LAST_WORDS:]
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
        return "Try again; `ftcompare doctor` looks at what the engine needs."
    if exit_code is not None and exit_code < 0 and _signal_name(exit_code) == "SIGKILL":
        memory = (
            "The system ends programs so when memory runs out: close other programs, or choose a smaller "
            "model or batch."
        )
    else:
        memory = "If the machine ran out of memory, close other programs or choose a smaller batch."
    return f"What was written so far is kept. Generate again to go on. {memory}"


def _exit_in_words(exit_code: int | None) -> str:
    if exit_code is None:
        return "it crashed"
    return f"exit code {exit_code}" if exit_code >= 0 else f"killed by {_signal_name(exit_code)}"


def _signal_name(exit_code: int) -> str:
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
