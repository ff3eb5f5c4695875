"""Allocating, judging, skipping and undoing as a rater meets them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.blinding import BLOCK, BlindItem
from ftcompare.core.errors import BugError
from ftcompare.core.markdown_style import MarkdownStyle, markdown_style
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    AllocationId,
    ComparisonKind,
    Draft,
    EventKind,
    JudgedRow,
    Message,
    PairNotes,
    Prompt,
    PromptSpec,
    Rater,
    RaterKind,
    Split,
    System,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.records import Undone
from ftcompare.store.study import study_judgments
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import VoteRow
from tests.builders import answer, drawn_rater, refusal_code


def present(study: StudyFile, rater: Rater) -> BlindItem:
    item = study.judgments.next_item(rater.id)
    assert item is not None
    return item


def judge_next(
    study: StudyFile, rater: Rater, choice: Choice, now: datetime, seconds: float = 2
) -> AllocationId:
    item = present(study, rater)
    study.judgments.judge(item.allocation, Verdict(choice, seconds=seconds), now=now)
    return item.allocation


def order_of(study: StudyFile, rater: Rater) -> list[BlindItem]:
    """What is left for a rater, in order."""
    rows = study._db.rows(
        "SELECT id FROM rated_here WHERE rater = ? AND standing IS NULL ORDER BY position", (rater.id,)
    )
    found = [study.judgments.item(AllocationId(row["id"])) for row in rows]
    assert study.judgments.next_item(rater.id) == next(iter(found), None)
    return found


def test_a_rater_is_one_however_the_name_is_typed(study: StudyFile) -> None:
    ann = study.raters.add("  Ánn Müller ")
    assert ann.name == "Ánn Müller"
    assert study.raters.add("ÁNN MÜLLER") == ann
    assert study.raters.add("A\u0301nn mu\u0308ller") == ann
    judge = study.raters.add("Ánn Müller", RaterKind.AUTOMATIC)
    assert judge != ann
    assert study.raters.all() == (ann, judge)
    assert refusal_code(lambda: study.raters.add(" \n")) == "no-rater-name"


def test_an_item_holds_two_texts_and_nothing_that_tells_the_systems(study: StudyFile, ann: Rater) -> None:
    item = present(study, ann)
    assert {field.name for field in dataclasses.fields(item)} == {
        "allocation",
        "alone",
        "messages",
        "left",
        "right",
        "draft",
        "reference",
        "context",
        "expects",
        "later_turns",
        "left_earlier",
        "right_earlier",
        "ranked",
    }
    assert [item.later_turns, item.left_earlier, item.right_earlier] == [()] * 3
    (message,) = item.messages
    key = message.content.removeprefix("Question ").removesuffix("?")
    assert sorted((item.left, item.right)) == [f"plain on p{key}", f"tuned on p{key}"]


def test_every_comparison_comes_once_and_sides_are_balanced(
    study: StudyFile, prompts: tuple[Prompt, ...], ann: Rater
) -> None:
    items = order_of(study, ann)
    assert Counter(item.messages for item in items) == Counter(prompt.spec.messages for prompt in prompts)
    balance = 0
    for item in items:
        balance += 1 if item.left.startswith("plain") else -1
        assert abs(balance) <= BLOCK / 2


def test_raters_get_orders_of_their_own(study: StudyFile, ann: Rater, now: datetime) -> None:
    bob = drawn_rater(study, "Bob", rng=Random(4), now=now)
    orders = [[item.messages for item in order_of(study, rater)] for rater in (ann, bob)]
    assert orders[0] != orders[1]
    assert sorted(orders[0], key=str) == sorted(orders[1], key=str)


def test_allocating_again_adds_only_what_is_new_at_the_end(
    study: StudyFile, systems: tuple[System, System], ann: Rater, now: datetime
) -> None:
    before = order_of(study, ann)
    assert study.allocations.draw(ann.id, rng=Random(5), now=now) == 0
    (late,) = study.prompts.add([PromptSpec("late", (Message("user", "Late?"),))])
    answer(study, late, ("late" for _ in systems), tokens=1)
    assert (
        study.allocations.draw(ann.id, rng=Random(5), now=now) == 0
    )  # identical answers are not asked about
    (late,) = study.prompts.add([PromptSpec("last", (Message("user", "Last?"),))])
    answer(study, late, ("same", "same, too"), tokens=1)
    assert study.allocations.draw(ann.id, rng=Random(5), now=now) == 1
    after = order_of(study, ann)
    assert after[:-1] == before
    assert {after[-1].left, after[-1].right} == {"same", "same, too"}
    assert study.judgments.progress(ann.id).total == len(before) + 1
    commitments = [entry.detail["commitment"] for entry in study.audit.entries() if entry.kind == "allocated"]
    assert len(set(commitments)) == 2


def test_the_same_seed_gives_the_same_study(tmp_path: Path, now: datetime) -> None:
    def view(name: str, seed: int) -> list[tuple[str, str]]:
        rng = Random(seed)
        with StudyFile.create(tmp_path / name, title="T", scale=Scale(), rng=rng, now=now) as study:
            _fill(study)
            rater = drawn_rater(study, "r", rng=rng, now=now)
            return [(item.left, item.right) for item in order_of(study, rater)]

    assert view("a", 1) == view("b", 1)
    assert view("c", 1) != view("d", 2)


def _fill(study: StudyFile) -> None:
    pair = [study.systems.add(SystemSpec(name, SystemKind.BASE)) for name in "ab"]
    for prompt in study.prompts.add(PromptSpec(f"{i}", (Message("user", f"{i}"),)) for i in range(20)):
        answer(study, prompt, (f"{s.name} {prompt.spec.key}" for s in pair))


def test_judgments_become_rows_by_system(study: StudyFile, ann: Rater, now: datetime) -> None:
    expected = []
    items = order_of(study, ann)
    choices = [Choice.LEFT, Choice.RIGHT, Choice.TIE, Choice.BOTH_BAD] * 3
    for number, (item, choice) in enumerate(zip(items, choices, strict=True)):
        strength = 2 if choice.decisive else None
        verdict = Verdict(choice, strength, comment="why", flagged=True, seconds=number)
        study.judgments.judge(item.allocation, verdict, now=now + timedelta(seconds=number))
        left = "a" if item.left.startswith("plain") else "b"
        other = "b" if left == "a" else "a"
        by_system = {Choice.LEFT: left, Choice.RIGHT: other}.get(choice, choice.value)
        expected.append((item.allocation, by_system, left, strength, float(number)))
    rows = list(study.judgments.standing())
    assert [(row.allocation, row.choice, row.left, row.strength, row.seconds) for row in rows] == expected
    assert [row.preference for row in rows] == [{"a": 0.0, "b": 1.0}.get(row.choice, 0.5) for row in rows]
    assert {row.at for row in rows[:1]} == {"2026-11-20T09:00:00.000Z"}
    first = rows[0]
    assert (first.comment, first.flagged, first.rater) == ("why", True, ann)
    assert first.comparison.a.text == f"plain on {first.prompt.spec.key}"
    assert first.comparison.b.text == f"tuned on {first.prompt.spec.key}"
    assert study.judgments.of_item(first.allocation) == first
    assert study.judgments.next_item(ann.id) is None
    assert study.counts().judgments == len(items)


def test_rows_come_in_order_of_time_and_each_once(study: StudyFile, ann: Rater, now: datetime) -> None:
    bob = drawn_rater(study, "Bob", rng=Random(9), now=now)
    times = [now - timedelta(seconds=n % 5) for n in range(24)]
    for rater, at in zip([ann, bob] * 12, times, strict=True):
        judge_next(study, rater, Choice.TIE, at)
    rows = list(study.judgments.standing())
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert len({row.allocation for row in rows}) == 24


def test_an_item_is_judged_once(study: StudyFile, ann: Rater, now: datetime) -> None:
    allocation = judge_next(study, ann, Choice.LEFT, now)
    again = Verdict(Choice.RIGHT)
    assert refusal_code(lambda: study.judgments.judge(allocation, again, now=now)) == "already-judged"
    assert (
        refusal_code(lambda: study.judgments.skip(allocation, "no", seconds=None, now=now))
        == "already-judged"
    )
    assert len(list(study.judgments.events(ann.id))) == 1


def test_the_scale_is_kept_to(study: StudyFile, ann: Rater, now: datetime) -> None:
    item = present(study, ann)
    too_strong, strong_tie = Verdict(Choice.LEFT, 4), Verdict(Choice.TIE, 1)
    assert (
        refusal_code(lambda: study.judgments.judge(item.allocation, too_strong, now=now)) == "scale-refuses"
    )
    assert (
        refusal_code(lambda: study.judgments.judge(item.allocation, strong_tie, now=now)) == "scale-refuses"
    )
    assert study.judgments.next_item(ann.id) == item
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT, 3), now=now)
    assert study.judgments.of_item(item.allocation).strength == 3


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_a_time_that_is_no_time_is_ours(study: StudyFile, ann: Rater, now: datetime, seconds: float) -> None:
    item = present(study, ann)
    with pytest.raises(BugError):
        study.judgments.judge(item.allocation, Verdict(Choice.TIE, seconds=seconds), now=now)
    assert study.judgments.next_item(ann.id) == item


def test_an_item_that_is_not_there_is_ours(study: StudyFile, ann: Rater, now: datetime) -> None:
    with pytest.raises(BugError):
        study.judgments.judge(AllocationId(404), Verdict(Choice.TIE), now=now)
    open_item = present(study, ann).allocation
    assert refusal_code(lambda: study.judgments.of_item(open_item)) == "not-judged"


def test_drafts_survive_a_restart_and_end_with_the_judgment(
    study: StudyFile, ann: Rater, path: Path, now: datetime
) -> None:
    item = present(study, ann)
    study.judgments.save_draft(item.allocation, Draft(comment="half a thought", flagged=True))
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert present(again, ann).draft == Draft(comment="half a thought", flagged=True)
        again.judgments.save_draft(item.allocation, Draft())
        assert present(again, ann) == item
        again.judgments.save_draft(item.allocation, Draft(comment="again"))
        again.judgments.judge(item.allocation, Verdict(Choice.TIE), now=now)
        again.judgments.save_draft(item.allocation, Draft(comment="too late"))
        again.judgments.undo(ann.id, now=now)
        assert present(again, ann).draft == Draft()


def test_undo_goes_back_without_limit_also_after_a_restart(
    study: StudyFile, ann: Rater, path: Path, now: datetime
) -> None:
    done = []
    for number, choice in enumerate([Choice.LEFT, Choice.TIE, Choice.RIGHT]):
        item = present(study, ann)
        verdict = Verdict(choice, None, comment=f"comment {number}", flagged=number == 1, seconds=1.5)
        study.judgments.judge(item.allocation, verdict, now=now)
        done.append(Undone(item.allocation, EventKind.JUDGMENT, verdict, ""))
    item = present(study, ann)
    study.judgments.skip(
        item.allocation, "cannot tell", draft=Draft(comment="hm", flagged=True), seconds=4, now=now
    )
    done.append(Undone(item.allocation, EventKind.SKIP, None, "cannot tell"))
    study.close()
    with StudyFile.open(path, now=now) as again:
        for expected in reversed(done):
            assert again.judgments.last_event(ann.id) == expected
            assert again.judgments.undo(ann.id, now=now) == expected
            shown = present(again, ann)
            assert shown.allocation == expected.allocation
            verdict = expected.verdict or Verdict(Choice.TIE, comment="hm", flagged=True)
            assert shown.draft == Draft(comment=verdict.comment, flagged=verdict.flagged)
        assert again.judgments.last_event(ann.id) is None
        assert again.judgments.undo(ann.id, now=now) is None
        assert list(again.judgments.standing()) == []
        kinds = [event.kind for event in again.judgments.events(ann.id)]
        assert kinds == [EventKind.JUDGMENT] * 3 + [EventKind.SKIP] + [EventKind.RETRACTION] * 4
        assert [event.retracts for event in again.judgments.events(ann.id)] == [None] * 4 + [4, 3, 2, 1]


def test_undo_is_each_raters_own(study: StudyFile, ann: Rater, now: datetime) -> None:
    bob = drawn_rater(study, "Bob", rng=Random(9), now=now)
    anns = judge_next(study, ann, Choice.LEFT, now)
    bobs = judge_next(study, bob, Choice.LEFT, now)
    undone = study.judgments.undo(ann.id, now=now)
    assert undone is not None
    assert undone.allocation == anns
    assert [row.allocation for row in study.judgments.standing()] == [bobs]


def test_skipped_items_come_back_in_order(study: StudyFile, ann: Rater, now: datetime) -> None:
    items = order_of(study, ann)
    for number, item in enumerate(items):
        if number % 3:
            study.judgments.judge(item.allocation, Verdict(Choice.TIE, seconds=number), now=now)
        else:
            study.judgments.skip(
                item.allocation, "later", draft=Draft(comment=f"c{number}"), seconds=None, now=now
            )
    progress = study.judgments.progress(ann.id)
    assert (progress.total, progress.judged, progress.skipped) == (12, 8, 4)
    assert progress.seconds == (1.0, 2.0, 4.0, 5.0, 7.0, 8.0, 10.0, 11.0)
    assert study.judgments.next_item(ann.id) is None
    assert study.judgments.return_to_skipped(ann.id, now=now) == 4
    back = order_of(study, ann)
    assert [item.allocation for item in back] == [item.allocation for item in items[::3]]
    assert [item.draft.comment for item in back] == ["c0", "c3", "c6", "c9"]
    assert study.judgments.return_to_skipped(ann.id, now=now) == 0
    assert study.judgments.progress(ann.id).skipped == 0


def test_progress_gives_the_last_hundred_times(
    study: StudyFile, systems: tuple[System, System], now: datetime
) -> None:
    for prompt in study.prompts.add(PromptSpec(f"{i}", (Message("user", f"{i}"),)) for i in range(105)):
        answer(study, prompt, (system.name for system in systems))
    rater = drawn_rater(study, "r", rng=Random(1), now=now)
    assert study.judgments.progress(rater.id).seconds == ()
    for number in range(105):
        judge_next(study, rater, Choice.TIE, now, seconds=number)
    assert study.judgments.progress(rater.id).seconds == tuple(float(n) for n in range(5, 105))
    study.judgments.undo(rater.id, now=now)
    assert study.judgments.progress(rater.id).seconds == tuple(float(n) for n in range(4, 104))


def test_unblinding_is_an_act_with_a_reason(study: StudyFile, path: Path, now: datetime) -> None:
    assert refusal_code(lambda: study.settings.unblind("  ", now=now)) == "no-reason"
    assert study.settings.read().blinded
    unblinded = study.settings.unblind("all have judged", now=now)
    assert (unblinded.blinded, unblinded.unblinded_at) == (False, "2026-11-20T09:00:00.000Z")
    assert refusal_code(lambda: study.settings.unblind("again", now=now)) == "already-unblinded"
    assert study.audit.entries()[-1].detail == {"reason": "all have judged", "heads": {}}
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert again.settings.read() == unblinded
        assert all(finding.ok for finding in again.check())


# Votes without texts: what figures are made of, the same as the judgments with all that belongs to them.


TEXTS = ("", "plain", "naïve 心臓", "two\nlines", "before\0after", "🫀" * 3)


def figures_of(row: JudgedRow) -> VoteRow:
    """What `vote_rows` is to say of a judgment."""
    a, b = row.comparison.a, row.comparison.b
    prompt = row.prompt
    spec, lengths = prompt.spec, (len(a.text), len(b.text))
    styles = (markdown_style(a.text), markdown_style(b.text))
    systems = (a.system, b.system)
    pair = (row.comparison.id, prompt.id, spec.category, spec.split, *systems, *lengths, spec.tags, *styles)
    whole = (*pair, spec.task, spec.context_kind, bool(row.inherited), 1 + len(spec.later_turns))
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
