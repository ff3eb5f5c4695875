"""Proof of what raters were handed and of what they did with it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator

from ftcompare.core.blinding import Placement, commitment
from ftcompare.core.hashing import link
from ftcompare.core.judgment_limits import impossible_judgment
from ftcompare.core.study import ComparisonId, EventKind, GuessMoment, RaterId
from ftcompare.store import audit, gold, live
from ftcompare.store.allocating import ALLOCATED
from ftcompare.store.connection import Connection
from ftcompare.store.events import EVENT_TAG, payload, to_act
from ftcompare.store.exclusions import ENTRY_KINDS
from ftcompare.store.gold import comparisons_digest
from ftcompare.store.imports import origin_digest
from ftcompare.store.rating import genesis, to_target
from ftcompare.store.sharing import PLANNED, SLOT_TAKEN, plan_commitment, seed_digest

_PAGE = 1000

_EVENTS = """SELECT e.*, al.comparison, al.draw, al.position, al.a_is_left, al.origin,
        a.digest AS digest_a, b.digest AS digest_b
    FROM events e
    JOIN allocations al ON al.id = e.allocation
    JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a
    JOIN responses b ON b.id = c.b
    WHERE e.rater = ? AND e.seq > ? ORDER BY e.seq LIMIT ?"""

_COMPARED_WRONGLY = """SELECT c.id FROM comparisons c
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    JOIN prompts p ON p.id = a.prompt JOIN systems s ON s.id = a.system
    WHERE NOT CASE c.kind
        WHEN 'ordinary' THEN a.prompt = b.prompt AND a.system < b.system AND p.kind = ''
        WHEN 'control' THEN a.prompt = b.prompt AND a.system = b.system AND p.kind = ''
        WHEN 'gold' THEN a.system = b.system AND (a.prompt = b.prompt) = (s.kind = 'gold')
        WHEN 'live' THEN a.prompt = b.prompt AND a.system < b.system AND p.kind = 'live' END LIMIT 1"""

_HIDDEN_FOR_NOTHING = """SELECT key FROM prompts p WHERE p.kind <> '' AND NOT EXISTS (
    SELECT 1 FROM responses r JOIN comparisons c ON c.a = r.id WHERE r.prompt = p.id AND c.kind = p.kind)"""

_OTHER_KIND = """SELECT al.id FROM allocations al JOIN comparisons c ON c.id = al.comparison
    WHERE al.kind <> c.kind LIMIT 1"""

_ADDED = (
    (gold.ADDED, "SELECT c.id FROM comparisons c JOIN responses r ON r.id = c.a"
     " JOIN systems s ON s.id = r.system AND s.kind = 'gold' WHERE c.kind = 'gold'"),
    (live.ADDED, "SELECT id FROM comparisons WHERE kind = 'live'"),
)  # fmt: skip
"""What the owner or a rater brought in, which follows from nothing else in the study."""


_TRUTH = {0: False, 1: True}
"""How the file spells it; any other number was put there behind the product's back."""


def comparisons(db: Connection) -> str:
    """What is compared with what, and what for."""
    if row := db.first(_COMPARED_WRONGLY):
        return f"pair {row['id']} is not what its kind says"
    if row := db.first(_HIDDEN_FOR_NOTHING):
        return f"prompt “{row['key']}” was hidden"
    if row := db.first(_OTHER_KIND):
        return f"item {row['id']} was made another kind"
    for kind, sql in _ADDED:
        logged: list[int] = []
        for entry in audit.entries(db, kind):
            found = _numbers(entry.detail["comparisons"])
            if comparisons_digest(db, found) != entry.detail["digest"]:
                return f"a pair of entry {entry.seq} of the audit log was altered"
            logged += found
        if {row["id"] for row in db.rows(sql)} != set(logged):
            return "a pair that was brought in is not in the audit log"
    return ""


def _numbers(value: object) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
        raise TypeError("not a list of numbers")
    return value


def plans(db: Connection) -> str:
    """Who judges what where raters share the pairs: as promised, and by those who took their place."""
    taken = [(entry.detail["slot"], entry.detail["rater"]) for entry in audit.entries(db, SLOT_TAKEN)]
    if [tuple(row) for row in db.rows("SELECT slot, rater FROM slots ORDER BY slot")] != taken:
        return "a rater's place is not the one in the audit log"
    rows = db.rows("SELECT * FROM plans ORDER BY id")
    logged = [{**entry.detail, "at": entry.at} for entry in audit.entries(db, PLANNED)]
    if [_plan_entry(row) for row in rows] != logged:
        return "a plan is not the one in the audit log"
    shares: defaultdict[int, defaultdict[int, list[ComparisonId]]] = defaultdict(lambda: defaultdict(list))
    for row in db.rows("SELECT plan, slot, comparison FROM shares"):
        shares[row["plan"]][row["slot"]].append(ComparisonId(row["comparison"]))
    for row in rows:
        if plan_commitment(shares.pop(row["id"], {}), nonce=row["nonce"]) != row["commitment"]:
            return f"plan {row['id']} is not what was committed to"
    return "pairs were shared out without a plan" if shares else ""


def _plan_entry(row: sqlite3.Row) -> dict[str, object]:
    entry = {name: row[name] for name in ("raters", "each", "commitment", "at")}
    return {**entry, "plan": row["id"], "seed": seed_digest(row["seed"], row["nonce"])}


def allocations(db: Connection) -> str:
    """Each rater's order and sides, repeats and guesses: as promised before the first judgment."""
    rows = db.rows("SELECT * FROM draws ORDER BY id")
    logged = audit.entries(db, ALLOCATED)
    if [row["id"] for row in rows] != [entry.detail["draw"] for entry in logged]:
        return "a draw is not the one in the audit log"
    for row, entry in zip(rows, logged, strict=True):
        promised = (entry.detail["rater"], entry.detail["commitment"], entry.at)
        if (row["rater"], row["commitment"], row["at"]) != promised:
            return f"draw {row['id']} is not the one in the audit log"
        # In files of version 1 the audit log says nothing of seeds.
        if entry.detail.get("seed", seed := seed_digest(row["seed"], row["nonce"])) != seed:
            return f"the seed of draw {row['id']} was altered"
        if not _kept_promise(db, row):
            return f"draw {row['id']} is not what was committed to"
    stray = db.first(
        """SELECT id FROM allocations WHERE (draw IS NULL AND (repeat_of IS NOT NULL OR guess_due <> ''))
            OR pack IS NOT (SELECT i.pack FROM pack_items i WHERE i.allocation = allocations.id)"""
    )
    return f"item {stray['id']} was altered" if stray else ""


def _kept_promise(db: Connection, draw: sqlite3.Row) -> bool:
    rows = db.rows(
        """SELECT id, rater, comparison, position, a_is_left, repeat_of, guess_due
            FROM allocations WHERE draw = ? ORDER BY position""",
        (draw["id"],),
    )
    places = {row["id"]: row["position"] for row in rows}
    placements = [_placement(row, places) for row in rows]
    whose = {row["rater"] for row in rows}
    return whose == {draw["rater"]} and commitment(placements, nonce=draw["nonce"]) == draw["commitment"]


def _placement(row: sqlite3.Row, places: dict[int, int]) -> Placement:
    return Placement(
        ComparisonId(row["comparison"]),
        row["position"],
        _TRUTH[row["a_is_left"]],
        None if row["repeat_of"] is None else places[row["repeat_of"]],
        GuessMoment(row["guess_due"]),
    )


def exclusions(db: Connection) -> str:
    """Who was left out of the results or taken back, when and why."""
    rows = db.rows("SELECT rater, excluded, reason, at FROM exclusions ORDER BY id")
    found = [(ENTRY_KINDS[row["excluded"]], row["rater"], row["reason"], row["at"]) for row in rows]
    logged = [
        (entry.kind, entry.detail["rater"], entry.detail["reason"], entry.at)
        for entry in audit.entries(db)
        if entry.kind in ENTRY_KINDS.values()
    ]
    return "" if found == logged else "who is left out is not what the audit log says"


def standing(db: Connection) -> str:
    """What is judged, skipped and guessed now follows from the events."""
    judged: dict[int, tuple[int, str]] = {}
    guessed: dict[int, int] = {}
    for row in _event_states(db):
        item = row["allocation"]
        if row["kind"] == EventKind.GUESS:
            if item in guessed:
                return f"item {item} was asked about twice"
            guessed[item] = row["id"]
        elif row["kind"] != EventKind.RETRACTION:
            if item in judged:
                return f"item {item} was judged twice"
            judged[item] = (row["id"], row["kind"])
        elif not _taken_back(row, judged, guessed):
            return f"a retraction of item {item} takes back nothing"
    rows = db.rows(
        "SELECT id, standing, standing_kind, guess FROM allocations"
        " WHERE standing_kind <> '' OR standing IS NOT NULL OR guess IS NOT NULL"
    )
    stored = {row["id"]: (row["standing"], row["standing_kind"]) for row in rows if row["standing"]}
    asked = {row["id"]: row["guess"] for row in rows if row["guess"] is not None}
    return (
        "" if (stored, asked) == (judged, guessed) else "an item's state does not follow from its judgments"
    )


def _taken_back(row: sqlite3.Row, judged: dict[int, tuple[int, str]], guessed: dict[int, int]) -> bool:
    item: int = row["allocation"]
    known = (
        guessed.pop(item, None) if row["retracted_kind"] == EventKind.GUESS else judged.pop(item, (None,))[0]
    )
    return known is not None and known == row["retracted"]


def _event_states(db: Connection) -> Iterator[sqlite3.Row]:
    last = 0
    while rows := db.rows(
        """SELECT e.id, e.kind, e.allocation, r.id AS retracted, r.kind AS retracted_kind FROM events e
            LEFT JOIN events r ON r.rater = e.rater AND r.seq = e.retracts
            WHERE e.id > ? ORDER BY e.id LIMIT ?""",
        (last, _PAGE),
    ):
        yield from rows
        last = rows[-1]["id"]


def heads(db: Connection) -> str:
    """At unblinding every chain was as long as it was: none can be cut afterwards."""
    for entry in audit.entries(db, "unblinded"):
        logged = entry.detail.get("heads", {})
        if not isinstance(logged, dict):
            raise TypeError("not the ends of chains")
        for rater, head in logged.items():
            rows = db.rows("SELECT seq, digest FROM events WHERE rater = ?", (int(rater),))
            if head not in [[*row] for row in rows]:
                return f"judgments of rater {rater} were removed after the unblinding"
    return ""


def chain_check(rater: RaterId) -> Callable[[Connection], str]:
    """The check of one rater's chain."""

    def examine(db: Connection) -> str:
        previous, number, newest = genesis(db, rater), 0, 0
        while rows := db.rows(_EVENTS, (rater, number, _PAGE)):
            for row in rows:
                number += 1
                previous = link(EVENT_TAG, previous, payload(to_target(row), number, to_act(row), row["at"]))
                if row["seq"] != number or row["digest"] != previous or not _sound(row, newest):
                    return f"judgment {number}, or what it was about, was altered, removed or added"
                if wrong := impossible_judgment(_said(row), row["seconds"], row["at"]):
                    return f"judgment {number} {wrong}"
                newest = row["id"]
        left: int = db.value("SELECT COUNT(*) FROM events WHERE rater = ?", (rater,))
        return "" if left == number else f"judgment {number + 1} was altered or removed"

    return examine


def _said(row: sqlite3.Row) -> tuple[str, ...]:
    return row["comment"], row["reason"], row["details"]


def _sound(row: sqlite3.Row, newest: int) -> bool:
    """What the chain's digest does not cover: the order of storing, spellings of a flag, an origin."""
    if row["id"] <= newest or row["flagged"] not in _TRUTH or row["a_is_left"] not in (None, *_TRUTH):
        return False
    if row["origin"] is None or row["kind"] != EventKind.JUDGMENT:
        return True
    target, left = to_target(row), {None: "", 0: "b", 1: "a"}[row["a_is_left"]]
    comparison = row["comparison"]
    origin: str = row["origin"]
    return origin_digest(comparison, target.rater, to_act(row), left, row["at"]) == origin
