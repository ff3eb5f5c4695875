"""Verifies what was allocated to raters, and the events that they added.

A rater's chain is followed from its beginning or from the last verified event. Every event's digest is
computed again from the stored event, its allocation and the digests of the two responses. The JSON that a
digest covers is formatted directly, byte for byte as `canonical_json`, which is several times as fast.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted
from sys import intern

from ftcompare.core.blinding import COMMITMENT_TAG
from ftcompare.core.hashing import digest_spelled
from ftcompare.core.judgment_limits import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_COMMENT,
    MAX_SECONDS,
    impossible_judgment,
)
from ftcompare.core.study import ComparisonId, EventKind, RaterId
from ftcompare.store.judging.verdict_recorder import to_event
from ftcompare.store.records import ChainEnd
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study import audit
from ftcompare.store.study.allocation import ALLOCATED, PLANNED, SLOT_TAKEN, plan_commitment, seed_digest
from ftcompare.store.study.gold_and_live import GOLD_ADDED, LIVE_ADDED, comparisons_digest
from ftcompare.store.study.import_batch import origin_digest
from ftcompare.store.study.measured_results import cut_table
from ftcompare.store.study.raters import ENTRY_KINDS, genesis

_DOUBTFUL = """SELECT seq, comment, reason, details, seconds, at FROM events
    WHERE rater = ?1 AND (MAX(length(CAST(comment AS BLOB)), length(CAST(reason AS BLOB)),
            length(CAST(details AS BLOB))) > ?2
        OR seconds NOT BETWEEN 0 AND ?3 OR (at <> '' AND (at < ?4 OR at >= ?5)))
    ORDER BY seq"""
"""SQL: more than what `impossible_judgment` names; a text has at least as many bytes as characters."""

_IMPORTED = """SELECT e.*, al.comparison, al.a_is_left, al.origin
    FROM events e JOIN allocations al ON al.id = e.allocation
    WHERE e.rater = ? AND e.seq > ? AND e.kind = 'judgment' AND al.origin IS NOT NULL
    ORDER BY e.seq LIMIT ?"""

_PLACEMENTS = """SELECT rater, '[' || comparison || ',' || position ||
        CASE a_is_left WHEN 0 THEN ',false' WHEN 1 THEN ',true' ELSE ',' || a_is_left END ||
        CASE WHEN repeat_of IS NULL AND guess_due = '' AND series IS NULL THEN ']' ELSE printf(',%s,%s%s]',
            CASE WHEN repeat_of IS NULL THEN 'null' ELSE COALESCE((SELECT first.position
                FROM allocations first WHERE first.id = al.repeat_of AND first.draw = al.draw), -1) END,
            json_quote(guess_due), CASE WHEN series IS NULL THEN '' ELSE ',' || series END) END
    FROM allocations al WHERE draw = ? ORDER BY position"""
"""SQL: a draw's items as `commitment` formats them; impossible values become text that cannot match."""

_COMPARED_WRONGLY = """SELECT c.id FROM comparisons c
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    JOIN prompts p ON p.id = a.prompt JOIN systems s ON s.id = a.system
    WHERE NOT CASE c.kind
        WHEN 'ordinary' THEN a.prompt = b.prompt AND a.system < b.system AND p.kind = ''
        WHEN 'control' THEN a.prompt = b.prompt AND a.system = b.system AND p.kind = ''
        WHEN 'gold' THEN a.system = b.system AND (a.prompt = b.prompt) = (s.kind = 'gold')
        WHEN 'live' THEN a.prompt = b.prompt AND a.system < b.system AND p.kind = 'live'
        WHEN 'graded' THEN a.id = b.id AND p.kind = '' AND s.kind <> 'gold'
        ELSE 0 END LIMIT 1"""

_HIDDEN_FOR_NOTHING = """SELECT key FROM prompts p WHERE p.kind <> '' AND NOT EXISTS (
    SELECT 1 FROM responses r JOIN comparisons c ON c.a = r.id WHERE r.prompt = p.id AND c.kind = p.kind)"""

_STATES = """SELECT e.id, e.kind, e.allocation, r.id AS retracted, r.kind AS retracted_kind FROM events e
    LEFT JOIN events r ON r.rater = e.rater AND r.seq = e.retracts WHERE e.id > ? ORDER BY e.id LIMIT ?"""

_STORED_STATES = """SELECT id, standing, standing_kind, guess FROM allocations
    WHERE standing IS NOT NULL OR guess IS NOT NULL"""

_OTHER_KIND = """SELECT al.id FROM allocations al JOIN comparisons c ON c.id = al.comparison
    WHERE al.kind <> c.kind LIMIT 1"""

_ADDED = (
    (GOLD_ADDED, "SELECT c.id FROM comparisons c JOIN responses r ON r.id = c.a"
     " JOIN systems s ON s.id = r.system AND s.kind = 'gold' WHERE c.kind = 'gold'"),
    (LIVE_ADDED, "SELECT id FROM comparisons WHERE kind = 'live'"),
)  # fmt: skip


def comparisons(db: Connection) -> str:
    if row := db.first(_COMPARED_WRONGLY):
        return f"pair {row['id']} does not match its kind"
    if row := db.first(_HIDDEN_FOR_NOTHING):
        return f"prompt “{row['key']}” was hidden"
    if row := db.first(_OTHER_KIND):
        return f"the kind of item {row['id']} was changed"
    for kind, sql in _ADDED:
        logged: list[int] = []
        for entry in audit.entries(db, kind):
            found = _numbers(entry.detail["comparisons"])
            if comparisons_digest(db, found) != entry.detail["digest"]:
                return f"a pair of entry {entry.seq} of the audit log was altered"
            logged += found
        if {row["id"] for row in db.rows(sql)} != set(logged):
            return "an inherited pair is not in the audit log"
    return ""


def _numbers(value: object) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
        raise TypeError("not a list of numbers")
    return value


def plans(db: Connection) -> str:
    """Verify the plans of shares against their commitments, and the slots that raters have taken."""
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
            return f"plan {row['id']} does not match its seal"
    return "pairs were assigned without a plan" if shares else ""


def _plan_entry(row: sqlite3.Row) -> dict[str, object]:
    entry = {name: row[name] for name in ("raters", "each", "commitment", "at")}
    return {**entry, "plan": row["id"], "seed": seed_digest(row["seed"], row["nonce"])}


def allocations(db: Connection, after: int = 0) -> str:
    """Verify order, sides, repeats and guesses of each draw after `after` against its commitment."""
    rows = db.rows("SELECT * FROM draws ORDER BY id")
    logged = audit.entries(db, ALLOCATED)
    if [row["id"] for row in rows] != [entry.detail["draw"] for entry in logged]:
        return "a draw is not the one in the audit log"
    for row, entry in zip(rows, logged, strict=True):
        promised = (entry.detail["rater"], entry.detail["commitment"], entry.at)
        if (row["rater"], row["commitment"], row["at"]) != promised:
            return f"draw {row['id']} is not the one in the audit log"
        # In files of version 1 the audit log has no digests of seeds.
        if entry.detail.get("seed", seed := seed_digest(row["seed"], row["nonce"])) != seed:
            return f"the seed of draw {row['id']} was altered"
        if row["id"] > after and not _kept_promise(db, row):
            return f"draw {row['id']} does not match its seal"
    stray = db.first(
        """SELECT id FROM allocations WHERE (draw IS NULL AND (repeat_of IS NOT NULL OR guess_due <> ''))
            OR pack IS NOT (SELECT i.pack FROM pack_items i WHERE i.allocation = allocations.id)"""
    )
    return f"item {stray['id']} was altered" if stray else ""


def _kept_promise(db: Connection, draw: sqlite3.Row) -> bool:
    """Return whether the commitment matches the draw's items."""
    raters, spelled = spelled_draw(db, draw)
    found = digest_spelled(COMMITMENT_TAG, spelled.encode())
    return raters == {draw["rater"]} and found == draw["commitment"]


def spelled_draw(db: Connection, draw: sqlite3.Row) -> tuple[set[int], str]:
    """Return a draw's raters, and its content as its commitment covers it.

    SQLite formats the items ten times as fast as Python.
    """
    rows = [*db.each(_PLACEMENTS, (draw["id"],))]
    spelled = f"[{quoted(draw['nonce'])},[{','.join([item for _, item in rows])}]]"
    return {rater for rater, _ in rows}, spelled


def exclusions(db: Connection) -> str:
    rows = db.rows("SELECT rater, excluded, reason, at FROM exclusions ORDER BY id")
    found = [(ENTRY_KINDS[row["excluded"]], row["rater"], row["reason"], row["at"]) for row in rows]
    logged = [
        (entry.kind, entry.detail["rater"], entry.detail["reason"], entry.at)
        for entry in audit.entries(db)
        if entry.kind in ENTRY_KINDS.values()
    ]
    return "" if found == logged else "the raters who are left out do not match the audit log"


def standing(db: Connection) -> str:
    """Verify that the allocations' standing judgments, skips and guesses follow from the events."""
    judged: dict[int, tuple[int, str]] = {}
    guessed: dict[int, int] = {}
    for row in db.paged(_STATES):
        item = row["allocation"]
        if row["kind"] == EventKind.GUESS:
            if item in guessed:
                return f"item {item} was asked about twice"
            guessed[item] = row["id"]
        elif row["kind"] != EventKind.RETRACTION:
            if item in judged:
                return f"item {item} was judged twice"
            judged[item] = (row["id"], intern(row["kind"]))
        elif not _taken_back(row, judged, guessed):
            return f"a retraction of item {item} takes back nothing"
    differs = "an item's state does not follow from its judgments"
    for item, event, kind, guess in db.each(_STORED_STATES):
        if event and judged.pop(item, None) != (event, kind):
            return differs
        if guess is not None and guessed.pop(item, None) != guess:
            return differs
    return differs if judged or guessed else ""


def _taken_back(row: sqlite3.Row, judged: dict[int, tuple[int, str]], guessed: dict[int, int]) -> bool:
    item, is_guess = row["allocation"], row["retracted_kind"] == EventKind.GUESS
    known = guessed.pop(item, None) if is_guess else judged.pop(item, (None,))[0]
    return known is not None and known == row["retracted"]


def heads(db: Connection) -> str:
    """Verify that no chain is shorter than the audit log says.

    The log holds the ends of raters' chains at unblinding, of experts' chains also at each export and when
    answers were read, and of measured rows also when a run begins and ends.
    """
    for entry in audit.entries(db, "unblinded"):
        if rater := _cut(db, _EVENT_END, entry.detail.get("heads", {})):
            return f"judgments of rater {rater} were removed after the unblinding"
    for entry in audit.entries(db):
        if expert := _cut(db, _ANNOTATION_END, entry.detail.get(audit.ANNOTATION_HEADS, {})):
            return f"annotations of expert {expert} were removed after entry {entry.seq} of the audit log"
        if table := cut_table(db, entry.detail.get(audit.MEASURED_ENDS, {})):
            return f"rows of {table} were removed after entry {entry.seq} of the audit log"
    return ""


_EVENT_END = "SELECT seq, digest FROM events WHERE rater = ? AND seq = ?"
_ANNOTATION_END = "SELECT seq, digest FROM annotations WHERE expert = ? AND seq = ?"


def _cut(db: Connection, end: str, logged: object) -> str:
    """Return the owner of a chain that lacks the logged end; empty if all have it."""
    if not isinstance(logged, dict):
        raise TypeError("not the ends of chains")
    for person, head in logged.items():
        number = head[0] if isinstance(head, list) and isinstance(head[0], int) else None
        found = db.first(end, (int(person), number))
        if found is None or [*found] != head:
            return str(person)
    return ""


def whole_chain(db: Connection, rater: RaterId, shown: Callable[[Connection], Shown]) -> str:
    """Verify a rater's whole chain, and the origin of imported judgments, which the chain does not cover."""
    _, problem = follow(db, rater, chain_start(db, rater), shown(db))
    return problem or _origins(db, rater) or _impossible(db, rater)


def _impossible(db: Connection, rater: RaterId) -> str:
    """Name the first judgment that nobody can have given; one may be added with a valid chain."""
    for row in db.rows(_DOUBTFUL, (rater, MAX_COMMENT, MAX_SECONDS, str(FIRST_YEAR), str(LAST_YEAR + 1))):
        said = (row["comment"], row["reason"], row["details"])
        if wrong := impossible_judgment(said, row["seconds"], row["at"]):
            return f"judgment {row['seq']} {wrong}"
    return ""


def _origins(db: Connection, rater: RaterId) -> str:
    for row in db.paged(_IMPORTED, (rater,), key="seq"):
        left = {None: "", 0: "b", 1: "a"}[row["a_is_left"]]
        if origin_digest(row["comparison"], rater, to_event(row), left, row["at"]) != row["origin"]:
            return f"judgment {row['seq']} does not come from where it says"
    return ""


_EVENTS = """SELECT e.id, e.seq, e.allocation, al.comparison, al.draw, al.position, al.a_is_left,
        e.kind, e.choice, e.strength, e.preference, e.comment, e.flagged, e.seconds, e.reason, e.retracts,
        e.details, e.at, e.digest,
        CASE e.kind WHEN 'guess' THEN al.guess IS e.id
            ELSE al.standing IS e.id AND al.standing_kind = e.kind END
    FROM events e JOIN allocations al ON al.id = e.allocation AND al.rater = e.rater
    WHERE e.rater = ? AND e.seq > ? ORDER BY e.seq"""

_RETRACTED = "SELECT retracts FROM events WHERE rater = ? AND retracts IS NOT NULL"

_SHOWN = """SELECT c.id, a.digest, b.digest FROM comparisons c
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b"""

_CHOICES = (None, "left", "right", "a", "b", "tie", "both_bad", "grade")
# Any other value raises LookupError: it was not written by the product.
_DONE = {
    (kind.value, choice): f'"{kind}",{"null" if choice is None else quoted(choice)}'
    for kind in EventKind
    for choice in _CHOICES
}
_SIDES = {None: "null", 0: "false", 1: "true"}
_FLAGS = {0: "false", 1: "true"}

_RETRACTION = EventKind.RETRACTION.value

_NOT_DERIVED = "the state of its item does not follow from judgment {}"

Shown = Mapping[int, str]  # digests of each comparison's responses, as in an event's payload


def shown_digests(db: Connection) -> Shown:
    return {pair: f"[{quoted(a)},{quoted(b)}]" for pair, a, b in db.each(_SHOWN)}


def chain_start(db: Connection, rater: RaterId) -> ChainEnd:
    return ChainEnd(0, genesis(db, rater), 0)


def follow(db: Connection, rater: RaterId, start: ChainEnd, shown: Shown) -> tuple[ChainEnd, str]:
    """Verify the events after `start`, and that the state of their items follows from them.

    Returns the end of the valid part and what is wrong after it, empty if all is valid. Raises LookupError
    for a value that no event can have.
    """
    # One loop without a function call per event, so that 50,000 events take a fifth of a second.
    retracted = {number for (number,) in db.each(_RETRACTED, (rater,))}
    number, previous, newest = start.number, start.digest, start.event
    for (
        event, seq, item, pair, draw, place, left, kind, choice, strength, preference, comment, flagged,
        seconds, reason, retracts, details, at, digest, stands,
    ) in db.each(_EVENTS, (rater, number)):  # fmt: skip
        where = f"null,null,{_SIDES[left]}" if draw is None else f"{draw},{place},{_SIDES[left]}"
        time = "null" if seconds is None else repr(seconds)
        if comment or flagged or reason or details or retracts is not None:
            tail = f",{quoted(details)}" if details else ""
            back = "null" if retracts is None else retracts
            rest = f"{quoted(comment)},{_FLAGS[flagged]},{time},{quoted(reason)},{back}{tail}"
        else:
            rest = f'"",false,{time},"",null'
        value = sha256(
            f'ftcompare/event\0["{previous}",[{rater},{number + 1},[{item},{pair},{where}],{shown[pair]},'
            f"[{_DONE[kind, choice]},{'null' if strength is None else strength},"
            f"{'null' if preference is None else repr(preference)},{rest}],{quoted(at)}]]".encode()
        ).hexdigest()
        if value != digest or seq != number + 1 or event <= newest:
            return ChainEnd(number, previous, newest), _altered(number + 1)
        if (not stands or retracted) and kind != _RETRACTION and bool(stands) is (seq in retracted):
            return ChainEnd(number, previous, newest), _NOT_DERIVED.format(number + 1)
        number, previous, newest = seq, value, event
    end = ChainEnd(number, previous, newest)
    left_over: int = db.value("SELECT COUNT(*) FROM events WHERE rater = ?", (rater,)) - number
    return end, _altered(number + 1) if left_over else ""


def _altered(number: int) -> str:
    return f"judgment {number}, its pair or its answers were altered, or a judgment was removed or added"
