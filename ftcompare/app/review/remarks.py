"""Pairs that raters flagged, commented on or skipped: the list for the owner, and a skipped pair to read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from ftcompare.app.review.terminology import (
    Given,
    JudgedPair,
    PairReview,
    judged_pairs,
    listed_pair,
    reviewed_alone,
)
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.conversation import turns_text
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import AllocationId, RaterKind
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.matching import Matcher

SKIPPED = "Skipped"
"""Shown in place of a verdict."""


class RemarkKind(StrEnum):
    """A rater's record in addition to a verdict or instead of one."""

    FLAGGED = "flagged"
    COMMENTED = "commented"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Remarks:
    """The pairs with remarks, in order of time, and the number of pairs with each kind of remark."""

    pairs: tuple[JudgedPair, ...]
    counts: dict[RemarkKind, int]


def kinds_of(pair: JudgedPair) -> tuple[RemarkKind, ...]:
    """The remarks of a pair's rater; a skipped pair can also be flagged and commented on."""
    has = {
        RemarkKind.FLAGGED: pair.flagged,
        RemarkKind.COMMENTED: bool(pair.comment.strip()),
        RemarkKind.SKIPPED: pair.skipped is not None,
    }
    return tuple(kind for kind, there in has.items() if there)


def remark_words(pair: JudgedPair) -> str:
    """The rater's text: the reason for skipping, then the comment."""
    return " · ".join(words for words in (pair.skipped or "", pair.comment.strip()) if words)


def remarks(study: StudyFile, kind: RemarkKind | None = None) -> Remarks:
    """The flagged, commented and skipped ordinary pairs, or those of one kind, as in `judged_pairs`.

    Hidden repeats, controls and gold items are left out, so that the list does not reveal them.
    """
    every = sorted((*judged_pairs(study), *skipped_pairs(study)), key=lambda pair: (pair.at, pair.allocation))
    counts = Counter(one for pair in every for one in kinds_of(pair))
    kept = (pair for pair in every if kinds_of(pair) and (kind is None or kind in kinds_of(pair)))
    return Remarks(tuple(kept), {one: counts[one] for one in RemarkKind})


def skipped_pairs(study: StudyFile) -> tuple[JudgedPair, ...]:
    names = system_names(study)
    return tuple(
        replace(
            listed_pair(row, (names[row.comparison.a.system], names[row.comparison.b.system]), SKIPPED),
            skipped=row.reason,
        )
        for row in study.judgments.skipped()
    )


def review_skipped(study: StudyFile, allocation: AllocationId) -> PairReview:
    """Load a skipped pair for reading; without marks while writers are withheld. Raises ``not-skipped``."""
    row = next((one for one in study.judgments.skipped() if one.allocation == allocation), None)
    if row is None:
        raise UserError("This pair is no longer skipped.", code="not-skipped")
    told = study.settings.read().disclosure.tells(Subject.WRITERS)
    glossary = study.glossary.terms() if told else ()
    matcher = Matcher(glossary)
    a, b = row.comparison.a, row.comparison.b
    sides = (b, a) if row.left == "b" else (a, b)
    left, right = (
        replace(
            reviewed_alone(side.text, matcher.find(side.text), side.reasoning if told else ""),
            before=turns_text(side.earlier, row.prompt.spec.later_turns),
        )
        for side in sides
    )
    names = system_names(study) if told else {}
    return PairReview(
        allocation=allocation,
        messages=row.prompt.spec.messages,
        left=left,
        right=right,
        verdict=Given(f"{SKIPPED}: {row.reason}" if row.reason else SKIPPED),
        comment=row.comment,
        left_system=names.get(sides[0].system, ""),
        right_system=names.get(sides[1].system, ""),
        glossary=bool(glossary),
        flagged=row.flagged,
    )


def remarks_json(remarks: Remarks) -> dict[str, Json]:
    return {
        "counts": {kind.value: count for kind, count in remarks.counts.items()},
        "remarks": [
            {
                "kinds": [kind.value for kind in kinds_of(pair)],
                "prompt_id": pair.key,
                "prompt": pair.prompt,
                "rater": pair.rater,
                "rater_kind": (RaterKind.AUTOMATIC if pair.automatic else RaterKind.HUMAN).value,
                "verdict": pair.verdict,
                "preferred": pair.preferred or None,
                "comment": pair.comment,
                "skip_reason": pair.skipped,
                "at": pair.at,
            }
            for pair in remarks.pairs
        ],
    }
