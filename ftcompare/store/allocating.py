"""Handing out: which pairs each rater judges, in which order and with which sides.

Drawn once, before the first judgment; the audit log gets a commitment to each draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random

from ftcompare.core.blinding import Candidate, Placement, commitment, draw, share_out
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.study import ComparisonId, ComparisonKind, RaterId
from ftcompare.store import audit
from ftcompare.store.connection import Connection, Part, seeded, stamp
from ftcompare.store.content import read_rating_design

_UNSEEN = """SELECT c.id, a.system AS system_a, b.system AS system_b FROM comparisons c
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    WHERE c.kind = 'ordinary' AND NOT EXISTS (
        SELECT 1 FROM allocations al WHERE al.rater = ? AND al.comparison = c.id)"""


class AllocatingPart(Part):
    """Draws of a study."""

    def allocate(self, rater: RaterId, *, rng: Random, now: datetime) -> int:
        """Hands a rater what the design gives them and they do not have, after what they have.

        Returns:
            How many items were added, checks included.

        Raises:
            UserError: ``raters-complete`` if the pairs are shared out among as many people already.
        """
        with self._db.atomic():
            design = read_rating_design(self._db)
            ordinary = self._theirs(rater, design, rng, now)
            if not ordinary:
                return 0
            seed, nonce = _secrets(rng)
            drawing = seeded(seed)
            placements = draw(
                [*ordinary, *self._checks(rater, ordinary, design, drawing)],
                rng=drawing,
                first_position=self._next_position(rater),
                repeats=design.repeats,
                guess_share=design.guess_share,
                end_guesses=design.end_guesses,
            )
            store_draw(self._db, rater, placements, seed=seed, nonce=nonce, now=now)
            return len(placements)

    def _theirs(self, rater: RaterId, design: RatingDesign, rng: Random, now: datetime) -> list[Candidate]:
        """The ordinary comparisons that are a rater's and not yet handed to them."""
        if not design.shares_out:
            return _candidates(self._db, _UNSEEN + " ORDER BY c.id", (rater,))
        slot = self._slot(rater, design)
        self._plan(design, rng, now)
        condition = " AND c.id IN (SELECT comparison FROM shares WHERE slot = ?) ORDER BY c.id"
        return _candidates(self._db, _UNSEEN + condition, (rater, slot))

    def _slot(self, rater: RaterId, design: RatingDesign) -> int:
        row = self._db.first("SELECT slot FROM slots WHERE rater = ?", (rater,))
        if row:
            found: int = row["slot"]
            return found
        slot: int = self._db.value("SELECT COUNT(*) FROM slots")
        if slot >= design.raters:
            raise UserError(
                f"This study is shared out among {design.raters} raters, and all have begun.",
                how="Rate under one of their names, or have the owner plan for more raters.",
                code="raters-complete",
            )
        self._db.execute("INSERT INTO slots (slot, rater) VALUES (?, ?)", (slot, rater))
        return slot

    def _plan(self, design: RatingDesign, rng: Random, now: datetime) -> None:
        """Shares out the comparisons that no plan holds yet, and gives added raters their part."""
        rows = self._db.rows(
            """SELECT id FROM comparisons WHERE kind = 'ordinary'
                AND id NOT IN (SELECT comparison FROM shares) ORDER BY id"""
        )
        fresh = [ComparisonId(row["id"]) for row in rows]
        planned: int = self._db.value("SELECT COALESCE(MAX(raters), 0) FROM plans")
        if fresh:
            loads = self._loads(design.raters)
            self._share(fresh, range(design.raters), design.each, rng, now, loads)
        if 0 < planned < design.raters:
            self._share_with_added(planned, design, rng, now)

    def _loads(self, raters: int) -> list[int]:
        rows = self._db.rows("SELECT slot, COUNT(*) AS n FROM shares GROUP BY slot")
        counts = {row["slot"]: row["n"] for row in rows}
        return [counts.get(slot, 0) for slot in range(raters)]

    def _share_with_added(self, before: int, design: RatingDesign, rng: Random, now: datetime) -> None:
        """A rater who was not planned for gets as many pairs as the others: those least judged first."""
        loads = self._loads(before)
        usual = max(loads)
        for slot in range(before, design.raters):
            if self._loads(slot + 1)[slot]:
                continue
            rows = self._db.rows(
                """SELECT c.id, (SELECT COUNT(*) FROM allocations al
                        WHERE al.comparison = c.id AND al.standing_kind = 'judgment') AS judged
                    FROM comparisons c WHERE c.kind = 'ordinary' ORDER BY c.id"""
            )
            order = sorted(rows, key=lambda row: (row["judged"], rng.random()))
            chosen = [ComparisonId(row["id"]) for row in order[:usual]]
            self._share(chosen, range(slot, slot + 1), 1, rng, now, [0])

    def _share(
        self,
        comparisons: Sequence[ComparisonId],
        slots: range,
        each: int,
        rng: Random,
        now: datetime,
        loads: Sequence[int],
    ) -> None:
        seed, nonce = _secrets(rng)
        shares = share_out(comparisons, raters=len(slots), each=each, rng=seeded(seed), loads=loads)
        promise = plan_commitment(dict(zip(slots, shares, strict=True)), nonce=nonce)
        plan = self._db.insert(
            "INSERT INTO plans (at, raters, each, seed, nonce, commitment) VALUES (?, ?, ?, ?, ?, ?)",
            (stamp(now), slots.stop, each, seed, nonce, promise),
        )
        for slot, share in zip(slots, shares, strict=True):
            for comparison in share:
                self._db.execute("INSERT INTO shares VALUES (?, ?, ?)", (plan, slot, comparison))
        detail: dict[str, Json] = {"plan": plan, "raters": slots.stop, "commitment": promise}
        audit.append(self._db, "planned", detail, now=now)

    def _checks(
        self, rater: RaterId, ordinary: Sequence[Candidate], design: RatingDesign, rng: Random
    ) -> Iterator[Candidate]:
        """Controls and gold items for a draw of so many ordinary ones."""
        for share, kind in ((design.controls, ComparisonKind.CONTROL), (design.gold, ComparisonKind.GOLD)):
            wanted = round(share * len(ordinary))
            found = self._unseen_checks(rater, kind)
            if kind is ComparisonKind.CONTROL and len(found) < wanted:
                found += self._new_controls(wanted - len(found), rng)
            if kind is ComparisonKind.GOLD and len(found) < wanted:
                found += self._new_mismatches(wanted - len(found), rng)
            for comparison in rng.sample(found, min(wanted, len(found))):
                yield Candidate(comparison, kind.value, kind)

    def _unseen_checks(self, rater: RaterId, kind: ComparisonKind) -> list[ComparisonId]:
        rows = self._db.rows(
            """SELECT c.id FROM comparisons c WHERE c.kind = ? AND NOT EXISTS (
                SELECT 1 FROM allocations al WHERE al.rater = ? AND al.comparison = c.id)
                AND c.id NOT IN (SELECT comparison FROM allocations WHERE draw IS NULL) ORDER BY c.id""",
            (kind, rater),
        )
        return [ComparisonId(row["id"]) for row in rows]

    def _new_controls(self, count: int, rng: Random) -> list[ComparisonId]:
        """The same system twice: two of its responses to a prompt, or the same one on both sides."""
        rows = self._db.rows(
            """SELECT r.id AS a, COALESCE((
                    SELECT o.id FROM responses o WHERE o.prompt = r.prompt AND o.system = r.system
                    AND o.sample > 0 ORDER BY o.sample LIMIT 1), r.id) AS b
                FROM responses r JOIN prompts p ON p.id = r.prompt AND p.kind = ''
                WHERE r.sample = 0 AND EXISTS (
                    SELECT 1 FROM comparisons c WHERE c.kind = 'ordinary' AND r.id IN (c.a, c.b))
                AND NOT EXISTS (SELECT 1 FROM comparisons c WHERE c.kind = 'control' AND c.a = r.id)
                ORDER BY r.id"""
        )
        chosen = rng.sample(rows, min(count, len(rows)))
        return [insert_comparison(self._db, row["a"], row["b"], ComparisonKind.CONTROL) for row in chosen]

    def _new_mismatches(self, count: int, rng: Random) -> list[ComparisonId]:
        """A response to the prompt against the same system's response to another prompt."""
        rows = self._db.rows(
            """SELECT r.id, r.system, r.prompt, r.text FROM responses r
                JOIN prompts p ON p.id = r.prompt AND p.kind = ''
                WHERE r.sample = 0 AND EXISTS (
                    SELECT 1 FROM comparisons c WHERE c.kind = 'ordinary' AND r.id IN (c.a, c.b))
                ORDER BY r.id"""
        )
        made = []
        for row in rng.sample(rows, min(count, len(rows))):
            others = [
                o["id"]
                for o in rows
                if o["system"] == row["system"] and o["prompt"] != row["prompt"] and o["text"] != row["text"]
            ]
            if others:
                other = rng.choice(others)
                made.append(insert_comparison(self._db, row["id"], other, ComparisonKind.GOLD))
        return made

    def _next_position(self, rater: RaterId) -> int:
        found: int = self._db.value(
            "SELECT COALESCE(MAX(position) + 1, 0) FROM allocations WHERE rater = ?", (rater,)
        )
        return found


def store_draw(
    db: Connection, rater: RaterId, placements: Sequence[Placement], *, seed: str, nonce: str, now: datetime
) -> None:
    """Keeps a draw and promises it in the audit log, within the caller's transaction."""
    promise = commitment(placements, nonce=nonce)
    drawn = db.insert(
        "INSERT INTO draws (rater, at, seed, nonce, commitment) VALUES (?, ?, ?, ?, ?)",
        (rater, stamp(now), seed, nonce, promise),
    )
    by_position: dict[int, int] = {}
    for place in placements:
        repeat_of = None if place.repeat_of is None else by_position[place.repeat_of]
        by_position[place.position] = db.insert(
            """INSERT INTO allocations
                (rater, comparison, draw, position, a_is_left, kind, repeat_of, guess_due)
                VALUES (?1, ?2, ?3, ?4, ?5, (SELECT kind FROM comparisons WHERE id = ?2), ?6, ?7)""",
            (rater, place.comparison, drawn, place.position, place.a_is_left, repeat_of, place.guess),
        )
    detail: dict[str, Json] = {
        "draw": drawn,
        "rater": rater,
        "items": len(placements),
        "commitment": promise,
        "seed": seed_digest(seed, nonce),
    }
    audit.append(db, "allocated", detail, now=now)


def seed_digest(seed: str, nonce: str) -> str:
    """What the audit log holds of a seed."""
    return digest("seed", [nonce, seed])


def plan_commitment(shares: dict[int, tuple[ComparisonId, ...]], *, nonce: str) -> str:
    """The digest that is made public of who judges what."""
    key: list[Json] = [[slot, *sorted(share)] for slot, share in sorted(shares.items())]
    return digest("plan", [nonce, key])


def insert_comparison(db: Connection, a: int, b: int, kind: ComparisonKind) -> ComparisonId:
    """The comparison of two responses of this kind, made if it is new."""
    known = db.first("SELECT id FROM comparisons WHERE a = ? AND b = ? AND kind = ?", (a, b, kind))
    if known:
        return ComparisonId(known["id"])
    return ComparisonId(db.insert("INSERT INTO comparisons (a, b, kind) VALUES (?, ?, ?)", (a, b, kind)))


def _candidates(db: Connection, sql: str, values: tuple[int, ...]) -> list[Candidate]:
    return [
        Candidate(ComparisonId(row["id"]), (row["system_a"], row["system_b"])) for row in db.rows(sql, values)
    ]


def _secrets(rng: Random) -> tuple[str, str]:
    return f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}"
