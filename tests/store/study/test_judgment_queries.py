"""Votes without texts: what figures are made of, the same as the judgments with all that belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest

from ftcompare.core.markdown_style import MarkdownStyle, markdown_style
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice
from ftcompare.core.study import (
    ComparisonKind,
    JudgedRow,
    Message,
    PairNotes,
    Prompt,
    Rater,
    RaterKind,
    Split,
    Verdict,
)
from ftcompare.store.study import study_judgments
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import VoteRow

TEXTS = ("", "plain", "naïve 心臓", "two\nlines", "before\0after", "🫀" * 3)


def figures_of(row: JudgedRow) -> VoteRow:
    """What `vote_rows` is to say of a judgment."""
    a, b = row.comparison.a, row.comparison.b
    prompt = row.prompt
    spec, lengths = prompt.spec, (len(a.text), len(b.text))
    styles = (markdown_style(a.text), markdown_style(b.text))
    systems = (a.system, b.system)
    pair = (row.comparison.id, prompt.id, spec.category, spec.split, *systems, *lengths, spec.tags, *styles)
    whole = (*pair, spec.task, spec.context_kind)
    said = (
        row.choice,
        row.preference,
        row.left,
        row.strength,
        row.seconds,
        PairNotes(**row.notes() | {"comment": "", "flagged": False}),
        row.at,
    )
    return VoteRow(whole, row.rater, *said)  # type: ignore[arg-type]  # a plain tuple is equal to the pair


def agree(study: StudyFile, kind: ComparisonKind = ComparisonKind.ORDINARY) -> int:
    votes = list(study.judgments.votes(kind))
    assert votes == [figures_of(row) for row in study.judgments.standing(kind)]
    return len(votes)


def imported(numbers: int, rng: Random) -> Iterator[JudgmentRecord]:
    for number in range(numbers):
        choice = rng.choice(("a", "b", "tie", "both_bad"))
        yield JudgmentRecord(
            (Message("user", f"Question {rng.randrange(40)}?"),),
            *rng.choice((("x", "y"), ("y", "x"), ("x", "x"))),
            rng.choice(TEXTS),
            rng.choice(TEXTS),
            f"rater {rng.randrange(5)}",
            choice=choice,
            preference={"a": 0.0, "b": 1.0}.get(choice, 0.5),
            split=rng.choice(tuple(Split)),
            strength=rng.choice((None, 1, 2)) if choice in "ab" else None,
            left=rng.choice(("", "a", "b")),
            at=f"2026-01-01T00:00:{rng.randrange(60):02}Z" if number % 7 else "",
            rater_kind=rng.choice(tuple(RaterKind)),
            criteria=(("safe", rng.choice(("a", "b", "tie"))),) if number % 3 else (),
            reasons=("shorter",) if number % 5 == 0 else (),
            tags=rng.choice(((), ("dose",), ("dose", "child"))),
        )


def test_votes_are_the_judgments_of_a_rated_study(
    study: StudyFile, prompts: tuple[Prompt, ...], ann: Rater, now: datetime
) -> None:
    for number in range(len(prompts)):
        item = study.judgments.next_item(ann.id)
        assert item is not None
        verdict = Verdict((Choice.LEFT, Choice.RIGHT, Choice.TIE)[number % 3], seconds=number / 4)
        study.judgments.judge(item.allocation, verdict, now=now)
    study.judgments.undo(ann.id, now=now)
    assert agree(study) == len(prompts) - 1


def test_votes_are_the_judgments_of_an_import(study: StudyFile, now: datetime) -> None:
    study.imports.judgments(imported(3000, Random(5)), now=now)
    assert agree(study) > 1500
    assert agree(study, ComparisonKind.CONTROL) > 500
    assert agree(study, ComparisonKind.LIVE) == 0
    assert {row.pair.tags for row in study.judgments.votes()} == {(), ("dose",), ("dose", "child")}


def test_preferences_are_the_votes_between_two_responses(study: StudyFile, now: datetime) -> None:
    study.imports.judgments(imported(3000, Random(7)), now=now)
    found = list(study.judgments.preferences())
    assert found == [
        (row.comparison.a.id, row.comparison.b.id, row.rater.kind, row.preference)
        for row in study.judgments.standing()
    ]
    assert {row.preference for row in found} == {0.0, 0.5, 1.0}


def test_a_length_counts_every_character_of_python(study: StudyFile, now: datetime) -> None:
    """SQLite's own length ends at a zero character."""
    vote = JudgmentRecord(
        (Message("user", "?"),), "x", "y", "be\0fore", "🫀\0\0", "Ann", choice="a", preference=0.0
    )
    study.imports.judgments([vote], now=now)
    (row,) = study.judgments.votes()
    assert (row.pair.length_a, row.pair.length_b) == (7, 3)


def test_headers_lists_and_bold_are_counted_once_a_response(
    study: StudyFile, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"x": "# Dose\n- one\n- two", "y": "**10** mg", "z": "10 mg"}
    pairs = [("x", "y"), ("x", "z"), ("y", "z")]
    study.imports.judgments(
        [
            JudgmentRecord(
                (Message("user", "?"),), a, b, texts[a], texts[b], "Ann", choice="a", preference=0.0
            )
            for a, b in pairs
        ],
        now=now,
    )
    read: list[str] = []

    def counting(text: str) -> MarkdownStyle:
        read.append(text)
        return markdown_style(text)

    monkeypatch.setattr(study_judgments, "markdown_style", counting)
    found = [(row.pair.style_a, row.pair.style_b) for row in study.judgments.votes()]
    x, y, z = MarkdownStyle(1, 2, 0), MarkdownStyle(0, 0, 1), MarkdownStyle()
    assert found == [(x, y), (x, z), (y, z)]
    assert sorted(read) == sorted(texts.values())
    monkeypatch.setattr(study_judgments, "_REMEMBERED", 1)  # the oldest counts are forgotten
    assert [(row.pair.style_a, row.pair.style_b) for row in study.judgments.votes()] == found


def test_votes_are_streamed_without_sorting_and_without_a_query_each(
    study: StudyFile, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.imports.judgments(imported(2500, Random(6)), now=now)
    asked: list[str] = []
    plans: list[str] = []
    read = study._db.rows

    def spy(sql: str, parameters: tuple[int, ...] = ()) -> object:
        asked.append(sql)
        plans.extend(row["detail"] for row in read(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return read(sql, parameters)

    monkeypatch.setattr(study._db, "rows", spy)
    votes = sum(1 for _ in study.judgments.votes())
    assert votes > 1000
    assert len(asked) < 10
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
    assert not [
        plan for plan in plans if plan.startswith("SCAN") and "asked" not in plan and plan != "SCAN raters"
    ]
