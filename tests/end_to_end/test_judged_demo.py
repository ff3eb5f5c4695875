"""The demo study that a script judges: what was planted is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import output_of

RECIPE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "judged_demo.py"


@pytest.mark.slow
def test_a_judged_demo_finds_what_was_planted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, str(RECIPE), "--dir", str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "125 judgments by a script." in printed
    assert "10 of 10 planted passages of the training file found in answers." in printed
    path = str(tmp_path / "demo-judged.ftstudy")
    assert "Enough evidence (20)" in output_of(capsys, ["results", path, "--details"])
    output_of(capsys, ["unblind", path, "--reason", "demo"])
    reasons = output_of(capsys, ["reasons", path])
    assert "Raters preferred answers with more list items" in reasons
    assert "Groups of comments, by the overall answer" in reasons
    assert "themes found in" in reasons
    rows = tmp_path / "rows.jsonl"
    output_of(capsys, ["export", path, str(rows), "--format", "trl-preference", "--most", "5"])
    whys = [json.loads(line)["why"] for line in rows.read_text("utf-8").splitlines()]
    assert all(why.startswith("lost ") for why in whys)
    assert "by split" in output_of(capsys, ["measures", "training", path])
