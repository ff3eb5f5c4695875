"""``indirect`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from tests.builders import errors_of, output_of
from tests.ui.release.checkpoints_driver import study_of

RATERS = ("Ada", "Ben", "Cleo")


@pytest.fixture
def studies(tmp_path: Path) -> list[str]:
    votes = {"one": {"step-1": "bbbbbaaaaa" * 2}, "two": {"step-2": "bbbbbbbbbb" * 2}}
    return [str(study_of(tmp_path / f"{name}.ftstudy", of, RATERS)) for name, of in votes.items()]


def test_two_fine_tunes_are_compared_and_their_direct_pairs_written(
    studies: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.ftstudy"
    told = output_of(capsys, ["indirect", *studies, "--new", str(new), "--prompts", "6", "--seed", "3"])
    assert told.startswith("Compared through the base, step-2 does 50.0 points better than step-1 (")
    assert "Common prompts              20" in told
    assert "Wrote new.ftstudy: 6 pairs, drawn with seed 3." in told
    assert "Pairs      6 of 6 written, 0 failed" in output_of(capsys, ["info", str(new)])
    assert run(["check", str(new)]) == 0
    capsys.readouterr()
    before = new.read_bytes()
    refused = errors_of(capsys, ["indirect", *studies, "--new", str(new)], 2)
    assert "A study is never replaced." in refused
    assert new.read_bytes() == before


def test_direct_pairs_and_json(
    studies: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    direct = study_of(tmp_path / "direct.ftstudy", {"step-2": "bbbba" * 4}, RATERS, base="step-1")
    line = ["indirect", *studies, "--direct", str(direct), "--json"]
    document = json.loads(output_of(capsys, line))
    assert document["consistency"]["direct"] == pytest.approx(0.8)
    assert document["sentence"] in output_of(capsys, line[:-1])


def test_what_cannot_be_compared_is_told(studies: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told = errors_of(capsys, ["indirect", *studies, "--second", "step-9"], 2)
    assert "two.ftstudy: People did not judge “step-9” against the base here." in told
    assert "This is the same model twice." in errors_of(capsys, ["indirect", studies[0], studies[0]], 2)
