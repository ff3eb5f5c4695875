"""Judgments and outputs made elsewhere, into a study: all of a file or nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.setup.creation import create_study
from ftcompare.app.setup.study_plan import StudyPlan
from ftcompare.core.errors import UserError
from ftcompare.formats.judgments import read_judgments
from ftcompare.formats.outputs import read_outputs
from ftcompare.store.records import ImportCounts
from ftcompare.store.study.study_file import StudyFile

IMPORT_FORMATS = ("judgments", "outputs")


def import_file(study: StudyFile, path: Path, form: str, *, now: datetime) -> ImportCounts:
    """Read a file of the given format into the study.

    Raises:
        UserError: the format is unknown or a line is wrong (named by number); nothing is imported.
    """
    if form == "judgments":
        return study.imports.judgments(read_judgments(path), now=now)
    if form == "outputs":
        return study.imports.outputs(read_outputs(path), now=now)
    raise UserError(
        f"There is no import format called {form!r}.",
        how=f"Use one of: {', '.join(IMPORT_FORMATS)}.",
        code="unknown-format",
    )


def describe_import(counts: ImportCounts) -> str:
    """What an import added, in one line."""
    parts = [
        f"{number} {word if number != 1 else word.rstrip('s')}"
        for word, number in (
            ("systems", counts.systems),
            ("prompts", counts.prompts),
            ("responses", counts.responses),
            ("comparisons", counts.comparisons),
            ("raters", counts.raters),
            ("judgments", counts.judgments),
        )
        if number
    ]
    return f"Added {', '.join(parts)}." if parts else "Nothing new: all of it was there already."


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
