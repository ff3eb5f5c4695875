"""How likely each response is under each system, token for token: for Δlog p and for confidence.

What a system finds likely tells which system it is, so none of it is given out while a study is blinded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from ftcompare.app.generation import Step
from ftcompare.app.proved_run import ProvedRun
from ftcompare.app.system_groups import SystemGroup, generated_groups
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import Response, ResponseId, SystemId
from ftcompare.engine import protocol
from ftcompare.store.scores import SCORED
from ftcompare.store.study_file import StudyFile
from ftcompare.store.views import TokenScores


class ScoringRun(ProvedRun):
    """Scores every response of ordinary pairs that is not scored yet, under every system that wrote any.

    Args:
        study: the open study.
        clock: the time now, in UTC.
        served: whether systems behind servers score, too; not every server can.
        backend: ``local``, or ``fake`` for tests.
    """

    nothing_left = "Every response is scored"

    def __init__(
        self,
        study: StudyFile,
        *,
        clock: Callable[[], datetime],
        served: bool = False,
        backend: str = "local",
    ) -> None:
        found = ((group, study.unscored(group.ids)) for group in _scoring_groups(study, served=served))
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
        )
        self._responses = [responses for _, responses in open_]
        self._examination = 0

    def _work(self, proved: dict[str, Json]) -> Step:
        self._examination = self._study.examine(SCORED, proved, now=self._clock())
        asked = {prompt.id: prompt.spec.messages for prompt in self._study.prompts()}
        texts = tuple(
            protocol.TextToScore(str(response.id), asked[response.prompt], response.text)
            for response in self._responses.pop(0)
        )
        return self._show(protocol.Score(texts), stage="Scoring")

    def _take(self, event: protocol.Event) -> Step:
        match event:
            case protocol.Scored():
                scores = (_kept(score) for score in event.scores)
                response = ResponseId(int(event.key))
                self._study.store_scores(response, scores, examination=self._examination)
                return self._show(done=self.progress.done + 1)
            case protocol.ItemFailed():
                note = f"A response cannot be scored: {event.reason}"
                notes = tuple(dict.fromkeys((*self.progress.notes, note)))
                return self._show(failed=self.progress.failed + 1, notes=notes)
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                return self._next_group()
            case _:
                return Step((), self.progress)

    def _end(self) -> Step:
        failed, total = self.progress.failed, self.progress.total
        told = f"Done, but {failed} of {total} responses could not be scored"
        stage = told if failed else self.nothing_left
        return self._show(finished=True, stage=stage)


def _scoring_groups(study: StudyFile, *, served: bool) -> list[SystemGroup]:
    """Without systems that wrote nothing: they may still be removed."""
    wrote = {system for system, count in study.counts().responses.items() if count}
    groups = [group for group in generated_groups(study) if served or not group.served]
    kept = (SystemGroup(tuple(s for s in group.systems if s.id in wrote)) for group in groups)
    return [group for group in kept if group.systems]


def _kept(score: protocol.TextScore) -> TokenScores:
    return TokenScores(SystemId(int(score.system)), score.starts, score.logprobs)


def token_differences(
    study: StudyFile, response: Response, first: SystemId, second: SystemId
) -> tuple[tuple[int, int, float], ...]:
    """How much likelier each part of a response is under one system than under another.

    Where both cut the text alike, a part is a token, and its difference log p(second) − log p(first) in
    nats. Where they do not, or a character is of several tokens, a part goes from one place at which both
    begin a token to the next.

    Args:
        study: unblinded.
        response: of the study.
        first: such as the base.
        second: such as the fine-tune: what it made likelier is above 0.

    Returns:
        (start, end, difference) of each part, ascending: ``text[start:end]``. Empty where one of the two
        has not scored the response.

    Raises:
        UserError: ``still-blinded``.
    """
    _require_unblinded(study)
    found = study.scores(response.id)
    if not {first, second} <= found.keys():
        return ()
    starts = sorted(set(found[first].starts) & set(found[second].starts))
    sums = [_sums(found[system], starts) for system in (first, second)]
    ends = [*starts[1:], len(response.text)]
    return tuple(
        (start, end, round(later - earlier, 4))
        for start, end, earlier, later in zip(starts, ends, *sums, strict=True)
    )


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


def confidence(study: StudyFile, response: ResponseId, system: SystemId) -> float | None:
    """The mean log-probability of a response's tokens under a system, in nats; None where not scored.

    Raises:
        UserError: ``still-blinded``.
    """
    _require_unblinded(study)
    scores = study.scores(response).get(system)
    return sum(scores.logprobs) / len(scores.logprobs) if scores and scores.logprobs else None


def mean_logprobs(study: StudyFile) -> dict[tuple[SystemId, SystemId], float]:
    """For each writer and each scorer, the mean log-probability of a token of all that was scored.

    Raises:
        UserError: ``still-blinded``.
    """
    _require_unblinded(study)
    sums: defaultdict[tuple[SystemId, SystemId], float] = defaultdict(float)
    counts: defaultdict[tuple[SystemId, SystemId], int] = defaultdict(int)
    for response, scores in study.all_scores():
        key = (response.system, scores.system)
        sums[key] += sum(scores.logprobs)
        counts[key] += len(scores.logprobs)
    return {key: sums[key] / counts[key] for key in sums if counts[key]}


def _require_unblinded(study: StudyFile) -> None:
    if study.study().blinded:
        raise UserError(
            "What a system finds likely tells which it is: scores are shown once the study is unblinded.",
            how="Unblind it when all judgments are in.",
            code="still-blinded",
        )
