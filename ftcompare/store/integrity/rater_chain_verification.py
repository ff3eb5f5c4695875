"""A rater's chain followed from its beginning, or from where it was verified to, as quickly as Python can.

Every event's digest is computed anew from what is stored now: the event itself, its allocation and the
digests of the two responses. The JSON that a digest covers is spelled at once, byte for byte what
`canonical_json` makes of ``[previous, payload]`` (`events.payload`): several times as quick as building
the value and encoding it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted

from ftcompare.core.study import EventKind, RaterId
from ftcompare.store.records import ChainEnd
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.raters import genesis

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

_CHOICES = (None, "left", "right", "a", "b", "tie", "both_bad")
# A value that is none of these is a LookupError: it was put there behind the product's back.
_DONE = {
    (kind.value, choice): f'"{kind}",{"null" if choice is None else quoted(choice)}'
    for kind in EventKind
    for choice in _CHOICES
}
_SIDES = {None: "null", 0: "false", 1: "true"}
_FLAGS = {0: "false", 1: "true"}

_RETRACTION = EventKind.RETRACTION.value

_NOT_DERIVED = "the state of its item does not follow from judgment {}"

Shown = Mapping[int, str]
"""Digests of the responses of each comparison, as an event's payload spells them."""


def shown_digests(db: Connection) -> Shown:
    """Of every comparison."""
    return {pair: f"[{quoted(a)},{quoted(b)}]" for pair, a, b in db.each(_SHOWN)}


def chain_start(db: Connection, rater: RaterId) -> ChainEnd:
    """The end of a chain that has no event yet."""
    return ChainEnd(0, genesis(db, rater), 0)


def follow(db: Connection, rater: RaterId, start: ChainEnd, shown: Shown) -> tuple[ChainEnd, str]:
    """Verify the events after ``start``, and that what stands of their items follows from them.

    Returns:
        The end of what holds, and what is wrong after it; empty where all events of the rater hold.

    Raises:
        LookupError: for a value that no event can have.
    """
    # All in one loop without a call for each event: fifty thousand events are to take a fifth of a second.
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
