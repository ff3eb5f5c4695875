"""Files of packs for browsers, given to commands that take a study: what they are, and where they go."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.cli.main import run
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.conftest import NOW

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
    assert "ftcompare merge STUDY anna.ftresult" in told


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
