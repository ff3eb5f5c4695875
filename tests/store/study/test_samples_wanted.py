"""How many responses to a prompt a study asks for: a number that cannot be is damage, and no endless work."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import MOST_SAMPLES
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Message, PromptSpec
from ftcompare.store.study.study_file import StudyFile


def write(path: Path, value: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT OR REPLACE INTO state VALUES ('samples', ?)", (value,))


@pytest.mark.parametrize("value", ["many", "0", "-1", "1.5", "999999999", "٣"])
def test_a_number_that_cannot_be_is_damage(study: StudyFile, path: Path, now: datetime, value: str) -> None:
    study.close()
    write(path, value)
    with StudyFile.open(path, now=now) as opened:
        for look in (opened.settings.samples, opened.counts):
            with pytest.raises(UserError, match="number of samples") as caught:
                look()
            assert caught.value.code == "study-damaged"
        assert [found.subject for found in opened.check() if not found.ok] == ["settings"]


def test_the_most_is_kept(study: StudyFile) -> None:
    study.settings.set_samples(MOST_SAMPLES)
    assert study.settings.samples() == MOST_SAMPLES
    assert all(found.ok for found in study.check())


def test_imported_samples_are_compared_sample_by_sample(study: StudyFile, now: datetime) -> None:
    records = [
        OutputRecord(PromptSpec("", (Message("user", "Why now?"),)), system, f"{system} {n}", sample=n)
        for system in ("one", "other")
        for n in range(3)
    ]
    counts = study.imports.outputs(records, now=now)
    assert (counts.responses, counts.comparisons) == (6, 3)
    assert study.imports.outputs(records, now=now).responses == 0
