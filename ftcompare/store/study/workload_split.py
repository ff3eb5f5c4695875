"""Who judges what where raters share the pairs. A slot is a rater, here already or still to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random

from ftcompare.core.blinding import seeded, share_out
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.study import ComparisonId, RaterId
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit

PLANNED = "planned"
SLOT_TAKEN = "slot-taken"
"""Kinds of the audit entries."""


def take_slot(db: Connection, rater: RaterId, raters: int, *, now: datetime) -> int:
    """A rater's slot, the next one if they have none, within the caller's transaction.

    Raises:
        UserError: ``raters-complete`` if there are as many as planned for.
    """
    row = db.first("SELECT slot FROM slots WHERE rater = ?", (rater,))
    if row:
        found: int = row["slot"]
        return found
    slot: int = db.value("SELECT COUNT(*) FROM slots")
    if slot >= raters:
        raise UserError(
            f"This study is shared out among {raters} raters, and all have begun.",
            how="Rate under one of their names, or have the owner plan for more raters.",
            code="raters-complete",
        )
    db.insert("slots", slot=slot, rater=rater)
    audit.append(db, SLOT_TAKEN, {"slot": slot, "rater": rater}, now=now)
    return slot


def plan_shares(db: Connection, design: RatingDesign, *, rng: Random, now: datetime) -> None:
    """Gives raters who were added their part, then shares out what no plan holds yet."""
    planned: int = db.value("SELECT COALESCE(MAX(raters), 0) FROM plans")
    if planned:
        for slot in range(planned, design.raters):
            _share_with_added(db, slot, rng, now)
    rows = db.rows(
        """SELECT id FROM comparisons WHERE kind = 'ordinary'
            AND id NOT IN (SELECT comparison FROM shares) ORDER BY id"""
    )
    fresh = [ComparisonId(row["id"]) for row in rows]
    if fresh:
        _share(db, fresh, range(design.raters), design.each, rng, now)


def _loads(db: Connection, slots: range) -> list[int]:
    rows = db.rows("SELECT slot, COUNT(*) AS n FROM shares GROUP BY slot")
    counts: dict[int, int] = {row["slot"]: row["n"] for row in rows}
    return [counts.get(slot, 0) for slot in slots]


def _share_with_added(db: Connection, slot: int, rng: Random, now: datetime) -> None:
    """A rater who was not planned for gets as many pairs as the others: those that lack judgments first.

    That makes up for somebody who stopped early; the pairs judged least are also those shared least.
    """
    usual = max(_loads(db, range(slot)))
    rows = db.rows(
        """SELECT comparison, COUNT(*) AS shared, (SELECT COUNT(*) FROM allocations al
                WHERE al.comparison = shares.comparison AND al.standing_kind = 'judgment') AS judged
            FROM shares GROUP BY comparison ORDER BY comparison"""
    )
    order = sorted(rows, key=lambda row: (row["judged"], row["shared"], rng.random()))
    chosen = [ComparisonId(row["comparison"]) for row in order[:usual]]
    _share(db, chosen, range(slot, slot + 1), 1, rng, now)


def _share(
    db: Connection, comparisons: Sequence[ComparisonId], slots: range, each: int, rng: Random, now: datetime
) -> None:
    seed, nonce = secrets(rng)
    shares = share_out(comparisons, raters=len(slots), each=each, rng=seeded(seed), loads=_loads(db, slots))
    by_slot = dict(zip(slots, shares, strict=True))
    promise = plan_commitment(by_slot, nonce=nonce)
    plan = db.insert(
        "plans", at=stamp(now), raters=slots.stop, each=each, seed=seed, nonce=nonce, commitment=promise
    )
    for slot, share in by_slot.items():
        for comparison in share:
            db.insert("shares", plan=plan, slot=slot, comparison=comparison)
    detail: dict[str, Json] = {"plan": plan, "raters": slots.stop, "each": each, "commitment": promise}
    audit.append(db, PLANNED, {**detail, "seed": seed_digest(seed, nonce)}, now=now)


def secrets(rng: Random) -> tuple[str, str]:
    """A seed and a nonce."""
    return f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}"


def seed_digest(seed: str, nonce: str) -> str:
    """What the audit log holds of a seed."""
    return digest("seed", [nonce, seed])


def plan_commitment(shares: Mapping[int, Sequence[ComparisonId]], *, nonce: str) -> str:
    """The digest that is made public of who judges what: equal whichever rater is given no pair."""
    key: list[Json] = [[slot, *sorted(share)] for slot, share in sorted(shares.items()) if share]
    return digest("plan", [nonce, key])
