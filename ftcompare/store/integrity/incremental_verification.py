"""Whether what figures and rows are made of is as it was stored: verified wherever some are made.

Everything on the way from an event to a vote is verified: each rater's chain and what stands by it, the
order and sides that were committed to, pairs, responses with their systems, prompts with their category
and split, who is left out, the audit log that these are held against. `check` verifies this and more: the
file itself, records of generation and scoring, rater packs, plans, where imports come from.

What was verified once is not verified again while the connection stays open: its lock keeps others out, and
the file is only added to. Nothing of it is kept in the file, where whoever alters a judgment could alter it
too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ftcompare.core.integrity import Integrity, IntegrityFinding
from ftcompare.core.study import RaterId
from ftcompare.store.integrity import judgment_checks, text_checks
from ftcompare.store.integrity.full_verification import finding, quick_findings
from ftcompare.store.integrity.rater_chain_verification import chain_start, follow, shown_digests
from ftcompare.store.records import ChainEnd
from ftcompare.store.sqlite.connection import Connection


@dataclass(frozen=True, slots=True)
class _Verified:
    """How far a file is verified.

    Args:
        changes: rows that the connection had changed by then; -1 before the first.
        verdict: what was found then.
        prompt: id of the last prompt; so for response and draw.
        chains: their ends.
    """

    changes: int = -1
    verdict: Integrity = field(default_factory=Integrity)
    prompt: int = 0
    response: int = 0
    draw: int = 0
    chains: dict[RaterId, ChainEnd] = field(default_factory=dict)


class IncrementalVerification:
    """Verifies a study's judgments, remembering while the file is open how far it came.

    Args:
        connection: the study's.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._verified = _Verified()

    def verify(self) -> Integrity:
        """Verify what figures and rows are made of; of what was verified before, only what came since."""
        changes, inside = self._db.changes, self._db.in_transaction
        if changes == self._verified.changes and not inside:
            return self._verified.verdict
        run = _Run(self._db, self._verified)
        verdict = Integrity(
            tuple(f"{found.subject}: {found.detail}" for found in run.findings() if not found.ok)
        )
        if not inside:  # what is not committed may be taken back
            reached = run.reached if verdict.ok else self._verified
            self._verified = replace(reached, changes=changes, verdict=verdict)
        return verdict


class _Run:
    """One verification, from where an earlier one came to. ``reached`` says how far it came, if all holds."""

    def __init__(self, db: Connection, start: _Verified) -> None:
        self._db = db
        self._start = start
        self.reached = start

    def findings(self) -> Iterator[IntegrityFinding]:
        """All findings, whether or not they hold."""
        yield from quick_findings(self._db)
        yield finding(self._db, "prompts", self._prompts)
        yield finding(self._db, "responses", self._responses)
        yield finding(self._db, "allocations", self._allocations)
        raters = self._db.rows("SELECT id, name FROM raters ORDER BY id")
        shown = shown_digests(self._db)
        chains = dict(self._start.chains)
        for row in raters:
            rater = RaterId(row["id"])

            def examine(db: Connection, rater: RaterId = rater) -> str:
                start = chains.get(rater) or chain_start(db, rater)
                chains[rater], problem = follow(db, rater, start, shown)
                return problem

            yield finding(self._db, f"judgments of {row['name']}", examine)
        self.reached = replace(self.reached, chains=chains)

    def _prompts(self, db: Connection) -> str:
        last, problem = text_checks.prompts(db, self._start.prompt)
        self.reached = replace(self.reached, prompt=last)
        return problem

    def _responses(self, db: Connection) -> str:
        last, problem = text_checks.responses(db, self._start.response)
        self.reached = replace(self.reached, response=last)
        return problem

    def _allocations(self, db: Connection) -> str:
        last: int = db.value("SELECT COALESCE(MAX(id), 0) FROM draws")
        self.reached = replace(self.reached, draw=last)
        return judgment_checks.allocations(db, self._start.draw)
