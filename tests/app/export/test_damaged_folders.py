"""Damaged folders of open files give the study that was written, or are refused in words; nothing is left."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.export.study_folder import create_from_folder, write_folder
from ftcompare.core.errors import UserError
from ftcompare.formats.study_folder import FURTHER_FILES, table_file
from ftcompare.store.study.study_file import StudyFile
from tests.app.export.study_folders import all_rows, lines_of, seal_again, write_lines
from tests.formats.damaged_files import mutant
from tests.store.integrity.tampering import make_full_study

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
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
