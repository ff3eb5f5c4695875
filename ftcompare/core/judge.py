"""Judges that are models or code, whose votes are never pooled with people's: description, verdict, score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.hashing import digest
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import ComparisonId, RaterId, ResponseId
from ftcompare.core.typed_json import JsonForm

JudgeId = NewType("JudgeId", int)

JUDGE_SETTINGS = GenerationSettings(max_new_tokens=512)  # default: greedy decoding

USUAL_TRIES, MOST_TRIES = 3, 10  # default and maximum number of attempts per question until a verdict is read


class JudgeKind(StrEnum):
    MODEL = "model"  # a language model loaded on this machine, asked in words
    SERVED = "served"  # a language model behind an OpenAI-compatible server, asked in words
    REWARD = "reward"  # a sequence classifier that gives each answer a number
    JURY = "jury"  # a group of other judges whose verdicts are combined by vote
    CODE = "code"  # a function of a program that uses the API


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


class RubricHalf(StrEnum):
    """The halves of a study's prompts for improving a rubric, and for its final figure."""

    IMPROVING = "improving"
    HELD_OUT = "held-out"


def rubric_half(prompt_digest: str) -> RubricHalf:
    """Return the half of a prompt, which depends on nothing but its digest."""
    odd = int(digest("rubric-half", prompt_digest)[-1], 16) % 2
    return RubricHalf.HELD_OUT if odd else RubricHalf.IMPROVING


@dataclass(frozen=True, slots=True)
class JudgeSpec:
    name: str  # name of the judge and of the automatic rater that holds its votes; unique in a study
    kind: JudgeKind  # what judges
    mode: JudgeMode = JudgeMode.PAIRWISE  # whether it compares two answers or scores one
    model: str = ""  # folder or hub id, or the name of a served model; the version of code; empty for a jury
    adapter: str = ""  # folder or hub id of an adapter for the model; empty without
    url: str = ""  # address of the server, for a served judge
    quantisation: str = ""  # ``8bit`` or ``4bit`` where the weights are loaded in that precision; else empty
    rubric: str = ""  # the criteria of the judgment, in the owner's words
    lowest: int = 1  # the lowest score in direct mode; ``highest`` is the highest
    highest: int = 10
    settings: GenerationSettings = JUDGE_SETTINGS  # generation settings of its replies
    tries: int = USUAL_TRIES  # maximum number of replies to one question, 1 to `MOST_TRIES`
    reference: bool = False  # whether the judge sees a prompt's reference answer
    context: bool = True  # whether the judge sees a prompt's passages
    template_options: tuple[tuple[str, TemplateOption], ...] = ()  # for the chat template, by name
    reasoning_markers: tuple[tuple[str, str], ...] = ()  # opening and closing, beside known ones
    members: tuple[str, ...] = ()  # names of the judges of a jury

    @property
    def rubric_digest(self) -> str:
        return digest("judge-rubric", self.rubric)


JUDGE_FORM = JsonForm(defaults=True, further=True)  # with all settings: new defaults change no judge


@dataclass(frozen=True, slots=True)
class Judge:
    id: JudgeId
    rater: RaterId  # the automatic rater that holds its votes
    spec: JudgeSpec
    digest: str  # digest of its row in the study: of name, rater and description

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class JudgeTry:
    """One reply of a judge, unchanged."""

    text: str  # the reply without its reasoning
    reasoning: str = ""  # the reasoning written before the reply
    problem: str = ""  # why no verdict can be read from the reply; empty where a verdict was read
    tokens: int | None = None  # number of tokens written, reasoning and reply together; None where unknown
    prompt_tokens: int | None = None  # number of tokens read; None where unknown


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """A judge's verdict on a pair in one order, or on one response."""

    judge: JudgeId  # the judge that gave it
    outcome: JudgeOutcome  # ``a``, ``b``, ``tie``, ``none`` for a pair; ``score``, ``none`` for a response
    tries: tuple[JudgeTry, ...]  # every reply, oldest first; for a jury one for each member
    comparison: ComparisonId | None = None  # the pair; None for a response
    a_first: bool | None = None  # whether ``a`` was shown first; None for a response
    response: ResponseId | None = None  # the scored response; None for a pair
    score: float | None = None  # the score where the outcome is ``score``, else None


@dataclass(frozen=True, slots=True)
class JudgeVote:
    """A judge's vote on a pair, as the judgment of its automatic rater."""

    choice: str  # ``a``, ``b`` or ``tie``
    preference: float  # share of the vote that ``b`` gets, 0 to 1
    a_is_left: bool | None = None  # whether ``a`` was shown first; None if judged separately
    comment: str = ""  # the reason that the judge gave
