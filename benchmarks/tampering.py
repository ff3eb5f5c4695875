"""One byte altered in a judgment or a key: is it found every time?

    python benchmarks/tampering.py [--rounds 1000] [--packs 300] [--seed 1]

Three ways. A stored value is altered with SQLite's own help, indexes and all, with every rule of the
file switched off. A byte is altered in the file itself, anywhere in a row: its number, its header, a
value. The same is done to a rater pack with judgments that is then merged. Found means that opening
or merging is refused, that merging names an item that it leaves, or that the check names something
that is not in order. The files are ones in
which everything has happened: shared pairs, repeats, controls, gold items, guesses, packs, live pairs,
imports, an exclusion, an unblinding. Exits with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from damaged_packs import mark
from machine import machine
from sqlite_cells import Cell, cells

from ftcompare.core.errors import FTCompareError
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.study.study_file import StudyFile
from tests.store.integrity.tampering import JUDGMENTS_AND_KEYS, altered_and_checked, make_full_study
from tests.store.pack.pack_studies import Worker, make, new_study

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PACK_TABLES = ("allocations", "events", "annotations", "pack")
SAME = "same"
"""The outcome of an alteration after which SQLite reads every value as before."""


def main() -> int:
    """Alter, look, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--packs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, rng = Path(name), Random(chosen.seed)
        path = folder / "full.ftstudy"
        with make_full_study(path, now=NOW) as study:
            values = [_found_in_value(study, rng) for _ in range(chosen.rounds)]
        files = _rounds(path, JUDGMENTS_AND_KEYS, _study_refused, rng, chosen.rounds)
        packs = _pack_rounds(folder, rng, chosen.packs)
    print(f"machine: {machine()}; seed {chosen.seed}")
    results = {"value altered": values, "byte of the file altered": files, "byte of a pack altered": packs}
    for what, outcomes in results.items():
        lost = [outcome for outcome in outcomes if outcome not in ("", SAME)]
        same, altered = outcomes.count(SAME), len(outcomes) - outcomes.count(SAME)
        read = f" ({same:,} more changed nothing that SQLite reads)" if same else ""
        print(f"{what}: {altered - len(lost):,} of {altered:,} found{read}", *lost, sep="\n  missed: ")
    return 1 if any({*outcomes} - {"", SAME} for outcomes in results.values()) else 0


def _found_in_value(study: StudyFile, rng: Random) -> str:
    """Empty if found, else what was altered."""
    alteration, wrong = altered_and_checked(study, rng)
    return "" if wrong else str(alteration)


def _rounds(
    path: Path, tables: tuple[str, ...], refused: Callable[[Path], bool], rng: Random, count: int
) -> list[str]:
    """For each round an empty text if the alteration was found, `SAME`, or what was altered."""
    content, copy = path.read_bytes(), path.with_stem("altered")
    found = cells(path, tables)
    copy.write_bytes(content)
    if refused(copy):
        raise RuntimeError("the file is refused as it is")
    by_table = [[cell for cell in found if cell.table == table] for table in tables]
    return [_round(content, copy, rng.choice(rng.choice(by_table)), refused, rng) for _ in range(count)]


def _round(content: bytes, copy: Path, cell: Cell, refused: Callable[[Path], bool], rng: Random) -> str:
    place, flip = rng.choice(cell.places), rng.randrange(1, 256)
    altered = bytearray(content)
    altered[place] ^= flip
    copy.write_bytes(altered)
    if refused(copy):
        return ""
    if _values(altered) == _values(content):
        return SAME
    return f"{cell.table}: byte {cell.places.index(place)} of {len(cell.places)} of a row, ^ {flip:#04x}"


def _values(content: bytes | bytearray) -> str | None:
    """Every value of every table as SQLite reads it, with its type; None if it cannot read the file."""
    try:
        with closing(sqlite3.connect(":memory:")) as raw:
            raw.deserialize(bytes(content))
            raw.text_factory = bytes
            tables = raw.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ).fetchall()
            return repr([raw.execute(f'SELECT * FROM "{name.decode()}"').fetchall() for (name,) in tables])
    except sqlite3.Error:
        return None


def _study_refused(path: Path) -> bool:
    try:
        with StudyFile.open(path, now=NOW) as study:
            return not all(finding.ok for finding in study.check())
    except FTCompareError:
        return True


def _pack_rounds(folder: Path, rng: Random, count: int) -> list[str]:
    """A pack with judgments, altered and merged into a copy of its study that is as it was before."""
    path = folder / "packed.ftstudy"
    with new_study(path) as study:
        pack = make(study, marks=True).path
    worker = Worker(pack)
    worker.judge(3)
    worker.finish()
    mark(pack)
    before = path.read_bytes()

    def refused(altered: Path) -> bool:
        path.write_bytes(before)
        with StudyFile.open(path, now=NOW) as study:
            try:
                found = study.packs.merge(altered, now=NOW).in_part
            except FTCompareError:
                found = True
        return found and _pack_not_in_order(altered)

    return _rounds(pack, PACK_TABLES, refused, rng, count)


def _pack_not_in_order(path: Path) -> bool:
    try:
        with closing(PackFile.open(path)) as pack:
            return not all(finding.ok for finding in pack.check())
    except FTCompareError:
        return True


if __name__ == "__main__":
    sys.exit(main())
