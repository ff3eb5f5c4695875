"""Allocation: which pairs each rater judges, in which order and with which sides.

Drawn once, before the first judgment; the audit log gets a commitment to each draw. Where raters share the
pairs, a slot is a rater, here already or still to come.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random

from ftcompare.core.blinding import Candidate, Placement, commitment, draw, seeded, share_out
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.core.rating_design import MAX_SHARE, RatingDesign
from ftcompare.core.study import AllocationId, ComparisonId, ComparisonKind, RaterId, ResponseId
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit
from ftcompare.store.study.responses import insert_comparison
from ftcompare.store.study.settings import StudySettings
from ftcompare.store.study.systems import keep_names

ALLOCATED = "allocated"
PLANNED = "planned"
SLOT_TAKEN = "slot-taken"
"""Kinds of the audit entries."""

_UNSEEN = """SELECT c.id, a.system AS system_a, b.system AS system_b FROM comparisons c
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    WHERE c.kind = 'ordinary' AND NOT EXISTS (
        SELECT 1 FROM allocations al WHERE al.rater = ? AND al.comparison = c.id)"""

_UNSEEN_CHECKS = """SELECT c.id, s.kind = 'gold' AS known FROM comparisons c
    JOIN responses a ON a.id = c.a JOIN systems s ON s.id = a.system
    WHERE c.kind = ? AND NOT EXISTS (
        SELECT 1 FROM allocations al
        WHERE al.comparison = c.id AND (al.rater = ? OR al.draw IS NULL))
    ORDER BY c.id"""
"""An imported control is none that was handed out blind here."""

_CHECKABLE = """SELECT r.id, r.system, r.prompt, r.text, json_array_length(r.earlier) AS earlier, COALESCE((
        SELECT o.id FROM responses o WHERE o.prompt = r.prompt AND o.system = r.system
        AND o.sample > 0 ORDER BY o.sample LIMIT 1), r.id) AS other
    FROM responses r JOIN prompts p ON p.id = r.prompt AND p.kind = ''
    WHERE r.sample = 0
        AND r.id IN (SELECT a FROM comparisons WHERE kind = 'ordinary'
            UNION SELECT b FROM comparisons WHERE kind = 'ordinary')
        AND r.id NOT IN (SELECT a FROM comparisons WHERE kind = ?)
    ORDER BY r.id"""
"""The responses that raters see and no check of this kind was made of yet."""

_HAD = """SELECT COUNT(*) FILTER (WHERE kind = 'ordinary' AND repeat_of IS NULL) AS ordinary,
        COUNT(*) FILTER (WHERE kind = 'control') AS control,
        COUNT(*) FILTER (WHERE kind = 'gold') AS gold,
        COUNT(*) FILTER (WHERE guess_due = 'at_once') AS at_once,
        COUNT(*) FILTER (WHERE guess_due = 'at_end') AS at_end
    FROM allocations WHERE rater = ? AND draw IS NOT NULL"""
"""How many of each a rater was handed in earlier draws."""


class Allocations(Repository):
    """The allocations of a study: draws pairs for raters, with order and sides."""

    def draw(
        self,
        rater: RaterId,
        *,
        rng: Random,
        now: datetime,
        among: Collection[ComparisonId] | None = None,
    ) -> int:
        """Allocate to a rater the pairs of the design that they do not have yet, after those they have.

        Returns how many items were added, checks included.

        Args:
            rater: who gets them.
            rng: the source of order and sides.
            now: the time.
            among: these pairs alone, further ones later; None for all.

        Raises:
            UserError: ``raters-complete`` if the pairs are shared out among as many people already.
        """
        with self._db.atomic():
            design = StudySettings(self._db).design()
            ordinary = self._theirs(rater, design, rng, now)
            if among is not None:
                ordinary = [one for one in ordinary if one.comparison in among]
            if not ordinary:
                return 0
            seed, nonce = secrets(rng)
            drawing, had = seeded(seed), dict(self._db.rows(_HAD, (rater,))[0])
            placements = draw(
                [*ordinary, *self._checks(rater, len(ordinary), design, had, drawing)],
                rng=drawing,
                first_position=next_position(self._db, rater),
                repeats=design.repeats,  # made up for in a short draw, they would come too soon
                guess_share=_owed(design.guess_share, len(ordinary), had, "at_once") / len(ordinary),
                end_guesses=max(0, design.end_guesses - had["at_end"]),
            )
            store_draw(self._db, rater, placements, seed=seed, nonce=nonce, now=now)
            return len(placements)

    def _theirs(self, rater: RaterId, design: RatingDesign, rng: Random, now: datetime) -> list[Candidate]:
        if not design.shares_out:
            return _candidates(self._db, _UNSEEN + " ORDER BY c.id", (rater,))
        slot = take_slot(self._db, rater, design.raters, now=now)
        plan_shares(self._db, design, rng=rng, now=now)
        condition = " AND c.id IN (SELECT comparison FROM shares WHERE slot = ?) ORDER BY c.id"
        return _candidates(self._db, _UNSEEN + condition, (rater, slot))

    def _checks(
        self, rater: RaterId, ordinary: int, design: RatingDesign, had: Mapping[str, int], rng: Random
    ) -> Iterator[Candidate]:
        for share, kind in ((design.controls, ComparisonKind.CONTROL), (design.gold, ComparisonKind.GOLD)):
            wanted = _owed(share, ordinary, had, kind.value)
            for comparison in self._chosen_checks(rater, wanted, kind, rng):
                yield Candidate(comparison, kind.value, kind)

    def _chosen_checks(
        self, rater: RaterId, wanted: int, kind: ComparisonKind, rng: Random
    ) -> list[ComparisonId]:
        """Checks the rater has not had: the owner's gold items first, then those made here, then new ones."""
        if not wanted:
            return []
        rows = self._db.rows(_UNSEEN_CHECKS, (kind, rater))
        rng.shuffle(rows)
        rows.sort(key=lambda row: not row["known"])
        chosen = [ComparisonId(row["id"]) for row in rows[:wanted]]
        return chosen + self._new_checks(wanted - len(chosen), kind, rng)

    def _new_checks(self, count: int, kind: ComparisonKind, rng: Random) -> list[ComparisonId]:
        """Controls: a system's response and another, or the same, of its responses to that prompt.

        Gold: a response to the prompt against the same system's response to another prompt.
        """
        rows = self._db.rows(_CHECKABLE, (kind,)) if count else []
        if kind is ComparisonKind.GOLD:
            pairs = list(_mismatches(rows, count, rng))
        else:
            pairs = [(row["id"], row["other"]) for row in _controls(rows, count, rng)]
        return [insert_comparison(self._db, a, b, kind) for a, b in pairs]


def _controls(rows: list[sqlite3.Row], count: int, rng: Random) -> list[sqlite3.Row]:
    """So many responses to make controls of: those with another answer first, one of each prompt."""
    twice = [row for row in rows if row["other"] != row["id"]]
    if len(twice) in (0, len(rows)):
        return rng.sample(rows, min(count, len(rows)))
    times = Counter[int]()
    order: list[tuple[int, sqlite3.Row]] = []
    for row in rng.sample(twice, len(twice)):
        order.append((times[row["prompt"]], row))
        times[row["prompt"]] += 1
    chosen = [row for _, row in sorted(order, key=lambda placed: placed[0])][:count]
    once = [row for row in rows if row["other"] == row["id"]]
    return chosen + rng.sample(once, min(count - len(chosen), len(once)))


def _owed(share: float, ordinary: int, had: Mapping[str, int], name: str) -> int:
    """How many of a kind make up the share of all that a rater is handed, earlier draws included.

    Pairs that come a few at a time would else never come to one. A share that was raised is not made
    up for at once.
    """
    wanted = round(share * (had["ordinary"] + ordinary)) - had[name]
    return min(max(wanted, 0), max(1, round(MAX_SHARE * ordinary)))


def _mismatches(
    rows: Sequence[sqlite3.Row], count: int, rng: Random
) -> Iterator[tuple[ResponseId, ResponseId]]:
    """So many responses, each with the same system's response to another prompt; never with its own text.

    Both answer as many turns: a side with fewer could not be shown beside the other.
    """
    for row in rng.sample(rows, len(rows)):
        if not count:
            return
        system, prompt, text, like = row["system"], row["prompt"], row["text"].strip(), row["earlier"]
        others = [
            other["id"]
            for other in rows
            if (other["system"], other["earlier"]) == (system, like)
            and other["prompt"] != prompt
            and other["text"].strip() != text
        ]
        if others:
            count -= 1
            yield row["id"], rng.choice(others)


def next_position(db: Connection, rater: RaterId) -> int:
    """The place after all that a rater has."""
    return int(db.value("SELECT COALESCE(MAX(position) + 1, 0) FROM allocations WHERE rater = ?", (rater,)))


def store_draw(
    db: Connection, rater: RaterId, placements: Sequence[Placement], *, seed: str, nonce: str, now: datetime
) -> list[AllocationId]:
    """Store a draw and a commitment to it in the audit log, within the caller's transaction.

    Returns the allocations in the order of the placements.
    """
    keep_names(db, now=now)
    promise = commitment(placements, nonce=nonce)
    drawn = db.insert("draws", rater=rater, at=stamp(now), seed=seed, nonce=nonce, commitment=promise)
    made: dict[int, AllocationId] = {}
    for place in placements:
        repeat_of = None if place.repeat_of is None else made[place.repeat_of]
        made[place.position] = _store_placement(db, rater, drawn, place, repeat_of)
    detail: dict[str, Json] = {"draw": drawn, "rater": rater, "items": len(placements), "commitment": promise}
    audit.append(db, ALLOCATED, {**detail, "seed": seed_digest(seed, nonce)}, now=now)
    return list(made.values())


def _store_placement(
    db: Connection, rater: RaterId, drawn: int, place: Placement, repeat_of: AllocationId | None
) -> AllocationId:
    fields = {name: getattr(place, name) for name in ("comparison", "position", "a_is_left")}
    fields["kind"] = db.value("SELECT kind FROM comparisons WHERE id = ?", (place.comparison,))
    due = {"repeat_of": repeat_of, "guess_due": place.guess}
    return AllocationId(db.insert("allocations", rater=rater, draw=drawn, **fields, **due))


def _candidates(db: Connection, sql: str, values: tuple[int, ...]) -> list[Candidate]:
    return [
        Candidate(ComparisonId(row["id"]), (row["system_a"], row["system_b"])) for row in db.rows(sql, values)
    ]


def take_slot(db: Connection, rater: RaterId, raters: int, *, now: datetime) -> int:
    """A rater's slot, the next one if they have none, within the caller's transaction.

    Raises:
        UserError: ``raters-complete`` if there are as many as planned for.
    """
    if row := db.first("SELECT slot FROM slots WHERE rater = ?", (rater,)):
        return int(row["slot"])
    slot: int = db.value("SELECT COUNT(*) FROM slots")
    if slot >= raters:
        what = f"This study is shared out among {raters} raters, and all have begun."
        how = "Rate under one of their names, or have the owner plan for more raters."
        raise UserError(what, how=how, code="raters-complete")
    db.insert("slots", slot=slot, rater=rater)
    audit.append(db, SLOT_TAKEN, {"slot": slot, "rater": rater}, now=now)
    return slot


def plan_shares(db: Connection, design: RatingDesign, *, rng: Random, now: datetime) -> None:
    """Gives raters who were added their part, then shares out what no plan holds yet."""
    planned: int = db.value("SELECT COALESCE(MAX(raters), 0) FROM plans")
    for slot in range(planned, design.raters) if planned else ():
        _share_with_added(db, slot, rng, now)
    rows = db.rows(
        """SELECT id FROM comparisons WHERE kind = 'ordinary'
            AND id NOT IN (SELECT comparison FROM shares) ORDER BY id"""
    )
    fresh = [ComparisonId(row["id"]) for row in rows]
    if fresh:
        _share(db, fresh, range(design.raters), design.each, rng, now)


def loads_of(db: Connection, slots: range) -> list[int]:
    """Number of pairs of each slot."""
    rows = db.rows("SELECT slot, COUNT(*) AS n FROM shares GROUP BY slot")
    counts: dict[int, int] = {row["slot"]: row["n"] for row in rows}
    return [counts.get(slot, 0) for slot in slots]


def _share_with_added(db: Connection, slot: int, rng: Random, now: datetime) -> None:
    """A rater who was not planned for gets as many pairs as the others: those that lack judgments first.

    That makes up for somebody who stopped early; the pairs judged least are also those shared least.
    """
    usual = max(loads_of(db, range(slot)))
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
    shares = share_out(comparisons, raters=len(slots), each=each, rng=seeded(seed), loads=loads_of(db, slots))
    store_plan(db, dict(zip(slots, shares, strict=True)), slots.stop, each, seed=seed, nonce=nonce, now=now)


def store_plan(
    db: Connection,
    by_slot: Mapping[int, Sequence[ComparisonId]],
    raters: int,
    each: int,
    *,
    seed: str,
    nonce: str,
    now: datetime,
) -> None:
    """Store a plan of shares and a commitment to it in the audit log, within the caller's transaction."""
    promise = plan_commitment(by_slot, nonce=nonce)
    plan = db.insert(
        "plans", at=stamp(now), raters=raters, each=each, seed=seed, nonce=nonce, commitment=promise
    )
    for slot, share in by_slot.items():
        for comparison in share:
            db.insert("shares", plan=plan, slot=slot, comparison=comparison)
    detail: dict[str, Json] = {"plan": plan, "raters": raters, "each": each, "commitment": promise}
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
