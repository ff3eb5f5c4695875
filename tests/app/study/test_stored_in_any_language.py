"""A study and its packs store the same in every language of the program."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ftcompare.core.language import in_language
from tests.ui.layout.packed_study import write_packed_study
from tests.ui.layout.page_study import write_page_study


def stored(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows by table, without the times of migrations."""
    with closing(sqlite3.connect(path)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in names
            if name != "_sqlite_migrations"
        }


@pytest.mark.parametrize(
    "write",
    [
        partial(write_page_study, unblinded=False),
        partial(write_page_study, unblinded=True),
        write_packed_study,
    ],
    ids=["blinded", "unblinded", "packed"],
)
def test_what_a_study_stores_does_not_depend_on_the_language(
    write: Callable[[Path], object], tmp_path: Path
) -> None:
    found = []
    for code in ("en", "de"):
        folder = tmp_path / code
        folder.mkdir()
        with in_language(code):
            write(folder / "study.ftstudy")
        found.append(stored(folder / "study.ftstudy"))
    assert found[0]["events"]
    assert found[0] == found[1]
