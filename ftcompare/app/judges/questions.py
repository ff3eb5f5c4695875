"""The pairs that a judge is asked about, and the open questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.blinding import seeded
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import LARGEST_SEED as LARGEST_SEED
from ftcompare.core.hashing import Json
from ftcompare.core.judge import Judge, JudgeMode, JudgeSpec
from ftcompare.core.study import ComparisonId, PromptId, ResponseId
from ftcompare.store.study.judges import PairToJudge
from ftcompare.store.study.study_file import StudyFile

AT_ONCE = 64
"""Number of questions in progress at a time; stopping loses at most their unfinished attempts."""


@dataclass(frozen=True, slots=True)
class PairChoice:
    """Which of a study's ordinary pairs are judged."""

    between: tuple[str, ...] = ()  # current names of two systems, to judge only their pairs; empty for all
    only_judged: bool = False  # whether only pairs that a person has judged are included
    sample: int | None = None  # maximum number of pairs, drawn at random from these; None for all
    seed: int = 0  # seed of this draw

    def to_json(self) -> dict[str, Json]:
        """The form stored with a judging run."""
        return cast("dict[str, Json]", asdict(self))


ALL_PAIRS = PairChoice()


@dataclass(frozen=True, slots=True)
class JudgeQuestion:
    """One question to a judge: a pair in one order, or one response."""

    prompt: PromptId  # the prompt that was answered
    shown: tuple[ResponseId, ...]  # the responses, in the order in which they are shown
    # the pair, and whether its ``a`` is shown first; None for a single response
    order: tuple[ComparisonId, bool] | None = None

    @property
    def key(self) -> str:
        """A key that is unique among the questions to one judge; it seeds the sampling of the reply."""
        if self.order is None:
            return f"response {self.shown[0]}"
        comparison, a_first = self.order
        return f"pair {comparison} {'ab' if a_first else 'ba'}"


def chosen_pairs(study: StudyFile, choice: PairChoice) -> tuple[PairToJudge, ...]:
    """The pairs of a choice, in the order in which they were made.

    Raises:
        UserError: ``no-system`` for an unknown name; ``no-pairs`` when the choice is empty.
    """
    systems = {name: system for system, name in system_names(study).items()}
    for name in choice.between:
        if name not in systems:
            raise UserError("The study has no such system.", where=name, code="no-system")
    wanted = {systems[name] for name in choice.between}
    found = [
        pair
        for pair in study.judges.pairs()
        if (not wanted or wanted == {pair.system_a, pair.system_b})
        and (pair.by_people or not choice.only_judged)
    ]
    if not found:
        how = "Write or import answers of two systems first, or judge other pairs."
        raise UserError("There are no such pairs to judge.", where=study.path.name, how=how, code="no-pairs")
    if choice.sample is None or choice.sample >= len(found):
        return tuple(found)
    drawn = seeded(f"judge sample/{choice.seed}").sample(range(len(found)), choice.sample)
    return tuple(found[place] for place in sorted(drawn))


def questions(spec: JudgeSpec, pairs: Iterable[PairToJudge]) -> tuple[JudgeQuestion, ...]:
    """All questions about these pairs: each pair in both orders, or each of their responses once."""
    if spec.mode is JudgeMode.PAIRWISE:
        return tuple(question for pair in pairs for question in _both_orders(pair))
    responses = {one: pair.prompt for pair in pairs for one in (pair.a, pair.b)}
    return tuple(JudgeQuestion(prompt, (one,)) for one, prompt in responses.items())


def _both_orders(pair: PairToJudge) -> tuple[JudgeQuestion, JudgeQuestion]:
    return (
        JudgeQuestion(pair.prompt, (pair.a, pair.b), (pair.comparison, True)),
        JudgeQuestion(pair.prompt, (pair.b, pair.a), (pair.comparison, False)),
    )


def unanswered(
    study: StudyFile, judge: Judge | None, asked: Sequence[JudgeQuestion]
) -> tuple[JudgeQuestion, ...]:
    """The questions that a judge has not answered; all where the study has no such judge yet."""
    if judge is None:
        return tuple(asked)
    orders, scores = study.judges.orders_judged(judge.id), study.judges.scores(judge.id)
    return tuple(
        one for one in asked if (one.shown[0] not in scores if one.order is None else one.order not in orders)
    )
