"""Values that the store returns: counts, progress, events, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import ContextShown, ConversationJudged, PracticeItem, ReferenceShown
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    AllocationId,
    EventKind,
    FinishReason,
    PromptId,
    RaterId,
    Response,
    ResponseId,
    SystemId,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class TokenScores:
    """A response's log-probabilities, token for token, under one system.

    Args:
        starts: for each token, the character of the response at which it starts, ascending.
        logprobs: natural logarithms to four places, one a token, at most 0.
    """

    system: SystemId
    starts: tuple[int, ...]
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How likely a system finds each label of a prompt.

    Args:
        logprobs: natural logarithms to six places, one a label in the prompt's order, at most 0.
    """

    prompt: PromptId
    system: SystemId
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What came of running the code of an answer with the tests of its prompt.

    Args:
        tests: digest of the tests.
        outcome: one of `ftcompare.core.code_tests.CodeOutcome`.
        detail: what went wrong, as the code itself may say it: hostile text; may be empty.
    """

    response: ResponseId
    tests: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class CutResponse:
    """A response that was cut at the length limit.

    Args:
        settled: it stays as it is: judged, skipped, sent out in a pack, scored, or annotated by an expert.
    """

    response: Response
    settled: bool


@dataclass(frozen=True, slots=True)
class StudyCounts:
    """How far a study is.

    Args:
        pairs_planned: pairs written, and pairs that will be when every model has answered every prompt.
        pairs_failed: of the pairs not written, those whose prompt failed in the last attempt.
        raters: people and programs, without those who only asked on the live page.
        programs: of these raters.
        judgments: standing judgments, without skips.
        votes: those of programs, of these judgments.
        responses: per system.
        finish: per system, how its responses end.
    """

    prompts: int
    pairs_planned: int
    pairs_written: int
    pairs_failed: int
    raters: int
    programs: int
    judgments: int
    votes: int
    responses: dict[SystemId, int]
    finish: dict[SystemId, dict[FinishReason, int]]


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """How far a rater is with what was allocated; imported judgments do not count.

    Args:
        seconds: active seconds of the last judgments, at most 20, newest last.
        guesses: pairs that the rater is asked about at the end.
        guessed: of these, how many are answered.
    """

    total: int
    judged: int
    skipped: int
    seconds: tuple[float, ...]
    guesses: int = 0
    guessed: int = 0


@dataclass(frozen=True, slots=True)
class RatingSettings:
    """What a rater is told and asked, in a study or in a pack.

    Args:
        closed: nothing may be judged any more: the study is unblinded.
        reference: when raters see the reference answer of a prompt.
        context: how raters see its context.
        conversations: what of a conversation is judged.
    """

    title: str
    notice: str
    scale: Scale
    instructions: str
    practice: tuple[PracticeItem, ...]
    closed: bool
    reference: ReferenceShown = ReferenceShown.NEVER
    context: ContextShown = ContextShown.FOLDED
    conversations: ConversationJudged = ConversationJudged.WHOLE


@dataclass(frozen=True, slots=True)
class Undone:
    """An event that was, or would be, undone. ``verdict`` is None for a skip or a guess."""

    allocation: AllocationId
    kind: EventKind
    verdict: Verdict | None
    reason: str


_NO_ALLOCATION = AllocationId(0)


@dataclass(frozen=True, slots=True)
class JudgmentEvent:
    """What a rater did with one allocation: a judgment, skip, guess or retraction, as the chain holds it.

    A `Verdict` is what the rater submits; this is the entry that is stored of it. Until it is appended to
    the rater's chain, the last five fields are empty.

    Args:
        choice: a place (``left``, ``right``), for imported judgments a response (``a``, ``b``), ``tie``,
            ``both_bad``; None for skips and retractions.
        preference: as imported, 0 to 1; None where it follows from the choice.
        seconds: active time, 0 or more; None where unknown.
        reason: of a skip.
        retracts: for a retraction, the ``seq`` of what it takes back.
        details: criteria, reasons, their sides, and whether the reference answer was seen, as JSON; empty
            without.
        seq: from 1, without gaps, per rater.
        allocation: in a pack, the number of the item.
        at: ISO 8601; empty for an imported judgment without a time.
        digest: covers the event and, through that of the one before, all earlier ones.
        id: of its row in the file.
    """

    kind: EventKind
    choice: str | None = None
    strength: int | None = None
    preference: float | None = None
    comment: str = ""
    flagged: bool = False
    seconds: float | None = None
    reason: str = ""
    retracts: int | None = None
    details: str = ""
    seq: int = 0
    allocation: AllocationId = _NO_ALLOCATION
    at: str = ""
    digest: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One link of the study's audit log. ``at`` is ISO 8601 UTC; ``seq`` counts from 1."""

    seq: int
    at: str
    kind: str
    detail: dict[str, Json]
    digest: str


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many of each an import added.

    Args:
        passed: lines of the file that are no votes and were passed over, by their kind.
        left_out: records of the file that were passed over, by reason.
        unread: fields of the file that were not taken, by name, with the number of records that have them.
        rating_closed: the study was unblinded, because it holds imported judgments alone.
        reasoned: responses of which reasoning was parted off.
        unanswered: of these, those in which no answer follows.
        prompts_kept: prompts of the study that stay as they are, of which the file says something else.
    """

    systems: int = 0
    prompts: int = 0
    responses: int = 0
    comparisons: int = 0
    raters: int = 0
    judgments: int = 0
    passed: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    rating_closed: bool = False
    reasoned: int = 0
    unanswered: int = 0
    prompts_kept: int = 0


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A rater left out of the results. ``at`` is ISO 8601 UTC."""

    rater: RaterId
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """How far a rater's chain is verified.

    Args:
        number: of its last event; 0 before the first.
        digest: of that event.
        event: its id in the file.
    """

    number: int
    digest: str
    event: int
