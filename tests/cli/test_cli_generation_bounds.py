"""Settings on the command line that no window takes either: refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ftcompare.cli.engine_commands import generate


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
