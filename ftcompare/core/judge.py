"""Judges that are models: what a judge is asked, and its verdict on a pair or score of one answer.

Their votes are those of an automatic rater, and are never pooled with people's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, NewType, cast

from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.hashing import Json, digest
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import ComparisonId, RaterId, ResponseId

JudgeId = NewType("JudgeId", int)

JUDGE_SETTINGS = GenerationSettings(max_new_tokens=512)
"""How a judge's replies are written where its owner says nothing: the likeliest token each time."""

USUAL_TRIES, MOST_TRIES = 3, 10
"""Of one question to a judge, until a verdict can be read."""


class JudgeKind(StrEnum):
    """The kind of a judge."""

    MODEL = "model"  # loaded on this machine, asked in words
    SERVED = "served"  # behind an OpenAI-compatible server, asked in words
    REWARD = "reward"  # a sequence classifier that gives each answer a number
    JURY = "jury"  # other judges, whose verdicts are put to the vote


class JudgeMode(StrEnum):
    """Whether a judge compares two answers or scores one."""

    PAIRWISE = "pairwise"  # two answers: which is better
    DIRECT = "direct"  # one answer: a score


class JudgeOutcome(StrEnum):
    """A judge's verdict; ``a`` is the response of the system that was added first."""

    A = "a"
    B = "b"
    TIE = "tie"
    SCORE = "score"
    NONE = "none"  # no verdict could be read from any of its replies


@dataclass(frozen=True, slots=True)
class JudgeSpec:
    """A judge as its owner describes it.

    Args:
        name: of the judge, and of the automatic rater whose votes are its; unique in a study.
        kind: what judges.
        mode: what is judged at a time.
        model: folder or hub id, or the name of a served model; empty for a jury.
        adapter: folder or hub id of an adapter for it; empty without.
        url: of the server, for a served judge.
        quantisation: ``8bit`` or ``4bit`` where its weights are loaded so.
        rubric: the criteria by which it judges, in the owner's words.
        lowest: score, of direct mode; ``highest`` likewise.
        settings: of the generation of its replies.
        tries: the most replies to one question until a verdict can be read; 1 to `MOST_TRIES`.
        reference: whether it is shown a prompt's reference answer; ``context`` its passages.
        template_options: given to the chat template by name, in the order of the names.
        reasoning_markers: pairs of opening and closing marker of reasoning, beside those that are known.
        members: names of the judges of a jury.
    """

    name: str
    kind: JudgeKind
    mode: JudgeMode = JudgeMode.PAIRWISE
    model: str = ""
    adapter: str = ""
    url: str = ""
    quantisation: str = ""
    rubric: str = ""
    lowest: int = 1
    highest: int = 10
    settings: GenerationSettings = JUDGE_SETTINGS
    tries: int = USUAL_TRIES
    reference: bool = False
    context: bool = True
    template_options: tuple[tuple[str, TemplateOption], ...] = ()
    reasoning_markers: tuple[tuple[str, str], ...] = ()
    members: tuple[str, ...] = ()

    @property
    def rubric_digest(self) -> str:
        """Equal for equal rubrics."""
        return digest("judge-rubric", self.rubric)


def judge_json(spec: JudgeSpec) -> dict[str, Json]:
    """The description as a study stores it: with all settings, so that later defaults change no judge."""
    return cast("dict[str, Json]", asdict(spec))


def judge_from_json(stored: Mapping[str, Json]) -> JudgeSpec:
    """The inverse of `judge_json`."""
    known = {field.name for field in fields(JudgeSpec)}
    given: dict[str, Any] = {name: value for name, value in stored.items() if name in known}
    settings = {**given.pop("settings", {})}
    settings["stop"] = tuple(settings.get("stop", ()))
    for name in ("template_options", "reasoning_markers"):
        given[name] = tuple((one, other) for one, other in given.get(name, ()))
    given["members"] = tuple(given.get("members", ()))
    given["kind"], given["mode"] = JudgeKind(given["kind"]), JudgeMode(given["mode"])
    return JudgeSpec(**given, settings=GenerationSettings(**settings))


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge of a study.

    Args:
        rater: the automatic rater that its votes are of.
        digest: of its row in the study: of name, rater and description.
    """

    id: JudgeId
    rater: RaterId
    spec: JudgeSpec
    digest: str

    @property
    def name(self) -> str:
        """Of the judge and of its rater."""
        return self.spec.name


@dataclass(frozen=True, slots=True)
class JudgeTry:
    """One reply of a judge, unchanged.

    Args:
        text: without its reasoning.
        reasoning: what was written before it.
        problem: why no verdict can be read from it; empty where one was.
        tokens: written, of reasoning and reply; None where not known.
        prompt_tokens: read; None where not known.
    """

    text: str
    reasoning: str = ""
    problem: str = ""
    tokens: int | None = None
    prompt_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """A judge's verdict on a pair in one order, or on one response.

    Args:
        judge: whose it is.
        outcome: ``a``, ``b``, ``tie`` or ``none`` of a pair; ``score`` or ``none`` of a response.
        tries: every reply, oldest first; of a jury one for each member.
        comparison: the pair; None for a response.
        a_first: whether ``a`` was shown first; None for a response.
        response: what was scored; None for a pair.
        score: of a response with outcome ``score``.
    """

    judge: JudgeId
    outcome: JudgeOutcome
    tries: tuple[JudgeTry, ...]
    comparison: ComparisonId | None = None
    a_first: bool | None = None
    response: ResponseId | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class JudgeVote:
    """A judge's vote on a pair, as the judgment of its automatic rater.

    Args:
        choice: ``a``, ``b`` or ``tie``.
        preference: share of the vote that ``b`` gets, 0 to 1.
        a_is_left: whether ``a`` was shown first; None where both were judged apart.
        comment: the reason it gave.
    """

    choice: str
    preference: float
    a_is_left: bool | None = None
    comment: str = ""
