"""The features of answers that a study has, each with what defines it, so that a sealed plan can fix them."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.checks.answer_features import TEXT_FEATURES, phrases_digest
from ftcompare.core.hashing import Json, digest
from ftcompare.store.study.measured_results import OWN as OWN_RUNS
from ftcompare.store.study.study_file import StudyFile

PREFERRED, DEPRECATED, MARKS, CHECKS, OWN = "preferred_terms", "deprecated_terms", "marks", "checks", "own."
SHOWN = 12
"""Number of characters of a digest in an id."""


def fixed_features(study: StudyFile) -> tuple[str, ...]:
    """The features as ``id``, or ``id#digest`` where a list, a glossary, or the owner's file defines them."""
    return tuple(f"{key}#{by[:SHOWN]}" if by else key for key, by in _defined(study))


def _defined(study: StudyFile) -> Iterator[tuple[str, str]]:
    listed = {"hedges", "first_person"}
    yield from ((one.id, phrases_digest() if one.id in listed else "") for one in TEXT_FEATURES)
    terms = study.glossary.terms()
    if terms:
        rows: list[Json] = [
            [*one] for one in sorted((t.term, t.status.value, t.language, t.concept) for t in terms)
        ]
        yield from ((key, digest("feature-terms", rows)) for key in (PREFERRED, DEPRECATED))
    yield from ((key, "") for key in (MARKS, CHECKS))
    runs = sorted(study.benchmarks.runs(OWN_RUNS), key=lambda run: run.examination)
    newest = {run.task: str(run.about.get("digest", "")) for run in runs}
    yield from ((f"{OWN}{name}", by) for name, by in newest.items())
