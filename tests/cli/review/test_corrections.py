"""``ftcompare answers correct``, ``corrections`` and ``adjudications``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.review.adjudication import adjudicate, contested_pairs, raters_said
from ftcompare.cli.main import run
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, drawn_rater, errors_of, output_of, present

TEXTS = ("A tube.", "A small mesh tube.")


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    """One prompt with two answers; Ann and Bob see them differently."""
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="S", scale=Scale(), rng=Random(1), now=now) as made:
        made.systems.add(SystemSpec("plain", SystemKind.BASE, "m"))
        made.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, "m", "a"))
        (prompt,) = made.prompts.add([PromptSpec("q1", (Message("user", "What is a stent?"),))])
        answer(made, prompt, TEXTS, run=made.runs.start({"seed": 1}, now=now), tokens=3)
        for name in ("Ann", "Bob"):
            rater = drawn_rater(made, name, rng=Random(2), now=now)
            item = present(made.judgments.next_item(rater.id))
            better = Choice.LEFT if (item.left == TEXTS[0]) is (name == "Ann") else Choice.RIGHT
            made.judgments.judge(item.allocation, Verdict(better), now=now)
    return path


def listed(command: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert run([*command, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out).values()
    assert isinstance(found, list)
    return found


def correct(study: Path, text: str, *more: str) -> int:
    file = study.with_name("better.txt")
    file.write_bytes(text.encode())
    return run(
        ["answers", "correct", str(study), "q1", str(file), "--answer", "Answer A", "--by", "Eve", *more]
    )


def test_a_correction_is_kept_and_listed(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert correct(study, "A tube of mesh.\n", "--comment", "from the leaflet") == 0
    assert "Saved the correction of Answer A to q1 by Eve." in capsys.readouterr().out
    (found,) = listed(["answers", "corrections", str(study)], capsys)
    assert (found["correction"], found["comment"]) == ("A tube of mesh.", "from the leaflet")
    assert found["original"] in TEXTS
    assert run(["answers", "corrections", str(study)]) == 0
    _, titles, line = capsys.readouterr().out.splitlines()
    assert titles.split("\t") == ["prompt", "answer", "expert", "original", "correction"]
    assert line.startswith("q1\tAnswer A\tEve")


def test_the_line_ends_of_a_file_become_those_of_the_answer(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert correct(study, "A tube.\r\nOf mesh.\r\n") == 0
    capsys.readouterr()
    assert listed(["answers", "corrections", str(study)], capsys)[0]["correction"] == "A tube.\nOf mesh."


def test_a_correction_in_spaces_alone_is_named_and_an_equal_one_refused(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert correct(study, "x") == 0
    capsys.readouterr()
    original = listed(["answers", "corrections", str(study)], capsys)[0]["original"]
    assert correct(study, original.replace(" ", "  ")) == 0
    assert "only spaces and line breaks differ" in capsys.readouterr().out
    assert correct(study, original) == 2
    assert "The correction equals the answer" in capsys.readouterr().err
    assert len(listed(["answers", "corrections", str(study)], capsys)) == 1


def test_a_name_that_is_too_long_is_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = study.with_name("better.txt")
    file.write_text("x", encoding="utf-8")
    command = ["answers", "correct", str(study), "q1", str(file), "--answer", "Answer A", "--by", 200 * "e"]
    assert "at most 100 characters; this one has 200" in errors_of(capsys, command, 2)


def test_a_wrong_prompt_or_answer_is_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = study.with_name("better.txt")
    file.write_text("x", encoding="utf-8")
    for prompt, name, said in (("q2", "Answer A", "no prompt “q2”"), ("q1", "plain", "no answer “plain”")):
        assert (
            run(["answers", "correct", str(study), prompt, str(file), "--answer", name, "--by", "Eve"]) == 2
        )
        assert said in capsys.readouterr().err


def test_pairs_to_decide_and_pairs_decided(
    study: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = ["answers", "disagreements", str(study), "--waiting", "--by", "Eve"]
    assert listed(waiting, capsys) == [{"prompt_id": "q1", "judgments": 2, "reasons": ["no majority"]}]
    assert output_of(capsys, waiting).splitlines() == [
        "1 pair to decide.",
        "prompt\tjudgments\twhy",
        "q1\t2\tno majority",
    ]
    with StudyFile.open(study, now=now) as open_study:
        (pair,) = contested_pairs(open_study, "Eve")
        adjudicate(open_study, "Eve", pair.comparison, Choice.LEFT, reason="clear", now=now)
        raters_said(open_study, "Eve", pair.comparison, now=now)
        adjudicate(open_study, "Eve", pair.comparison, Choice.TIE, now=now)
    assert listed(waiting, capsys) == []
    (decided,) = listed(["answers", "disagreements", str(study)], capsys)
    assert (decided["verdict"], decided["preferred"], decided["after_comments"]) == ("tie", None, True)
    assert run(["answers", "disagreements", str(study)]) == 0
    _, titles, line = capsys.readouterr().out.splitlines()
    assert titles.split("\t") == ["prompt", "expert", "verdict", "preferred", "reason", "read", "at"]
    assert line.split("\t")[:6] == ["q1", "Eve", "About equal", "", "", "after the comments"]
    assert run(["answers", "disagreements", str(study), "--by", "Eve"]) == 2
    assert "--by requires --waiting" in capsys.readouterr().err
