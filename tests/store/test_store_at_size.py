"""What keeps a large study quick: indexes for every query, streams instead of sorts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    Message,
    Rater,
)
from ftcompare.store.judged import JUDGED
from ftcompare.store.study_file import StudyFile


@pytest.mark.parametrize(
    "query",
    ["next_item", "last_event", "progress"],
)
def test_no_query_of_the_rating_page_reads_a_whole_table(
    study: StudyFile, ann: Rater, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's plan for every query says SEARCH (by an index) and never SCAN."""
    plans: list[str] = []
    read = study._db.rows

    def explain(sql: str, parameters: tuple[int, ...] = ()) -> object:
        plans.extend(row["detail"] for row in read(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return read(sql, parameters)

    monkeypatch.setattr(study._db, "rows", explain)
    getattr(study, query)(ann.id)
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_judgments_are_streamed_without_sorting(study: StudyFile) -> None:
    plan = study._db.rows(f"EXPLAIN QUERY PLAN {JUDGED} AND (e.at, e.id) > ('', 0) ORDER BY e.at, e.id")
    details = [row["detail"] for row in plan]
    assert details[0].startswith("SEARCH e USING INDEX events_by_time")
    assert not [detail for detail in details if "TEMP B-TREE" in detail]


@pytest.mark.timeout(60)
def test_twenty_thousand_judgments_are_imported_and_streamed(path: Path, now: datetime) -> None:
    with StudyFile.create(path, title="T", scale=Scale(), rng=Random(1), now=now) as study:
        study.import_judgments(_votes(), now=now)
        assert study.counts().judgments == 20_000
        assert sum(1 for _ in study.judged_rows()) == 20_000


def _votes() -> Iterator[JudgmentRecord]:
    for number in range(20_000):
        prompt, rater = number % 1000, number // 1000
        yield JudgmentRecord(
            (Message("user", f"Question {prompt}"),),
            "base",
            "adapter",
            f"A longer answer of the base model to {prompt}. " * 20,
            f"A longer answer of the adapter to {prompt}. " * 20,
            f"rater {rater}",
            "b",
            1.0,
        )
