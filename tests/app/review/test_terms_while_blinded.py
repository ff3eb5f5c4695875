"""While a study is blinded, terms tell of all systems together; after it, of each."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.review.study_terms import ALL_SYSTEMS, study_terms
from ftcompare.app.setup.new_study import fill_study
from ftcompare.cli.main import run
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import GLOSSARY, PROMPTS, prompt

TEXTS = ("An irregular heartbeat. It is an irregular heartbeat.", "Atrial fibrillation.")


def written(path: Path, now: datetime, *, ahead: int = 0) -> Path:
    """Two systems, each with a text of its own; ``ahead`` prompts are answered by the first alone."""
    systems = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("cardiology", SystemKind.ADAPTER, model="{}", adapter="tuned"),
    )
    with StudyFile.create(path, title="Review", scale=Scale(), rng=Random(3), now=now) as study:
        fill_study(study, systems, tuple(map(prompt, range(PROMPTS))), GLOSSARY, now=now)
        keys, run_ = [system.id for system in study.systems.all()], study.runs.start({}, now=now)
        for entry in study.prompts.all():
            drafts = [
                ResponseDraft(system, text, FinishReason.END, 5)
                for system, text in zip(keys, TEXTS, strict=True)
            ]
            study.responses.store(entry.id, drafts[: 1 if entry.id <= ahead else 2], run=run_)
    return path


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    return written(tmp_path / "s.ftstudy", now)


def told(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert run(["terms", str(path), *options]) == 0
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_counts_are_of_all_systems_together(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "all systems together" in told(study, capsys)
    found = json.loads(told(study, capsys, "--json"))
    assert (found["systems"], found["held_back"]) == ([ALL_SYSTEMS], ["systems", "win_rates", "words"])
    assert {row["term"]: row["counts"] for row in found["terms"]} == {
        "irregular heartbeat": {ALL_SYSTEMS: 2 * PROMPTS},
        "atrial fibrillation": {ALL_SYSTEMS: PROMPTS},
    }


def test_the_table_has_no_differences_and_says_why(study: Path, now: datetime) -> None:
    with StudyFile.open(study, now=now) as file:
        table = study_terms(file)
    assert table.differences == {}
    assert table.withheld is not None


def test_after_unblinding_each_system_is_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["unblind", str(study), "--reason", "done"]) == 0
    capsys.readouterr()
    found = json.loads(told(study, capsys, "--json"))
    assert (found["systems"], found["held_back"]) == (["base", "cardiology"], [])
    assert "irregular heartbeat\tdeprecated\tAF\t24 (12)\t0 (0)" in told(study, capsys)


def test_an_interim_report_does_not_tell_who_is_ahead(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path, page = written(tmp_path / "s.ftstudy", now, ahead=3), tmp_path / "report.html"
    assert run(["results", str(path), "--html", str(page)]) == 0
    report = page.read_text(encoding="utf-8")
    assert report.count("not told yet") == 2
    capsys.readouterr()
