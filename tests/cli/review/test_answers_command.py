"""``ftcompare answers list``: the list, its filters, its JSON, and prompts sent to judging."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.cli.main import run
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    Split,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, drawn_rater, import_systems, present


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    """Four prompts, three of them judged."""
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="", scale=Scale(), rng=Random(3), now=now) as file:
        import_systems(file, "plain", "tuned")
        for number in range(4):
            split = Split.HELD_OUT if number % 2 else Split.NONE
            (prompt,) = file.prompts.add(
                [PromptSpec(f"p{number}", (Message("user", f"Question {number}?"),), split=split)]
            )
            answer_elsewhere(file, prompt, (f"{word} {number}. " + 500 * "x" for word in ("Lay", "Clinical")))
        rater = drawn_rater(file, "Ada", rng=Random(1), now=now).id
        for _ in range(3):
            item = present(file.judgments.next_item(rater))
            file.judgments.judge(item.allocation, Verdict(Choice.LEFT, flagged=True), now=now)
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert run(["answers", "list", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_answers_are_listed_and_what_is_left_out_is_said(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, study)
    lines = out.splitlines()
    assert lines[0].split("\t") == ["prompt", "answer", "characters", "judged", "noted", "asked", "beginning"]
    assert sum(line.startswith("p") and "\tAnswer " in line for line in lines) == 6
    assert "6 answers to 3 prompts." in out
    assert "1 prompt still to be judged blind by Ada is left out. --to-judge lists them." in out
    assert "plain" not in out
    whole = said(capsys, study, "--to-judge", "--limit", 3)
    assert "The first 3 are listed." in whole
    assert "8 answers to 4 prompts." in whole
    assert "1 prompt still to be judged blind by Ada is listed." in whole


def test_filters_are_those_of_the_window(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "4 answers to 2 prompts." in said(capsys, study, "--to-judge", "--split", "none")
    assert "4 answers to 2 prompts." in said(capsys, study, "--to-judge", "--split", "held_out")
    assert "4 answers to 4 prompts." in said(capsys, study, "--to-judge", "--contains", "clinical")
    assert "6 answers to 3 prompts." in said(capsys, study, "--flagged")
    assert said(capsys, study, "--corrected").splitlines()[0] == "0 answers to 0 prompts."
    assert "1 prompt still to be judged blind by Ada is left out." in said(capsys, study, "--reader", "ada")


def test_answers_are_ordered_by_a_column(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ((), ("--descending",)):
        found = json.loads(said(capsys, study, "--json", "--sort", "beginning", *options))
        texts = [one["text"] for one in found["answers"]]
        assert texts == sorted(texts, reverse=bool(options))
        assert (found["count"], found["prompts"]) == (6, 3)


def test_json_holds_beginnings_or_whole_texts(
    study: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    found = json.loads(said(capsys, study, "--json"))
    assert (found["count"], found["prompts"], found["answers_in_study"]) == (6, 3, 8)
    assert (found["pairs_still_to_judge"], found["prompts_not_listed"]) == (1, 1)
    assert found["held_back"] == ["systems"]
    assert {one["system"] for one in found["answers"]} == {None}
    assert {len(one["text"]) for one in found["answers"]} == {400}
    assert all(one["flagged"] and one["judgments"] == 1 for one in found["answers"])
    with StudyFile.open(study, now=now) as file:
        file.settings.unblind("done", now=now)
    named = json.loads(said(capsys, study, "--json", "--texts", "--system", "tuned", "--limit", 2))
    assert named["count"] == 4
    assert [one["answer"] for one in named["answers"]] == ["tuned", "tuned"]
    assert {one["system"] for one in named["answers"]} == {"tuned"}
    assert all(len(one["text"]) == one["characters"] > 500 for one in named["answers"])
    assert named["pairs_still_to_judge"] == 0


def test_sending_says_what_it_does_and_does_it_with_yes(
    study: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    asked = said(capsys, study, "--split", "held_out", "--send-to-judging", "--rater", "Ben")
    assert "cannot be undone" in asked
    assert "Nothing was sent. To send the pairs, add --yes." in asked
    done = said(capsys, study, "--split", "held_out", "--send-to-judging", "--rater", "Ben", "--yes")
    with StudyFile.open(study, now=now) as file:
        ben = next(one for one in file.raters.all() if one.name == "Ben")
        total = file.judgments.progress(ben.id).total
    assert f"{total} further judgment" in done
    assert total in (1, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--send-to-judging", "--yes"), "Name the raters for these prompts."),
        (("--yes",), "require --send-to-judging"),
        (("--descending",), "requires --sort"),
        (("--rater", "Ben"), "require --send-to-judging"),
        (("--send-to-judging", "--json"), "does not allow --json"),
        (("--send-to-judging", "--limit", "3"), "does not allow --json"),
        (("--shortest", "5", "--longest", "4"), "below the shortest"),
        (("--term", "zebra"), "no term “zebra”"),
        (("--category", "zebra"), "no category 'zebra'"),
        (("--tag", "zebra"), "no tag 'zebra'"),
        (("--system", "plain"), "shown after unblinding"),
    ],
)
def test_what_cannot_be_done_is_refused(
    study: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert run(["answers", "list", str(study), *options]) == 2
    assert words in capsys.readouterr().err


def test_after_unblinding_nothing_is_sent(
    study: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    with StudyFile.open(study, now=now) as file:
        file.settings.unblind("done", now=now)
    for more in ((), ("--yes", "--rater", "Ben")):
        assert run(["answers", "list", str(study), "--send-to-judging", *more]) == 2
        assert "Make a new study with these prompts" in capsys.readouterr().err
