"""Reasons: the features of answers that raters reward, for one pair of systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ftcompare.app.results.comments import PairComments, comments_json, pair_comments
from ftcompare.app.review.answer_features import AnswerFeature, answer_features
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.study.sealed_plan import seals
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.answer_features import LENGTH
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.study import PromptId, PromptSpec, RaterKind, ResponseId
from ftcompare.stats.reasons import FeatureRate, FeatureResult, FeatureStanding, feature_signs, find_reasons
from ftcompare.stats.resampling import SEED
from ftcompare.stats.vote_table import FloatArray
from ftcompare.store.study.study_file import StudyFile

EXAMPLES = 3
"""Maximum number of prompts that are named as examples of a reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    feature: AnswerFeature
    result: FeatureResult
    goes_with: str = ""  # title of the reason that it goes with
    more_a: tuple[PromptSpec, ...] = ()  # the prompts on which a's answer has more of it; ``more_b`` likewise
    more_b: tuple[PromptSpec, ...] = ()
    # the prompts on which raters most clearly preferred the answer that they prefer by this feature
    examples: tuple[PromptSpec, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the prompts whose answers differ in it."""
        return frozenset(prompt.key for prompt in (*self.more_a, *self.more_b))


@dataclass(frozen=True, slots=True)
class PairReasons:
    """The features of the answers of systems a and b, those that are reasons first."""

    a: str
    b: str
    prompts: int  # number of prompts with judgments
    features: tuple[Reason, ...]
    comments: PairComments
    sealed: bool = False  # whether the features were fixed in a sealed plan
    left_out: tuple[str, ...] = ()  # titles of features that are not as the plan says

    def of(self, *standings: FeatureStanding) -> tuple[Reason, ...]:
        return tuple(one for one in self.features if one.result.standing in standings)

    @property
    def tested(self) -> int:
        return sum(one.result.p is not None for one in self.features)


@kept_until_changed
def pair_reasons(
    study: StudyFile, a: str, b: str, kind: RaterKind, progress: ProgressCallback = ignore_progress
) -> PairReasons:
    """Find the reasons of one kind of raters. ``a`` is the name of the system that was added first.

    Raises `UserError`: ``still-blinded``, because features can identify a system.
    """
    study.settings.read().disclosure.require(Subject.REASONS, where=study.path.name)
    features = answer_features(study, progress)
    outcomes, answers = _judged(study, a, b, kind)
    specs = {prompt.id: prompt.spec for prompt in study.prompts.all()}
    prompts = tuple(specs[prompt] for prompt in outcomes)
    asked = [one for one in features if one.planned]
    y = np.array([2 * np.mean(shares) - 1 for shares in outcomes.values()])
    values = {one.id: _values(one, answers.values()) for one in asked}
    columns = [feature_signs(values[one.id][0], values[one.id][1], one.spread) for one in asked]
    x = np.stack(columns, axis=1) if columns and len(y) else np.zeros((0, 0))
    length = values.get(LENGTH, np.zeros((2, len(y))))
    of_length = tuple(place for place, one in enumerate(asked) if one.id == LENGTH)
    fixed = seals(study)
    found = find_reasons(y, x, length[1] - length[0], rng=np.random.default_rng(SEED), of_length=of_length)
    return PairReasons(
        a,
        b,
        len(y),
        tuple(_reason(asked, one, x[:, one.feature], y, prompts) for one in found),
        pair_comments(study, a, b, kind),
        bool(fixed and fixed[-1].plan.features),
        tuple(one.title for one in features if not one.planned),
    )


_Answers = Mapping[PromptId, tuple[set[ResponseId], set[ResponseId]]]


def _judged(
    study: StudyFile, a: str, b: str, kind: RaterKind
) -> tuple[Mapping[PromptId, list[float]], _Answers]:
    """For each prompt the shares of its judgments that b got, and the judged answers of a and of b."""
    names = system_names(study)
    members = frozenset(one.rater for one in study.judges.all() if one.spec.members)
    pairs = {pair.comparison: (pair.a, pair.b) for pair in study.judges.pairs()}
    outcomes: defaultdict[PromptId, list[float]] = defaultdict(list)
    answers: dict[PromptId, tuple[set[ResponseId], set[ResponseId]]] = {}
    for vote in study.judgments.votes():
        first, second = names[vote.pair.a], names[vote.pair.b]
        if {first, second} != {a, b} or vote.rater.kind is not kind or vote.rater.id in members:
            continue
        forward = first == a
        outcomes[vote.pair.prompt].append(vote.preference if forward else 1 - vote.preference)
        own = pairs[vote.pair.comparison]
        both = answers.setdefault(vote.pair.prompt, (set(), set()))
        for side, answer in zip(both, own if forward else own[::-1], strict=True):
            side.add(answer)
    return outcomes, answers


def _values(feature: AnswerFeature, answers: Iterable[tuple[set[ResponseId], set[ResponseId]]]) -> FloatArray:
    """The means over the judged answers of a and of b to each prompt, NaN where it is not defined."""
    rows = [[feature.mean(side) for side in both] for both in answers]
    return np.array(rows, dtype=np.float64).reshape(-1, 2).T


def _reason(
    features: list[AnswerFeature],
    result: FeatureResult,
    signs: FloatArray,
    outcomes: FloatArray,
    prompts: tuple[PromptSpec, ...],
) -> Reason:
    side = -1 if result.rate is not None and result.rate.value < 0.5 else 1
    named = result.standing in (FeatureStanding.REASON, FeatureStanding.GOES_WITH)
    examples = np.argsort(-side * signs * outcomes, kind="stable")[: EXAMPLES if named else 0]
    return Reason(
        features[result.feature],
        result,
        "" if result.goes_with is None else features[result.goes_with].title,
        tuple(prompts[place] for place in np.flatnonzero(signs < 0)),
        tuple(prompts[place] for place in np.flatnonzero(signs > 0)),
        tuple(prompts[place] for place in examples),
    )


def reasons_json(reasons: PairReasons) -> dict[str, Json]:
    return {
        **fields_json(reasons, "a", "b", "prompts", "tested", "sealed"),
        "left_out": [*reasons.left_out],
        "features": [_feature_json(one) for one in reasons.features],
        "comments": comments_json(reasons.comments),
    }


def _feature_json(reason: Reason) -> Json:
    result = reason.result
    return {
        **fields_json(reason.feature, "id", "title", "rule"),
        "standing": result.standing.value,
        **fields_json(result, "more_a", "more_b", "p", "p_adjusted"),
        "rate": _rate_json(result.rate),
        "equal_length": _rate_json(result.equal_length),
        "p_equal_length": result.p_equal_length,
        "goes_with": reason.goes_with or None,
        "examples": [prompt.key for prompt in reason.examples],
    }


def _rate_json(rate: FeatureRate | None) -> Json:
    return None if rate is None else fields_json(rate, "value", "low", "high")
