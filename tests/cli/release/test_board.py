"""``suite board`` on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.app.release.board_folder import board_folder
from tests.builders import errors_of, output_of


def test_the_board_is_printed_saved_as_a_page_and_as_json(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = board_folder(tmp_path / "project", now)
    told = output_of(capsys, ["suite", "board", str(folder)])
    assert "tuned against base" in told
    assert "better" in told
    assert "d.ftstudy: It is still blinded." in told
    page = tmp_path / "board.html"
    line = ["suite", "board", str(folder), "--html", str(page), "--margin", "0.4"]
    document = json.loads(output_of(capsys, [*line, "--json"]))
    assert document["margin"] == 0.4
    assert {row["state"] for row in document["rows"]} == {"ready", "not_ready", "needs_more"}
    text = page.read_text(encoding="utf-8")
    assert "Release board" in text
    assert "of 7 categories" in text
    assert "rule out a loss of 40 points or more" in text
    assert "Choose another name" in errors_of(capsys, line, 2)
