"""The rows behind a study's figures, each as the exact text that its digest covers.

A content is canonical JSON: whoever has it computes the digest again without knowing how rows are stored.
Contents with texts are empty, or lack the texts, if these are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.core.hashing import Json, canonical_json
from ftcompare.core.study import RaterId, SystemId
from ftcompare.store.integrity.chain_verification import spelled_draw
from ftcompare.store.judging.verdict_recorder import payload, to_event
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.sqlite.values import read_object
from ftcompare.store.study import audit
from ftcompare.store.study.prompts import prompt_content, to_prompt
from ftcompare.store.study.responses import response_content, to_response
from ftcompare.store.study.study_judgments import to_target
from ftcompare.store.study.systems import Systems

_EVENTS = """SELECT e.*, al.comparison, al.draw, al.position, al.a_is_left,
        a.digest AS digest_a, b.digest AS digest_b
    FROM events e JOIN allocations al ON al.id = e.allocation JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    WHERE e.rater = ? AND e.seq > ? ORDER BY e.seq LIMIT ?"""

_PAIRS = """SELECT id, kind, a, b FROM comparisons
    WHERE id IN (SELECT comparison FROM allocations) AND id > ? ORDER BY id LIMIT ?"""

_ANSWERS = """SELECT r.*, p.digest AS of_prompt FROM responses r JOIN prompts p ON p.id = r.prompt
    WHERE r.id IN (SELECT a FROM comparisons UNION SELECT b FROM comparisons) AND r.id > ?
    ORDER BY r.id LIMIT ?"""

_PROMPTS = "SELECT * FROM prompts WHERE id > ? ORDER BY id LIMIT ?"


class EvidenceRows(Repository):
    def events(self, rater: RaterId, *, texts: bool) -> Iterator[tuple[str, str, bool]]:
        """Yield content, digest, and whether a text was left out, for each link of a rater's chain."""
        for row in self._db.paged(_EVENTS, (rater,), key="seq"):
            event = to_event(row)
            kept = event if texts else replace(event, comment="", reason="")
            yield _spelled(payload(to_target(row), kept)), event.digest, kept != event

    def audit(self) -> Iterator[tuple[str, str]]:
        for entry in audit.entries(self._db):
            yield _spelled(audit.payload(entry.seq, entry.at, entry.kind, entry.detail)), entry.digest

    def draws(self) -> Iterator[list[Json]]:
        """Yield number, rater, content, and digest of each draw of order and sides."""
        for row in self._db.rows("SELECT id, rater, nonce, commitment FROM draws ORDER BY id"):
            yield [row["id"], row["rater"], spelled_draw(self._db, row)[1], row["commitment"]]

    def runs(self) -> Iterator[list[Json]]:
        for row in self._db.rows("SELECT id, at, record FROM runs ORDER BY id"):
            yield [row["id"], _spelled([row["at"], read_object(row["record"])])]

    def systems(self) -> list[tuple[int, str, str]]:
        """Return number, name, and kind of each system, with that of the texts of known answers."""
        return [tuple(row) for row in self._db.rows("SELECT id, name, kind FROM systems ORDER BY id")]

    def prompts(self, *, texts: bool) -> Iterator[list[Json]]:
        """Yield number, key, category, split, digest, and content of each prompt."""
        for row in self._db.paged(_PROMPTS):
            spec = to_prompt(row).spec
            content = _spelled(prompt_content(spec)) if texts else ""
            yield [row["id"], spec.key, spec.category, spec.split.value, row["digest"], content]

    def answers(self, *, texts: bool) -> Iterator[list[Json]]:
        """Yield number, prompt, system, sample, digest, and content of each answer in a pair."""
        specs = {system: Systems(self._db).get(SystemId(system)).spec for system, *_ in self.systems()}
        for row in self._db.paged(_ANSWERS):
            content: list[Json] = []
            if texts:
                content = response_content(row["of_prompt"], specs[row["system"]], to_response(row))
            yield [
                row["id"],
                row["prompt"],
                row["system"],
                row["sample"],
                row["digest"],
                _spelled(content) if texts else "",
            ]

    def pairs(self) -> Iterator[list[Json]]:
        for row in self._db.paged(_PAIRS):
            yield [row["id"], row["kind"], row["a"], row["b"]]


def _spelled(value: Json) -> str:
    return canonical_json(value).decode("ascii")
