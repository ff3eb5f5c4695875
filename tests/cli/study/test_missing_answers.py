"""`info` of a study to which an imported answer is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ftcompare.app.application_paths import to_type
from ftcompare.cli.main import run


def told(study: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(["info", str(study)]) == 0
    return capsys.readouterr().out


def test_it_says_what_is_missing_and_how_to_add_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers, study = tmp_path / "answers.csv", tmp_path / "review.ftstudy"
    answers.write_text("prompt,base,tuned\nWhy?,Because,So\nHow?,Thus,\nWho?,Me,\n", encoding="utf-8")
    assert run(["new", str(study), "--answers", str(answers)]) == 0
    text = told(study, capsys)
    assert re.search(r"System X +told after unblinding: not all answers were imported", text)
    how = re.escape(f"{to_type('import', study)} FILE --format outputs")
    assert re.search(rf"Missing answers +2 are missing, .*: add them with {how}", text)
    assert "before all have written" not in text
    late = tmp_path / "late.jsonl"
    lines = [{"prompt": asked, "system": "tuned", "response": "So"} for asked in ("How?", "Who?")]
    for line, left in zip(lines, ("1 is missing", ""), strict=True):
        late.write_text(json.dumps(line), encoding="utf-8")
        assert run(["import", str(study), str(late), "--format", "outputs"]) == 0
        text = told(study, capsys)
        assert left in text
    assert "Missing answers" not in text
    assert re.search(r"System X +3 responses", text)


@pytest.mark.parametrize(("typed", "meant"), [("foldr", "folder"), ("label_studio", "label-studio")])
def test_a_misspelt_format_is_refused_with_the_likeliest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: str, meant: str
) -> None:
    answers, study = tmp_path / "answers.csv", tmp_path / "review.ftstudy"
    answers.write_text("prompt,base,tuned\nWhy?,Because,So\n", encoding="utf-8")
    assert run(["import", str(study), str(answers), "--format", typed]) == 2
    told = capsys.readouterr().err
    assert f"Did you mean {meant}?" in told
    assert " folder, " in told
