"""Packs damaged on their way: nobody rates in one, nothing altered is merged, what is whole is.

    python benchmarks/damaged_packs.py [--packs 300] [--seconds 120] [--seed 1]

One to three bytes of stored values are altered in a pack with judgments and marks, with every rule of the
file switched off, in words, items, judgments and marks alike. The pack is opened for rating, which must be
refused, and merged into a study that has nothing of it yet. What arrives must be true judgments on items that
the merge did not name as left, and all of these, and true marks up to one that was altered; the study must
hold its checks; a whole copy that is merged then must bring what was judged and marked, no more and no less,
and the checks must hold again. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machine import machine

from ftcompare.core.annotations import Mark
from ftcompare.core.errors import FTCompareError
from ftcompare.store.pack.merged_copies import MergedCopy, counting_copy
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number, mark_rows, merged_annotations
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.register import merged_events
from ftcompare.store.study.study_file import StudyFile
from tests.store.integrity.tampering import other_byte
from tests.store.pack.pack_studies import Worker, make, new_study

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TABLES = (*("allocations", "events", "annotations") * 5, "pack")
REFUSALS = ("pack-altered", "pack-damaged", "pack-foreign", "pack-none", "pack-newer")


def main() -> int:
    """Alter, open, merge, merge the whole copy, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--packs", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    end = time.monotonic() + chosen.seconds
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(Path(name), Random(chosen.seed))
        tried = 0
        while tried < chosen.packs and time.monotonic() < end:
            trial.once()
            tried += 1
    print(f"machine: {machine()}; seed {chosen.seed}")
    print(f"packs: {tried:,} damaged; " + ", ".join(f"{n:,} {what}" for what, n in trial.counts.items()))
    print(f"judgments, skips and guesses: {trial.taken:,} taken over, {trial.left:,} left or refused")
    print(f"marks: {trial.marks:,} taken over of {trial.marks_held * tried:,}")
    print(f"failed: {len(trial.failed):,}", *trial.failed, sep="\n  ")
    return 1 if trial.failed or not tried else 0


class Trial:
    """A study, a whole pack of it with judgments, and what becomes of damaged copies.

    Args:
        folder: where all of it lies.
        rng: what is altered.
    """

    def __init__(self, folder: Path, rng: Random) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.taken = self.left = self.marks = 0
        self._rng = rng
        self._study, self._damaged = folder / "study.ftstudy", folder / "damaged.ftpack"
        with new_study(self._study) as study:
            self._whole = make(study, marks=True).path
        worker = Worker(self._whole)
        worker.judge(6, comment="as I see it")
        worker.skip()
        worker.undo(3)
        worker.judge(5)
        mark(self._whole)
        self._before = self._study.read_bytes()
        with PackFile.open(self._whole) as pack:
            self._true = {(event.allocation, event.digest) for event in pack.judgments.events(PACK_RATER)}
            self._marks = [row["digest"] for row in mark_rows(pack._db)]

    @property
    def marks_held(self) -> int:
        """Rows of marks in the whole pack, with what takes them back."""
        return len(self._marks)

    def once(self) -> None:
        """One damaged copy."""
        self._study.write_bytes(self._before)
        self._damaged.write_bytes(self._whole.read_bytes())
        altered = damage(self._damaged, self._rng)
        for wrong in (*self._opened(), *self._merged()):
            self.failed.append(f"{wrong}: {', '.join(altered)}")

    def _opened(self) -> list[str]:
        try:
            PackFile.open(self._damaged).close()
        except FTCompareError as error:
            return [] if error.code in REFUSALS else [f"opening told {error.code}"]
        return ["rating was possible"]

    def _merged(self) -> list[str]:
        with StudyFile.open(self._study, now=NOW) as study:
            try:
                merged = study.packs.merge(self._damaged, now=NOW)
            except FTCompareError as error:
                self.counts["refused"] += 1
                self.left += len(self._true)
                wrong = (
                    [] if error.code in REFUSALS and not arrived(study) else [f"merging told {error.code}"]
                )
                return wrong + self._completed(study)
            left = {item.number for item in merged.left}
            self.counts["merged in part" if merged.in_part else "merged unnoticed"] += 1
            found = arrived(study)
            self.taken += len(found)
            self.left += len(self._true) - len(found)
            wrong = [] if merged.in_part else ["nothing was named"]
            marks = arrived_marks(study)
            self.marks += len(marks)
            if marks != self._marks[: len(marks)]:
                wrong.append("what arrived of marks is not what was marked")
            if found != {(item, digest) for item, digest in self._true if item not in left}:
                wrong.append("what arrived is not what was judged on untouched items")
            return wrong + self._completed(study)

    def _completed(self, study: StudyFile) -> list[str]:
        wrong = [] if in_order(study) else ["the study does not hold its checks"]
        study.packs.merge(self._whole, now=NOW)
        whole = arrived(study) == self._true and arrived_marks(study) == self._marks and in_order(study)
        return wrong if whole else [*wrong, "the whole copy did not bring the rest"]


def _copy(study: StudyFile) -> MergedCopy:
    """The merged copy of the first pack that counts."""
    return counting_copy(study._db, study.packs.all()[0].name)


def arrived(study: StudyFile) -> set[tuple[int, str]]:
    """Item and digest of all that was merged; the digest covers what was said, as checks prove."""
    return {(event.allocation, event.digest) for event in merged_events(study._db, 1, _copy(study))}


def arrived_marks(study: StudyFile) -> list[str]:
    """The digests of all rows of marks that were merged."""
    return [one.digest for one in merged_annotations(study._db, 1, _copy(study))]


def mark(path: Path) -> None:
    """Marks in six judged pairs, of which one is taken back."""
    with PackFile.open(path) as pack:
        numbers = []
        for answer in pack.judgments.given(PACK_RATER)[:6]:
            item, left = answer.item, bool(answer.item.allocation % 2)
            text, number = item.left if left else item.right, answer_number(item.allocation, left=left)
            given = Mark(number, 0, 3, text[:3], "style", "minor", "as I see it")
            numbers.append(pack.annotations.add(PACK_EXPERT, given, now=NOW))
        pack.annotations.retract(PACK_EXPERT, numbers[2], now=NOW)


def in_order(study: StudyFile) -> bool:
    """Whether all checks hold."""
    return all(finding.ok for finding in study.check())


def damage(path: Path, rng: Random) -> list[str]:
    """Alters one to three stored values by a byte each and says which."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.row_factory = sqlite3.Row
        raw.execute("PRAGMA ignore_check_constraints = ON")
        rules = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for rule in rules:
            raw.execute(f"DROP TRIGGER {rule['name']}")
        wanted, altered = rng.choice((1, 1, 2, 3)), list[str]()
        while len(altered) < wanted:
            altered += one_value(raw, rng)
        for rule in rules:
            raw.execute(rule["sql"])
    return altered


def one_value(raw: sqlite3.Connection, rng: Random) -> list[str]:
    """The value that was altered; none where it is empty, or SQLite itself refuses the new one."""
    table = rng.choice(TABLES)
    names = [row["name"] for row in raw.execute(f"PRAGMA table_info({table})") if row["name"] != "id"]
    column = rng.choice(names)
    rows = raw.execute(f"SELECT id, {column} AS value FROM {table} WHERE {column} <> ''").fetchall()
    if not rows:
        return []
    row = rng.choice(rows)
    try:
        raw.execute(
            f"UPDATE {table} SET {column} = ? WHERE id = ?", (other_byte(row["value"], rng), row["id"])
        )
    except sqlite3.IntegrityError:
        return []
    return [f"{table}.{column} of row {row['id']}"]


if __name__ == "__main__":
    sys.exit(main())
