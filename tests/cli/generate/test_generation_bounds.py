"""Settings on the command line that no window takes either: refused before anything is written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from ftcompare.cli.generate import generate
from ftcompare.cli.main import run
from ftcompare.core.scale import Scale
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--samples", "100000000"),
        ("--samples", "0"),
        ("--max-new-tokens", "99999999999999999999999"),
        ("--seed", "4294967296"),
        ("--seed", "-1"),
        ("--top-k", "1000000000000"),
        ("--batch", "1000000000000"),
        ("--temperature", "nan"),
        ("--temperature", "1e400"),
        ("--temperature", "-1"),
        ("--top-p", "0"),
        ("--min-p", "1.5"),
        ("--repetition-penalty", "0"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(tmp_path: Path, option: str, value: str) -> None:
    study = tmp_path / "none.ftstudy"
    found = CliRunner().invoke(generate, [str(study), option, value])
    assert found.exit_code == 2
    assert f"Invalid value for '{option}'" in found.output


def test_samples_that_would_be_alike_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ftstudy"
    begun = datetime(2026, 11, 20, tzinfo=UTC)
    with StudyFile.create(path, title="A", scale=Scale(), notice="", rng=Random(1), now=begun) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model="/models/base"))
    for asked in (["--samples", "3"], ["--samples", "3", "--temperature", "0"]):
        assert run(["generate", str(path), *asked]) == 2
        assert "With temperature 0 all 3 samples of a prompt are alike." in capsys.readouterr().err
    with StudyFile.open(path, now=begun) as study:
        assert (study.settings.samples(), study.runs.all()) == (1, ())
