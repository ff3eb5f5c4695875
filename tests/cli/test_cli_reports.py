"""``results --html`` and ``--pdf`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from tests.app.report_studies import judged_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return judged_study(tmp_path / "study.ftstudy", prompts=12)


def test_both_reports_at_once(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html, pdf = study.with_name("r.html"), study.with_name("r.pdf")
    assert run(["results", str(study), "--html", str(html), "--pdf", str(pdf)]) == 0
    assert capsys.readouterr().out == f"Wrote {html}.\nWrote {pdf}.\n"
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_with_json_stdout_is_one_document(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pdf = study.with_name("r.pdf")
    assert run(["results", str(study), "--json", "--pdf", str(pdf)]) == 0
    assert json.loads(capsys.readouterr().out)["study"]["prompts"] == 12
    assert pdf.exists()


def test_a_study_is_never_written_over(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = study.read_bytes()
    assert run(["results", str(study), "--html", str(study)]) == 2
    assert "cannot take the place of a study" in capsys.readouterr().err
    assert study.read_bytes() == before


def test_a_place_that_is_not_there_is_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(study.parent.iterdir())
    assert run(["results", str(study), "--pdf", str(study.parent / "nowhere" / "r.pdf")]) == 2
    assert "No file can be written there" in capsys.readouterr().err
    assert set(study.parent.iterdir()) == before
