"""Adjudication: a senior rater decides pairs on which raters disagree, blind and apart from their votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

from ftcompare.app.review.answer_names import find_expert, names_by_expert, text_order
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.annotations import Adjudicated, Adjudication, AnnotationKind, ExpertId, StoredAnnotation
from ftcompare.core.blinding import BlindItem
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.language import ENGLISH, N_, in_language
from ftcompare.core.rating_design import ConversationJudged
from ftcompare.core.rating_rules import answer_words
from ftcompare.core.scale import Choice
from ftcompare.core.study import AllocationId, ComparisonId, PromptId, RaterSaid, Response
from ftcompare.store.review.contested_pairs import ComparedTexts, JudgedTogether
from ftcompare.store.study.study_file import StudyFile

COMMENTS_READ = "comments-read"
"""Kind of audit-log entry: an expert opened the raters' answers and comments on a pair."""
_HALF = 0.5
_STRONG = 2
"""Judgments of at least this strength count as strong when two of them oppose each other."""


class ContestReason(StrEnum):
    """Why a pair needs an adjudication; the values are shown to people."""

    DISAGREE = N_("no majority")
    OPPOSED = N_("clear preferences contradict each other")
    FLAGGED = N_("flagged by a rater")


@dataclass(frozen=True, slots=True)
class ContestedPair:
    """A pair for a senior rater to decide."""

    comparison: ComparisonId
    reasons: tuple[ContestReason, ...]
    judgments: int  # number of judgments that people gave of the pair
    decided: bool = False  # whether this expert has adjudicated the pair


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """An expert's verdict on a pair, by the position of the texts."""

    choice: Choice
    strength: int | None
    reason: str
    after_comments: bool  # whether the expert had opened the raters' comments before this verdict
    at: str  # time of the verdict, ISO 8601 UTC


@dataclass(frozen=True, slots=True)
class PairToDecide:
    """A pair to decide, without writers and raters' answers. Its texts alone decide which of them is left."""

    pair: ContestedPair
    prompt: PromptId
    key: str
    item: BlindItem
    given: GivenVerdict | None  # this expert's standing verdict; None before one is given
    # whether this expert has opened the raters' answers; later verdicts of this expert are not blind
    read: bool = False
    # which part of a conversation of several turns is judged
    conversations: ConversationJudged = ConversationJudged.WHOLE
    said: tuple[RaterSaid[Choice], ...] = ()  # what raters said, once it may be shown


def contested_pairs(
    study: StudyFile, expert: str, left_out: Collection[int] = ()
) -> tuple[ContestedPair, ...]:
    """Pairs without a majority verdict, that a rater flagged, or where strong votes oppose each other.

    No verdict has a majority where none has most of a pair's judgments, as in exports. Pairs of one prompt
    are in an order that depends on their texts alone. An unknown expert has decided none. Pairs of the
    prompts ``left_out`` (ids) are not listed.
    """
    decided = {one.comparison for _, one in _verdicts(study, find_expert(study, expert))}
    found = (
        ((texts.prompt.id, _order(texts, "\0".join(map(_whole, _placed(texts))))), one, reasons)
        for one in study.contested.judged()
        if (reasons := _reasons(one))
        for texts in (study.contested.texts(one.comparison),)
    )
    return tuple(
        ContestedPair(one.comparison, reasons, len(one.choices), one.comparison in decided)
        for (prompt, _), one, reasons in sorted(found, key=itemgetter(0))
        if prompt not in left_out
    )


def pair_to_decide(study: StudyFile, expert: str, pair: ContestedPair) -> PairToDecide:
    """Load a contested pair with its texts. Raises `UserError`: ``pair-unknown``."""
    texts = study.contested.texts(pair.comparison)
    known = find_expert(study, expert)
    mine = None if known is None else _own(study, known, pair.comparison)
    read = known is not None and _has_read(study, known, pair.comparison)
    given = _by_place(texts, *mine) if mine else None
    spec = texts.prompt.spec
    left, right = _placed(texts)
    item = BlindItem(
        AllocationId(pair.comparison),
        spec.messages,
        left.text,
        right.text,
        later_turns=spec.later_turns,
        left_earlier=left.earlier,
        right_earlier=right.earlier,
        context=spec.context,
        reference=spec.reference,
    )
    judged = study.settings.design().conversations
    return PairToDecide(pair, texts.prompt.id, spec.key, item, given, read, judged)


def adjudicate(
    study: StudyFile,
    expert: str,
    comparison: ComparisonId,
    choice: Choice,
    *,
    strength: int | None = None,
    reason: str = "",
    now: datetime,
) -> None:
    """Store a senior rater's verdict; it replaces an earlier verdict of the same expert.

    A verdict given after `raters_said` records this fact and the blind verdict that it amends, unless that
    was taken back. Raises `UserError`: ``pair-unknown``; ``adjudication-refused``; ``no-expert-name``;
    ``annotation-long``.
    """
    texts = study.contested.texts(comparison)
    with study.atomic():
        known = study.annotations.expert(expert)
        before = _own(study, known.id, comparison)
        amended = before is not None and before[1].after_comments
        read = amended or _has_read(study, known.id, comparison)
        given = Adjudication(
            comparison,
            _by_response(texts, choice),
            strength,
            reason.strip(),
            read,
            before[0].seq if before is not None and read else 0,
        )
        study.annotations.add(known.id, given, now=now)


def raters_said(
    study: StudyFile, expert: str, comparison: ComparisonId, *, now: datetime
) -> tuple[RaterSaid[Choice], ...]:
    """Return raters' answers and remarks on a pair that the expert has decided; the audit log records this.

    Raises ``adjudicate-first`` before the expert's decision; ``pair-unknown``.
    """
    texts, known = study.contested.texts(comparison), find_expert(study, expert)
    if known is None or _own(study, known, comparison) is None:
        what = "Raters' verdicts are shown once you have decided the pair."
        raise UserError(
            what, how="Decide it first. You can change the verdict afterward.", code="adjudicate-first"
        )
    if not _has_read(study, known, comparison):
        detail: dict[str, Json] = {"expert": known, "comparison": comparison, "prompt": texts.prompt.spec.key}
        study.audit.append(COMMENTS_READ, detail, now=now)
    return tuple(
        RaterSaid(
            rater=one.rater,
            choice=_place(texts, one.choice),
            strength=one.strength,
            comment=one.comment,
            flagged=one.flagged,
        )
        for one in study.contested.said(comparison)
    )


def undo_adjudication(study: StudyFile, expert: str, comparison: ComparisonId, *, now: datetime) -> None:
    """Take back an expert's verdict on a pair.

    That raters' answers were read stays on record, so that a new verdict does not count as blind. Raises
    `UserError`: ``annotation-gone`` if there is no verdict.
    """
    known = find_expert(study, expert)
    before = None if known is None else _own(study, known, comparison)
    if known is None or before is None:
        raise UserError("You have no verdict to take back.", code="annotation-gone")
    study.annotations.retract(known, before[0].seq, now=now)


def waiting_json(study: StudyFile, expert: str) -> list[dict[str, Json]]:
    return [
        {
            "prompt_id": study.contested.texts(one.comparison).prompt.spec.key,
            "judgments": one.judgments,
            "reasons": [reason.value for reason in one.reasons],
        }
        for one in contested_pairs(study, expert)
        if not one.decided
    ]


@in_language(ENGLISH)
def adjudications_json(study: StudyFile) -> list[dict[str, Json]]:
    """Every standing adjudication, by the side on which the adjudicator saw the preferred text."""
    told = study.settings.read().disclosure.tells(Subject.ANNOTATIONS)
    names, experts, scale = system_names(study), names_by_expert(study), study.settings.read().scale
    found: list[dict[str, Json]] = []
    for stored, given in _verdicts(study):
        texts = study.contested.texts(given.comparison)
        writer = {"a": texts.a.system, "b": texts.b.system}.get(given.choice)
        preferred = names[writer] if told and writer is not None else None
        found.append(
            {
                "prompt_id": texts.prompt.spec.key,
                "expert": experts[stored.expert],
                "verdict": "preference" if writer is not None else given.choice.value,
                "answer": answer_words(_place(texts, given.choice), given.strength, scale),
                "preferred": preferred,
                **fields_json(given, "strength", "reason", "after_comments"),
                "at": stored.at,
            }
        )
    return found


def _reasons(judged: JudgedTogether) -> tuple[ContestReason, ...]:
    most = Counter(judged.choices).most_common(1)[0][1]
    strong = {
        choice
        for choice, strength in zip(judged.choices, judged.strengths, strict=True)
        if choice in ("a", "b") and (strength or 0) >= _STRONG
    }
    found = {
        ContestReason.DISAGREE: most <= len(judged.choices) * _HALF,
        ContestReason.OPPOSED: len(strong) > 1,
        ContestReason.FLAGGED: judged.flags > 0,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _verdicts(
    study: StudyFile, expert: ExpertId | str | None = "", comparison: ComparisonId | None = None
) -> Iterator[tuple[StoredAnnotation, Adjudication]]:
    """The adjudications of all experts or one, on all pairs or one; none for an unknown expert."""
    if expert is None:
        return
    whose = None if isinstance(expert, str) else expert
    for stored in study.annotations.standing(
        AnnotationKind.ADJUDICATION, expert=whose, comparison=comparison
    ):
        if isinstance(given := stored.given, Adjudication):
            yield stored, given


def _own(
    study: StudyFile, expert: ExpertId, comparison: ComparisonId
) -> tuple[StoredAnnotation, Adjudication] | None:
    return next(iter([*_verdicts(study, expert, comparison)]), None)


def _has_read(study: StudyFile, expert: ExpertId, comparison: ComparisonId) -> bool:
    wanted = {"expert": expert, "comparison": comparison}
    return any(entry.detail.items() >= wanted.items() for entry in study.audit.entries(COMMENTS_READ))


def _a_is_left(texts: ComparedTexts) -> bool:
    return _order(texts, _whole(texts.a)) <= _order(texts, _whole(texts.b))


def _order(texts: ComparedTexts, text: str) -> bytes:
    return text_order(texts.prompt.spec.key, text)


def _whole(response: Response) -> str:
    """The answers to all turns. The last answers alone may be equal while earlier ones differ."""
    return "\0".join(response.answers)


def _placed(texts: ComparedTexts) -> tuple[Response, Response]:
    return (texts.a, texts.b) if _a_is_left(texts) else (texts.b, texts.a)


def _by_response(texts: ComparedTexts, choice: Choice) -> Adjudicated:
    if not choice.decisive:
        return Adjudicated(choice.value)
    return Adjudicated.A if (choice is Choice.LEFT) == _a_is_left(texts) else Adjudicated.B


def _place(texts: ComparedTexts, choice: str) -> Choice:
    if choice not in ("a", "b"):
        return Choice(choice)
    return Choice.LEFT if (choice == "a") == _a_is_left(texts) else Choice.RIGHT


def _by_place(texts: ComparedTexts, stored: StoredAnnotation, own: Adjudication) -> GivenVerdict:
    choice = _place(texts, own.choice)
    return GivenVerdict(choice, own.strength, own.reason, own.after_comments, stored.at)
