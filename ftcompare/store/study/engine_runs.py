"""The engine's work for a study: generation runs, measured speeds, log-probabilities."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import accumulate, pairwise

from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import OF_STUDY, PromptId, Response, ResponseId, SystemId
from ftcompare.store.records import TokenScores
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_list, read_object, stamp, to_json
from ftcompare.store.study import audit
from ftcompare.store.study.responses import to_response

MEASURED = "measured"
SCORED = "scored"
LABELS_SCORED = "labels_scored"
CODE_RUN = "code_run"
BENCHMARKED = "benchmarked"
JUDGED = "judged"
EXAMINATIONS = (MEASURED, SCORED, LABELS_SCORED, CODE_RUN, BENCHMARKED, JUDGED)  # also audit entry kinds

PLACES = 10_000  # a log-probability is stored as a whole number of 1/10,000 nat


class Runs(Repository):
    """Runs in the order they were started."""

    def start(self, record: dict[str, Json], *, now: datetime, began: str = "") -> int:
        """Store how responses are about to be written, with verification and digests; return the run's id.

        `began` is the start of a run that another file has stored before, as in `all`.
        """
        with self._db.atomic():
            at = began or stamp(now)
            run = self._db.insert("runs", at=at, record=to_json(record))
            detail = run_digest(at, record)
            audit.append(self._db, "run-started", {"run": run, "record": detail}, now=now)
            return run

    def all(self) -> tuple[dict[str, Json], ...]:
        """Return the records of all runs, oldest first, with id as ``run`` and time as ``at``."""
        rows = self._db.rows("SELECT id, at, record FROM runs ORDER BY id")
        return tuple({**read_object(row["record"]), "run": row["id"], "at": row["at"]} for row in rows)

    def prompts(self) -> dict[int, frozenset[PromptId]]:
        """Return the study's own prompts that have a response of each run, by the run's id."""
        found: dict[int, set[PromptId]] = {}
        for row in self._db.rows(
            """SELECT DISTINCT r.run, r.prompt FROM responses r JOIN prompts p ON p.id = r.prompt
                WHERE p.kind = '' AND r.run IS NOT NULL ORDER BY r.run"""
        ):
            found.setdefault(row["run"], set()).add(PromptId(row["prompt"]))
        return {run: frozenset(prompts) for run, prompts in found.items()}


def run_digest(at: str, record: dict[str, Json]) -> str:
    return digest("run", [at, record])


_COMPARED = f"""SELECT a FROM comparisons WHERE kind {OF_STUDY}
    UNION SELECT b FROM comparisons WHERE kind {OF_STUDY}"""

_UNSCORED = f"""FROM responses r WHERE r.id IN ({_COMPARED}) AND EXISTS (
    SELECT 1 FROM json_each(?) s WHERE NOT EXISTS (
        SELECT 1 FROM scores WHERE response = r.id AND system = s.value))"""


class Scores(Repository):
    """Examinations (work of the engine other than answers) and the scores of the responses."""

    def add_examination(self, kind: str, record: dict[str, Json], *, now: datetime) -> int:
        """Store the record of an examination, its kind of `EXAMINATIONS`, and return its id."""
        with self._db.atomic():
            number = self._db.insert("examinations", at=stamp(now), kind=kind, record=to_json(record))
            detail = digest("examination", [stamp(now), kind, record])
            ends = audit.ends(self._db)
            audit.append(self._db, kind, {"examination": number, "record": detail, **ends}, now=now)
            return number

    def examinations(self, kind: str) -> tuple[dict[str, Json], ...]:
        """Return the records of the examinations of one kind, oldest first, each with its time as ``at``."""
        rows = self._db.rows("SELECT at, record FROM examinations WHERE kind = ? ORDER BY id", (kind,))
        return tuple({**read_object(row["record"]), "at": row["at"]} for row in rows)

    def unscored(self, systems: Collection[SystemId]) -> tuple[Response, ...]:
        """Return the responses in ordinary pairs that at least one of the systems has not scored."""
        rows = self._db.rows(f"SELECT r.* {_UNSCORED} ORDER BY r.id", (json.dumps(list(systems)),))
        return tuple(to_response(row) for row in rows)

    def count_unscored(self, systems: Collection[SystemId]) -> int:
        return int(self._db.value(f"SELECT COUNT(*) {_UNSCORED}", (json.dumps(list(systems)),)))

    def store(self, response: ResponseId, scores: Iterable[TokenScores], *, examination: int) -> None:
        """Store the scores that systems gave to a response; existing scores are not replaced."""
        with self._db.atomic():
            written = self._db.value("SELECT digest FROM responses WHERE id = ?", (response,))
            present = self.of_response(response)
            for score in scores:
                if score.system not in present:
                    _insert(self._db, response, written, score, examination)

    def of_response(self, response: ResponseId) -> dict[SystemId, TokenScores]:
        rows = self._db.rows("SELECT * FROM scores WHERE response = ? ORDER BY system", (response,))
        found = (_scores(row["system"], row["steps"], row["logprobs"]) for row in rows)
        return {scores.system: scores for scores in found}

    def all(self) -> Iterator[tuple[Response, TokenScores]]:
        for row in self._db.paged(
            """SELECT s.id AS number, s.system AS scorer, s.steps, s.logprobs, r.* FROM scores s
                JOIN responses r ON r.id = s.response WHERE s.id > ? ORDER BY s.id LIMIT ?""",
            key="number",
        ):
            yield to_response(row), _scores(row["scorer"], row["steps"], row["logprobs"])


def _insert(db: Connection, response: ResponseId, written: str, score: TokenScores, examination: int) -> None:
    starts = score.starts
    steps: list[Json] = [*starts[:1], *(later - earlier for earlier, later in pairwise(starts))]
    logprobs: list[Json] = [round(one * PLACES) for one in score.logprobs]
    whole = _score_digest(written, [score.system, examination], steps, logprobs)
    found = {"steps": to_json(steps), "logprobs": to_json(logprobs), "digest": whole}
    db.insert("scores", response=response, system=score.system, examination=examination, **found)


def _scores(system: int, steps: str, logprobs: str) -> TokenScores:
    kept = tuple(one / PLACES for one in read_list(logprobs))
    return TokenScores(SystemId(system), tuple(accumulate(read_list(steps))), kept)


def _score_digest(response: str, by: list[Json], steps: list[Json], logprobs: list[Json]) -> str:
    """Digest a score with the scoring system, the examination and the response's digest."""
    return digest("score", [response, by, steps, logprobs])


def check_examinations(db: Connection) -> str:
    entries = (entry for kind in EXAMINATIONS for entry in audit.entries(db, kind))
    logged = {entry.detail["examination"]: entry.detail["record"] for entry in entries}
    rows = db.rows("SELECT * FROM examinations")
    found = {
        row["id"]: digest("examination", [row["at"], row["kind"], read_object(row["record"])]) for row in rows
    }
    return "" if found == logged else "a record is not the one in the audit log"


def check_scores(db: Connection) -> str:
    for row in db.paged(
        """SELECT s.*, r.digest AS written FROM scores s JOIN responses r ON r.id = s.response
            WHERE s.id > ? ORDER BY s.id LIMIT ?"""
    ):
        steps, logprobs = read_list(row["steps"]), read_list(row["logprobs"])
        by = [row["system"], row["examination"]]
        if _score_digest(row["written"], by, steps, logprobs) != row["digest"]:
            return f"the score of response {row['response']} was altered"
    return ""
