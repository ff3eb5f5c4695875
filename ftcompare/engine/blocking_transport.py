"""A blocking transport to a worker process, used by the command line and the tests."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Self

from ftcompare.engine.client import EngineClient, EngineState
from ftcompare.engine.protocol import Command, Event, Fault, Shutdown

END_SECONDS = 3.0
TICK_SECONDS = 0.1
CHUNK = 64 * 1024


def worker_command() -> list[str]:
    """Return the command that starts a worker; ``-P`` keeps the current folder off its import path."""
    return [sys.executable, "-P", "-m", "ftcompare.engine.worker"]


class EngineProcess:
    """Worker that starts on first use, and again after it has ended. A context manager."""

    def __init__(self, *, command: Sequence[str] | None = None) -> None:
        self._command = list(command or worker_command())
        self._client = EngineClient(time.monotonic())
        self._child: _Child | None = None
        self._lock = threading.RLock()
        self._sending = self._cancel_next = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def events(self, command: Command) -> Iterator[Event]:
        """Send a command and yield its events, up to and including the event that ends it.

        A `Fault` is yielded, not raised (see `protocol.raise_fault`). If the worker crashes, the last event
        is a `Fault` "worker-crashed", and the next call starts a new worker without loaded systems.
        """
        yield from self._start()
        if self._client.state is EngineState.ENDED:
            return
        self._send(command)
        yield from self._listen(until=EngineState.IDLE)

    def cancel(self) -> None:
        """Cancel the current command; `events` then ends with ``Finished(cancelled=True)``.

        Between commands (while the worker starts, or after one command has ended) the next command is
        canceled. May be called from another thread or a signal handler. A worker that does not
        answer in time is killed: within 1 s while it loads, otherwise within 3 s.
        """
        with self._lock:
            waits = self._client.state in (EngineState.STARTING, EngineState.IDLE)
            self._cancel_next = self._cancel_next or waits or self._sending
            if not self._sending:
                self._write(lambda: self._client.cancel(time.monotonic()))

    def close(self) -> None:
        if self._child is None:
            return
        self._write(lambda: self._client.send(Shutdown()))
        self._reap()

    def _start(self) -> Iterator[Event]:
        """Start a worker and wait for its `Hello`. Yields only a `Fault`, if the start fails."""
        if self._child is not None and self._client.state is not EngineState.ENDED:
            return
        self._reap()
        self._client = EngineClient(time.monotonic())
        self._child = _Child(self._command, self._client.note_stderr)
        for event in self._listen(until=EngineState.IDLE):
            if isinstance(event, Fault):
                yield event

    def _listen(self, *, until: EngineState) -> Iterator[Event]:
        while self._child is not None and self._client.state not in (until, EngineState.ENDED):
            if self._client.overdue(time.monotonic()):
                self._child.kill()
            yield from self._hear(self._child)
        if self._client.state is EngineState.ENDED:
            self._reap()

    def _hear(self, child: _Child) -> list[Event]:
        try:
            data = child.read(TICK_SECONDS)
        except EOFError:
            return self._client.ended(child.wait())
        with self._lock:
            return self._client.feed(data)

    def _send(self, command: Command) -> None:
        """Send a command, followed by a cancel that was requested before or during the sending."""
        with self._lock:
            self._sending = True
            self._write(lambda: self._client.send(command))
            self._sending = False
            if self._cancel_next:
                self._cancel_next = False
                self.cancel()

    def _write(self, line: Callable[[], bytes]) -> None:
        """Write what ``line`` returns. The end of a worker is detected when its output is read."""
        with self._lock:
            data = line()
            if self._child is not None and data:
                self._child.write(data)

    def _reap(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.close()


class _Child:
    """Process with a reader thread for each output pipe; ``on_stderr`` is called on one of them."""

    def __init__(self, command: Sequence[str], on_stderr: Callable[[bytes], None]) -> None:
        pipe = subprocess.PIPE
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, creationflags=flags
        )
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        sinks = ((self._process.stdout, self._chunks.put), (self._process.stderr, on_stderr))
        self._threads = [threading.Thread(target=_drain, args=sink, daemon=True) for sink in sinks]
        for thread in self._threads:
            thread.start()
        self.pid = self._process.pid
        self.kill = self._process.kill

    def read(self, timeout: float) -> bytes:
        """Return bytes from stdout, empty after ``timeout`` seconds. Raises `EOFError` at its end."""
        try:
            data = self._chunks.get(timeout=timeout)
        except queue.Empty:
            return b""
        if not data:
            raise EOFError
        return data

    def write(self, data: bytes) -> None:
        stdin = self._process.stdin
        with suppress(OSError, ValueError):
            view = memoryview(data)
            while stdin is not None and view:
                view = view[stdin.write(view) or 0 :]

    def wait(self) -> int:
        """Return the exit code after stderr is read; kill a process that does not end."""
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._threads[1].join(END_SECONDS)
        return code

    def close(self) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self.wait()
        for thread in self._threads:
            thread.join(END_SECONDS)
        for stream in filter(None, (self._process.stdout, self._process.stderr)):
            stream.close()


def _drain(stream: IO[bytes], sink: Callable[[bytes], None]) -> None:
    while data := stream.read(CHUNK):
        sink(data)
    sink(b"")
