"""Training rows from answers that people graded one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from statistics import fmean

from ftcompare.core.grouping import grouped
from ftcompare.core.language import N_
from ftcompare.core.scale import Scale
from ftcompare.core.study import GradedRow, RaterKind
from ftcompare.formats.training.rows import TrainingAnswer, digest_of, question_digest
from ftcompare.formats.training.selection import (
    PairFilters,
    TrainingSelection,
    Unfit,
    excluded,
    side_of,
    takes_any,
)

GOOD, BAD = 0.75, 0.25
"""Places between the lowest grade (0) and the highest (1): from the first on, an answer is good; up to the
second, it is bad."""

BETWEEN = N_("answers graded neither good nor bad")

Graded = Callable[[], Iterable[GradedRow]]  # gives the standing grades, again each time it is called


def graded_answers(
    graded: Graded, scale: Scale, filters: PairFilters, *, winners: bool, unfit: Unfit = takes_any
) -> TrainingSelection[TrainingAnswer]:
    """Return single answers: those with a high mean grade are desired, those with a low one undesired.

    With grades from 1 to 5, a mean of 4 or more is desired, and one of 2 or less undesired; answers between
    are dropped. Equal answers to a prompt have one row. Filters of pairs (agreement, strength, criterion)
    do not apply. `winners` keeps desired answers only. The weight of a row is the distance of the mean from
    the middle of the scale, 0.5 to 1.
    """
    rows = [row for row in graded() if row.rater.kind is RaterKind.HUMAN and _by(row, filters)]
    dropped: Counter[str] = Counter()
    kept: list[TrainingAnswer] = []
    flagged = 0
    for of in grouped((_key(row), row) for row in rows).values():
        flagged += any(row.notes.flagged for row in of)
        place = fmean((row.grade - scale.low) / (scale.high - scale.low) for row in of)
        reason = _outside(of, filters) or _unfit(of, filters) or unfit(of[0].prompt.spec)
        if not reason and (BAD < place < GOOD or (winners and place <= BAD)):
            reason = BETWEEN
        if reason:
            dropped[reason] += 1
        else:
            kept.append(_row(of, place))

    def read() -> Iterator[TrainingAnswer]:
        return iter(kept)

    return TrainingSelection(read, len(kept), dict(dropped), flagged=flagged, used=len(kept))


def threshold_words(scale: Scale) -> str:
    """Return which mean grades make an answer good or bad."""
    good, bad = (scale.low + place * (scale.high - scale.low) for place in (GOOD, BAD))
    return f"answers with a mean grade of {good:g} or more are good, and of {bad:g} or less bad"


def _key(row: GradedRow) -> tuple[bytes, bytes]:
    return question_digest(row.prompt.spec), digest_of(row.response)


def _by(row: GradedRow, filters: PairFilters) -> bool:
    return filters.raters is None or row.rater.id in filters.raters


def _outside(rows: list[GradedRow], filters: PairFilters) -> str:
    """Return why an answer is not selected; empty if it is."""
    specs = [row.prompt.spec for row in rows]
    of_prompts = {one.category for one in specs}, {one.split for one in specs}
    reasons = {
        excluded(*of_prompts, {tag for one in specs for tag in one.tags}, filters): True,
        N_("flagged"): any(row.notes.flagged for row in rows) and not filters.include_flagged,
        N_("too few raters"): len({row.rater.id for row in rows}) < filters.min_raters,
        N_("reason"): filters.reasons is not None
        and not filters.reasons & {reason for row in rows for reason in row.notes.reasons},
    }
    return next((reason for reason, holds in reasons.items() if holds and reason), "")


def _unfit(rows: list[GradedRow], filters: PairFilters) -> str:
    limits = {"cut": filters.include_cut, "empty": filters.include_empty}
    return side_of(rows[0].response).unfit(**limits, longest=filters.max_characters)


def _row(rows: list[GradedRow], place: float) -> TrainingAnswer:
    response, raters = rows[0].response, len({row.rater.id for row in rows})
    return TrainingAnswer(
        rows[0].prompt.spec,
        response.text,
        place >= GOOD,
        raters,
        abs(2 * place - 1),
        response.system,
        earlier=response.earlier,
    )
