"""Judgments and outputs made elsewhere, into a study: all of a file or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.export.record_kinds import told_kinds
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
    found, passed = import_format(form), Counter[str]()
    if found.judgments:
        added = study.imports.judgments(found.judgments(path, passed), now=now)
        return replace(added, passed=dict(passed))
    return study.imports.outputs(found.outputs(path) if found.outputs else (), now=now)


def describe_import(counts: ImportCounts) -> str:
    """What an import added and what it passed over, in one line."""
    nouns = ("system", "prompt", "response", "comparison", "rater", "judgment")
    found = ((noun, getattr(counts, f"{noun}s")) for noun in nouns)
    parts = [f"{number} {noun}{'' if number == 1 else 's'}" for noun, number in found if number]
    added = f"Added {', '.join(parts)}." if parts else "Nothing new: all of it was there already."
    if not counts.passed:
        return added
    return f"{added} Passed over {told_kinds(counts.passed)}: they tell of raters and are no votes."


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
