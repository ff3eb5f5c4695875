"""Judgments and outputs made elsewhere, into a study: all of a file or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.export.record_kinds import told_kinds
from ftcompare.app.setup.creation import create_study
from ftcompare.app.setup.imported_files import remembering
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.formats.export_format import ImportFormat
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.record_fields import any_of
from ftcompare.formats.registry import import_format
from ftcompare.formats.tables import SUFFIXES as TABLES
from ftcompare.formats.text_files import printable
from ftcompare.store.records import ImportCounts
from ftcompare.store.study.study_file import StudyFile

MOST_NAMES = 12
"""Fields that an import names; the others it counts."""

NOBODY_CAN_RATE = (
    "All judgments of the study are imported, so it is unblinded: the results name the systems, and nobody "
    "can rate in it any more."
)
MAX_NAME = 60
"""Characters of a field's name that are shown."""


def import_file(study: StudyFile, path: Path, form: str, *, now: datetime) -> ImportCounts:
    """Read a file of the format of that id into the study.

    Raises:
        UserError: the format is unknown or a line is wrong (named by number); nothing is imported.
    """
    found, notes = import_format(form), ImportNotes()
    _require_suffix(path, found)
    with remembering(study, path.name):
        if found.judgments and not (found.outputs and _without_votes(found.judgments(path, ImportNotes()))):
            added = study.imports.judgments(found.judgments(path, notes), now=now)
        else:
            added = study.imports.outputs(found.outputs(path, notes) if found.outputs else (), now=now)
    return replace(added, passed=dict(notes.passed), left_out=dict(notes.left_out), unread=dict(notes.unread))


def _require_suffix(path: Path, form: ImportFormat) -> None:
    """A table is no JSON: said before its first line is taken for damaged JSON."""
    suffix = path.suffix.lower()
    if suffix in TABLES and suffix not in form.suffixes:
        what = f"The format {form.id} is not read from {suffix} files."
        how = f"Give a file of {any_of(form.suffixes)}; csv and xlsx of judgments are exports only."
        raise UserError(what, where=printable(path.name), how=how, code="wrong-suffix")


def _without_votes(votes: Iterable[JudgmentRecord]) -> bool:
    return next(iter(votes), None) is None


def describe_import(counts: ImportCounts) -> str:
    """What an import added and passed over, and which fields of the file it did not take, in one line."""
    nouns = ("system", "prompt", "response", "comparison", "rater", "judgment")
    found = ((noun, getattr(counts, f"{noun}s")) for noun in nouns)
    parts = [f"{number} {noun}{'' if number == 1 else 's'}" for noun, number in found if number]
    added = f"Added {', '.join(parts)}." if parts else "Nothing new: all of it was there already."
    told = (NOBODY_CAN_RATE,) if counts.rating_closed else ()
    return " ".join([added, *told, *_not_taken(counts)])


def _not_taken(counts: ImportCounts) -> Iterator[str]:
    if counts.passed:
        yield f"Passed over {told_kinds(counts.passed)}: they tell of raters and are no votes."
    if counts.left_out:
        yield f"Passed over: {', '.join(f'{reason} ({n:,})' for reason, n in counts.left_out.items())}."
    if counts.unread:
        names = [printable(name[:MAX_NAME]) for name in sorted(counts.unread)]
        more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
        noun = "field" if len(names) == 1 else "fields"
        yield f"Did not take the {noun} {', '.join(names[:MOST_NAMES])}{more}."


def create_from_import(
    path: Path, plan: StudyPlan, file: Path, form: str, *, rng: Random, now: datetime
) -> ImportCounts:
    """A new study made of an import alone; a failure leaves no file."""
    counts: list[ImportCounts] = []
    create_study(
        path,
        plan,
        rng=rng,
        now=now,
        fill=lambda study: counts.append(import_file(study, file, form, now=now)),
    ).close()
    return counts[0]
