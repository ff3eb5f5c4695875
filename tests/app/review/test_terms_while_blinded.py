"""While a study is blinded, terms tell of all systems together: which system writes what changes nothing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.review.terminology import ALL_SYSTEMS, study_terms
from ftcompare.app.setup.creation import fill_study
from ftcompare.cli.main import run
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import GLOSSARY, PROMPTS, prompt

TEXTS = ("An irregular heartbeat. It is an irregular heartbeat.", "Atrial fibrillation.")


def written(path: Path, texts: tuple[str, ...], now: datetime, *, ahead: int = 0) -> Path:
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
                for system, text in zip(keys, texts, strict=True)
            ]
            study.responses.store(entry.id, drafts[: 1 if entry.id <= ahead else 2], run=run_)
    return path


@pytest.fixture
def both(tmp_path: Path, now: datetime) -> tuple[Path, Path]:
    """The same study twice, the systems' texts changed places."""
    one, other = tmp_path / "one" / "s.ftstudy", tmp_path / "other" / "s.ftstudy"
    one.parent.mkdir()
    other.parent.mkdir()
    return written(one, TEXTS, now), written(other, TEXTS[::-1], now)


def told(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert run(["terms", str(path), *options]) == 0
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_with_systems_swapped_the_commands_say_the_same(
    both: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ((), ("--json",)):
        one, other = (told(path, capsys, *options) for path in both)
        assert one == other
        assert "System" not in one
    assert "all systems together" in told(both[0], capsys)
    found = json.loads(told(both[0], capsys, "--json"))
    assert (found["systems"], found["held_back"]) == ([ALL_SYSTEMS], ["systems"])
    assert {row["term"]: row["counts"] for row in found["terms"]} == {
        "irregular heartbeat": {ALL_SYSTEMS: 2 * PROMPTS},
        "atrial fibrillation": {ALL_SYSTEMS: PROMPTS},
    }


def test_with_systems_swapped_the_table_is_the_same(both: tuple[Path, Path], now: datetime) -> None:
    tables = []
    for path in both:
        with StudyFile.open(path, now=now) as study:
            tables.append(study_terms(study))
    assert tables[0] == tables[1]
    assert tables[0].differences == {}
    assert tables[0].withheld is not None


def test_after_unblinding_each_system_is_told(
    both: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for path in both:
        assert run(["unblind", str(path), "--reason", "done"]) == 0
    capsys.readouterr()
    one, other = (json.loads(told(path, capsys, "--json")) for path in both)
    assert one["systems"] == ["base", "cardiology"]
    assert one["held_back"] == []
    assert one["terms"] != other["terms"]
    assert "irregular heartbeat\tdeprecated\tAF\t24 (12)\t0 (0)" in told(both[0], capsys)


def test_an_interim_report_does_not_tell_who_is_ahead(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path, page = written(tmp_path / "s.ftstudy", TEXTS, now, ahead=3), tmp_path / "report.html"
    assert run(["results", str(path), "--html", str(page)]) == 0
    report = page.read_text(encoding="utf-8")
    assert report.count("not told yet") == 2
    capsys.readouterr()
