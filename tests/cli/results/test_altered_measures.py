"""Commands that show measures say so, and end with 1, where what they are made of was altered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.sqlite.connection import Value
from ftcompare.store.study.measured_results import insert_measured
from ftcompare.store.study.study_file import StudyFile
from tests.builders import errors_of

COMMANDS = (
    *("measures show", "measures checks", "measures safety", "measures consistency", "measures calibration"),
    *("measures labels --last", "measures code --last", "measures benchmarks show", "judges list"),
    *("judges combine", "reasons"),
)


@pytest.fixture
def altered(tmp_path: Path, now: datetime) -> Path:
    """An unblinded study, of which a result of a benchmark was altered."""
    path = tmp_path / "study.ftstudy"
    with StudyFile.create(path, title="Measured", scale=Scale(), rng=Random(1), now=now) as study:
        systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)) for name in ("one", "two")]
        prompt = study.prompts.add([PromptSpec("p", (Message("user", "2 + 2?"),), reference="4")])[0]
        drafts = [ResponseDraft(system.id, "5", FinishReason.END, 1) for system in systems]
        study.responses.store(prompt.id, drafts, run=study.runs.start({}, now=now))
        number = study.scores.add_examination("benchmarked", {}, now=now)
        item: dict[str, Value] = {"item": "7", "metric": "acc", "value": 0.0, "record": "{}"}
        for system in systems:
            insert_measured(
                study._db, "benchmark_results", examination=number, system=system.id, task="arc", **item
            )
        study.settings.unblind("done", now=now)
    with closing(sqlite3.connect(path)) as raw, raw:
        name, sql = raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE name = 'benchmark_results_no_update'"
        ).fetchone()
        raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE benchmark_results SET value = 1.0 WHERE id = 1")
        raw.execute(sql)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_altered_is_told(altered: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "row 1 of benchmark_results was altered" in errors_of(capsys, [*command.split(), str(altered)], 1)
