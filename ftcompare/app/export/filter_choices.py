"""The filter values for a study's training rows, and the choices stored with the study."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ftcompare.app.export.expert_rows import adjudicated_pairs, corrected_answers
from ftcompare.app.study.shown_names import require_known_names
from ftcompare.core.hashing import Json
from ftcompare.core.study import RaterId, RaterKind
from ftcompare.formats.training.filters import PairFilters
from ftcompare.store.study.study_file import StudyFile

REMEMBERED = "export"
"""Key under which the study stores the choices."""


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The available filter values.

    Args:
        tags: tags of the prompts, in alphabetical order.
        raters: ids and names of people, in the order in which they were added.
        criteria: criteria of the scale, in its order; ``reasons`` likewise.
        strengths: number of strengths in the scale; 1 for none.
        corrections: number of answers that experts corrected.
        adjudicated: number of pairs that a senior rater decided.
    """

    tags: tuple[str, ...] = ()
    raters: tuple[tuple[RaterId, str], ...] = ()
    criteria: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    strengths: int = 1
    corrections: int = 0
    adjudicated: int = 0


def filter_choices(study: StudyFile) -> FilterChoices:
    """The filter values of the open study."""
    scale = study.settings.read().scale
    live = study.raters.live_only()
    people = (r for r in study.raters.all() if r.kind is RaterKind.HUMAN and r.id not in live)
    return FilterChoices(
        tags=tuple(sorted({tag for prompt in study.prompts.all() for tag in prompt.spec.tags})),
        raters=tuple((rater.id, rater.name) for rater in people),
        criteria=scale.criteria,
        reasons=scale.reasons,
        strengths=scale.strengths,
        corrections=len({one.key for one in corrected_answers(study)}),
        adjudicated=len(adjudicated_pairs(study)),
    )


def require_offered(study: StudyFile, filters: PairFilters) -> None:
    """Refuse a category, tag, criterion or reason that the study does not have.

    Raises:
        UserError: code ``unknown-filter``; the message lists the available values.
    """
    offered, prompts = filter_choices(study), study.prompts.all()
    require_known_names("category", filters.categories, {prompt.spec.category for prompt in prompts})
    require_known_names("tag", filters.tags, offered.tags)
    require_known_names("criterion", {filters.criterion} if filters.criterion else None, offered.criteria)
    require_known_names("reason", filters.reasons, offered.reasons)


def remember(study: StudyFile, chosen: dict[str, Json]) -> None:
    """Store the choices, if they changed."""
    text = json.dumps(chosen, ensure_ascii=False, sort_keys=True)
    if study.state.get(REMEMBERED) != text:
        study.state.put(REMEMBERED, text)


def remembered(study: StudyFile) -> dict[str, Json]:
    """The stored choices; empty if there are none or they are unreadable."""
    try:
        found = json.loads(study.state.get(REMEMBERED) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
