"""Results of measurements: code runs of answers, log-likelihoods of labels, items of benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptId, ResponseId, SystemId
from ftcompare.store.records import CodeResult, LabelScores
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.sqlite.values import read_object, read_row, to_json
from ftcompare.store.study.measured_rows import insert_measured


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

    def store(self, prompt: PromptId, found: Mapping[SystemId, Sequence[float]], *, examination: int) -> None:
        """Store the log-probabilities (in nats) of a prompt's labels by system; existing ones stay."""
        with self._db.atomic():
            rows = self._db.rows("SELECT system FROM label_scores WHERE prompt = ?", (prompt,))
            present = {row["system"] for row in rows}
            for system, logprobs in found.items():
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
    """The result of one system on one benchmark item."""

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
        """The part of the record on the task, its settings, and a log's name; may be empty."""
        found = self.record.get("benchmark")
        return found if isinstance(found, dict) else {}


class BenchmarkResults(Repository):
    """Results of benchmark tasks, stored for one system at a time. Stored results are never changed."""

    def store(self, items: Iterable[BenchmarkItem], *, system: SystemId, examination: int) -> None:
        """Store the results of a system on the items of tasks: all or, on failure, none.

        The question and the reply are stored only in the row of an item's first metric.
        """
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

    def runs(self) -> tuple[BenchmarkRun, ...]:
        """Return each pair of system and task that was run, oldest first."""
        rows = self._db.rows(
            """SELECT e.id, e.at, e.record, r.task, r.system, r.items FROM examinations e JOIN (
                    SELECT examination, task, system, MIN(id) AS first, COUNT(DISTINCT item) AS items
                    FROM benchmark_results GROUP BY examination, task, system
                ) r ON r.examination = e.id ORDER BY r.first"""
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
        return dict(self._records(run))

    def _records(self, run: BenchmarkRun) -> Iterator[tuple[str, dict[str, Json]]]:
        for row in self._db.rows(f"SELECT item, record {_OF_RUN}", _key(run)):
            if record := read_object(row["record"]):
                yield row["item"], record

    def count(self) -> tuple[int, int]:
        row = self._db.rows(
            """SELECT COUNT(DISTINCT examination || ' ' || system || ' ' || task || ' ' || item) AS items,
                    COUNT(DISTINCT task) AS tasks FROM benchmark_results"""
        )[0]
        return row["items"], row["tasks"]


_OF_RUN = "FROM benchmark_results WHERE task = ? AND system = ? AND examination = ? ORDER BY id"


def _key(run: BenchmarkRun) -> tuple[str, int, int]:
    return run.task, run.system, run.examination
