"""Criteria, strengths and reasons of a study: judged blind, told under the names of the day, out and in."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import import_file
from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.blocks import Facts, Figures, Paragraph, Table
from ftcompare.app.results.study_results import study_details
from ftcompare.app.review.terminology import Beside, judged_pairs, review
from ftcompare.cli.main import run
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.formats import judgments
from ftcompare.stats.criteria import CriteriaResults
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer

SCALE = Scale(strengths=2, criteria=("accuracy", "safety"), reasons=("too long", "wrong term"))
PROMPTS = 4


def judged(path: Path, now: datetime) -> StudyFile:
    """Tuned wins on the whole and in accuracy, base in safety; the last prompt is a tie."""
    study = StudyFile.create(path, title="Beside", scale=SCALE, rng=Random(1), now=now)
    study.systems.add(SystemSpec("base", SystemKind.BASE, model="m"))
    study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, model="m", adapter="a"))
    for prompt in study.prompts.add(PromptSpec(f"p{n}", (Message("user", f"q{n}"),)) for n in range(PROMPTS)):
        answer(study, prompt, (f"PLAIN {prompt.spec.key}", f"TUNED {prompt.spec.key}"))
    for number, name in enumerate(("Ann", "Bob")):
        rater = study.raters.add(name)
        study.allocations.draw(rater.id, rng=Random(1), now=now)
        while (item := study.judgments.next_item(rater.id)) is not None:
            tuned_side = Choice.LEFT if item.left.startswith("TUNED") else Choice.RIGHT
            other = Choice.RIGHT if tuned_side is Choice.LEFT else Choice.LEFT
            tie = item.messages[0].content == f"q{PROMPTS - 1}"
            verdict = Verdict(
                Choice.TIE if tie else tuned_side,
                None if tie else 1 + number,
                criteria=(("accuracy", tuned_side), ("safety", Choice.BOTH_BAD if tie else other)),
                reasons=("too long",) if tie else (),
                seconds=5.0,
            )
            study.judgments.judge(item.allocation, verdict, now=now + timedelta(minutes=1))
    return study


def told(study: StudyFile) -> tuple[Any, Any, Any]:
    found: Any = json.loads(json.dumps(results_json(study), allow_nan=False))
    return found["criteria"], found["strengths"], found["reasons"]


def counts(entry: dict[str, Any]) -> list[int]:
    return [entry[name] for name in ("prompts", "judgments", "wins_a", "wins_b", "ties", "both_bad")]


def test_after_unblinding_they_are_told_by_name(tmp_path: Path, now: datetime) -> None:
    with judged(tmp_path / "s.ftstudy", now) as study:
        study.settings.unblind("done", now=now)
        criteria, strengths, reasons = told(study)
    accuracy, safety = criteria
    assert (accuracy["a"], accuracy["b"], accuracy["rater_kind"]) == ("base", "tuned", "human")
    assert (accuracy["criterion"], counts(accuracy)) == ("accuracy", [4, 8, 0, 8, 0, 0])
    assert (safety["criterion"], counts(safety)) == ("safety", [4, 8, 6, 0, 0, 2])
    assert accuracy["win_rate_b"]["value"] == 1.0
    assert safety["win_rate_b"]["value"] == pytest.approx(1 / 8)
    assert safety["win_rate_b_over_raters"]["generalises_over"] == "prompts and raters"
    assert [(s["strength"], s["name"], s["wins_a"], s["wins_b"]) for s in strengths] == [
        (1, "better", 0, 3),
        (2, "much better", 0, 3),
    ]
    assert [(r["reason"], counts(r)) for r in reasons] == [
        ("too long", [1, 2, 0, 0, 2, 0]),
        ("wrong term", [0, 0, 0, 0, 0, 0]),
    ]


def test_while_blinded_none_of_them_is_told(tmp_path: Path, now: datetime) -> None:
    with judged(tmp_path / "s.ftstudy", now) as study:
        assert told(study) == ([], [], [])
        assert study_details(study) == CriteriaResults()


def test_an_export_carries_them_into_another_study(tmp_path: Path, now: datetime) -> None:
    file = tmp_path / "votes.jsonl"
    with judged(tmp_path / "s.ftstudy", now) as study:
        study.settings.unblind("done", now=now)
        export(study, file, ExportRequest(judgments.EXPORT), now=now)
        rows = [(row.choice, row.strength, row.criteria, row.reasons) for row in study.judgments.standing()]
        before = told(study)[0]
    first = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    assert set(first["criteria"]) == {"accuracy", "safety"}
    with StudyFile.create(tmp_path / "t.ftstudy", title="t", scale=SCALE, rng=Random(3), now=now) as other:
        import_file(other, file, "judgments", now=now)
        back = [(row.choice, row.strength, row.criteria, row.reasons) for row in other.judgments.standing()]
        assert back == rows
        assert told(other)[0] == before
        assert import_file(other, file, "judgments", now=now).judgments == 0
        assert all(finding.ok for finding in other.check())


def test_results_print_them(tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.ftstudy"
    with judged(path, now) as study:
        study.settings.unblind("done", now=now)
    assert run(["results", str(path), "--details"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "accuracy 100% (95%: " in said
    assert said.count("n = 8 judgments, 4 prompts") == 2  # two criteria; two raters have one interval each
    assert "Answers for safety tuned 0, base 6, about equal 0, both bad 2" in said
    assert "much better: tuned 3, base 0" in said
    assert "Reason Ticked tuned won Equal Both bad base won too long 2 0 2 0 0" in said


def test_votes_made_elsewhere_print_what_no_scale_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vote = {"prompt": "q", "system_a": "base", "system_b": "tuned", "response_a": "x", "response_b": "y"}
    lines = [
        {**vote, "rater": "Ann", "choice": "b", "strength": 2, "criteria": {"tone": "b"}},
        {**vote, "rater": "Bob", "choice": "a"},
    ]
    file = tmp_path / "votes.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    path = str(tmp_path / "s.ftstudy")
    assert run(["import", path, str(file), "--format", "judgments"]) == 0
    assert run(["results", path, "--details"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "strength 2: tuned 1, base 0" in said
    assert "not given: tuned 0, base 1" in said
    assert "tone 100%" in said
    assert "reason:" not in said


def test_each_judgment_says_by_system_what_was_answered_beside_the_whole(
    tmp_path: Path, now: datetime
) -> None:
    with judged(tmp_path / "s.ftstudy", now) as study:
        for pair in judged_pairs(study):
            blinded = review(study, pair.allocation)
            assert (pair.preferred, pair.beside, blinded.verdict.system) == ("", Beside(), "")
            assert blinded.beside == Beside()
        study.settings.unblind("done", now=now)
        for pair in judged_pairs(study):
            seen = review(study, pair.allocation)
            answers = {name: answer.system or answer.words for name, answer in pair.beside.criteria}
            assert (seen.verdict.system, seen.beside) == (pair.preferred, pair.beside)
            if pair.prompt == f"q{PROMPTS - 1}":
                assert (pair.verdict, pair.preferred) == ("About equal", "")
                assert answers == {"accuracy": "tuned", "safety": "Both bad"}
                assert (pair.beside.strength, pair.beside.reasons) == ("", ("too long",))
            else:
                assert pair.preferred == "tuned"
                assert answers == {"accuracy": "tuned", "safety": "base"}
                assert pair.beside.strength == {"Ann": "better", "Bob": "much better"}[pair.rater]
                sides = {answer.side for _, answer in pair.beside.criteria}
                assert sides == {"left", "right"}
                assert seen.left_system == (pair.preferred if pair.side == "left" else "base")


def test_a_report_has_the_question_the_criteria_the_strengths_and_the_reasons(
    tmp_path: Path, now: datetime
) -> None:
    with judged(tmp_path / "s.ftstudy", now) as study:
        early = {section.key for section in document(gather(study, now=now)).sections}
        study.settings.unblind("done", now=now)
        found = {section.key: section for section in document(gather(study, now=now)).sections}
    assert "beside" not in early
    asked = next(block for block in found["compared"].blocks if isinstance(block, Paragraph))
    assert f"answers: “{SCALE.question}”" in asked.text
    criteria, strengths, reasons, _ = found["beside"].blocks
    assert isinstance(criteria, Figures)
    assert isinstance(strengths, Facts)
    assert isinstance(reasons, Table)
    accuracy = next(figure for figure in criteria.figures if figure.id == "criterion:accuracy")
    assert (accuracy.label, accuracy.value, accuracy.high) == ("accuracy", 1, 1)
    assert accuracy.low is not None
    assert accuracy.n == "8 judgments, 4 prompts"
    assert strengths.rows == (
        ("Answers for accuracy", "tuned 8, base 0, about equal 0, both bad 0"),
        ("Answers for safety", "tuned 0, base 6, about equal 0, both bad 2"),
        ("Strengths of the wins", "better: tuned 3, base 0; much better: tuned 3, base 0"),
    )
    assert reasons.rows == (("too long", "2", "0", "2", "0", "0"), ("wrong term", "0", "0", "0", "0", "0"))
