"""What the command line says of packs that were handed out, and the letter that goes with one.

Files of packs for browsers, given to commands that take a study: what they are, and where they go.
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.cli.main import run
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.raters.returned_packs import judged_in, page_result
from tests.conftest import NOW
from tests.store.pack.pack_studies import tamper

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d"


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    """A blinded study with four pairs."""
    path = tmp_path / "study.ftstudy"
    with StudyFile.create(path, title="Base camp", scale=Scale(), rng=Random(1), now=now) as made:
        systems = [made.systems.add(SystemSpec(name, SystemKind.IMPORTED)) for name in ("base", "tuned")]
        for prompt in made.prompts.add(PromptSpec(f"{n}", (Message("user", f"{n}?"),)) for n in range(4)):
            drafts = [ResponseDraft(s.id, f"{s.id}-{prompt.id}", FinishReason.IMPORTED) for s in systems]
            made.responses.store(prompt.id, drafts, run=None)
    return path


@pytest.fixture
def page(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "ada.html"
    assert run(["pack", str(study), str(path), "--rater", "Ada"]) == 0
    capsys.readouterr()
    return path


def test_raters_lists_each_pack_with_its_kind_and_how_far_it_is(
    study: Path, page: Path, tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    window = tmp_path / "ben.ftpack"
    assert run(["pack", str(study), str(window), "--rater", "Ben"]) == 0
    with StudyFile.open(study, now=NOW) as file:
        result = page_result(file, page, judged=2, skipped=1, now=now)
    judged_in(window, 4, now)
    tamper(window, "UPDATE allocations SET left_text = 'mine' WHERE id = 2")
    assert run(["merge", str(study), str(result), str(window)]) == 1
    capsys.readouterr()
    assert run(["raters", str(study)]) == 0
    told = capsys.readouterr().out
    page_line, window_line = (line for line in told.splitlines() if line.startswith("Pack "))
    far = "2 of 4 pairs judged, 1 skipped; merged in part, last"
    assert re.search(rf"page, made {TIME}; {far} {TIME}$", page_line)
    assert re.search(rf"window, made {TIME}; 3 of 4 pairs judged, 0 skipped; merged in part", window_line)
    assert re.search(r"Left out +Item 2 was left out: the left text was altered\.", told)
    assert run(["raters", str(study), "--json"]) == 0
    ada, ben = json.loads(capsys.readouterr().out)["raters"]
    assert (ada["judges_in"], ben["judges_in"]) == ("page", "window")
    (pack,) = ada["packs"]
    assert {name: pack[name] for name in ("kind", "items", "judged", "skipped", "merged_events")} == {
        "kind": "page",
        "items": 4,
        "judged": 2,
        "skipped": 1,
        "merged_events": 3,
    }
    assert pack["merged"]
    assert pack["complete"] is False
    assert ben["packs"][0]["left_out"] == [{"item": 2, "why": "the left text was altered"}]


def test_a_letter_is_printed_for_a_rater(study: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["letter", str(study), "--rater", " ADA "]) == 0
    told = capsys.readouterr()
    subject, empty, first = told.out.splitlines()[:3]
    assert (subject, empty, first) == ("Please judge 4 pairs of answers", "", "Dear Ada,")
    assert "begins with Base camp - Ada and ends" in told.out
    assert told.err.splitlines() == [
        "Note: The letter names “base”: raters read this.",
        "Note: Still to be filled in: [date], [your name, e-mail or telephone].",
    ]
    assert run(["letter", str(study), "--rater", "Ada", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rater"], found["kind"]) == ("Ada", "page")
    assert found["subject"] == subject
    assert found["text"].startswith("Dear Ada,\n\nplease judge")
    assert len(found["cautions"]) == 2


def test_a_letter_to_somebody_without_a_pack_is_refused(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["letter", str(study), "--rater", "Nobody"]) == 2
    assert "There is no pack for “Nobody”." in capsys.readouterr().err


def test_a_hostile_name_obeys_no_terminal(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2J{pairs}\u202e"
    assert run(["pack", str(study), str(tmp_path / "x.html"), "--rater", name]) == 0
    assert run(["letter", str(study), "--rater", name]) == 0
    assert run(["raters", str(study)]) == 0
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "\u202e" not in told.out
    assert "{pairs}" in told.out


ACT = {
    "seq": 1,
    "allocation": 1,
    "kind": "judgment",
    "choice": "left",
    "strength": None,
    "comment": "",
    "flagged": False,
    "seconds": 2.5,
    "reason": "",
    "retracts": None,
    "details": "",
    "digest": "d",
    "at": "2026-11-20T09:00:01+00:00",
}


MARK = {"start": 0, "end": 3, "quote": "one", "error_type": "style", "severity": "minor", "comment": ""}
MARKED = {
    "seq": 1,
    "kind": "mark",
    "response": 1,
    "record": MARK,
    "retracts": None,
    "digest": "d",
    "at": "2026-11-20T09:06:00+00:00",
}


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """One of three pairs judged, a second skipped, the third judged and taken back; one guess, one mark."""
    acts = [
        ACT,
        {**ACT, "seq": 2, "allocation": 2, "kind": "skip", "choice": None},
        {**ACT, "seq": 3, "allocation": 3},
        {**ACT, "seq": 4, "allocation": 3, "kind": "retraction", "choice": None, "retracts": 3},
        {**ACT, "seq": 5, "kind": "guess", "at": "2026-11-20T09:05:00+00:00"},
    ]
    head = {
        "ftcompare_result": 1,
        "pack": "0123456789",
        "rater": "Anna\u202e",
        "page": "p",
        "items": ["a", "b", "c"],
    }
    back: dict[str, object] = {"kind": "retraction", "response": None, "record": {}}
    marks = [MARKED, {**MARKED, "seq": 2}, {**MARKED, **back, "seq": 3, "retracts": 1}]
    lines = [head, *acts, *marks, {"events": len(acts), "annotations": 3, "marks": "d"}]
    path = tmp_path / "anna.ftresult"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def test_info_tells_what_is_in_a_result(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", str(result)]) == 0
    printed = capsys.readouterr().out
    assert "1 of 3 judged, 1 skipped" in printed
    assert "1 error marked" in printed
    assert "\u202e" not in printed
    assert "merge STUDY" in printed
    assert run(["info", str(result), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["judged"], told["skipped"], told["guesses"], told["items"]) == (1, 1, 1, 3)
    assert (told["marks"], told["last"]) == (1, "2026-11-20T09:06:00+00:00")


def test_a_damaged_result_is_refused(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result.write_text(result.read_text("utf-8")[:-20], encoding="utf-8")
    assert run(["info", str(result)]) == 2
    assert "The result is damaged" in capsys.readouterr().err


def test_where_a_study_is_wanted_a_result_is_told_to_be_merged(
    result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["results", str(result)]) == 2
    told = capsys.readouterr().err
    assert "what a rater judged in a browser" in told
    assert f"ftcompare merge STUDY {result}" in told


def test_where_a_study_is_wanted_a_page_is_told_to_be_opened_in_a_browser(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    study, page = tmp_path / "study.ftstudy", tmp_path / "anna.html"
    with StudyFile.create(study, title="Base camp", scale=Scale(), rng=Random(1), now=now) as made:
        systems = [made.systems.add(SystemSpec(name, SystemKind.IMPORTED)) for name in ("base", "tuned")]
        for prompt in made.prompts.add([PromptSpec("p", (Message("user", "1?"),))]):
            drafts = [ResponseDraft(s.id, f"{s.id}", FinishReason.IMPORTED) for s in systems]
            made.responses.store(prompt.id, drafts, run=None)
    assert run(["pack", str(study), str(page), "--rater", "Anna"]) == 0
    capsys.readouterr()
    assert run(["info", str(page)]) == 2
    assert "Open it in a browser" in capsys.readouterr().err


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe, study = tmp_path / "f.ftresult", tmp_path / "study.ftstudy"
    os.mkfifo(pipe)
    StudyFile.create(study, title="Base camp", scale=Scale(), rng=Random(1), now=NOW).close()
    for arguments in (["info", str(pipe)], ["open", str(pipe)], ["merge", str(study), str(pipe)]):
        assert run(arguments) == 2
        assert "f.ftresult" in capsys.readouterr().err


def test_a_result_that_an_editor_saved_with_a_byte_order_mark_is_one(
    result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result.write_bytes(b"\xef\xbb\xbf" + result.read_bytes())
    assert run(["info", str(result)]) == 0
    assert "1 of 3 judged" in capsys.readouterr().out


def test_open_says_what_to_do_with_the_files_of_packs_for_browsers(
    result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = result.with_name("anna.html")
    page.write_text('<meta name="generator" content="FTCompare">', encoding="utf-8")
    for path, told in ((result, "ftcompare merge STUDY"), (page, "Open it in a browser")):
        assert run(["open", str(path)]) == 2
        assert told in capsys.readouterr().err
