"""``ftcompare error-scheme``: shown as the file that it takes, set, and refused as a whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.cli.main import run
from ftcompare.core.scale import Scale
from ftcompare.store.study.study_file import StudyFile


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    path = tmp_path / "s.ftstudy"
    StudyFile.create(path, title="S", scale=Scale(), rng=Random(1), now=now).close()
    return path


def shown(study: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["error-scheme", str(study)]) == 0
    return capsys.readouterr().out


def test_a_scheme_is_edited_set_and_put_back(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual, own = shown(study, capsys), study.with_name("own.toml")
    assert 'name = "MQM core"' in usual
    own.write_text(usual.replace("MQM core", "House").replace("weight = 25", "weight = 10.5"), "utf-8")
    assert run(["error-scheme", str(study), "--set", str(own)]) == 0
    assert "House, 7 types of errors, 4 severities." in capsys.readouterr().out
    assert shown(study, capsys) == own.read_text("utf-8")
    assert run(["error-scheme", str(study), "--mqm"]) == 0
    capsys.readouterr()
    assert shown(study, capsys) == usual


def test_of_a_wrong_file_nothing_is_taken(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual, own = shown(study, capsys), study.with_name("own.toml")
    own.write_text(usual.replace('key = "style"', 'key = "Style!"'), "utf-8")
    assert run(["error-scheme", str(study), "--set", str(own)]) == 2
    assert "own.toml, type 5: The key 'Style!'" in capsys.readouterr().err
    assert shown(study, capsys) == usual
    assert run(["error-scheme", str(study), "--set", str(own), "--mqm"]) == 2
