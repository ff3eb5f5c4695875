"""A study altered behind the product's back: told wherever figures or rows are made of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export, preview
from ftcompare.app.study.altered_study import ALTERED, caution
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import Integrity
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import CHECKS, judged_study
from tests.builders import errors_of, output_of, refuses

STANDING = (
    "SELECT standing FROM allocations WHERE standing IS NOT NULL AND kind = 'ordinary' AND repeat_of IS NULL"
)
OTHER = "CASE choice WHEN 'left' THEN 'right' WHEN 'right' THEN 'left' ELSE 'left' END"
ALTERATIONS = {
    "choice": (f"UPDATE events SET choice = {OTHER} WHERE id = ({STANDING} LIMIT 1)",),
    "every choice": (f"UPDATE events SET choice = {OTHER} WHERE kind = 'judgment'",),
    "strength": (f"UPDATE events SET strength = 1 WHERE id = ({STANDING} LIMIT 1)",),
    "seconds": (f"UPDATE events SET seconds = 86400.0 WHERE id = ({STANDING} LIMIT 1)",),
    "comment": (f"UPDATE events SET comment = 'bad' WHERE id = ({STANDING} LIMIT 1)",),
    "judgment out of count": (
        f"UPDATE allocations SET standing = NULL, standing_kind = '' WHERE standing = ({STANDING} LIMIT 1)",
    ),
    "side": (f"UPDATE allocations SET a_is_left = 1 - a_is_left WHERE standing = ({STANDING} LIMIT 1)",),
    "every side": ("UPDATE allocations SET a_is_left = 1 - a_is_left",),
    "repeat made an own judgment": (
        "UPDATE allocations SET repeat_of = NULL"
        " WHERE id = (SELECT MIN(id) FROM allocations WHERE repeat_of > 0)",
    ),
    "other rater": ("UPDATE allocations SET rater = rater % 3 + 1, position = position + 1000"
                    f" WHERE standing = ({STANDING} LIMIT 1)",),
    "systems swapped": ("UPDATE responses SET system = 3 - system, sample = sample + 7 WHERE id IN"
                        " (SELECT a FROM comparisons WHERE kind = 'ordinary' UNION SELECT b FROM comparisons"
                        " WHERE kind = 'ordinary')",
                        "UPDATE responses SET sample = sample - 7 WHERE sample > 6"),
    "names swapped": ("UPDATE systems SET name = name || '.'",
                      "UPDATE systems SET name = CASE id WHEN 1 THEN 'cardiology' ELSE 'base' END"
                      " WHERE kind <> 'gold'"),
    "category": ("UPDATE prompts SET category = 'Treatment' WHERE category = 'Diagnosis'",),
    "text": ("UPDATE responses SET text = text || ' longer' WHERE id = 1",),
    "last event removed": ("DELETE FROM events WHERE id = (SELECT MAX(id) FROM events WHERE choice <> '')",),
    "event removed": (f"DELETE FROM events WHERE id = ({STANDING} LIMIT 1)",),
    "exclusion removed": ("DELETE FROM exclusions",),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three raters judged, with every check; unblinded, one of them left out."""
    path = tmp_path_factory.mktemp("whole") / "whole.ftstudy"
    return judged_study(path, prompts=12, design=CHECKS, excluded="Cleo")


def alter(path: Path, statements: tuple[str, ...]) -> None:
    """Alter a closed study, its triggers put back afterwards: its schema is as it was."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert database.execute(statement).rowcount > 0, statement
        for _, sql in triggers:
            database.execute(sql)


@pytest.fixture(params=ALTERATIONS)
def altered(request: pytest.FixtureRequest, whole: Path, tmp_path: Path) -> Path:
    """The study with one thing altered."""
    path = Path(shutil.copy(whole, tmp_path / "altered.ftstudy"))
    alter(path, ALTERATIONS[request.param])
    return path


def test_an_alteration_is_told_wherever_it_would_count(
    altered: Path, tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, junit = tmp_path / "rows.jsonl", tmp_path / "gate.xml"
    integrity = json.loads(output_of(capsys, ["results", str(altered), "--json"], 1))["integrity"]
    assert not integrity["ok"]
    assert integrity["problems"]
    assert "This study was altered" in errors_of(capsys, ["raters", "list", str(altered)], 1)
    assert run(["raters", "list", str(altered), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["integrity"] == integrity
    assert run(["gate", str(altered), "--min-win-rate", "0", "--junit", str(junit)]) == 1
    failed = [case.get("name") for case in ElementTree.parse(junit).iter("testcase") if len(case)]
    assert "check" in failed
    assert run(["export", str(altered), str(rows), "--format", "trl-preference"]) == 1
    assert [path.name for path in tmp_path.iterdir() if "rows" in path.name] == []
    assert run(["check", str(altered)]) == 1
    with StudyFile.open(altered, now=now) as study:
        assert study.verify() == study.verify() != Integrity()


@pytest.mark.parametrize("column", ["messages", "checks", "tags"])
def test_json_that_is_nested_too_deeply_is_no_bug(
    whole: Path, tmp_path: Path, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    alter(path, (f"UPDATE prompts SET {column} = '{'[' * 60_000 + ']' * 60_000}'",))
    for command in ("check", "results", "terms compare", "raters list"):
        assert run([*command.split(), str(path)]) in (1, 2)
        assert "a bug in FTCompare" not in capsys.readouterr().err


def test_words_and_papers_begin_with_a_caution(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, report, paper = (
        Path(shutil.copy(whole, tmp_path)),
        tmp_path / "report.html",
        tmp_path / "report.pdf",
    )
    alter(path, ALTERATIONS["choice"])
    assert run(["results", str(path)]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("ftcompare: whole.ftstudy: This study was altered: judgments of Ada: judgment")
    assert "Win rate" in told.out
    assert run(["results", str(path), "--html", str(report), "--pdf", str(paper)]) == 1
    assert "This study was altered: judgments of Ada" in report.read_text(encoding="utf-8")
    assert paper.stat().st_size > 0


def test_comparison_and_terms_tell_it_too(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    assert run(["suite", "checkpoints", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["integrity"] == {"ok": True, "problems": []}
    assert run(["terms", "compare", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["integrity"] == {"ok": True, "problems": []}
    alter(path, ALTERATIONS["every choice"])
    found = json.loads(output_of(capsys, ["suite", "checkpoints", str(path), "--json"], 1))
    assert found["integrity"]["problems"][0].startswith("whole.ftstudy: judgments of Ada: judgment 1")
    assert found["notes"][0].startswith("This study was altered")
    assert "Note: This study was altered" in errors_of(capsys, ["suite", "checkpoints", str(path)], 1)
    assert run(["terms", "compare", str(path), "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["integrity"]["ok"]


def test_an_unaltered_study_is_said_to_be_so(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, rows = Path(shutil.copy(whole, tmp_path)), tmp_path / "rows.jsonl"
    assert run(["results", str(path), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["integrity"] == {"ok": True, "problems": []}
    assert told.err == ""
    assert "check:" not in output_of(capsys, ["gate", str(path), "--min-win-rate", "0"])
    assert run(["export", str(path), str(rows), "--format", "judgments"]) == 0
    card = rows.with_name("rows.jsonl.card.md").read_text(encoding="utf-8")
    assert "are unchanged since they were stored" in card
    assert '"integrity": {\n    "ok": true,\n    "problems": []\n  }' in card


def test_every_format_is_refused_and_the_preview_says_why(whole: Path, tmp_path: Path, now: datetime) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    alter(path, ALTERATIONS["choice"])
    with StudyFile.open(path, now=now) as study:
        for form in EXPORT_FORMATS:
            shown = preview(study, ExportRequest(form))
            assert (shown.kept, shown.altered) == (0, True)
            assert "This study was altered: judgments of Ada: judgment" in shown.refused
            with refuses(ALTERED):
                export(study, tmp_path / "rows.jsonl", ExportRequest(form), now=now)
    assert not (tmp_path / "rows.jsonl").exists()


def test_of_many_problems_some_are_named() -> None:
    told = caution(Integrity(tuple(f"judgments of {n}: gone" for n in range(5))))
    assert "judgments of 2: gone; and 2 more." in told
    assert "judgments of 3" not in told
    assert caution(Integrity()) == ""


def test_a_gate_can_do_without_the_check(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, gate = Path(shutil.copy(whole, tmp_path)), tmp_path / "gate.toml"
    alter(path, ALTERATIONS["comment"])
    gate.write_text("min_win_rate = 0.0\n", encoding="utf-8")
    assert run(["gate", str(path), "--gate", str(gate)]) == 1
    gate.write_text("check = false\nmin_win_rate = 0.0\n", encoding="utf-8")
    assert run(["gate", str(path), "--gate", str(gate)]) == 0
    gate.write_text("check = true\n", encoding="utf-8")
    output_of(capsys, ["gate", str(path), "--gate", str(gate)], 1)
    assert "no condition" in errors_of(capsys, ["gate", str(path)], 2)


# What was computed of a study is kept until the study changes.


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(
        tmp_path / "s.ftstudy", title="Kept", scale=Scale(), rng=Random(1), now=now
    ) as file:
        yield file


def test_it_is_computed_once_for_a_study_as_it_is(study: StudyFile) -> None:
    counted: list[str] = []

    @kept_until_changed
    def raters(
        study: StudyFile, word: str = "", told: ProgressCallback = ignore_progress, *, also: str = ""
    ) -> int:
        counted.append(word + also)
        return len(study.raters.all())

    assert raters(study) == raters(study, told=lambda *_: None) == 0
    assert counted == [""]
    assert raters(study, "a") == raters(study, "a", ignore_progress) == raters(study, also="b") == 0
    assert counted == ["", "a", "b"]
    study.raters.add("Ada")
    assert raters(study) == 1
    assert counted == ["", "a", "b", ""]


def test_what_a_finding_asks_for_is_kept_as_well(study: StudyFile) -> None:
    counted: list[str] = []

    @kept_until_changed
    def raters(study: StudyFile) -> int:
        counted.append("raters")
        return len(study.raters.all())

    @kept_until_changed
    def twice_the_raters(study: StudyFile) -> int:
        return 2 * raters(study)

    study.raters.add("Ada")
    assert (twice_the_raters(study), raters(study), twice_the_raters(study)) == (2, 1, 2)
    assert counted == ["raters"]


def test_what_changes_the_study_is_kept_for_the_study_as_it_is_then(study: StudyFile) -> None:
    counted: list[str] = []

    @kept_until_changed
    def raters_and_one_more(study: StudyFile) -> int:
        counted.append("asked")
        study.raters.add(f"Ada {len(counted)}")
        return len(study.raters.all())

    assert raters_and_one_more(study) == raters_and_one_more(study) == 1
    assert counted == ["asked"]


def test_what_is_given_up_is_not_kept(study: StudyFile) -> None:
    refused = [True]

    @kept_until_changed
    def once(_study: StudyFile) -> str:
        if refused:
            refused.clear()
            raise UserError("It was stopped.", code="stopped")
        return "done"

    with pytest.raises(UserError, match="stopped"):
        once(study)
    assert once(study) == "done"
