"""Where conversations go wrong: in results, lists of pairs, Review, tables, and training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import exported_objects
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.blocks import Figure
from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import Group, pair_results, part_title
from ftcompare.app.results.study_results import detailed_results
from ftcompare.app.review.result_slice import Dimension, Part, belongs
from ftcompare.app.review.terminology import judged_pairs, review
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, Verdict
from ftcompare.formats.registry import export_format
from ftcompare.formats.training.selection import wrong_turn
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, import_systems

ASKED = tuple(Message("user", f"Question {n}") for n in range(4))
LATER = ("Why?", "And then?")
Wrong = Mapping[str, int]  # the turn at which a system goes wrong, by the system's name


def judged_study(path: Path, now: datetime, wrong: Sequence[Sequence[Wrong]]) -> StudyFile:
    """Conversations of three turns; each rater prefers ``tuned``, and names these turns, by prompt."""
    study = StudyFile.create(path, title="C", scale=Scale(), rng=Random(7), now=now)
    systems = import_systems(study, "base", "tuned")
    specs = [PromptSpec(f"p{n}", (asked,), later_turns=LATER) for n, asked in enumerate(ASKED)]
    for prompt in study.prompts.add(specs):
        for system in systems:
            first, second, last = (f"{system.name} {prompt.spec.key} {turn}" for turn in (1, 2, 3))
            draft = ResponseDraft(system.id, last, FinishReason.IMPORTED, earlier=(first, second))
            study.responses.store(prompt.id, [draft], run=None)
    for number, by_prompt in enumerate(wrong):
        rater = drawn_rater(study, f"Rater {number}", rng=Random(number), now=now).id
        while item := study.judgments.next_item(rater):
            sides = {item.left.split()[0]: Choice.LEFT, item.right.split()[0]: Choice.RIGHT}
            named = by_prompt[int(item.messages[0].content[-1])]
            turns = tuple((sides[system], turn) for system, turn in named.items())
            verdict = Verdict(sides["tuned"], seconds=9.0, wrong_turns=turns)
            study.judgments.judge(item.allocation, verdict, now=now)
    return study


TWO: tuple[tuple[Wrong, ...], ...] = (
    ({"base": 2}, {"base": 2, "tuned": 3}, {}, {"tuned": 1}),
    ({"base": 2}, {"base": 3}, {}, {"tuned": 1}),
)
"""Two raters, four prompts."""


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> StudyFile:
    made = judged_study(tmp_path / "s.ftstudy", now, TWO)
    unblind(made, "done", now=now)
    return made


def test_results_count_by_turn_and_system(study: StudyFile) -> None:
    with study:
        detailed = detailed_results(study)
        results = pair_results(detailed, detailed.results.summary.comparisons[0])
        shown = [one for one in figures(results, Group.CRITERIA).figures if one.id.startswith("wrong")]
        written = results_json(study)["wrong_turns"]
    assert [_told(one) for one in shown] == [
        ("Conversations go wrong at turn 1", "tuned: 2; base: 0", "of 8 judgments"),
        ("Conversations go wrong at turn 2", "tuned: 0; base: 3", "of 8 judgments"),
        ("Conversations go wrong at turn 3", "tuned: 1; base: 1", "of 8 judgments"),
    ]
    pair = {"a": "base", "b": "tuned", "rater_kind": "human", "judgments": 8}
    assert written == [
        {**pair, "turn": 1, "wrong_a": 0, "wrong_b": 2},
        {**pair, "turn": 2, "wrong_a": 3, "wrong_b": 0},
        {**pair, "turn": 3, "wrong_a": 1, "wrong_b": 1},
    ]


def _told(figure: Figure) -> tuple[str, str, str]:
    return figure.label, figure.words, figure.note


def test_a_figure_leads_to_its_pairs_and_review_says_where(study: StudyFile) -> None:
    with study:
        (pair,) = detailed_results(study).results.summary.comparisons
        part = Part(Dimension.WRONG_TURN, "3")
        listed = [one for one in judged_pairs(study) if belongs(one, pair, part)]
        said = {review(study, one.allocation).beside.wrong for one in listed}
    assert part_title(pair, part) == "goes wrong at turn 3"
    assert [one.prompt.spec.key for one in listed] == ["p1", "p1"]
    assert {frozenset(one) for one in said} == {
        frozenset({"base at turn 2", "tuned at turn 3"}),
        frozenset({"base at turn 3"}),
    }


def test_nothing_is_told_while_the_study_is_blinded(tmp_path: Path, now: datetime) -> None:
    with judged_study(tmp_path / "b.ftstudy", now, TWO) as study:
        assert results_json(study)["wrong_turns"] == []
        assert {one.beside.wrong for one in judged_pairs(study)} == {()}
        said = {one.beside.wrong for one in judged_pairs(study, letters=True)} - {()}
        assert all(each.startswith("Answer ") for one in said for each in one)
        assert said


def exported(study: StudyFile, form: str) -> list[dict[str, object]]:
    return [dict(row) for row in exported_objects(study, ExportRequest(export_format(form)))]


def test_preference_rows_have_the_turns(study: StudyFile) -> None:
    with study:
        rows = exported(study, "trl-preference")
    turns = {row["prompt_id"]: (row["chosen_wrong_turn"], row["rejected_wrong_turn"]) for row in rows}
    assert turns == {"p0": (0, 2), "p1": (0, 3), "p2": (0, 0), "p3": (1, 0)}


CUT: tuple[tuple[Wrong, Sequence[str]], ...] = (
    ({}, ("tuned p0 1", "tuned p0 2", "tuned p0 3")),
    ({"base": 1}, ("tuned p0 1", "tuned p0 2", "tuned p0 3")),
    ({"tuned": 3}, ("tuned p0 1", "tuned p0 2")),
    ({"tuned": 2}, ("tuned p0 1",)),
    ({"tuned": 1}, ()),
)


@pytest.mark.parametrize("form", ["trl-sft", "trl-unpaired"])
@pytest.mark.parametrize(("wrong", "learned"), CUT, ids=["never", "the other", "third", "second", "first"])
def test_preferred_answers_end_before_the_turn_that_goes_wrong(
    tmp_path: Path, now: datetime, form: str, wrong: Wrong, learned: Sequence[str]
) -> None:
    with judged_study(tmp_path / "s.ftstudy", now, [[wrong, {}, {}, {}]]) as study:
        unblind(study, "done", now=now)
        rows = exported(study, form)
    good = [row for row in rows if row["prompt_id"] == "p0" and row.get("label", True)]
    found = [_answers(row.get("messages", row.get("completion"))) for row in good]
    assert found == ([tuple(learned)] if learned else [])
    bad = [row for row in rows if row["prompt_id"] == "p0" and not row.get("label", True)]
    assert [len(_answers(row["completion"])) for row in bad] == ([3] if form == "trl-unpaired" else [])


def _answers(turns: object) -> tuple[str, ...]:
    assert isinstance(turns, list)
    assert turns[-1]["role"] == "assistant"
    return tuple(turn["content"] for turn in turns if turn["role"] == "assistant")


@pytest.mark.parametrize(
    ("turns", "judgments", "found"),
    [((), 1, 0), ((2,), 1, 2), ((2,), 2, 0), ((2, 3), 2, 3), ((2, 3), 3, 3), ((1, 2, 2), 5, 2)],
)
def test_more_than_half_of_the_judgments_decide(turns: Sequence[int], judgments: int, found: int) -> None:
    assert wrong_turn(turns, judgments) == found


def test_tables_have_a_column_by_response(study: StudyFile) -> None:
    with study:
        rows = [row for row in exported(study, "csv") if row["rater"] == "Rater 0"]
    found = {row["prompt_id"]: (row["wrong_turn_a"], row["wrong_turn_b"]) for row in rows}
    assert found == {"p0": ("2", ""), "p1": ("2", "3"), "p2": ("", ""), "p3": ("", "1")}
