"""Likelihoods of a pair's two texts under its systems, which could reveal them until unblinding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from ftcompare.app.generate.scoring import ScoredPart, ScoringScope, scored_parts, scoring_groups
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.language import sentences, tr
from ftcompare.core.study import (
    AllocationId,
    Comparison,
    ComparisonKind,
    Response,
    ResponseId,
    System,
    SystemId,
)
from ftcompare.engine.optional_dependencies import LIBRARIES, SERVED_LIBRARIES, how_to_get, missing_libraries
from ftcompare.store.records import TokenScores
from ftcompare.store.study.study_file import StudyFile

LARGEST_EXPONENT = 700.0
"""Largest exponent: exp of a larger number overflows a float."""


@dataclass(frozen=True, slots=True)
class Confidence:
    system: str
    tokens: int  # number of tokens of the text under this system, at least 1
    mean: float  # mean log-probability of a token, in nats, at most 0

    @property
    def perplexity(self) -> float:
        """exp(−mean), at least 1: the number of equally likely tokens with the same uncertainty."""
        return math.exp(min(-self.mean, LARGEST_EXPONENT))


@dataclass(frozen=True, slots=True)
class TextLikelihood:
    writer: str  # name of the system that wrote it
    systems: tuple[Confidence, ...]  # the likelihood under each system of the pair that scored the text
    # likelihood of each part under both systems; empty where one has not scored the text
    parts: tuple[ScoredPart, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of the two texts a system finds more likely per token."""

    system: str
    # mean log-probability of a token of the second system's text, minus that of the first system's text, in
    # nats
    difference: float
    # the same difference with the sign of its own text: above 0 where it prefers the text that it wrote
    own: float


@dataclass(frozen=True, slots=True)
class Lacking:
    scope: ScoringScope  # scope of "this comparison", for a `ScoringRun`
    study: int  # number of the study's responses that lack a score of a system that can score them
    # names of systems of the pair that cannot score, because their texts were imported
    imported: tuple[str, ...]
    served: tuple[tuple[str, str], ...]  # names and server addresses of systems to which texts would be sent
    engine: str  # why nothing can be computed on this machine, and how to change that; empty where it can

    @property
    def possible(self) -> bool:
        return bool(self.scope.systems) and not self.engine


@dataclass(frozen=True, slots=True)
class PairLikelihood:
    first: str  # name of the reference system of Δlog p: the base, if one of the two is
    # name of the other system. Δlog p is above 0 where it finds a part more likely than ``first`` does
    second: str
    left: TextLikelihood  # the text that was shown left; ``right`` likewise
    right: TextLikelihood
    preferences: tuple[Preference, ...]  # preferences of the systems that scored both texts
    lacking: Lacking | None  # the missing scores; None where both systems scored both texts


def pair_likelihood(study: StudyFile, allocation: AllocationId) -> PairLikelihood | None:
    """A judged pair's likelihoods; None while withheld and for pairs that do not compare two systems."""
    row = study.judgments.of_item(allocation)
    told = study.settings.read().disclosure.tells(Subject.LIKELIHOOD)
    if not told or row.comparison.kind is not ComparisonKind.ORDINARY:
        return None
    first, second = _in_order(study, row.comparison)
    found = {r.id: study.scores.of_response(r.id) for r in (row.comparison.a, row.comparison.b)}
    a, b = (_text(r, found[r.id], first, second) for r in (row.comparison.a, row.comparison.b))
    left, right = (b, a) if row.left == "b" else (a, b)
    return PairLikelihood(
        first=first.name,
        second=second.name,
        left=left,
        right=right,
        preferences=tuple(_preferences(left, right, first.name)),
        lacking=_lacking(study, row.comparison, (first, second), found),
    )


def _in_order(study: StudyFile, comparison: Comparison) -> tuple[System, System]:
    """The base first; of two fine-tunes, the one that was added first."""
    systems = {system.id: system for system in study.systems.all()}
    pair = [systems[comparison.a.system], systems[comparison.b.system]]
    first, second = sorted(pair, key=_base_first)
    return first, second


def _base_first(system: System) -> tuple[bool, int]:
    return bool(system.spec.adapter), system.id


def _text(
    response: Response, scores: Mapping[SystemId, TokenScores], first: System, second: System
) -> TextLikelihood:
    pair = [scores[system.id] for system in (first, second) if system.id in scores]
    return TextLikelihood(
        writer=first.name if response.system == first.id else second.name,
        systems=tuple(
            Confidence(system.name, len(scores[system.id].logprobs), _mean(scores[system.id]))
            for system in (first, second)
            if system.id in scores and scores[system.id].logprobs
        ),
        parts=scored_parts(response.text, *pair) if len(pair) == 2 else (),
    )


def _mean(scores: TokenScores) -> float:
    return sum(scores.logprobs) / len(scores.logprobs)


def _preferences(left: TextLikelihood, right: TextLikelihood, first: str) -> Iterator[Preference]:
    of_first, of_second = (left, right) if left.writer == first else (right, left)
    seconds = {one.system: one.mean for one in of_second.systems}
    for one in of_first.systems:
        if one.system in seconds:
            difference = seconds[one.system] - one.mean
            own = -difference if one.system == first else difference
            yield Preference(one.system, difference, own)


def _lacking(
    study: StudyFile,
    comparison: Comparison,
    pair: tuple[System, System],
    scored: Mapping[ResponseId, Mapping[SystemId, TokenScores]],
) -> Lacking | None:
    able = [system for system in pair if system.spec.written_here]
    ids = frozenset(system.id for system in able)
    if len(able) == len(pair) and all(ids <= scores.keys() for scores in scored.values()):
        return None
    open_ = frozenset(r.id for r in (comparison.a, comparison.b) if not ids <= scored[r.id].keys())
    groups = scoring_groups(study, served=any(system.spec.url for system in able)) if open_ else ()
    return Lacking(
        scope=ScoringScope(open_, ids if open_ else frozenset()),
        study=study.scores.count_unscored([one for group in groups for one in group.ids]) if open_ else 0,
        imported=tuple(system.name for system in pair if not system.spec.written_here),
        served=tuple((system.name, system.spec.url) for system in able if system.spec.url),
        engine=_engine_missing(able) if open_ else "",
    )


def _engine_missing(systems: list[System]) -> str:
    needed = SERVED_LIBRARIES if all(system.spec.url for system in systems) else LIBRARIES
    missing = missing_libraries(needed)
    if not missing:
        return ""
    lacking = tr("The engine is not installed here (no {libraries}).", ", ".join(missing))
    return sentences(lacking, how_to_get())


def likelihood_json(study: StudyFile, *, tokens: bool = False) -> dict[str, Json]:
    """``responses`` and ``preferences`` as JSON; ``tokens`` adds Δlog p. Raises ``still-blinded``."""
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    order = sorted(study.systems.all(), key=_base_first)
    keys = {prompt.id: prompt.spec.key for prompt in study.prompts.all()}
    responses: list[Json] = []
    means: dict[tuple[str, int], dict[str, dict[str, float]]] = {}
    names = {system.id: system.name for system in order}
    for response in study.responses.all():
        if found := {s: one for s, one in study.scores.of_response(response.id).items() if one.logprobs}:
            prompt, writer = keys[response.prompt], names[response.system]
            own = {s.name: _mean(found[s.id]) for s in order if s.id in found}
            means.setdefault((prompt, response.sample), {})[writer] = own
            about: dict[str, Json] = {"prompt": prompt, "sample": response.sample, "written_by": writer}
            responses.append(about | _response_json(response, order, found, tokens=tokens))
    return {"responses": responses, "preferences": [*_preferences_json([*names.values()], means)]}


def _response_json(
    response: Response, order: list[System], scores: Mapping[SystemId, TokenScores], *, tokens: bool
) -> dict[str, Json]:
    present = [system for system in order if system.id in scores]
    return {
        "scores": [_score_json(system.name, scores[system.id]) for system in present],
        "differences": [
            _difference_json(response.text, first, second, scores, tokens=tokens)
            for first, second in combinations(present, 2)
        ],
    }


def _score_json(name: str, scores: TokenScores) -> dict[str, Json]:
    one = Confidence(name, len(scores.logprobs), _mean(scores))
    return {"scored_by": name, "tokens": one.tokens, "mean_logprob": one.mean, "perplexity": one.perplexity}


def _difference_json(
    text: str, first: System, second: System, scores: Mapping[SystemId, TokenScores], *, tokens: bool
) -> dict[str, Json]:
    parts = scored_parts(text, scores[first.id], scores[second.id])
    told: dict[str, Json] = {
        "first": first.name,
        "second": second.name,
        "parts": len(parts),
        "difference": round(sum(part.second - part.first for part in parts), 4),
    }
    each: list[Json] = [[part.start, part.end, part.difference] for part in parts]
    return told | {"tokens": each} if tokens else told


def _preferences_json(
    order: list[str], means: Mapping[tuple[str, int], Mapping[str, Mapping[str, float]]]
) -> Iterator[dict[str, Json]]:
    for (prompt, sample), writers in means.items():
        for first, second in combinations([name for name in order if name in writers], 2):
            for scorer in (first, second):
                if scorer not in writers[first] or scorer not in writers[second]:
                    continue
                yield {
                    "prompt": prompt,
                    "sample": sample,
                    "first": first,
                    "second": second,
                    "scored_by": scorer,
                    "difference": round(writers[second][scorer] - writers[first][scorer], 4),
                }
