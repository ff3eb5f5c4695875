"""What the systems wrote: runs, responses, failures, and the comparisons that follow."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import MOST_SAMPLES
from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import (
    ComparisonId,
    ComparisonKind,
    FinishReason,
    Prompt,
    PromptId,
    Response,
    ResponseDraft,
    ResponseId,
    SystemId,
    SystemSpec,
)
from ftcompare.store.records import StudyCounts
from ftcompare.store.sqlite.connection import Connection, Part, read_list, read_object, stamp, to_json
from ftcompare.store.sqlite.errors import damaged
from ftcompare.store.study import audit
from ftcompare.store.study.settings import options_json, to_prompt, to_system

_PAGE = 500

MOST_COMPARISONS = 2_000_000
"""Ordinary comparisons that a study makes by pairing all systems: more than people could ever judge. Imported
judgments bring only the pairs that were judged, and are not bounded by it."""

_PAIRS = """
    WITH RECURSIVE wanted (sample) AS (
        SELECT 0 UNION ALL SELECT sample + 1 FROM wanted WHERE sample + 1 < ?),
    engine AS (SELECT id FROM systems WHERE kind NOT IN ('imported', 'gold')),
    held AS (
        SELECT p.id AS prompt,
            (SELECT COUNT(*) FROM responses r WHERE r.prompt = p.id AND r.sample = w.sample) AS present,
            (SELECT COUNT(*) FROM engine) - (
                SELECT COUNT(*) FROM responses r
                WHERE r.prompt = p.id AND r.sample = w.sample AND r.system IN (SELECT id FROM engine)
            ) AS missing
        FROM prompts p JOIN wanted w WHERE p.kind = ''
    )
    SELECT COALESCE(SUM(missing * (missing - 1) / 2 + missing * present), 0) AS open,
        COALESCE(SUM((missing * (missing - 1) / 2 + missing * present) * (f.prompt IS NOT NULL)), 0) AS failed
    FROM held LEFT JOIN failures f ON f.prompt = held.prompt
"""
"""Pairs that will be once every model (not imported system) has answered every prompt so many times."""

SAMPLES_WRONG = "the number of samples is none"

_SAMPLES = "samples"
"""In ``state``: how many responses of a system to each prompt the study is to have."""

_RATERS = """SELECT COUNT(*) FROM raters r
    WHERE NOT EXISTS (SELECT 1 FROM allocations WHERE rater = r.id AND kind = 'live')
    OR EXISTS (SELECT 1 FROM allocations WHERE rater = r.id AND kind <> 'live')
    OR EXISTS (SELECT 1 FROM slots WHERE rater = r.id)"""
"""Who asked on the live page alone rates nothing of the study's."""


class GenerationPart(Part):
    """Runs, responses and failures of a study."""

    def start_run(self, record: dict[str, Json], *, now: datetime) -> int:
        """Records with what proof, digests, device and settings responses will be written."""
        with self._db.atomic():
            run = self._db.insert(
                "INSERT INTO runs (at, record) VALUES (?, ?)", (stamp(now), to_json(record))
            )
            detail: dict[str, Json] = {"run": run, "record": run_digest(stamp(now), record)}
            audit.append(self._db, "run-started", detail, now=now)
            return run

    def samples(self) -> int:
        """How many responses of a system to each prompt the study is to have, 1 to `MOST_SAMPLES`.

        Raises:
            UserError: ``study-damaged``, where the file holds no such number.
        """
        found = stored_samples(self._db)
        if found is None:
            raise damaged(self._db.path, SAMPLES_WRONG)
        return found

    def set_samples(self, samples: int) -> None:
        """Changes how many, 1 to `MOST_SAMPLES`; those that are written stay."""
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (_SAMPLES, str(samples)))

    def runs(self) -> tuple[dict[str, Json], ...]:
        """The records of all runs, oldest first, each with its number as ``run`` and time as ``at``."""
        rows = self._db.rows("SELECT id, at, record FROM runs ORDER BY id")
        return tuple({**read_object(row["record"]), "run": row["id"], "at": row["at"]} for row in rows)

    def prompts_by_run(self) -> dict[int, frozenset[PromptId]]:
        """Which of the study's own prompts have a response of each run, by the run's number."""
        found: dict[int, set[PromptId]] = {}
        for row in self._db.rows(
            """SELECT DISTINCT r.run, r.prompt FROM responses r JOIN prompts p ON p.id = r.prompt
                WHERE p.kind = '' AND r.run IS NOT NULL ORDER BY r.run"""
        ):
            found.setdefault(row["run"], set()).add(PromptId(row["prompt"]))
        return {run: frozenset(prompts) for run, prompts in found.items()}

    def store_responses(self, prompt: PromptId, drafts: Sequence[ResponseDraft], *, run: int | None) -> None:
        """Stores what systems wrote to a prompt, with the comparisons this makes possible: all or nothing.

        A text stored before is passed over.

        Raises:
            UserError: ``response-exists`` if a system's stored response differs.
        """
        with self._db.atomic():
            for draft in drafts:
                store_response(self._db, prompt, draft, run)
            self._db.execute("DELETE FROM failures WHERE prompt = ?", (prompt,))

    def mark_failed(self, prompt: PromptId, reason: str, *, run: int) -> None:
        """Notes why nothing was written to a prompt; cleared when something is."""
        self._db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", (prompt, reason, run))

    def failures(self) -> dict[PromptId, str]:
        """The prompts that failed in their last attempt, and why."""
        rows = self._db.rows("SELECT prompt, reason FROM failures ORDER BY prompt")
        return {PromptId(row["prompt"]): row["reason"] for row in rows}

    def pending(self, systems: Collection[SystemId]) -> tuple[Prompt, ...]:
        """The prompts to which at least one of the systems has not written yet."""
        missing = self.missing_samples(systems, 1)
        return tuple(prompt for prompt, _ in missing)

    def missing_samples(
        self, systems: Collection[SystemId], samples: int
    ) -> tuple[tuple[Prompt, tuple[int, ...]], ...]:
        """The prompts with the samples, of 0 up to ``samples``, that at least one of the systems lacks."""
        rows = self._db.rows(
            """WITH RECURSIVE wanted (sample) AS (
                SELECT 0 UNION ALL SELECT sample + 1 FROM wanted WHERE sample + 1 < ?)
                SELECT p.*, json_group_array(w.sample) AS missing FROM prompts p JOIN wanted w
                WHERE p.kind = '' AND EXISTS (
                    SELECT 1 FROM json_each(?) s WHERE NOT EXISTS (
                        SELECT 1 FROM responses r
                        WHERE r.prompt = p.id AND r.system = s.value AND r.sample = w.sample))
                GROUP BY p.id ORDER BY p.id""",
            (samples, json.dumps(list(systems))),
        )
        return tuple((to_prompt(row), tuple(sorted(read_list(row["missing"])))) for row in rows)

    def responses(self, prompt: PromptId) -> tuple[Response, ...]:
        """What was written to a prompt, by system in the order they were added."""
        rows = self._db.rows(
            """SELECT r.* FROM responses r JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
                WHERE r.prompt = ? ORDER BY r.system, r.sample""",
            (prompt,),
        )
        return tuple(to_response(row) for row in rows)

    def all_responses(self) -> Iterator[Response]:
        """All responses to the study's own prompts in the order they were stored, a page at a time."""
        last = 0
        while rows := self._db.rows(
            """SELECT r.* FROM responses r JOIN prompts p ON p.id = r.prompt AND p.kind = ''
                JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
                WHERE r.id > ? ORDER BY r.id LIMIT ?""",
            (last, _PAGE),
        ):
            yield from map(to_response, rows)
            last = rows[-1]["id"]

    def counts(self) -> StudyCounts:
        """How far the study is."""
        pairs = self._db.rows(_PAIRS, (self.samples(),))[0]
        written = self._db.value("SELECT COUNT(*) FROM comparisons WHERE kind = 'ordinary'")
        finish = self._finish_counts()
        return StudyCounts(
            prompts=self._db.value("SELECT COUNT(*) FROM prompts WHERE kind = ''"),
            pairs_planned=written + pairs["open"],
            pairs_written=written,
            pairs_failed=pairs["failed"],
            raters=self._db.value(_RATERS),
            judgments=self._db.value(
                "SELECT COUNT(*) FROM allocations WHERE standing_kind = 'judgment' AND kind <> 'live'"
            ),
            responses={system: sum(reasons.values()) for system, reasons in finish.items()},
            finish=finish,
        )

    def _finish_counts(self) -> dict[SystemId, dict[FinishReason, int]]:
        rows = self._db.rows("SELECT id FROM systems WHERE kind <> 'gold' ORDER BY id")
        finish: dict[SystemId, dict[FinishReason, int]] = {SystemId(row["id"]): {} for row in rows}
        for row in self._db.rows(
            """SELECT r.system, r.finish_reason, COUNT(*) AS n FROM responses r
                JOIN prompts p ON p.id = r.prompt AND p.kind = ''
                JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
                GROUP BY r.system, r.finish_reason"""
        ):
            finish[SystemId(row["system"])][FinishReason(row["finish_reason"])] = row["n"]
        return finish


def stored_samples(db: Connection) -> int | None:
    """How many responses of a system to each prompt are asked for; None where that cannot be."""
    row = db.first("SELECT value FROM state WHERE key = ?", (_SAMPLES,))
    text = str(row["value"]) if row else "1"
    return next((number for number in range(1, MOST_SAMPLES + 1) if str(number) == text), None)


def run_digest(at: str, record: dict[str, Json]) -> str:
    """What the audit log holds of a run."""
    return digest("run", [at, record])


def store_response(db: Connection, prompt: PromptId, draft: ResponseDraft, run: int | None) -> int:
    """Stores one response within the caller's transaction and pairs it with the prompt's others.

    Returns:
        How many comparisons this made; -1 if the same text was there before.
    """
    earlier = db.first(
        "SELECT text FROM responses WHERE prompt = ? AND system = ? AND sample = ?",
        (prompt, draft.system, draft.sample),
    )
    if earlier is None:
        return pair(db, add_response(db, prompt, draft, run))
    if earlier["text"] != draft.text:
        raise UserError(
            "The study already has another response of this system to this prompt.",
            how="Responses are never replaced: make a new study or add the system under another name.",
            code="response-exists",
        )
    return -1


def add_response(db: Connection, prompt: PromptId, draft: ResponseDraft, run: int | None) -> ResponseId:
    """Stores one response within the caller's transaction, compared with nothing yet."""
    answered = db.value("SELECT digest FROM prompts WHERE id = ?", (prompt,))
    author = to_system(db.rows("SELECT * FROM systems WHERE id = ?", (draft.system,))[0]).spec
    return insert_response(db, prompt, draft, response_digest(answered, author, draft), run=run)


def insert_response(
    db: Connection, prompt: PromptId, draft: ResponseDraft, whole: str, *, run: int | None
) -> ResponseId:
    """Adds a row to ``responses``; takes its digest."""
    response = db.insert(
        """INSERT INTO responses (prompt, system, sample, finish_reason, tokens, run, record, digest, text)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            prompt,
            draft.system,
            draft.sample,
            draft.finish_reason,
            draft.tokens,
            run,
            draft.active,
            whole,
            draft.text,
        ),
    )
    return ResponseId(response)


def response_digest(prompt_digest: str, system: SystemSpec, draft: ResponseDraft) -> str:
    """Covers a response, the prompt it answers, the system that wrote it, and what acted."""
    author: list[Json] = [draft.system, system.name, system.kind, system.model, system.adapter]
    whole: list[Json] = [
        prompt_digest, author, draft.sample, draft.finish_reason, draft.tokens, draft.text
    ]  # fmt: skip
    more: dict[str, Json] = {**options_json(system), **({"active": draft.active} if draft.active else {})}
    return digest("response", [*whole, more] if more else whole)  # as it was where there is no more


def pair(db: Connection, response: ResponseId) -> int:
    """Makes an ordinary comparison with each other system's response of the same sample; returns how many."""
    others = db.rows(
        """SELECT MIN(new.system, other.system) = new.system AS first, other.id FROM responses new
            JOIN responses other
                ON other.prompt = new.prompt AND other.sample = new.sample AND other.id <> new.id
            WHERE new.id = ? ORDER BY other.system""",
        (response,),
    )
    require_few_comparisons(db.value("SELECT COALESCE(MAX(id), 0) FROM comparisons") + len(others))
    for other in others:
        a, b = (response, other["id"]) if other["first"] else (other["id"], response)
        db.execute("INSERT INTO comparisons (a, b, kind) VALUES (?, ?, 'ordinary')", (a, b))
    return len(others)


def require_few_comparisons(number: int) -> None:
    """Refuse to pair so many systems on so many prompts.

    Raises:
        UserError: ``too-many-comparisons``, for more than `MOST_COMPARISONS`.
    """
    if number > MOST_COMPARISONS:
        raise UserError(
            f"Comparing every two systems on every prompt makes more than {MOST_COMPARISONS:,} comparisons.",
            how="Put fewer systems or prompts into one study, such as each fine-tune with its base alone, or "
            "import the judgments: they bring the pairs that were judged and no others.",
            code="too-many-comparisons",
        )


def insert_comparison(db: Connection, a: int, b: int, kind: ComparisonKind) -> ComparisonId:
    """Compares two responses in a way in which they are not compared yet."""
    return ComparisonId(db.insert("INSERT INTO comparisons (a, b, kind) VALUES (?, ?, ?)", (a, b, kind)))


def to_response(row: sqlite3.Row) -> Response:
    """A row of ``responses``."""
    return Response(
        ResponseId(row["id"]),
        PromptId(row["prompt"]),
        SystemId(row["system"]),
        row["text"],
        FinishReason(row["finish_reason"]),
        row["tokens"],
        row["record"],
        row["sample"],
    )
