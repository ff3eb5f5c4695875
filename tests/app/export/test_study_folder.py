"""The exported study folder: all of it goes out, all of it comes back, and what was altered stays out."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftcompare.app.export.study_folder import create_from_folder, write_folder
from ftcompare.app.results.study_results import plain_results
from ftcompare.app.work_progress import stopped
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    GlossaryTerm,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    TermStatus,
    Verdict,
)
from ftcompare.formats.study_folder import FURTHER_FILES, MANIFEST, SCHEMA, table_file, write_study_folder
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.measured_results import MEASURED_TABLES
from ftcompare.store.study.migrations import newest_version
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.table_rows import StudyTables
from tests.app.export.study_folders import all_bytes, all_rows, change, lines_of, seal_again, write_lines
from tests.builders import drawn_rater, refusal_code, refuses
from tests.formats.damaged_files import mutant
from tests.store.integrity.tampering import make_full_study
from tests.store.study.test_migrations import VERSION_1, VERSION_2, kept

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with something in nearly every table, and its folder beside it. To be copied."""
    place = tmp_path_factory.mktemp("full")
    with make_full_study(place / "full.ftstudy", now=AT) as study:
        study.state.put("page", "results")
        write_folder(study, place / "folder", now=AT)
    return place


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of the folder, to be altered."""
    return Path(shutil.copytree(written / "folder", tmp_path / "folder"))


def refused(folder: Path) -> UserError:
    """Why no study is made of a folder; nothing is left beside it."""
    place = folder.parent / "made"
    place.mkdir()
    with pytest.raises(UserError) as caught:
        create_from_folder(place / "new.ftstudy", folder)
    assert not list(place.iterdir())
    place.rmdir()
    return caught.value


def test_every_table_comes_back_as_it_was(written: Path, tmp_path: Path) -> None:
    made = create_from_folder(tmp_path / "back.ftstudy", written / "folder")
    with StudyFile.open(tmp_path / "back.ftstudy", now=AT) as back:
        rows = all_rows(back)
        assert back.verify().ok
        assert all(finding.ok for finding in back.check())
        write_folder(back, tmp_path / "again", now=AT)
    with StudyFile.open(written / "full.ftstudy", now=AT) as study:
        first = all_rows(study)
    assert first["audit"].pop()["kind"] == "exported"  # noted once the folder was written
    assert rows == first
    assert sum(map(len, rows.values())) == made.rows
    empty = {name for name, found in rows.items() if not found}
    unused = {"source_judgments", "inherited", "survey_answers"}
    assert empty == {"glossary", "failures", "examinations", "scores", *MEASURED_TABLES, *unused}
    assert all_bytes(tmp_path / "again") == all_bytes(written / "folder")


def test_the_results_are_the_same(written: Path, tmp_path: Path) -> None:
    create_from_folder(tmp_path / "back.ftstudy", written / "folder")
    with StudyFile.open(tmp_path / "back.ftstudy", now=AT) as back:
        found = plain_results(back).summary
    with StudyFile.open(written / "full.ftstudy", now=AT) as study:
        assert repr(found) == repr(plain_results(study).summary)


def test_rows_are_json_that_other_programs_read(folder: Path) -> None:
    prompt, event = (json.loads(lines_of(folder, table)[0]) for table in ("prompts", "events"))
    assert prompt["messages"] == [["user", "0?"]]
    assert event["details"]["criteria"] == [["accuracy", "right"], ["tone", "right"]]
    defined = json.loads((folder / SCHEMA).read_text("utf-8"))["$defs"]
    files = {table_file(name) for name in defined} | set(FURTHER_FILES)
    assert {file.name for file in folder.iterdir()} == files
    guide = (folder / "README.md").read_text("utf-8")
    assert all(f"| `{table_file(name)}` | " in guide for name in defined)
    assert set(prompt) == set(defined["prompts"]["required"])


@pytest.mark.parametrize(("script", "version"), [(VERSION_1, 1), (VERSION_2, 2)])
def test_a_folder_of_an_older_study_comes_to_the_newest_version(
    tmp_path: Path, script: Path, version: int
) -> None:
    old, folder = kept(tmp_path / "old.ftstudy", script, version), tmp_path / "folder"
    folder.mkdir()
    with closing(Connection(old)) as raw:
        tables = StudyTables(raw)
        write_study_folder(folder, version, [(table, tables.rows(table)) for table in tables.all()])
    create_from_folder(tmp_path / "back.ftstudy", folder)
    with StudyFile.open(tmp_path / "back.ftstudy", now=AT) as back, StudyFile.open(old, now=AT) as study:
        assert back.format_version == newest_version() > version
        assert all_rows(back) == all_rows(study)


def test_a_folder_of_a_later_study_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    for name, code in (("study_version", "study-newer"), ("layout", "folder-newer")):
        later = {**manifest, name: manifest[name] + 1}
        (folder / MANIFEST).write_text(json.dumps(later), "utf-8")
        assert refused(folder).code == code


def test_a_line_that_was_altered_is_named(folder: Path) -> None:
    lines = lines_of(folder, "responses")
    write_lines(folder, "responses", [*lines[:6], lines[6].replace("on p", "about p"), *lines[7:]])
    error = refused(folder)
    assert (error.code, error.where) == ("folder-altered", "responses.jsonl, line 7")
    assert "The line was altered" in error.what


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (lambda all_: all_[:-1], "audit.jsonl"),
        (lambda all_: all_[1:], "audit.jsonl, line 1"),
        (lambda all_: [*all_, all_[-1]], "audit.jsonl, line 23"),
        (lambda all_: [all_[1], all_[0], *all_[2:]], "audit.jsonl, line 1"),
        (lambda _: [], "audit.jsonl"),
    ],
)
def test_lines_that_were_removed_added_or_moved_are_named(
    folder: Path, lines: Callable[[list[Any]], list[Any]], where: str
) -> None:
    write_lines(folder, "audit", lines(lines_of(folder, "audit")))
    error = refused(folder)
    assert (error.code, error.where) == ("folder-altered", where)


@pytest.mark.parametrize(
    ("table", "number", "values", "told"),
    [
        ("responses", 3, {"text": "better"}, "responses: response 3"),
        ("events", 2, {"choice": "right"}, "judgments of Ann: judgment 2"),
        ("audit", 2, {"at": "2026-05-04T00:00:00.001Z"}, "audit log: entry 2"),
        ("study", 1, {"title": "Another"}, "settings"),
        ("raters", 1, {"name": "Eve"}, "judgments of Eve"),
    ],
)
def test_digests_made_anew_do_not_hide_a_change(
    folder: Path, table: str, number: int, values: dict[str, object], told: str
) -> None:
    change(folder, table, number, **values)
    error = refused(folder)
    assert error.code == "folder-altered"
    assert told in error.what


@pytest.mark.parametrize(
    ("table", "number", "values", "told"),
    [
        ("responses", 3, {"text": 5}, "“text” is not a text"),
        ("responses", 3, {"tokens": 5.5}, "“tokens” is not a whole number"),
        ("responses", 3, {"tokens": True}, "“tokens” is not a whole number"),
        ("responses", 3, {"tokens": 2**63}, "“tokens” is not a whole number"),
        ("responses", 3, {"text": None}, "“text” is not a text"),
        ("responses", 3, {"text": ["a"]}, "“text” is not a text"),
        ("responses", 3, {"prompt": 999}, "refers to a row of “prompts”"),
        ("responses", 3, {"id": 2}, "out of order by “id”"),
        ("responses", 3, {"extra": 2}, "“extra” is no field"),
        ("events", 1, {"seconds": "long"}, "“seconds” is not a number"),
        ("events", 1, {"choice": "up"}, "cannot contain this row"),
        ("comparisons", 2, {"a": 1, "b": 2}, "cannot contain this row"),
        ("study", 1, {"id": 2}, "cannot contain this row"),
    ],
)
def test_a_value_that_no_study_holds_is_named_with_its_line(
    folder: Path, table: str, number: int, values: dict[str, object], told: str
) -> None:
    change(folder, table, number, **values)
    error = refused(folder)
    assert (error.code, error.where) == ("folder-row", f"{table}.jsonl, line {number}")
    assert told in error.what


def test_a_field_that_is_missing_is_named(folder: Path) -> None:
    lines = lines_of(folder, "systems")
    row = json.loads(lines[1])
    del row["neutral_name"]
    write_lines(folder, "systems", [lines[0], json.dumps(row), *lines[2:]], seal=True)
    error = refused(folder)
    assert (error.where, "“neutral_name” is missing" in error.what) == ("systems.jsonl, line 2", True)


@pytest.mark.parametrize(
    "line",
    [
        "[" * 10_000,
        "{" * 70,
        "null",
        '{"id": 1',
        '{"id": NaN}',
        '{"id": 1, "id": 1}',
        "\\",
        "",
        '{"id": 1e999}',
    ],
)
def test_what_is_no_row_at_all_is_named(folder: Path, line: str) -> None:
    write_lines(folder, "prompts", [line, *lines_of(folder, "prompts")[1:]], seal=True)
    error = refused(folder)
    assert error.code in ("bad-line", "folder-row")
    assert error.where == "prompts.jsonl, line 1"


def test_bytes_that_are_no_text_are_named(folder: Path) -> None:
    path = folder / table_file("prompts")
    path.write_bytes(path.read_bytes().replace(b"0?", b"\xff?"))
    seal_again(folder)
    assert (refused(folder).code, refused(folder).where) == ("bad-line", "prompts.jsonl, line 1")


def test_a_line_without_end_is_refused_without_reading_it_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.formats.study_folder.MAX_LINE", 5000)
    write_lines(folder, "prompts", ['{"key": "' + "a" * 20_000], seal=True)
    assert refused(folder).code == "line-too-long"


@pytest.mark.parametrize(
    ("name", "code"), [("audit.jsonl", "table-missing"), ("line-digests.txt", "table-missing"),
                       (MANIFEST, "folder-foreign")],
)  # fmt: skip
def test_a_file_that_is_missing_is_named(folder: Path, name: str, code: str) -> None:
    (folder / name).unlink()
    assert refused(folder).code == code


@pytest.mark.parametrize("name", ["responses.jsonl", MANIFEST, "line-digests.txt"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_never_opened(folder: Path, name: str, kind: str) -> None:
    (folder / name).rename(folder.parent / "elsewhere")
    match kind:
        case "link":
            (folder / name).symlink_to(folder.parent / "elsewhere")
        case "pipe":
            os.mkfifo(folder / name)
        case _:
            (folder / name).mkdir()
    error = refused(folder)
    assert (error.code, error.where) == ("folder-link", name)


def test_a_manifest_cannot_lead_out_of_the_folder(folder: Path) -> None:
    text = (folder / MANIFEST).read_text("utf-8")
    (folder / MANIFEST).write_text(text.replace('"audit"', '"../audit"'), "utf-8")
    assert refused(folder).code == "bad-manifest"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "[" * 100, '{"format": "ftcompare-study"}', "\x00", "x" * 2**21,
     '{"format": "ftcompare-study", "layout": 1, "study_version": 4, "tables": [1]}',
     '{"format": "ftcompare-study", "layout": 1, "study_version": 4, "tables": []}'],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, "utf-8")
    assert refused(folder).code == "bad-manifest"


def test_files_of_others_are_passed_over_and_named(folder: Path, tmp_path: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "notes.txt").write_text("mine")
    (folder / "README.md").write_text("my own words")
    made = create_from_folder(tmp_path / "back.ftstudy", folder)
    assert made.passed_over == (".DS_Store", "notes.txt")


def test_a_study_that_is_there_stays(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "there.ftstudy").write_text("mine")
    with pytest.raises(UserError):
        create_from_folder(tmp_path / "there.ftstudy", folder)
    assert (tmp_path / "there.ftstudy").read_text() == "mine"


def test_while_blinded_no_folder_is_written(tmp_path: Path) -> None:
    with small_study(tmp_path / "a.ftstudy", ["Question?"], "text", "so") as study:
        assert refusal_code(lambda: write_folder(study, tmp_path / "folder", now=AT)) == "still-blinded"
    assert not (tmp_path / "folder").exists()


def test_an_altered_study_is_not_written(written: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(written / "full.ftstudy", tmp_path))
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:  # figures do not stand on it
        rule = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'pack_items_no_update'").fetchone()[0]
        raw.execute("DROP TRIGGER pack_items_no_update")
        raw.execute("UPDATE pack_items SET item = 'x' WHERE number = 1")
        raw.execute(rule)
    with StudyFile.open(path, now=AT) as study, pytest.raises(UserError) as caught:
        write_folder(study, tmp_path / "folder", now=AT)
    assert caught.value.code == "study-altered"
    assert not (tmp_path / "folder").exists()


def test_a_folder_of_somebody_s_own_files_is_never_replaced(written: Path, tmp_path: Path) -> None:
    with StudyFile.open(Path(shutil.copy(written / "full.ftstudy", tmp_path)), now=AT) as study:
        folder = tmp_path / "folder"
        folder.mkdir()
        write_folder(study, folder, now=AT)  # an empty one is taken
        first = all_bytes(folder)
        with pytest.raises(UserError, match="not empty"):
            write_folder(study, folder, now=AT)
        write_folder(study, folder, now=AT, replace=True)
        assert len(all_bytes(folder)["audit.jsonl"]) > len(first["audit.jsonl"])
        (folder / "notes.txt").write_text("mine")
        with pytest.raises(UserError, match="not empty"):
            write_folder(study, folder, now=AT, replace=True)
        (tmp_path / "plain.txt").write_text("mine")
        for name, code in (("full.ftstudy", "same-file"), ("plain.txt", "output-not-folder")):
            with refuses(code):
                write_folder(study, tmp_path / name, now=AT, replace=True)
        assert (tmp_path / "plain.txt").read_text() == "mine"
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["README.md", "schema.json", "line-digests.txt", "responses.jsonl", "packs.jsonl"]
)
def test_a_folder_in_which_somebody_has_worked_is_not_replaced(
    written: Path, tmp_path: Path, name: str
) -> None:
    with StudyFile.open(Path(shutil.copy(written / "full.ftstudy", tmp_path)), now=AT) as study:
        folder = tmp_path / "folder"
        write_folder(study, folder, now=AT)
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(" ")
        before = all_bytes(folder)
        with pytest.raises(UserError, match=name) as caught:
            write_folder(study, folder, now=AT, replace=True)
        assert (caught.value.code, all_bytes(folder)) == ("folder-changed", before)
        (folder / name).unlink()
        with pytest.raises(UserError, match=name):
            write_folder(study, folder, now=AT, replace=True)


def test_a_link_in_a_folder_is_not_followed_before_it_is_replaced(written: Path, tmp_path: Path) -> None:
    with StudyFile.open(Path(shutil.copy(written / "full.ftstudy", tmp_path)), now=AT) as study:
        folder = tmp_path / "folder"
        write_folder(study, folder, now=AT)
        (folder / "README.md").rename(tmp_path / "elsewhere.md")
        (folder / "README.md").symlink_to(tmp_path / "elsewhere.md")
        assert refusal_code(lambda: write_folder(study, folder, now=AT, replace=True)) == "folder-link"


def test_work_that_is_given_up_leaves_nothing(written: Path, tmp_path: Path) -> None:
    def told(_doing: str, share: float | None) -> None:
        assert share is not None
        raise stopped()

    with StudyFile.open(Path(shutil.copy(written / "full.ftstudy", tmp_path)), now=AT) as study:
        with pytest.raises(UserError, match="stopped"):
            write_folder(study, tmp_path / "folder", now=AT, on_progress=told)
        assert study.audit.entries()[-1].kind == "exported"  # that of the fixture
    with pytest.raises(UserError, match="stopped"):
        create_from_folder(tmp_path / "new.ftstudy", written / "folder", on_progress=told)
    assert [path.name for path in tmp_path.iterdir()] == ["full.ftstudy"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
"""Control characters, line ends of every kind, NUL and what lies beyond 16 bits included."""


def small_study(path: Path, questions: list[str], text: str, comment: str) -> StudyFile:
    """A study of two systems, judged, with these texts wherever a text can be."""
    study = StudyFile.create(path, title=text, scale=Scale(strengths=3), notice=text, rng=Random(7), now=AT)
    study.systems.add(SystemSpec("plain", SystemKind.BASE, "models/plain"))
    study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, "models/plain", "adapters/tuned"))
    study.glossary.replace([GlossaryTerm("term", TermStatus.PREFERRED, "AF", note=text)], now=AT)
    run = study.runs.start({"seed": 0.1, text: [text, None, {"a": {}}]}, now=AT)
    specs = [
        PromptSpec(f"p{n}", (Message("system", text), Message("user", question)), text, reference=text,
                   checks=(text,), tags=(text,))
        for n, question in enumerate(questions)
    ]  # fmt: skip
    for prompt in study.prompts.add(specs):
        drafts = [
            ResponseDraft(system.id, f"{system.id}{text}", FinishReason.LENGTH, None)
            for system in study.systems.all()
        ]
        study.responses.store(prompt.id, drafts, run=run)
    rater = drawn_rater(study, "Ann", rng=Random(3), now=AT)
    while item := study.judgments.next_item(rater.id):
        verdict = Verdict(Choice.LEFT, 2, comment=comment, seconds=len(text) / 7)
        study.judgments.judge(item.allocation, verdict, now=AT)
    return study


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS, TEXTS, st.booleans())
def test_any_text_comes_back_byte_for_byte(questions: list[str], text: str, comment: str, undo: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with small_study(place / "a.ftstudy", questions, text, comment) as study:
            if undo:
                study.judgments.undo(study.raters.all()[0].id, now=AT)
            study.settings.unblind("done", now=AT)
            before = all_rows(study)
            write_folder(study, place / "folder", now=AT)
        create_from_folder(place / "b.ftstudy", place / "folder")
        with StudyFile.open(place / "b.ftstudy", now=AT) as back:
            assert all_rows(back) == before
            assert all(finding.ok for finding in back.check())
            write_folder(back, place / "again", now=AT)
        assert all_bytes(place / "again") == all_bytes(place / "folder")


# Damaged folders of open files give the study that was written, or are refused in words; nothing is left.


MUTANTS = 60

FREE = ("state", "drafts", "failures")
"""Tables that stand in no chain: what they hold may be any text."""

ODD: tuple[object, ...] = (
    None, True, -1, 0, 1.5, 2**63, 10**400, "", "x", "\x00", "é" * 300, [], {}, [[]], ["user", "a"], {"a": 1},
    [["user"]], {"criteria": 5}, {"draw": "x"}, "[", "{}", "9" * 20,
)  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sound")
    with make_full_study(place / "full.ftstudy", now=AT) as study:
        write_folder(study, place / "folder", now=AT)
    return place


def outcome(folder: Path, place: Path) -> tuple[UserError | None, dict[str, list[dict[str, object]]]]:
    """The refusal of a folder, or what the study made of it holds."""
    made = place / "made.ftstudy"
    try:
        create_from_folder(made, folder)
    except UserError as error:
        assert not list(place.iterdir())
        return error, {}
    with StudyFile.open(made, now=AT) as study:
        assert all(finding.ok for finding in study.check())
        rows = all_rows(study)
    made.unlink()
    return None, {name: [dict(row) for row in found] for name, found in rows.items()}


def in_words(error: UserError) -> bool:
    return bool(error.what and error.how and error.where) and str(error).isprintable()


@pytest.mark.parametrize("sealed", [False, True])
def test_bytes_that_are_damaged(sound: Path, tmp_path: Path, *, sealed: bool) -> None:
    rng, place = Random(f"bytes {sealed}"), tmp_path / "place"
    place.mkdir()
    _, whole = outcome(sound / "folder", place)
    names = sorted(path.name for path in (sound / "folder").iterdir() if path.stat().st_size)
    for number in range(MUTANTS):
        folder = Path(shutil.copytree(sound / "folder", tmp_path / str(number)))
        name = rng.choice([n for n in names if not sealed or n not in FURTHER_FILES])
        (folder / name).write_bytes(mutant((folder / name).read_bytes(), rng))
        if sealed:
            seal_again(folder)
        error, rows = outcome(folder, place)
        assert in_words(error) if error else rows == whole or name in map(table_file, FREE), (number, name)
        shutil.rmtree(folder)


def test_values_that_are_other_ones_with_all_digests_made_anew(sound: Path, tmp_path: Path) -> None:
    rng, place = Random("values"), tmp_path / "place"
    place.mkdir()
    _, whole = outcome(sound / "folder", place)
    filled = [name for name, rows in whole.items() if rows]
    for number in range(MUTANTS):
        folder = Path(shutil.copytree(sound / "folder", tmp_path / str(number)))
        table = rng.choice(filled)
        lines = lines_of(folder, table)
        at = rng.randrange(len(lines))
        row = json.loads(lines[at])
        row[rng.choice(list(row))] = rng.choice(ODD)
        lines[at] = json.dumps(row, ensure_ascii=False)
        write_lines(folder, table, lines, seal=True)
        error, rows = outcome(folder, place)
        assert in_words(error) if error else rows == whole or table in FREE, (number, row)
        shutil.rmtree(folder)
