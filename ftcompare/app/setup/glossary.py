"""The glossary of a study: read, change, merge with a file, save to a file, and add a single word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ftcompare.app.overwrite_guard import write_output
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, tr
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossaries.entries import LANGUAGE, language_of
from ftcompare.formats.glossary import GlossaryFormat, glossary_format, read_glossary
from ftcompare.formats.record_fields import Record
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.glossary_changes import GlossaryConflict, GlossaryDiff, conflicts, glossary_diff, merged
from ftcompare.terms.matching import folded

EFFECT = N_(
    "All judgments stay unchanged. Tables of terms, shares of preferred terms, and reports are computed "
    "again, so their figures may differ from earlier ones."
)
CANDIDATE = "Candidate"  # note of a term that was added with one key and is not yet decided


@dataclass(frozen=True, slots=True)
class StudyGlossary:
    """The terms of a study, in their order, and the number of its judgments."""

    terms: tuple[GlossaryTerm, ...]
    judgments: int


@dataclass(frozen=True, slots=True)
class GlossaryChange:
    terms: tuple[GlossaryTerm, ...]  # the terms of the new glossary
    diff: GlossaryDiff  # its differences from the present glossary
    conflicts: tuple[GlossaryConflict, ...]  # conflicts between the new terms
    judgments: int  # number of judgments in the study


def study_glossary(study: StudyFile) -> StudyGlossary:
    return StudyGlossary(study.glossary.terms(), study.counts().judgments)


def change_of(study: StudyFile, terms: Sequence[GlossaryTerm]) -> GlossaryChange:
    present = study_glossary(study)
    after = tuple(terms)
    return GlossaryChange(after, glossary_diff(present.terms, after), conflicts(after), present.judgments)


def change_from_file(study: StudyFile, path: Path, *, merge: bool) -> GlossaryChange:
    """The effect of a glossary file, merged into the study's glossary or replacing it."""
    given = read_glossary(path)
    return change_of(study, merged(study.glossary.terms(), given) if merge else given)


def set_glossary(study: StudyFile, terms: Iterable[GlossaryTerm], *, now: datetime) -> GlossaryChange:
    """Replace the study's terms; the audit log records how many were added, changed and removed."""
    change = change_of(study, tuple(map(checked, terms)))
    study.glossary.replace(change.terms, now=now, changes=change.diff.counts)
    return change


def checked(term: GlossaryTerm) -> GlossaryTerm:
    """The term in its stored form: texts trimmed, and a concept named. Raises UserError with its problem."""
    record = Record({"term": term.term, "concept": term.concept, "language": term.language}, "", 0)
    words = record.required_label("term")
    concept = record.label("concept") or words
    return GlossaryTerm(words, term.status, concept, language_of(record), term.note.strip())


def add_candidate(
    study: StudyFile, word: str, *, now: datetime, concept: str = "", language: str = ""
) -> GlossaryTerm:
    """Add a word to the study's glossary as an admitted term, with the note that it is a candidate.

    An admitted term counts neither for nor against adherence, so it decides nothing. Without ``concept``, the
    word gets a concept of its own; without ``language``, that of most terms. Raises `UserError`:
    ``term-exists`` when the glossary has the word in this language, in any case; ``bad-line`` when it is
    empty, too long, or has several lines.
    """
    terms = study.glossary.terms()
    spoken = language or usual_language(terms)
    term = checked(GlossaryTerm(word, TermStatus.ADMITTED, concept, spoken, CANDIDATE))
    for present in terms:
        if (folded(present.term), present.language) == (folded(term.term), term.language):
            status = tr(present.status.words)
            what = tr("The glossary already has “{term}”, as {status}.", present.term, status)
            raise UserError(what, how="Change it in the glossary.", code="term-exists")
    set_glossary(study, merged(terms, [term]), now=now)
    return term


def usual_language(terms: Iterable[GlossaryTerm]) -> str:
    common = Counter(term.language for term in terms).most_common(1)
    return common[0][0] if common else LANGUAGE


def save_glossary(
    terms: Sequence[GlossaryTerm],
    path: Path,
    *,
    form: str = "",
    replace: bool,
    inputs: Iterable[Path] = (),
) -> GlossaryFormat:
    """Write a glossary to a file, completely or not at all, and return the file's format.

    Args:
        form: id of a format; empty to use the format of the file name's suffix.
        inputs: files that must not be overwritten, including the study.

    Raises:
        UserError: ``unknown-format``; ``no-terms``; an unsuitable path (as `require_output`).
        EnvironmentFault: as `all_or_none`.
    """
    chosen = glossary_format(form, path)
    if not terms:
        raise UserError("The glossary has no terms.", how="Add some first.", code="no-terms")
    write_output(path, chosen.data(terms), inputs=inputs, replace=replace)
    return chosen


def effect_words(judgments: int) -> str:
    """The effect of a glossary change on a study with judgments; empty without judgments."""
    return tr(EFFECT) if judgments else ""


def term_json(term: GlossaryTerm) -> dict[str, Json]:
    return {**asdict(term), "status": term.status.value}


def change_json(change: GlossaryChange) -> dict[str, Json]:
    return {
        "terms": len(change.terms),
        "judgments": change.judgments,
        "added": [term_json(term) for term in change.diff.added],
        "changed": [{"before": term_json(a), "after": term_json(b)} for a, b in change.diff.changed],
        "removed": [term_json(term) for term in change.diff.removed],
        "conflicts": [conflict_json(conflict) for conflict in change.conflicts],
    }


def conflict_json(conflict: GlossaryConflict) -> dict[str, Json]:
    terms: list[Json] = [term_json(term) for term in conflict.terms]
    return {"kind": conflict.kind.value, "told": conflict.sentence, "terms": terms}
