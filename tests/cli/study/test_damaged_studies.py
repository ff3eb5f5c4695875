"""Every command on a study with a value that cannot be there, or with rules of its own: told, never a bug."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from tests.store.integrity.tampering import make_full_study
from tests.store.pack.pack_studies import tamper

COMMANDS = (
    ("info",),
    ("results", "--json"),
    ("check",),
    ("raters list",),
    ("terms compare",),
    ("gate", "--system", "tuned", "--against", "plain", "--min-win-rate", "0.1"),
    ("export", "OUT", "--format", "judgments"),
    ("export", "OUT", "--format", "outputs"),
)
NESTED = "[" * 100_000
COLUMNS = (
    *("study.rating", "systems.options", "prompts.messages", "prompts.checks", "prompts.tags"),
    *("events.details", "audit.detail", "runs.record", "packs.record"),
)
ENDLESS = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("honest") / "full.ftstudy"
    make_full_study(path, now=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)).close()
    return path


@pytest.fixture
def study(honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    return Path(shutil.copy(honest, tmp_path / "study.ftstudy"))


def outcomes(study: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, str]]:
    """Exit status and stderr of every command."""
    found = {}
    for number, (name, *options) in enumerate(COMMANDS):
        out = str(study.with_name(f"out-{number}"))
        status = run([*name.split(), str(study), *(out if option == "OUT" else option for option in options)])
        found[" ".join((name, *options))] = (status, capsys.readouterr().err)
    return found


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("value", [NESTED, '{"criteria": 5}'], ids=lambda value: value[:15])
def test_json_of_another_shape_is_damage_and_no_bug(
    study: Path, capsys: pytest.CaptureFixture[str], column: str, value: str
) -> None:
    table, name = column.split(".")
    tamper(study, f"UPDATE {table} SET {name} = '{value}'")
    found = outcomes(study, capsys)
    assert {status for status, _ in found.values()} <= {0, 1, 2}
    assert found["check"][0] in (1, 2)
    for status, error in found.values():
        if status == 2:
            assert "The study is damaged" in error
            assert len(error.splitlines()) == 1


def test_an_impossible_strength_is_damage_and_takes_no_memory(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(study, f"UPDATE events SET strength = {2**63 - 1} WHERE strength IS NOT NULL")
    found = outcomes(study, capsys)
    assert found["check"][0] == 1
    assert found["results --json"][0] == 2
    assert "The study is damaged" in found["results --json"][1]


@pytest.mark.parametrize(
    "rule",
    [
        f"CREATE TRIGGER mine BEFORE UPDATE ON study BEGIN SELECT ({ENDLESS}); END",
        "CREATE TRIGGER mine BEFORE INSERT ON events BEGIN SELECT RAISE (ABORT, 'no'); END",
        "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'TEXT COLLATE no') WHERE name = 'raters'",
    ],
    ids=["endless", "failing", "collation"],
)
def test_a_study_with_rules_of_its_own_is_refused_by_every_command(
    study: Path, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    with closing(sqlite3.connect(study, isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(rule)
    for status, error in outcomes(study, capsys).values():
        assert status == 2
        assert "The study is damaged: its rules were changed" in error
        assert len(error.splitlines()) == 1
