"""A backend without a model, controlled by a script. Workers import it by `FAKE`.

The script is JSON in `SystemRequest.model`, for example
``{"seconds_per_pair": 0.1, "failures": {"p3": "too long"}}``; "" is the default script.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ftcompare.core.errors import BugError, EnvironmentFault, UserError
from ftcompare.core.hashing import digest
from ftcompare.core.reasoning import split_reasoning
from ftcompare.core.run_record import SystemReport, SystemVerification
from ftcompare.core.study import Message
from ftcompare.engine.backends import Backend, Emit, RewardBackend, stop_if_cancelled
from ftcompare.engine.backends.conversations import write_conversations
from ftcompare.engine.protocol import (
    AnswerTime,
    Benchmarked,
    End,
    Evaluate,
    EvaluatedItem,
    EvaluatedTask,
    Event,
    GenerationSettings,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    Progress,
    Rewarded,
    Scored,
    Stage,
    SystemRequest,
    SystemSpeed,
    TextScore,
    TextToScore,
    Verified,
    Written,
)

FAKE = "fake_backend:FakeBackend"  # tests/conftest.py puts this folder on the path of all processes
FAKE_ITEMS = 12  # number of items of every task


@dataclass(frozen=True, slots=True)
class Script:
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by system and item key
    failures: Mapping[str, str] = field(default_factory=dict)  # item key to the reason it fails with
    seconds_to_load: float = 0.0  # seconds that `Load` sleeps
    seconds_per_pair: float = 0.0  # slept before each pair
    verification_holds: bool = True  # False makes the verification of every adapter fail
    load_fault: str = ""  # error code of a `UserError` raised by loading
    pair_faults: Mapping[str, str] = field(default_factory=dict)  # error code by the key of the item it is at
    exit_at: str = ""  # key of the item at which the process exits at once with code 70
    ignores_cancel: bool = False  # continue to sleep when canceled
    noise: str = ""  # printed to stdout while working, as libraries do
    notes: Sequence[str] = ()  # sent as notes while generating


def read_script(text: str) -> Script:
    try:
        return Script(**json.loads(text or "{}"))
    except (TypeError, ValueError) as error:
        raise UserError("This is no script for the fake engine.", where=text, code="model-missing") from error


class FakeBackend(Backend, RewardBackend):
    """Backend that answers immediately, or as its script says."""

    def __init__(self) -> None:
        super().__init__()
        self._script = Script()
        self._systems: tuple[SystemRequest, ...] = ()
        self._verified = False

    def load(self, command: Load) -> Loaded:
        self._script = read_script(command.systems[0].model)
        self._systems = command.systems
        self._verified = False
        self.emit(Stage("Loading the fake model"))
        self._make_noise()
        self._wait(self._script.seconds_to_load)
        if self._script.load_fault:
            raise UserError("The fake model cannot be loaded.", code=self._script.load_fault)
        reports = tuple(_report(request) for request in command.systems)
        return Loaded("cpu", "fake", "float32", "The fake engine does not compute.", reports, {"fake": "1"})

    def verify(self, items: Sequence[Item]) -> Verified:
        if not self._systems:
            raise BugError("Nothing is loaded.", code="not-loaded")
        self.emit(Stage(f"Verifying on {len(items)} prompts"))
        verifications = tuple(self._verification(request) for request in self._systems)
        self._verified = all(verification.ok for verification in verifications)
        stop_if_cancelled(self.is_cancelled)
        return Verified(verifications)

    def generate(self, items: Sequence[Item], settings: GenerationSettings) -> None:
        self._require_verified()
        for text in self._script.notes:
            self.emit(Note(text))
        write_conversations(items, self.emit, lambda some, emit: self._write(some, settings, emit))

    def _write(self, items: Sequence[Item], settings: GenerationSettings, emit: Emit) -> None:
        for done, item in enumerate(items, start=1):
            for sample in item.samples:
                self._wait(self._script.seconds_per_pair)
                self._make_noise()
                outcome = self._outcome(item, sample, settings)
                emit(outcome)
                if isinstance(outcome, ItemFailed):
                    break
            emit(Progress(done, len(items), 100.0))

    def score(self, texts: Sequence[TextToScore]) -> None:
        """Score words as tokens; every letter costs 0.1 nats under the base and 0.05 under an adapter."""
        self._require_verified()
        self._read(texts, lambda t: Scored(t.key, tuple(_score(one, t.text) for one in self._systems)))

    def reward(self, texts: Sequence[TextToScore]) -> None:
        """Score 0.1 for every word of the text."""
        self._read(texts, lambda text: Rewarded(text.key, round(0.1 * len(text.text.split()), 6)))

    def _read(self, texts: Sequence[TextToScore], result: Callable[[TextToScore], Event]) -> None:
        for done, text in enumerate(texts, start=1):
            self._wait(self._script.seconds_per_pair)
            reason = self._script.failures.get(text.key)
            self.emit(ItemFailed(text.key, reason) if reason else result(text))
            self.emit(Progress(done, len(texts), 100.0))

    def benchmark(self, items: Sequence[Item], settings: GenerationSettings, repeats: int = 1) -> Benchmarked:
        """Report 100 tokens per second, the first after 0.1 seconds, for every system."""
        self._require_verified()
        speeds = []
        for request in self._systems:
            self.emit(Stage("Measuring"))
            self._wait(self._script.seconds_per_pair)
            answers = [self._written(item, 0, settings, request) for item in items]
            read = sum(_words(item.messages_for(request.key)) for item in items)
            wrote = sum(answer.all_tokens for answer in answers)
            ended = sum(answer.finish_reason == "end" for answer in answers)
            times = tuple(AnswerTime(item.key, turn, 0.1, 100.0) for turn in range(repeats) for item in items)
            speeds.append(
                SystemSpeed(request.key, len(answers), read, wrote, 0.1, 100.0, 1_000_000, ended, times)
            )
        return Benchmarked(tuple(speeds))

    def evaluate(self, command: Evaluate) -> None:
        """Answer every second item correctly with the base, every third with an adapter."""
        self._require_verified()
        count = command.limit or FAKE_ITEMS
        for place, key in enumerate(command.systems):
            adapted = any(request.adapter for request in self._systems if request.key == key)
            for number in range(count):
                self._wait(self._script.seconds_per_pair)
                right = float(number % (3 if adapted else 2) == 0)
                record = json.dumps({"asked": f"Question {number}", "target": "yes", "replied": f"{right:g}"})
                self.emit(EvaluatedItem(key, command.task.name, str(number), {"acc": right}, record))
                self.emit(Progress(place * count + number + 1, count * len(command.systems), 100.0))
            self.emit(EvaluatedTask(key, {command.task.name: ()}))

    def _require_verified(self) -> None:
        if not self._verified:
            raise BugError("The systems are not verified.", code="not-proved")

    def _outcome(self, item: Item, sample: int, settings: GenerationSettings) -> Pair | ItemFailed:
        script = self._script
        if item.key == script.exit_at:
            os._exit(70)
        if code := script.pair_faults.get(item.key):
            raise EnvironmentFault("The fake machine failed.", where=item.key, code=code)
        if reason := script.failures.get(item.key):
            return ItemFailed(item.key, reason)
        responses = (self._written(item, sample, settings, request) for request in self._systems)
        return Pair(item.key, tuple(responses), sample)

    def _written(
        self, item: Item, sample: int, settings: GenerationSettings, request: SystemRequest
    ) -> Written:
        voice = "adapted" if request.adapter else "base"
        made_up = f"The {voice} answer to: {item.messages_for(request.key)[-1].content}"
        answer = self._script.answers.get(request.key, {}).get(item.key, made_up)
        found = split_reasoning(answer, request.reasoning_markers)
        thought = found.reasoning.split()
        words = (f"Sample {sample + 1}. {found.answer}" if sample else found.answer).split(" ")
        room = settings.max_reasoning_tokens or settings.max_new_tokens
        left = settings.max_new_tokens if settings.max_reasoning_tokens else room - len(thought)
        active = _digest(request) if request.adapter else ""
        read = _words(item.messages_for(request.key))
        if not found.closed or len(thought) > room or left <= 0:
            kept = " ".join(thought[:room])
            return Written(request.key, "", "no_answer", 0, active, kept, read, len(thought[:room]))
        end: End = "end" if len(words) <= left else "length"
        cut = words[:left]
        return Written(request.key, " ".join(cut), end, len(cut), active, found.reasoning, read, len(thought))

    def _verification(self, request: SystemRequest) -> SystemVerification:
        if not request.adapter:
            return SystemVerification(request.key, True, 0.0, "It is the base.")
        ok = self._script.verification_holds
        statement = "It differs from the base." if ok else "It does not differ from the base."
        return SystemVerification(request.key, ok, float(ok), statement)

    def _make_noise(self) -> None:
        if self._script.noise:
            os.write(1, self._script.noise.encode())

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            time.sleep(min(max(left, 0.0), 0.01))
            if not self._script.ignores_cancel:
                stop_if_cancelled(self.is_cancelled)
            if left <= 0:
                return


def _digest(request: SystemRequest) -> str:
    return digest("fake", [request.model, request.adapter])


def _report(request: SystemRequest) -> SystemReport:
    name = _digest(request)
    rank, targets = (4, ("q_proj",)) if request.adapter else (None, ())
    return SystemReport(request.key, "Fake", 1000, rank, targets, name, name, name, (), name, request.recipe)


def _score(request: SystemRequest, text: str) -> TextScore:
    words = list(re.finditer(r"\S+\s*", text))
    cost = -0.05 if request.adapter else -0.1
    return TextScore(
        request.key,
        tuple(word.start() for word in words),
        tuple(round(cost * len(word[0]), 6) for word in words),
    )


def _words(messages: Iterable[Message]) -> int:
    return sum(len(message.content.split()) for message in messages)
