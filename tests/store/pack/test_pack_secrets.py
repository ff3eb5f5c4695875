"""The bytes of a pack tell nothing of the systems, of the study, of how or when anything was written."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ftcompare.store.pack.connection import PACK_APPLICATION_ID
from ftcompare.store.study.study_file import StudyFile
from tests.store.pack.pack_studies import DESIGN, PROMPTS, SCALE, TEXTS, Worker, make, merge, new_study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with new_study(tmp_path / "study-in-folder.ftstudy") as made:
        yield made


def words(path: Path, table: str, columns: str) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as raw:
        for row in raw.execute(f"SELECT {columns} FROM {table}"):
            yield from (str(value) for value in row if value not in (None, ""))


SECRET = {
    "systems": "name, kind, model, adapter, neutral_name",
    "prompts": "key, category, split, reference, messages_digest, digest, tags",
    "responses": "digest, tokens",
    "runs": "at, record",
    "draws": "at, seed, nonce, commitment",
    "packs": "nonce, at",
    "study": "secret, created_at",
    "audit": "at, kind, digest",
}
PUBLIC = {"imported", "base", "adapter", "created"}
"""Kinds in plain English, which may stand in any text; no system's name and no path is among them."""


def secrets(path: Path) -> set[str]:
    """Every string of a study that must not be in a pack of it."""
    found = {value for table, columns in SECRET.items() for value in words(path, table, columns)}
    return (found - PUBLIC) | {"obsidian", "quartz", "abacus", "31415926", "2019-03-14", path.name, path.stem}


def spellings(text: str) -> Iterator[bytes]:
    """A string in the forms in which a file could hide it by accident."""
    yield text.encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield base64.b64encode(text.encode()).rstrip(b"=")
    yield text.encode().hex().encode()
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        raw = bytes.fromhex(text)
        yield raw
        yield base64.b64encode(raw).rstrip(b"=")
        yield text.upper().encode()
    if text.isdigit():
        yield int(text).to_bytes(4, "big")


def test_no_byte_of_a_pack_holds_what_the_study_keeps(study: StudyFile) -> None:
    made = make(study)
    Worker(made.path).judge(4)
    merge(study, made.path)
    again = make(study, file="again.ftpack")
    study.close()
    hidden = secrets(study.path)
    assert {"Plainsong", "Tunesmith", "/adapters/obsidian", "key-of-3-prompt", "271829"} <= hidden
    assert len(hidden) > 80
    for path in (made.path, again.path):
        content = path.read_bytes()
        leaks = [text for text in hidden if any(spelt in content for spelt in spellings(text))]
        assert leaks == []


def test_a_pack_has_its_own_texts_and_no_table_or_time_of_a_study(study: StudyFile) -> None:
    made = make(study)
    content = made.path.read_bytes()
    for text in ("Read both to the end.", "What is case 3?", made.name):
        assert text.encode() in content
    with closing(sqlite3.connect(made.path)) as raw:
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert raw.execute("PRAGMA application_id").fetchone() == (PACK_APPLICATION_ID,)
    assert tables == {"pack", "state", "allocations", "drafts", "events"}
    assert b"2026-11-20" not in made.path.read_bytes()


def test_exchanging_the_systems_changes_nothing_but_which_text_stands_where(tmp_path: Path) -> None:
    """The same texts, written by the other system each: the packs differ in nothing that is no text."""
    found = []
    for number, texts in enumerate((TEXTS, TEXTS[::-1])):
        with new_study(tmp_path / f"{number}.ftstudy", DESIGN, SCALE, texts) as study:
            found.append(rows_of(make(study, file=f"{number}.ftpack").path))
    one, other = found
    assert [row[:-2] for row in one] == [row[:-2] for row in other]
    pairs = [row[-2:] for row in one]
    assert [set(pair) for pair in pairs] != [set(pairs[0])] * len(pairs)
    ordinary = [(a[-2:], b[-2:]) for a, b in zip(one, other, strict=True) if set(a[-2:]) == set(b[-2:])]
    assert len(ordinary) >= PROMPTS
    assert all(a == b[::-1] for a, b in ordinary if len(set(a)) == 2)


def rows_of(path: Path) -> list[tuple[str, ...]]:
    """What stands in a pack of each item, without the ids and digests, which are random; texts last."""
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute(
            """SELECT id, rater, position, draw, pack, kind, messages, guess_due, standing, standing_kind,
                guess, left_text, right_text FROM allocations ORDER BY id"""
        ).fetchall()


def test_ids_have_no_order_that_follows_the_study(tmp_path: Path) -> None:
    """Neither sorted, nor of the same study's numbers, nor the same in two packs."""
    with new_study(tmp_path / "s.ftstudy") as study:
        packs = [make(study, name).path for name in ("Ann", "Ben")]
    ids = [[item for (item,) in read(path, "SELECT item FROM allocations ORDER BY id")] for path in packs]
    assert not set(ids[0]) & set(ids[1])
    assert all(sorted(given) != given for given in ids)
    assert {len(item) for given in ids for item in given} == {32}


def read(path: Path, sql: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute(sql).fetchall()


def test_ids_are_no_numbers_of_the_generator_that_drew_the_sides(study: StudyFile) -> None:
    """From enough numbers of a Mersenne Twister all others can be computed, seeds of draws included."""
    rng = Random(3)
    drawn = {f"{rng.getrandbits(32):08x}" for _ in range(20_000)}
    made = make(study)
    ids = [made.name, *(item for (item,) in read(made.path, "SELECT item FROM allocations"))]
    assert not {item[place : place + 8] for item in ids for place in (0, 8, 16, 24)} & drawn
