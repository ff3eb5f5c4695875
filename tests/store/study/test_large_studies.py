"""What keeps a large study quick: indexes for every query, streams instead of sorts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    AllocationId,
    Draft,
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    Prompt,
    Rater,
    Verdict,
)
from ftcompare.store.sqlite import connection
from ftcompare.store.study import study_judgments
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import JUDGED
from tests.builders import drawn_rater, present

NOW = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
Act = Callable[[StudyFile, Rater, AllocationId], object]


@pytest.fixture
def begun(study: StudyFile, prompts: tuple[Prompt, ...], now: datetime) -> tuple[Rater, AllocationId]:
    """A rater with something of everything, and a judged pair about which a guess is asked."""
    design = RatingDesign(repeats=0.2, controls=0.2, gold=0.2, guess_share=0.5, end_guesses=2)
    study.settings.set_rating(study.settings.read().scale, design, now=now)
    rater = drawn_rater(study, "Cid", rng=Random(1), now=now)
    while (asked := study.judgments.guess_item(rater.id, GuessMoment.AT_ONCE)) is None:
        item = present(study.judgments.next_item(rater.id))
        study.judgments.judge(item.allocation, Verdict(Choice.TIE, seconds=1), now=now)
    return rater, asked.allocation


def _judge_and_undo(study: StudyFile, rater: Rater) -> None:
    item = present(study.judgments.next_item(rater.id))
    study.judgments.save_draft(item.allocation, Draft(comment="begun"))
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=NOW)
    study.judgments.undo(rater.id, now=NOW)


ACTS: dict[str, Act] = {
    "next_item": lambda study, rater, _: study.judgments.next_item(rater.id),
    "guess at once": lambda study, rater, _: study.judgments.guess_item(rater.id, GuessMoment.AT_ONCE),
    "guess at the end": lambda study, rater, _: study.judgments.guess_item(rater.id, GuessMoment.AT_END),
    "last_event": lambda study, rater, _: study.judgments.last_event(rater.id),
    "progress": lambda study, rater, _: study.judgments.progress(rater.id),
    "judge and undo": lambda study, rater, _: _judge_and_undo(study, rater),
    "guess": lambda study, _, asked: study.judgments.guess(
        asked, Guess(GuessChoice.UNSURE), seconds=None, now=NOW
    ),
    "live_undo": lambda study, rater, _: study.live.undo(rater.id, NOW),
    "return_to_skipped": lambda study, rater, _: study.judgments.return_to_skipped(rater.id, now=NOW),
}


def plans_of(study: StudyFile, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """SQLite's plan for every query that an act makes."""
    plans: list[str] = []
    read = study._db.rows

    def explain(sql: str, parameters: tuple[int, ...] = ()) -> list[sqlite3.Row]:
        plans.extend(row["detail"] for row in read(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return read(sql, parameters)

    def explain_first(sql: str, parameters: tuple[int, ...] = ()) -> sqlite3.Row | None:
        return next(iter(explain(sql, parameters)), None)

    monkeypatch.setattr(study._db, "rows", explain)
    monkeypatch.setattr(study._db, "first", explain_first)
    act()
    monkeypatch.undo()
    return plans


@pytest.mark.parametrize("name", ACTS)
def test_no_query_of_the_rating_page_reads_a_whole_table_or_sorts(
    study: StudyFile, begun: tuple[Rater, AllocationId], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every plan says SEARCH (by an index) and never SCAN; only skips that are returned to are sorted."""
    rater, asked = begun
    plans = plans_of(study, lambda: ACTS[name](study, rater, asked), monkeypatch)
    assert plans
    # The one row of the study's settings is all of its table.
    assert [plan for plan in plans if plan.startswith("SCAN") and plan != "SCAN study"] == []
    if name != "return_to_skipped":
        assert [plan for plan in plans if "TEMP B-TREE" in plan] == []


@pytest.mark.parametrize(
    ("act", "index"),
    [
        ("next_item", "allocations_here (rater=? AND position>?)"),
        ("progress", "allocations_progress (rater=?)"),
        ("progress", "allocations_at_end (rater=?)"),
        ("guess at once", "allocations_to_guess (rater=? AND guess_due=? AND standing_kind=?)"),
        ("guess at the end", "allocations_to_guess (rater=? AND guess_due=? AND standing_kind=?)"),
        ("live_undo", "allocations_live (rater=? AND standing>?)"),
    ],
)
def test_each_question_has_an_index_of_its_own(
    study: StudyFile,
    begun: tuple[Rater, AllocationId],
    act: str,
    index: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plans = plans_of(study, lambda: ACTS[act](study, *begun), monkeypatch)
    assert [plan for plan in plans if plan.endswith(index)], plans


def test_judgments_are_streamed_without_sorting(study: StudyFile) -> None:
    plan = study._db.rows(f"EXPLAIN QUERY PLAN {JUDGED} AND (e.at, e.id) > ('', 0) ORDER BY e.at, e.id")
    details = [row["detail"] for row in plan]
    assert details[0].startswith("SEARCH e USING INDEX events_by_time")
    assert not [detail for detail in details if "TEMP B-TREE" in detail]


def test_guesses_are_streamed_without_sorting(
    study: StudyFile, begun: tuple[Rater, AllocationId], monkeypatch: pytest.MonkeyPatch
) -> None:
    study.judgments.guess(begun[1], Guess(GuessChoice.LEFT, 2), seconds=None, now=NOW)
    plans = plans_of(study, lambda: list(study.judgments.guesses()), monkeypatch)
    plans = plans[next(n for n, plan in enumerate(plans) if "allocations_guessed" in plan) :]
    assert [plan for plan in plans if "TEMP B-TREE" in plan or plan.startswith("SCAN")] == []


def test_twenty_thousand_judgments_are_imported_and_streamed(path: Path, now: datetime) -> None:
    with StudyFile.create(path, title="T", scale=Scale(), rng=Random(1), now=now) as study:
        study.imports.judgments(_votes(), now=now)
        assert study.counts().judgments == 20_000
        assert sum(1 for _ in study.judgments.standing()) == 20_000


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
            choice="b",
            preference=1.0,
        )


def test_votes_are_the_same_when_remembered_pairs_are_dropped(
    study: StudyFile, prompts: tuple[Prompt, ...], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Cid", "Dee"):
        rater = drawn_rater(study, name, rng=Random(1), now=now)
        while (item := study.judgments.next_item(rater.id)) is not None:
            study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    monkeypatch.setattr(connection, "_PAGE", 1)
    votes = list(study.judgments.votes())
    assert len({vote.pair.comparison for vote in votes}) < len(votes)
    monkeypatch.setattr(study_judgments, "_REMEMBERED_PAIRS", 0)
    assert list(study.judgments.votes()) == votes
