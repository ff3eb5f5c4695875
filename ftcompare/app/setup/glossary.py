"""The glossary of a study: looked at, changed, merged with a file, saved as a file, added to by one word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ftcompare.app.overwrite_guard import write_output
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossaries.entries import LANGUAGE, language_of
from ftcompare.formats.glossary import GlossaryFormat, glossary_format, read_glossary
from ftcompare.formats.record_fields import Record
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.glossary_changes import (
    GlossaryConflict,
    GlossaryDiff,
    conflicts,
    folded,
    glossary_diff,
    merged,
)

CANDIDATE = "Candidate"
"""The note of a term that was added by one key and is still to be decided on."""


@dataclass(frozen=True, slots=True)
class StudyGlossary:
    """The terms of a study, in their order, and how many judgments stand in it."""

    terms: tuple[GlossaryTerm, ...]
    judgments: int


@dataclass(frozen=True, slots=True)
class GlossaryChange:
    """What another glossary in the place of a study's would change.

    Args:
        terms: of the glossary as it would be.
        conflicts: in it.
        judgments: that stand in the study.
    """

    terms: tuple[GlossaryTerm, ...]
    diff: GlossaryDiff
    conflicts: tuple[GlossaryConflict, ...]
    judgments: int


def study_glossary(study: StudyFile) -> StudyGlossary:
    """The glossary as it stands."""
    return StudyGlossary(study.glossary.terms(), study.counts().judgments)


def change_of(study: StudyFile, terms: Sequence[GlossaryTerm]) -> GlossaryChange:
    """What these terms in the place of the study's would change."""
    present = study_glossary(study)
    after = tuple(terms)
    return GlossaryChange(after, glossary_diff(present.terms, after), conflicts(after), present.judgments)


def change_from_file(study: StudyFile, path: Path, *, merge: bool) -> GlossaryChange:
    """What the glossary of a file would change: merged into the study's, or in its place.

    Raises:
        UserError: with the line or element of the file that is wrong.
    """
    given = read_glossary(path)
    return change_of(study, merged(study.glossary.terms(), given) if merge else given)


def read_file(path: Path) -> tuple[GlossaryTerm, ...]:
    """The terms of a glossary file, all or none.

    Raises:
        UserError: with the line or element that is wrong.
    """
    return read_glossary(path)


def set_glossary(study: StudyFile, terms: Iterable[GlossaryTerm], *, now: datetime) -> GlossaryChange:
    """Put terms in the place of the study's. The audit log keeps how many came, changed and went.

    Raises:
        UserError: a term is empty, too long, or of no language.
    """
    change = change_of(study, tuple(map(checked, terms)))
    study.glossary.replace(change.terms, now=now, told=change.diff.counts)
    return change


def checked(term: GlossaryTerm) -> GlossaryTerm:
    """The term as it can be stored: its words trimmed, its concept named.

    Raises:
        UserError: with what is wrong with it.
    """
    record = Record({"term": term.term, "concept": term.concept, "language": term.language}, "", 0)
    words = record.required_label("term")
    concept = record.label("concept") or words
    return GlossaryTerm(words, term.status, concept, language_of(record), term.note.strip())


def add_candidate(
    study: StudyFile, word: str, *, now: datetime, concept: str = "", language: str = ""
) -> GlossaryTerm:
    """Add a word to the study's glossary as an admitted term, with a note that it is a candidate.

    An admitted term counts neither for nor against adherence, so nothing is decided by it.

    Args:
        study: the open study.
        word: as it is to stand in the glossary; blanks around it are taken off.
        now: when.
        concept: that it belongs to; empty for one of its own.
        language: its code; empty for that of most terms, or English where there is none.

    Raises:
        UserError: ``term-exists`` where the glossary has the word in this language, in any case;
            ``bad-line`` where it is empty, too long, or of more than one line.
    """
    terms = study.glossary.terms()
    spoken = language or usual_language(terms)
    term = checked(GlossaryTerm(word, TermStatus.ADMITTED, concept, spoken, CANDIDATE))
    for present in terms:
        if (folded(present.term), present.language) == (folded(term.term), term.language):
            what = f"The glossary has “{present.term}” already, as {present.status.value}."
            raise UserError(what, how="Change it in the glossary.", code="term-exists")
    set_glossary(study, merged(terms, [term]), now=now)
    return term


def usual_language(terms: Iterable[GlossaryTerm]) -> str:
    """The language of most terms; English where there is none."""
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
    """Write a glossary to a file, whole or not at all; the format that it has.

    Args:
        terms: of the glossary.
        path: the place.
        form: id of a format; empty for the one that the name of the file says.
        replace: whether a file that is there may go.
        inputs: files that are not to be written over, the study among them.

    Raises:
        UserError: ``unknown-format``; ``no-terms``; or the place is wrong (as `require_output`).
        EnvironmentFault: as `all_or_none`.
    """
    chosen = glossary_format(form, path)
    if not terms:
        raise UserError("The glossary has no terms.", how="Add some first.", code="no-terms")
    write_output(path, chosen.data(terms), inputs=inputs, replace=replace)
    return chosen


def effect_words(judgments: int) -> str:
    """What a change of the glossary does to a study that is judged; empty for one that is not."""
    if not judgments:
        return ""
    return (
        f"{counted(judgments, 'judgment')} {'stays' if judgments == 1 else 'stay'} as given. Tables of "
        "terms, adherence and reports are counted anew, so their figures may differ from earlier ones."
    )


def term_json(term: GlossaryTerm) -> dict[str, Json]:
    """A term as JSON."""
    return {**asdict(term), "status": term.status.value}


def change_json(change: GlossaryChange) -> dict[str, Json]:
    """A change as JSON: what would come, change and go, and what would be in conflict."""
    return {
        "terms": len(change.terms),
        "judgments": change.judgments,
        "added": [term_json(term) for term in change.diff.added],
        "changed": [{"before": term_json(a), "after": term_json(b)} for a, b in change.diff.changed],
        "removed": [term_json(term) for term in change.diff.removed],
        "conflicts": [conflict_json(conflict) for conflict in change.conflicts],
    }


def conflict_json(conflict: GlossaryConflict) -> dict[str, Json]:
    """A conflict as JSON."""
    terms: list[Json] = [term_json(term) for term in conflict.terms]
    return {"kind": conflict.kind.value, "told": conflict.told, "terms": terms}
