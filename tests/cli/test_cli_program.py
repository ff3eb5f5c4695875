"""What the command line says to type next can be typed as it stands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ftcompare.app.application_paths import program


@pytest.mark.parametrize(
    ("started", "typed"),
    [
        (".venv/bin/ftcompare", ".venv/bin/ftcompare"),
        ("/a folder/ftcompare.exe", "'/a folder/ftcompare.exe'"),
        ("/lib/ftcompare/__main__.py", f"{sys.executable} -m ftcompare"),
        ("/usr/bin/pytest", "ftcompare"),
    ],
)
def test_a_program_that_the_shell_does_not_find_is_named_as_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: str, typed: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [started])
    assert program() == typed


def test_a_program_on_the_path_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "ftcompare"
    found.write_text("#!/bin/sh\n", encoding="utf-8")
    found.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [".venv/bin/ftcompare"])
    assert program() == "ftcompare"
