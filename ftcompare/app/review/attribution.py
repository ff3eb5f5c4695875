"""Which words of its prompt a passage of an answer depends on, measured by leaving out each of them.

A word's contribution is log p(passage | prompt) − log p(passage | prompt without the word); above 0 where the
word makes the passage more likely. This leave-one-out measure is called erasure in Li, Monroe and Jurafsky,
“Understanding Neural Networks through Representation Erasure”, arXiv:1612.08220. It does not use attention
weights. The likelihoods could reveal the systems: nothing is computed before unblinding, and no result is
stored.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.generate.engine_run import EngineRun, Fault, Step
from ftcompare.app.review.attribution_question import WHOLE, AttributionQuestion, RemovablePart
from ftcompare.core.hashing import Json
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import System
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile

METHOD = "Change of log p when the part is left out, in nats. Evidence by likelihood, not attention."
UNKNOWN = "–"
"""Shown in place of a change that cannot be computed."""


@dataclass(frozen=True, slots=True)
class PassageScore:
    """The likelihood of the passage under one system, after the unchanged prompt."""

    system: str
    wrote: bool  # whether this system wrote the answer
    scored: str  # the passage, extended to the boundaries of its first and last token
    tokens: int  # number of tokens in ``scored``, at least 1
    logprob: float  # sum of their log-probabilities, in nats, at most 0


@dataclass(frozen=True, slots=True)
class PartContribution:
    """The contribution of one part of the prompt to the passage."""

    part: RemovablePart
    role: str  # role of the message that contains the part
    # contribution under each system, in nats, rounded to four decimals; above 0 where the part makes the
    # passage more likely. None where it cannot be computed.
    changes: tuple[float | None, ...]
    note: str = ""  # why a contribution could not be computed; empty where all could


@dataclass(frozen=True, slots=True)
class Attribution:
    """The contributions of a prompt's parts to a passage."""

    question: AttributionQuestion
    arithmetic: tuple[str, ...]  # the number formats of the computation, such as ``float32``
    systems: tuple[PassageScore, ...]  # the systems that scored the passage, the base first
    parts: tuple[PartContribution, ...]  # the parts of the prompt, in its order

    @property
    def strongest(self) -> tuple[PartContribution, ...]:
        """The parts by absolute change of the writer's log p, largest first; parts without a value last."""
        writer = next(place for place, one in enumerate(self.systems) if one.wrote)
        return tuple(sorted(self.parts, key=lambda one: _size(one.changes[writer]), reverse=True))

    @property
    def largest(self) -> tuple[int | None, ...]:
        """For each system, the index of the first part with the largest absolute change of log p.

        None where every change is unknown or rounds to 0.00.
        """
        return tuple(self._largest(place) for place in range(len(self.systems)))

    def _largest(self, system: int) -> int | None:
        sizes = [_size(one.changes[system]) for one in self.parts]
        most = max(sizes)
        return sizes.index(most) if round(most, 2) > 0 else None


def _size(change: float | None) -> float:
    return -1.0 if change is None else abs(change)


class AttributionRun(EngineRun):
    """Scores the answer with every system, after the prompt and each shortened prompt. Stores nothing.

    Args:
        clock: as in `EngineRun`; ``backend`` and ``ticks`` likewise.
    """

    stopped = "Stopped; nothing is kept"

    def __init__(
        self,
        study: StudyFile,
        question: AttributionQuestion,
        *,
        clock: Callable[[], datetime],
        backend: str = "local",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.question = question
        self.result: Attribution | None = None
        """The result; None until the run has finished."""
        self._scores: dict[tuple[str, str], protocol.TextScore] = {}
        self._reasons: dict[str, str] = {}
        self._arithmetic: dict[str, None] = {}
        total = (1 + len(question.parts)) * len(question.groups)
        super().__init__(
            study,
            question.groups,
            total=total,
            counted="readings",
            clock=clock,
            backend=backend,
            ticks=ticks,
        )

    def _work(self, loaded: RunRecord) -> Step:
        self._begin_estimate()
        if loaded.engine is not None:
            self._arithmetic[loaded.engine.dtype] = None
        return self._show(
            protocol.Score(self.question.texts(self._group)), stage="Reading the changed prompts"
        )

    def _take(self, event: protocol.Event) -> Step:
        match event:
            case protocol.Scored():
                self._scores |= {(event.key, one.system): one for one in event.scores}
                return self._advance(done=self.progress.done + 1)
            case protocol.ItemFailed():
                self._reasons[event.item] = event.reason
                return self._advance(failed=self.progress.failed + 1)
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                unread = self._reasons.get(WHOLE)
                return self._stop(_unreadable(unread)) if unread is not None else self._next_group()
            case _:
                return Step((), self.progress)

    def _end(self) -> Step:
        self.result = self._found()
        return self._show(finished=True, stage="Every part was left out once", seconds_left=None)

    def _found(self) -> Attribution:
        question = self.question
        passages = [_Passage.of(question, self._scores[WHOLE, str(system.id)]) for system in question.systems]
        keys = [str(system.id) for system in question.systems]
        return Attribution(
            question,
            tuple(self._arithmetic),
            tuple(
                passage.score(system, wrote=system.id == question.response.system)
                for passage, system in zip(passages, question.systems, strict=True)
            ),
            tuple(
                self._contribution(str(number), part, dict(zip(keys, passages, strict=True)))
                for number, part in enumerate(question.parts)
            ),
        )

    def _contribution(self, key: str, part: RemovablePart, passages: dict[str, _Passage]) -> PartContribution:
        scores = {system: self._scores.get((key, system)) for system in passages}
        changes = tuple(passages[system].change(score) for system, score in scores.items())
        note = self._reasons.get(key, _OTHERWISE_CUT) if None in changes else ""
        return PartContribution(part, self.question.prompt.spec.messages[part.message].role, changes, note)


_OTHERWISE_CUT = "Without it the answer is cut into other tokens."


def _unreadable(reason: str) -> Fault:
    what = f"The answer cannot be read after its prompt: {reason}"
    return Fault("attribution-unreadable", what, where="", how="", fatal=False, kind="user")


@dataclass(frozen=True, slots=True)
class _Passage:
    """The tokens of a passage under one system."""

    text: str  # the whole answer
    start: int  # character position at which the first token begins
    end: int  # position at which the first token after the passage begins, or the length of the answer
    logprobs: tuple[float, ...]  # log-probabilities of the tokens, in nats

    @classmethod
    def of(cls, question: AttributionQuestion, score: protocol.TextScore) -> _Passage:
        """Select all tokens that contain a character of the passage."""
        text, starts = question.response.text, score.starts
        start = starts[max(bisect_right(starts, question.start) - 1, 0)]
        behind = bisect_left(starts, question.end)
        end = starts[behind] if behind < len(starts) else len(text)
        return cls(text, start, end, _within(score, start, end))

    def score(self, system: System, *, wrote: bool) -> PassageScore:
        """The score after the unchanged prompt."""
        scored = self.text[self.start : self.end]
        return PassageScore(system.name, wrote, scored, len(self.logprobs), round(sum(self.logprobs), 4))

    def change(self, without: protocol.TextScore | None) -> float | None:
        """Decrease of log p without a part of the prompt, in nats.

        None where the tokens do not begin and end at the same characters.
        """
        if without is None or not {self.start, self.end} <= {*without.starts, len(self.text)}:
            return None
        found = _within(without, self.start, self.end)
        return round(sum(self.logprobs) - sum(found), 4)


def _within(score: protocol.TextScore, start: int, end: int) -> tuple[float, ...]:
    return score.logprobs[bisect_left(score.starts, start) : bisect_left(score.starts, end)]


def nats_words(value: float, sign: str = "-") -> str:
    """A log-probability with two decimals; ``sign="+"`` adds a plus sign, for changes."""
    shown = f"{value:{sign}.2f}"
    return "0.00" if shown.lstrip("+-") == "0.00" else true_minus(shown)


def attribution_notes(found: Attribution) -> Iterator[str]:
    """Sentences: why parts have no value, and which systems were not asked. Usually none."""
    for note in dict.fromkeys(one.note for one in found.parts if one.note):
        yield f"{UNKNOWN} {note}"
    if found.question.left_out:
        left_out = ", ".join(found.question.left_out)
        yield f"Not asked, for this machine has no model of theirs: {left_out}."


def attribution_json(found: Attribution) -> dict[str, Json]:
    """The ``attribute --json`` document."""
    question = found.question
    return {
        "prompt": question.prompt.spec.key,
        "start": question.start,
        "end": question.end,
        "words": question.words,
        "left_out": question.kind,
        "method": METHOD,
        "arithmetic": [*found.arithmetic],
        "systems": [
            {
                "name": one.system,
                "wrote_the_answer": one.wrote,
                "scored": one.scored,
                "tokens": one.tokens,
                "logprob": one.logprob,
            }
            for one in found.systems
        ],
        "parts": [_part_json(one, found.systems) for one in found.parts],
        "not_asked": [*question.left_out],
    }


def _part_json(one: PartContribution, systems: tuple[PassageScore, ...]) -> dict[str, Json]:
    return {
        "message": one.part.message,
        "role": one.role,
        "start": one.part.start,
        "end": one.part.end,
        "text": one.part.text,
        "contributions": dict(zip((system.system for system in systems), one.changes, strict=True)),
        "note": one.note,
    }
