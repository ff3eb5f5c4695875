"""Results of measurements: code runs of answers, log-likelihoods of labels, items of benchmarks.

The rows are append-only, with one hash chain for each table, which reveals a row that was altered or removed.
The audit log stores the ends of the tables when a run begins and ends, which reveals rows removed from an
end. Rows after the last stored end are accepted, because a run that was killed leaves such rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ftcompare.core.hashing import Json, link
from ftcompare.core.language import counted
from ftcompare.core.study import PromptId, ResponseId, SystemId
from ftcompare.store.records import CodeResult, LabelScores
from ftcompare.store.sqlite.connection import Connection, Repository, Value
from ftcompare.store.sqlite.values import read_object, read_row, to_json

MEASURED_TABLES = ("judges", "judge_replies", "label_scores", "code_results", "benchmark_results")
"""The last column of each is a digest of the other columns (except ``id``) and of the row before."""


def insert_measured(db: Connection, table: str, **values: Value) -> int:
    """Add a row with its digest to one of `MEASURED_TABLES`, and return its id.

    `values` has every column except ``id`` and ``digest``; lists and objects as text of `to_json`, reals as
    float.
    """
    last = db.first(f"SELECT digest FROM {table} ORDER BY id DESC LIMIT 1")
    previous = last["digest"] if last else ""
    return db.insert(table, **values, digest=_row_digest(table, previous, values))


def measured_ends(db: Connection) -> dict[str, Json]:
    """Return the id and the digest of the last row of each table that has rows."""
    found: dict[str, Json] = {}
    for table in MEASURED_TABLES:
        last = db.first(f"SELECT id, digest FROM {table} ORDER BY id DESC LIMIT 1")
        if last:
            found[table] = [*last]
    return found


def cut_table(db: Connection, ends: object) -> str:
    """Return the first table without the row that was its last; empty if each has it.

    `ends` is an earlier result of `measured_ends`; unknown tables are ignored. Raises TypeError unless a
    dict.
    """
    if not isinstance(ends, dict):
        raise TypeError("not the ends of tables")
    for table in MEASURED_TABLES:
        if table in ends:
            end = ends[table]
            number = end[0] if isinstance(end, list) and end and isinstance(end[0], int) else None
            found = db.first(f"SELECT id, digest FROM {table} WHERE id = ?", (number,))
            if found is None or [*found] != end:
                return table
    return ""


Reached = dict[str, tuple[int, str]]  # the id and the digest of the last verified row of each table


def check_measured(db: Connection, reached: Reached | None = None) -> str:
    """Describe what is wrong with the rows after those `reached`, which is updated; None: all rows."""
    after: Reached = {} if reached is None else reached
    wrong = [said for table in MEASURED_TABLES if (said := _altered_rows(db, table, after))]
    return "; ".join(wrong)


def _altered_rows(db: Connection, table: str, reached: Reached) -> str:
    first = count = 0
    last, previous = reached.get(table, (0, ""))
    sql = f"SELECT * FROM {table} WHERE id > ? AND id > ? ORDER BY id LIMIT ?"
    for row in db.paged(sql, (last,)):
        values = {name: value for name, value in dict(row).items() if name not in ("id", "digest")}
        if _row_digest(table, previous, values) != row["digest"]:
            first, count = first or row["id"], count + 1
        last, previous = row["id"], row["digest"]
    if not count:
        reached[table] = last, previous
        return ""
    more = f" and {counted(count - 1, 'more row')} of it were" if count > 1 else " was"
    return f"row {first} of {table}{more} altered, or the one before was removed"


def _row_digest(table: str, previous: str, values: dict[str, Value]) -> str:
    spelled: list[Json] = [
        [name, value.hex() if isinstance(value, float) else value] for name, value in sorted(values.items())
    ]
    return link("measured", previous, [table, spelled])


class StudyCodeResults(Repository):
    """Stores one row for each response and digest of the tests that were run with its code."""

    def store(self, result: CodeResult, *, examination: int) -> None:
        """Store the result of one run; the response must have none with the same tests."""
        values = {"tests": result.tests, "outcome": result.outcome, "detail": result.detail}
        with self._db.atomic():
            insert_measured(
                self._db, "code_results", examination=examination, response=result.response, **values
            )

    def run(self) -> frozenset[tuple[ResponseId, str]]:
        rows = self._db.rows("SELECT response, tests FROM code_results")
        return frozenset((ResponseId(row["response"]), row["tests"]) for row in rows)

    def all(self) -> Iterator[CodeResult]:
        for row in self._db.paged("SELECT * FROM code_results WHERE id > ? ORDER BY id LIMIT ?"):
            yield read_row(CodeResult, row)


DIGITS = 6  # number of decimal places of a stored log-probability


class StudyLabelScores(Repository):
    """Stores, by prompt and system, the log-probabilities of the prompt's labels, in the labels' order."""

    def store(
        self, prompt: PromptId, scores: Mapping[SystemId, Sequence[float]], *, examination: int
    ) -> None:
        """Store the log-probabilities (in nats) of a prompt's labels by system; existing ones stay."""
        with self._db.atomic():
            rows = self._db.rows("SELECT system FROM label_scores WHERE prompt = ?", (prompt,))
            present = {row["system"] for row in rows}
            for system, logprobs in scores.items():
                if system not in present:
                    kept = to_json([round(one, DIGITS) for one in logprobs])
                    values = {"examination": examination, "prompt": prompt, "system": system}
                    insert_measured(self._db, "label_scores", **values, logprobs=kept)

    def scored(self) -> frozenset[tuple[PromptId, SystemId]]:
        rows = self._db.rows("SELECT prompt, system FROM label_scores")
        return frozenset((PromptId(row["prompt"]), SystemId(row["system"])) for row in rows)

    def all(self) -> Iterator[LabelScores]:
        for row in self._db.paged("SELECT * FROM label_scores WHERE id > ? ORDER BY id LIMIT ?"):
            yield read_row(LabelScores, row)


@dataclass(frozen=True, slots=True)
class BenchmarkItem:
    task: str
    item: str
    metrics: Mapping[str, float]  # the value of each metric, by its name
    record: Mapping[str, Json]  # the question, the right answer and the system's reply


@dataclass(frozen=True, slots=True)
class BenchmarkRun:
    """One system's complete run of one task."""

    examination: int  # id of the examination in which the task was run
    record: Mapping[str, Json]  # the record of that examination
    at: str  # time of the run, ISO 8601 in UTC
    task: str
    system: SystemId
    items: int  # number of items with results

    @property
    def about(self) -> Mapping[str, Json]:
        """The part of the record on the task or the owner's measure, with its digest; may be empty."""
        found = next((self.record[key] for key in (BENCHMARK, OWN, TRAINING) if key in self.record), None)
        return found if isinstance(found, dict) else {}


# Keys of records: about a task, and about what has answers of the study as items.
BENCHMARK = "benchmark"
OWN = "own"  # a measure of the owner
TRAINING = "training_file"  # a search for answers in a training file


class BenchmarkResults(Repository):
    """Results of benchmark tasks, of the owner's measures, and of searches of training files.

    Stored results are never changed.
    """

    def store(self, items: Iterable[BenchmarkItem], *, system: SystemId, examination: int) -> None:
        """Store a system's results, all or none; question and reply only with an item's first metric."""
        with self._db.atomic():
            for item in items:
                record: Mapping[str, Json] = item.record
                for metric, value in sorted(item.metrics.items()):
                    insert_measured(
                        self._db,
                        "benchmark_results",
                        examination=examination,
                        system=system,
                        task=item.task,
                        item=item.item,
                        metric=metric,
                        value=float(value),
                        record=to_json(dict(record)),
                    )
                    record = {}

    def runs(self, key: str = BENCHMARK) -> tuple[BenchmarkRun, ...]:
        """Return each pair of system and task that was run, oldest first, with this key in their record."""
        rows = self._db.rows(
            f"""SELECT e.id, e.at, e.record, r.task, r.system, r.items FROM examinations e JOIN (
                    SELECT examination, task, system, MIN(id) AS first, COUNT(DISTINCT item) AS items
                    FROM benchmark_results GROUP BY examination, task, system
                ) r ON r.examination = e.id WHERE {_HAS_KEY} ORDER BY r.first""",
            (key,),
        )
        return tuple(
            BenchmarkRun(number, read_object(record), at, task, SystemId(system), items)
            for number, at, record, task, system, items in rows
        )

    def values(self, run: BenchmarkRun) -> dict[str, dict[str, float]]:
        """Return the value of each item by its id in the task's order, for each metric."""
        found: dict[str, dict[str, float]] = {}
        for row in self._db.rows(f"SELECT item, metric, value {_OF_RUN}", _key(run)):
            found.setdefault(row["metric"], {})[row["item"]] = row["value"]
        return found

    def records(self, run: BenchmarkRun) -> dict[str, dict[str, Json]]:
        rows = self._db.rows(f"SELECT item, record {_OF_RUN}", _key(run))
        return {row["item"]: record for row in rows if (record := read_object(row["record"]))}

    def count(self) -> tuple[int, int]:
        """Return the number of items and of tasks of benchmarks."""
        row = self._db.rows(
            f"""SELECT COUNT(DISTINCT examination || ' ' || system || ' ' || task || ' ' || item) AS items,
                    COUNT(DISTINCT task) AS tasks FROM benchmark_results
                    JOIN examinations e ON e.id = examination WHERE {_HAS_KEY}""",
            (BENCHMARK,),
        )[0]
        return row["items"], row["tasks"]


_HAS_KEY = "json_type(e.record, '$.' || ?) IS NOT NULL"
_OF_RUN = "FROM benchmark_results WHERE task = ? AND system = ? AND examination = ? ORDER BY id"


def _key(run: BenchmarkRun) -> tuple[str, int, int]:
    return run.task, run.system, run.examination
