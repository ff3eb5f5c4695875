"""Log-probabilities of each response under each system, token by token: for Δlog p and for confidence.

What a system finds likely tells which system it is, so none of it is given out while a study is blinded.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.generate.asked_items import text_to_score
from ftcompare.app.generate.engine_run import EngineRun, Step
from ftcompare.app.setup.system_groups import SystemGroup, generated_groups
from ftcompare.core.disclosure import Subject
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import Response, ResponseId, SystemId
from ftcompare.engine import protocol
from ftcompare.store.records import TokenScores
from ftcompare.store.study.engine_runs import SCORED
from ftcompare.store.study.study_file import StudyFile

UNSUPPORTED = "score-unsupported"
"""A server's fault: it repeats no prompt with its log-probabilities."""


@dataclass(frozen=True, slots=True)
class ScoringScope:
    """Some of the responses, under some of the systems (with those that are loaded with them)."""

    responses: frozenset[ResponseId]
    systems: frozenset[SystemId]


class ScoringRun(EngineRun):
    """Scores every response of ordinary pairs that is not scored yet, under every system that wrote any.

    A server that gives no log-probabilities is passed over with a note where others can score.

    Args:
        served: whether systems behind servers score, too; not every server can.
        scope: what is scored; None for everything.
        backend: as in `EngineRun`; so ``ticks``.
    """

    nothing_left = "Every response is scored"

    def __init__(
        self,
        study: StudyFile,
        *,
        clock: Callable[[], datetime],
        served: bool = False,
        scope: ScoringScope | None = None,
        backend: str = "local",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        groups = scoring_groups(study, served=served)
        if not served and any(group.served for group in generated_groups(study)):
            self.nothing_left = "Every response is scored, but not under systems behind servers"
        found = ((group, _in(scope, group, study.scores.unscored(group.ids))) for group in groups)
        open_ = [(group, responses) for group, responses in found if responses]
        total = sum(len(responses) for _, responses in open_)
        groups = [group for group, _ in open_]
        super().__init__(
            study,
            groups,
            total=total,
            counted="scores" if len(groups) > 1 else "responses",
            clock=clock,
            backend=backend,
            ticks=ticks,
        )
        self._responses = [responses for _, responses in open_]
        self._several = len(open_) > 1
        self._examination = 0
        self._lacking = 0

    def handle(self, event: protocol.Event) -> Step:
        """Take one event of the worker; what must be stored is stored on return."""
        if isinstance(event, protocol.Fault) and event.code == UNSUPPORTED and self._several:
            said = " ".join(part for part in (event.what, event.where) if part)
            self._show(notes=(*self.progress.notes, said), failed=self.progress.failed + self._lacking)
            return self._next_group()
        return super().handle(event)

    def _work(self, loaded: RunRecord) -> Step:
        self._examination = self._study.scores.add_examination(SCORED, loaded.to_json(), now=self._clock())
        asked = {prompt.id: prompt.spec for prompt in self._study.prompts.all()}
        systems = self._group.systems
        texts = tuple(
            text_to_score(asked[response.prompt], systems, str(response.id), response.text, response.earlier)
            for response in self._responses.pop(0)
        )
        self._lacking = len(texts)
        self._begin_estimate()
        return self._show(protocol.Score(texts), stage="Scoring")

    def _take(self, event: protocol.Event) -> Step:
        match event:
            case protocol.Scored():
                scores = (TokenScores(SystemId(int(s.system)), s.starts, s.logprobs) for s in event.scores)
                response = ResponseId(int(event.key))
                self._study.scores.store(response, scores, examination=self._examination)
                self._lacking -= 1
                return self._advance(done=self.progress.done + 1)
            case protocol.ItemFailed():
                note = f"A response cannot be scored: {event.reason}"
                notes = tuple(dict.fromkeys((*self.progress.notes, note)))
                self._lacking -= 1
                return self._advance(failed=self.progress.failed + 1, notes=notes)
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                return self._next_group()
            case _:
                return Step((), self.progress)

    def _end(self) -> Step:
        failed, total = self.progress.failed, self.progress.total
        told = f"Done, but {failed} of {total} {self.progress.counted} could not be made"
        if self.progress.counted == "responses":
            told = f"Done, but {failed} of {total} responses could not be scored"
        return self._show(finished=True, stage=told if failed else self.nothing_left, seconds_left=None)


def scoring_groups(study: StudyFile, *, served: bool) -> list[SystemGroup]:
    """The groups that score, without systems that wrote nothing: those may still be removed.

    Raises:
        UserError: ``no-model``, if the engine writes for none of the study's systems.
    """
    wrote = {system for system, count in study.counts().responses.items() if count}
    groups = [group for group in generated_groups(study) if served or not group.served]
    kept = (SystemGroup(tuple(s for s in group.systems if s.id in wrote)) for group in groups)
    return [group for group in kept if group.systems]


def _in(
    scope: ScoringScope | None, group: SystemGroup, responses: tuple[Response, ...]
) -> tuple[Response, ...]:
    if scope is None:
        return responses
    return tuple(r for r in responses if r.id in scope.responses) if scope.systems & set(group.ids) else ()


@dataclass(frozen=True, slots=True)
class ScoredPart:
    """A part of a response, and how likely each of two systems finds it.

    Args:
        start: with ``end``, the part's characters: ``text[start:end]``, never empty.
        first: log-probability under the first system, in nats, at most 0; so ``second``.
    """

    start: int
    end: int
    first: float
    second: float

    @property
    def difference(self) -> float:
        """Δlog p in nats, to four places: above 0 where the second system finds the part likelier."""
        return round(self.second - self.first, 4)


def scored_parts(text: str, first: TokenScores, second: TokenScores) -> tuple[ScoredPart, ...]:
    """The parts of a text by which two systems can be compared.

    Where both cut the text alike, a part is a token. Where they do not, or a character is of several
    tokens, a part goes from one place at which both begin a token to the next.

    Returns:
        Ascending, one after another. What stands before the first place at which both begin is left out.
    """
    starts = sorted(s for s in set(first.starts) & set(second.starts) if s < len(text))
    sums = [_sums(scores, starts) for scores in (first, second)]
    return tuple(map(ScoredPart, starts, [*starts[1:], len(text)], *sums))


def _sums(scores: TokenScores, starts: list[int]) -> list[float]:
    """The log-probability of each part that begins at one of the starts."""
    found = [0.0] * len(starts)
    part = -1
    for start, logprob in zip(scores.starts, scores.logprobs, strict=True):
        while part + 1 < len(starts) and starts[part + 1] <= start:
            part += 1
        if part >= 0:
            found[part] += logprob
    return found


def mean_logprobs(study: StudyFile) -> dict[tuple[SystemId, SystemId], float]:
    """For each writer and each scorer, the mean log-probability of a token of all that was scored.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    sums: defaultdict[tuple[SystemId, SystemId], float] = defaultdict(float)
    counts: defaultdict[tuple[SystemId, SystemId], int] = defaultdict(int)
    for response, scores in study.scores.all():
        key = (response.system, scores.system)
        sums[key] += sum(scores.logprobs)
        counts[key] += len(scores.logprobs)
    return {key: sums[key] / counts[key] for key in sums if counts[key]}
