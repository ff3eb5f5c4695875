"""The generation runs of a study: what responses were made with."""

from __future__ import annotations

from datetime import datetime

from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import PromptId
from ftcompare.store.sqlite.repository import Repository
from ftcompare.store.sqlite.values import read_object, stamp, to_json
from ftcompare.store.study import audit


class Runs(Repository):
    """Runs in the order they were started."""

    def start(self, record: dict[str, Json], *, now: datetime) -> int:
        """Records with what verification, digests, device and settings responses will be written."""
        with self._db.atomic():
            run = self._db.insert("runs", at=stamp(now), record=to_json(record))
            detail: dict[str, Json] = {"run": run, "record": run_digest(stamp(now), record)}
            audit.append(self._db, "run-started", detail, now=now)
            return run

    def all(self) -> tuple[dict[str, Json], ...]:
        """The records of all runs, oldest first, each with its number as ``run`` and time as ``at``."""
        rows = self._db.rows("SELECT id, at, record FROM runs ORDER BY id")
        return tuple({**read_object(row["record"]), "run": row["id"], "at": row["at"]} for row in rows)

    def prompts(self) -> dict[int, frozenset[PromptId]]:
        """Which of the study's own prompts have a response of each run, by the run's number."""
        found: dict[int, set[PromptId]] = {}
        for row in self._db.rows(
            """SELECT DISTINCT r.run, r.prompt FROM responses r JOIN prompts p ON p.id = r.prompt
                WHERE p.kind = '' AND r.run IS NOT NULL ORDER BY r.run"""
        ):
            found.setdefault(row["run"], set()).add(PromptId(row["prompt"]))
        return {run: frozenset(prompts) for run, prompts in found.items()}


def run_digest(at: str, record: dict[str, Json]) -> str:
    """What the audit log holds of a run."""
    return digest("run", [at, record])
