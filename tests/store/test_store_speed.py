"""The store's own time (not the disk's, nor other programs') on a large study."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median

import pytest

from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    Rater,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.judged import JUDGED
from ftcompare.store.study_file import StudyFile

ITEMS = 10_000
LIMIT = 0.002


@pytest.fixture
def large(path: Path, now: datetime) -> Iterator[StudyFile]:
    """10,000 allocations of one rater, on a disk that need not sync."""
    with StudyFile.create(path, title="T", scale=Scale(), rng=Random(1), now=now) as study:
        study._db.execute("PRAGMA synchronous = OFF")
        pair = [study.add_system(SystemSpec(name, SystemKind.BASE)) for name in "ab"]
        with study.atomic():
            for prompt in study.add_prompts(
                PromptSpec(f"{i}", (Message("user", "?"),)) for i in range(ITEMS)
            ):
                drafts = [ResponseDraft(system.id, system.name * 500, FinishReason.END) for system in pair]
                study.store_responses(prompt.id, drafts, run=None)
        study.allocate(study.add_rater("r").id, rng=Random(2), now=now)
        yield study


def seconds(act: Callable[[], object]) -> float:
    begin = time.thread_time()
    act()
    return time.thread_time() - begin


def test_an_item_and_a_judgment_take_under_two_milliseconds(large: StudyFile, now: datetime) -> None:
    (rater,) = large.raters()
    with large.atomic():
        for _ in range(ITEMS // 2):
            item = large.next_item(rater.id)
            assert item is not None
            large.judge(item.allocation, Verdict(Choice.TIE, seconds=1), now=now)
    next_times, judge_times, undo_times = [], [], []
    for _ in range(60):
        next_times.append(seconds(lambda: large.next_item(rater.id)))
        item = large.next_item(rater.id)
        assert item is not None
        allocation = item.allocation
        judge_times.append(seconds(lambda: large.judge(allocation, Verdict(Choice.LEFT), now=now)))  # noqa: B023 - called at once
        undo_times.append(seconds(lambda: large.undo(rater.id, now=now)))
    assert median(next_times) < LIMIT
    assert median(judge_times) < LIMIT
    assert median(undo_times) < LIMIT


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


def test_twenty_thousand_judgments_are_imported_within_two_seconds(path: Path, now: datetime) -> None:
    """A fifth of 100,000 in a fifth of 10 seconds."""
    with StudyFile.create(path, title="T", scale=Scale(), rng=Random(1), now=now) as study:
        taken = seconds(lambda: study.import_judgments(_votes(), now=now))
        assert study.counts().judgments == 20_000
        assert sum(1 for _ in study.judged_rows()) == 20_000
    assert taken < 2


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
