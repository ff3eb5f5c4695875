"""Rating: raters, their concealed allocations, and what they judge, skip and undo."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random

from ftcompare.core.blinding import BlindItem, Candidate, Placement, commitment, draw
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.scale import Choice
from ftcompare.core.study import (
    AllocationId,
    ComparisonId,
    Draft,
    EventKind,
    Rater,
    RaterId,
    RaterKind,
    Verdict,
)
from ftcompare.store import audit
from ftcompare.store.connection import Connection, Part, seeded, stamp
from ftcompare.store.content import read_study, to_messages
from ftcompare.store.events import TARGET, Act, Ledger, read_rows, to_act, to_event, to_target
from ftcompare.store.views import JudgmentEvent, RaterProgress, Undone

_RECENT = 20

_ITEM = """SELECT al.id, al.a_is_left, p.messages, a.text AS text_a, b.text AS text_b,
        COALESCE(d.comment, '') AS comment, COALESCE(d.flagged, 0) AS flagged
    FROM allocations al
    JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a
    JOIN responses b ON b.id = c.b
    JOIN prompts p ON p.id = a.prompt
    LEFT JOIN drafts d ON d.allocation = al.id
    WHERE al.rater = ? AND al.standing IS NULL AND al.position > ? ORDER BY al.position LIMIT 1"""

_NEWEST = """SELECT * FROM events WHERE id = (
        SELECT standing FROM allocations
        WHERE rater = ? AND standing IS NOT NULL AND draw IS NOT NULL ORDER BY standing DESC LIMIT 1)"""


class RatingPart(Part):
    """Raters, allocations and judgments of a study."""

    def add_rater(self, name: str, kind: RaterKind = RaterKind.HUMAN) -> Rater:
        """The rater of this name, added if new; case and surrounding spaces do not tell raters apart.

        Raises:
            UserError: ``no-rater-name`` if nothing is left of the name.
        """
        with self._db.atomic():
            return get_rater(self._db, name, kind)[0]

    def raters(self) -> tuple[Rater, ...]:
        """All raters in the order they were added."""
        return tuple(to_rater(row) for row in self._db.rows("SELECT * FROM raters ORDER BY id"))

    def allocate(self, rater: RaterId, *, rng: Random, now: datetime) -> int:
        """Hands a rater every ordinary comparison not yet handed to them, after those handed before.

        Order and sides are drawn here, once; the audit log gets a commitment to them.

        Returns:
            How many were added.
        """
        with self._db.atomic():
            candidates = self._candidates(rater)
            if not candidates:
                return 0
            seed, nonce = (f"{rng.getrandbits(128):032x}" for _ in range(2))
            placements = draw(candidates, rng=seeded(seed), first_position=self._next_position(rater))
            self._store_draw(rater, placements, seed, nonce, now)
            return len(placements)

    def _candidates(self, rater: RaterId) -> list[Candidate]:
        rows = self._db.rows(
            """SELECT c.id, a.system AS system_a, b.system AS system_b FROM comparisons c
                JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
                WHERE c.kind = 'ordinary' AND NOT EXISTS (
                    SELECT 1 FROM allocations al WHERE al.rater = ? AND al.comparison = c.id)
                ORDER BY c.id""",
            (rater,),
        )
        return [Candidate(ComparisonId(row["id"]), (row["system_a"], row["system_b"])) for row in rows]

    def _next_position(self, rater: RaterId) -> int:
        found: int = self._db.value(
            "SELECT COALESCE(MAX(position) + 1, 0) FROM allocations WHERE rater = ?", (rater,)
        )
        return found

    def _store_draw(
        self, rater: RaterId, placements: Sequence[Placement], seed: str, nonce: str, now: datetime
    ) -> None:
        promise = commitment(placements, nonce=nonce)
        drawn = self._db.insert(
            "INSERT INTO draws (rater, at, seed, nonce, commitment) VALUES (?, ?, ?, ?, ?)",
            (rater, stamp(now), seed, nonce, promise),
        )
        for place in placements:
            self._db.execute(
                """INSERT INTO allocations (rater, comparison, draw, position, a_is_left)
                    VALUES (?, ?, ?, ?, ?)""",
                (rater, place.comparison, drawn, place.position, place.a_is_left),
            )
        audit.append(
            self._db,
            "allocated",
            {"draw": drawn, "rater": rater, "items": len(placements), "commitment": promise},
            now=now,
        )

    def progress(self, rater: RaterId) -> RaterProgress:
        """How far a rater is with what was allocated."""
        rows = self._db.rows(
            """SELECT standing_kind, COUNT(*) AS n FROM allocations
                WHERE rater = ? AND draw IS NOT NULL GROUP BY standing_kind""",
            (rater,),
        )
        counts = {row["standing_kind"]: row["n"] for row in rows}
        timed = self._db.rows(
            """SELECT e.seconds FROM events e
                JOIN allocations al ON al.standing = e.id AND al.id = e.allocation
                WHERE e.rater = ? AND e.seconds IS NOT NULL AND e.kind = 'judgment'
                ORDER BY e.seq DESC LIMIT ?""",
            (rater, _RECENT),
        )
        return RaterProgress(
            total=sum(counts.values()),
            judged=counts.get(EventKind.JUDGMENT, 0),
            skipped=counts.get(EventKind.SKIP, 0),
            seconds=tuple(row["seconds"] for row in reversed(timed)),
        )

    def next_item(self, rater: RaterId) -> BlindItem | None:
        """The first item in the rater's order that is neither judged nor skipped, with its draft."""
        return self._item_after(rater, -1)

    def following_item(self, rater: RaterId, after: AllocationId) -> BlindItem | None:
        """The item that would come next if this one were judged."""
        return self._item_after(rater, self._target_row(after)["position"])

    def _item_after(self, rater: RaterId, position: int) -> BlindItem | None:
        row = self._db.first(_ITEM, (rater, position))
        return to_item(row) if row else None

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        """Keeps what a rater has begun; an empty draft clears it. Nothing is kept for a finished item."""
        with self._db.atomic():
            if self._target_row(allocation)["standing"] is None:
                _put_draft(self._db, allocation, draft)

    def judge(self, allocation: AllocationId, verdict: Verdict, *, now: datetime) -> None:
        """Adds a judgment. When this returns it is on the disk.

        Raises:
            UserError: ``already-judged`` if it is judged or skipped; ``scale-refuses``.
        """
        if not read_study(self._db).scale.accepts(verdict.choice, verdict.strength):
            raise UserError("The study's scale does not offer this answer.", code="scale-refuses")
        act = Act(
            EventKind.JUDGMENT,
            verdict.choice,
            verdict.strength,
            comment=verdict.comment,
            flagged=verdict.flagged,
            seconds=verdict.seconds,
        )
        self._append(allocation, act, now)

    def skip(
        self,
        allocation: AllocationId,
        reason: str,
        *,
        comment: str = "",
        flagged: bool = False,
        seconds: float | None,
        now: datetime,
    ) -> None:
        """Adds a skip.

        Raises:
            UserError: ``already-judged`` if it is judged or skipped.
        """
        act = Act(EventKind.SKIP, comment=comment, flagged=flagged, seconds=seconds, reason=reason)
        self._append(allocation, act, now)

    def _append(self, allocation: AllocationId, act: Act, now: datetime) -> None:
        with self._db.atomic():
            row = self._target_row(allocation)
            if row["standing"] is not None:
                raise UserError("This item is already judged or skipped.", code="already-judged")
            Ledger(self._db).append(to_target(row), act, stamp(now))
            self._db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))

    def _target_row(self, allocation: AllocationId) -> sqlite3.Row:
        row = self._db.first(f"{TARGET} WHERE al.id = ?", (allocation,))
        if row is None:
            raise BugError("There is no such item.", code="allocation-missing")
        return row

    def last_event(self, rater: RaterId) -> Undone | None:
        """What `undo` would take back."""
        row = self._db.first(_NEWEST, (rater,))
        return _to_undone(row) if row else None

    def undo(self, rater: RaterId, *, now: datetime) -> Undone | None:
        """Takes back the rater's newest standing judgment or skip and returns it, or None.

        Its comment and flag become the item's draft. Imported judgments are not undone.
        """
        with self._db.atomic():
            row = self._db.first(_NEWEST, (rater,))
            if row is None:
                return None
            undone = _to_undone(row)
            self._retract(Ledger(self._db), row, now)
            return undone

    def return_to_skipped(self, rater: RaterId, *, now: datetime) -> int:
        """Takes back all standing skips of a rater, so that the items come again; returns how many."""
        with self._db.atomic():
            ledger = Ledger(self._db)
            rows = self._db.rows(
                """SELECT e.* FROM allocations al JOIN events e ON e.id = al.standing
                    WHERE al.rater = ? AND al.draw IS NOT NULL AND al.standing_kind = 'skip' ORDER BY e.id""",
                (rater,),
            )
            for row in rows:
                self._retract(ledger, row, now)
            return len(rows)

    def _retract(self, ledger: Ledger, event: sqlite3.Row, now: datetime) -> None:
        target = to_target(self._target_row(event["allocation"]))
        ledger.append(target, Act(EventKind.RETRACTION, retracts=event["seq"]), stamp(now))
        _put_draft(self._db, target.allocation, Draft(event["comment"], bool(event["flagged"])))

    def events(self, rater: RaterId) -> Iterator[JudgmentEvent]:
        """A rater's whole chain, oldest first, retracted events and retractions included."""
        return map(to_event, read_rows(self._db, rater))


def _put_draft(db: Connection, allocation: AllocationId, draft: Draft) -> None:
    if draft == Draft():
        db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))
    else:
        db.execute(
            "INSERT OR REPLACE INTO drafts VALUES (?, ?, ?)", (allocation, draft.comment, draft.flagged)
        )


def _to_undone(row: sqlite3.Row) -> Undone:
    act = to_act(row)
    verdict = None
    if act.choice is not None:
        verdict = Verdict(Choice(act.choice), act.strength, act.comment, act.flagged, act.seconds)
    return Undone(AllocationId(row["allocation"]), act.kind, verdict, act.reason)


def to_item(row: sqlite3.Row) -> BlindItem:
    """What the rater may see of a row of allocations, prompts and responses joined."""
    left, right = (row["text_a"], row["text_b"]) if row["a_is_left"] else (row["text_b"], row["text_a"])
    return BlindItem(
        AllocationId(row["id"]),
        to_messages(row["messages"]),
        left,
        right,
        Draft(row["comment"], bool(row["flagged"])),
    )


def get_rater(db: Connection, name: str, kind: RaterKind) -> tuple[Rater, bool]:
    """The rater of this name and kind, and whether they were added just now."""
    shown = unicodedata.normalize("NFC", name).strip()
    if not shown:
        raise UserError("A rater needs a name.", how="Any name or initials will do.", code="no-rater-name")
    key = (unicodedata.normalize("NFC", shown.casefold()), kind)
    known = db.first("SELECT * FROM raters WHERE folded = ? AND kind = ?", key)
    if known:
        return to_rater(known), False
    rater = db.insert("INSERT INTO raters (name, folded, kind) VALUES (?, ?, ?)", (shown, *key))
    return Rater(RaterId(rater), shown, kind), True


def to_rater(row: sqlite3.Row) -> Rater:
    """A row of ``raters``."""
    return Rater(RaterId(row["id"]), row["name"], RaterKind(row["kind"]))
