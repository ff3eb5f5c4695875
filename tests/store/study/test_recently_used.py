"""An import that forgets what it met long ago makes the same study as one that remembers all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message
from ftcompare.store.study import imports
from ftcompare.store.study.import_lookups import RecentlyUsed
from ftcompare.store.study.study_file import StudyFile

SYSTEMS = ("base", "new", "other")


def test_the_last_values_are_there_and_no_more_than_twice_as_many() -> None:
    held: RecentlyUsed[int, str] = RecentlyUsed(3)
    for number in range(3):
        held.put(number, str(number))
    held.put(3, "3")
    before = held.forgot
    assert not before
    assert [held.get(number) for number in range(4)] == ["0", "1", "2", "3"]
    for number in range(10, 16):
        held.put(number, str(number))
    forgot = held.forgot
    assert forgot
    assert [held.get(number) for number in (13, 14, 15)] == ["13", "14", "15"]
    assert held.get(0) is None


def records() -> Iterator[JudgmentRecord]:
    """Prompts come again and again; of a system's two answers some have one text."""
    rng = Random(4)
    for number in range(120):
        prompt, sample = number % 7, rng.choice([None, 0, 1])
        a, b = sorted(rng.sample(range(len(SYSTEMS)), 2))
        words = "same" if prompt % 2 else f"answer {sample}"
        yield JudgmentRecord(
            (Message("user", f"Question {prompt}?"),),
            *(SYSTEMS[a], SYSTEMS[b], f"{words} {a}", f"{words} {b}", f"rater {number}"),
            choice="a",
            preference=0.0,
            sample_a=sample,
            sample_b=sample,
        )


def rows(path: Path, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """What a study of these votes holds, of which some come twice."""
    with StudyFile.create(path, title="T", scale=Scale(), rng=Random(1), now=now) as study:
        study.imports.judgments(records(), now=now)
        study.imports.judgments(records(), now=now)
        wanted = ("responses", "comparisons", "events")
        tables = [table for table in study.tables.all() if table.name in wanted]
        return {table.name: list(study.tables.rows(table)) for table in tables}


def test_the_same_study_is_made(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    all_held = rows(tmp_path / "one.ftstudy", now)
    monkeypatch.setattr(imports, "MOST_HELD", 1)
    assert rows(tmp_path / "two.ftstudy", now) == all_held
    assert len(all_held["responses"]) > 7 * len(SYSTEMS)
