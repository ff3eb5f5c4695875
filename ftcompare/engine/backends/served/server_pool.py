"""Several servers of the same models: all load and verify at the same time, and then share the items.

A server that fails is left out with a note, and the others take its items. If all fail, the last error is
raised.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.run_record import SystemVerification
from ftcompare.engine import protocol
from ftcompare.engine.backends import Backend, not_verified
from ftcompare.engine.backends.served.backend import ServedBackend
from ftcompare.engine.served_fingerprint import changes

Result = TypeVar("Result")

TAKEN = 64  # maximum number of items that a server takes at once: it checks its models after each lot


class ServerPool(Backend):
    """Runs systems on the server of a `Load` and on those of its ``also``; with one server, as it does."""

    def __init__(self, make: Callable[[], ServedBackend] = ServedBackend) -> None:
        super().__init__()
        self._make = make
        self._all: list[ServedBackend] = []
        self._members: list[ServedBackend] = []
        self._verified = False  # by several servers, with equal answers
        self._lock = threading.RLock()  # of the share, the members, and `emit`

    def close(self) -> None:
        for one in self._all:
            one.close()

    def load(self, command: protocol.Load) -> protocol.Loaded:
        self._verified = False
        urls = (command.systems[0].url, *command.also)
        self._members = [self._backend(number) for number in range(len(urls))]
        commands = {
            one: replace(command, systems=tuple(replace(s, url=url) for s in command.systems), also=())
            for one, url in zip(self._members, urls, strict=True)
        }
        found = self._each(lambda one: one.load(commands[one]))
        hosts = ", ".join(one.device_name for one in found)
        reports = tuple(
            replace(same[0], notes=tuple(dict.fromkeys(note for one in same for note in one.notes)))
            for same in zip(*(one.systems for one in found), strict=True)
        )
        return replace(found[0], device_name=hosts, systems=reports)

    def verify(self, items: Sequence[protocol.Item]) -> protocol.Verified:
        if not self._members:
            return self._first().verify(items)
        found = self._each(lambda one: one.verify(items))
        if len(found) == 1:
            return found[0]
        together = tuple(_together(found, [one.host for one in self._members]))
        self._verified = all(one.ok for one in together)
        return protocol.Verified(together)

    def generate(self, items: Sequence[protocol.Item], settings: protocol.GenerationSettings) -> None:
        if len(self._members) < 2:
            self._first().generate(items, settings)
            return
        if not self._verified:
            raise not_verified()
        share = _Share(items, len(self._members))
        while share.waiting:
            self._each(lambda one: self._serve(one, share, settings))

    def _serve(self, server: ServedBackend, share: _Share, settings: protocol.GenerationSettings) -> None:
        """Answer items until none are left, or the server fails."""

        def hear(event: protocol.Event) -> None:
            with self._lock:
                self.emit(share.count(server.host, event))

        server.emit = hear
        try:
            while taken := self._take(share):
                try:
                    server.generate(taken, settings)
                except EnvironmentFault:
                    with self._lock:
                        share.give_back(server.host, taken)
                    raise
        finally:
            server.emit = self._say

    def _take(self, share: _Share) -> list[protocol.Item]:
        with self._lock:
            return share.take()

    def _each(self, work: Callable[[ServedBackend], Result]) -> list[Result]:
        """Return the results of all servers, which work at the same time; one that fails is left out."""
        errors: list[BaseException] = []  # that end the work of all, the first one first
        found: dict[ServedBackend, Result] = {}

        def run(server: ServedBackend) -> None:
            server.is_cancelled = lambda: bool(errors) or self.is_cancelled()
            server.is_alone = len(self._members) == 1
            try:
                found[server] = work(server)
            except EnvironmentFault as error:
                try:
                    self._leave_out(server, error)
                except EnvironmentFault as last:
                    errors.append(last)
            except BaseException as error:  # noqa: BLE001 - of a thread: raised below
                errors.append(error)
            finally:
                server.is_cancelled = lambda: self.is_cancelled()

        with ThreadPoolExecutor(max(1, len(self._members))) as threads:
            list(threads.map(run, tuple(self._members)))
        if errors:
            raise errors[0]
        return [found[one] for one in self._members]

    def score(self, texts: Sequence[protocol.TextToScore]) -> None:
        self._first().score(texts)

    def benchmark(
        self, items: Sequence[protocol.Item], settings: protocol.GenerationSettings, repeats: int = 1
    ) -> protocol.Benchmarked:
        return self._first().benchmark(items, settings, repeats)

    def evaluate(self, command: protocol.Evaluate) -> None:
        self._first().evaluate(command)

    def _first(self) -> ServedBackend:
        return self._members[0] if self._members else self._backend(0)

    def _backend(self, number: int) -> ServedBackend:
        if number == len(self._all):
            one = self._make()
            one.emit, one.is_cancelled = self._say, lambda: self.is_cancelled()
            self._all.append(one)
        return self._all[number]

    def _say(self, event: protocol.Event) -> None:
        with self._lock:
            self.emit(event)

    def _leave_out(self, server: ServedBackend, error: EnvironmentFault) -> None:
        with self._lock:
            if len(self._members) == 1:
                raise error
            self._members.remove(server)
            self.emit(
                protocol.Note(f"{error.where} is left out, and the other servers continue. {error.what}")
            )


def _together(verified: Sequence[protocol.Verified], hosts: Sequence[str]) -> Iterator[SystemVerification]:
    """Yield each system's verification by all servers, which must also answer alike."""
    first = {one.key: one.answers for one in verified[0].systems if one.answers}
    for same in zip(*(one.systems for one in verified), strict=True):
        statements = [f"{host}: {one.statement}" for host, one in zip(hosts, same, strict=True)]
        differing = [
            host
            for host, one in zip(hosts[1:], same[1:], strict=True)
            if one.answers and changes(first, {one.key: one.answers})
        ]
        if differing:
            statements.append(f"It answers differently on {', '.join(differing)} than on {hosts[0]}.")
        ok = all(one.ok for one in same) and not differing
        yield replace(same[0], ok=ok, statement=" ".join(statements))


class _Share:
    """The items that servers take in lots; used under the lock of the pool."""

    def __init__(self, items: Sequence[protocol.Item], servers: int) -> None:
        self.waiting = deque(items)
        self._most = min(TAKEN, max(2, len(items) // (4 * servers)))
        self._total = len(items)
        self._left = {item.key: set(item.samples) for item in items}  # without items that are done
        self._speeds: dict[str, float] = {}

    def take(self) -> list[protocol.Item]:
        return [self.waiting.popleft() for _ in range(min(self._most, len(self.waiting)))]

    def give_back(self, host: str, taken: Sequence[protocol.Item]) -> None:
        """Let others answer what is left of the items."""
        self._speeds.pop(host, None)
        for item in taken:
            if left := self._left.get(item.key):
                self.waiting.append(replace(item, samples=tuple(n for n in item.samples if n in left)))

    def count(self, host: str, event: protocol.Event) -> protocol.Event:
        """Record what a server did; return the event as one of all servers."""
        match event:
            case protocol.Pair():
                left = self._left.get(event.item, set())
                left.discard(event.sample)
                if not left:
                    self._left.pop(event.item, None)
            case protocol.ItemFailed():
                self._left.pop(event.item, None)
            case protocol.Progress():
                self._speeds[host] = event.tokens_per_second
                return protocol.Progress(
                    self._total - len(self._left), self._total, sum(self._speeds.values())
                )
        return event
