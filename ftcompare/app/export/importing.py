"""Judgments and outputs made elsewhere, into a study: all of a file or nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.setup.creation import create_study
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.formats.registry import import_format
from ftcompare.store.records import ImportCounts
from ftcompare.store.study.study_file import StudyFile


def import_file(study: StudyFile, path: Path, form: str, *, now: datetime) -> ImportCounts:
    """Read a file of the format of that id into the study.

    Raises:
        UserError: the format is unknown or a line is wrong (named by number); nothing is imported.
    """
    found = import_format(form)
    if found.judgments:
        return study.imports.judgments(found.judgments(path), now=now)
    return study.imports.outputs(found.outputs(path) if found.outputs else (), now=now)


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
