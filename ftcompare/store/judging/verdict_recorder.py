"""One rater's work on disk: the next pair, judgments, skips, guesses and undo, in a study or a pack.

Both kinds of file have the tables ``allocations``, ``events`` and ``drafts`` with the same columns, and the
view ``rated_here``: the allocations that are judged in this file, neither in a pack nor on the live page.

Each event is a link of its rater's hash chain: its digest covers all earlier events of the rater. The
``standing`` columns of an allocation are derived from its events and written with them.
"""

from __future__ import annotations

import math
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, ClassVar

from ftcompare.core.blinding import BlindItem, GivenAnswer
from ftcompare.core.context import Expectation
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.fields import Field, FieldKind
from ftcompare.core.hashing import Json, link
from ftcompare.core.judgment_limits import MAX_COMMENT, impossible_judgment, possible_time
from ftcompare.core.rating_rules import RECENT
from ftcompare.core.scale import Choice
from ftcompare.core.study import (
    DETAILS,
    AllocationId,
    Draft,
    EventKind,
    Guess,
    GuessChoice,
    GuessMoment,
    JudgmentEvent,
    PairNotes,
    RaterId,
    Verdict,
)
from ftcompare.core.trace import shown_steps
from ftcompare.store.records import RaterProgress, RatingSettings, Undone
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_list, read_object, stamp, to_json
from ftcompare.store.study.prompts import to_messages, to_passages

EVENT_TAG = "event"

_COLUMNS = tuple(one.name for one in fields(JudgmentEvent) if one.name not in ("digest", "id"))
"""The columns of ``events`` that are fields of `JudgmentEvent`, except those that the file assigns."""


@dataclass(frozen=True, slots=True)
class Target:
    """The allocation that an event is about."""

    allocation: AllocationId
    rater: RaterId
    where: tuple[Json, ...]  # values that identify the allocation and that every event about it covers
    shown: tuple[str, ...]  # digests of the texts that were shown


class ChainWriter:
    """Appends to the raters' chains, which begin at `genesis`, within one transaction of the caller."""

    def __init__(self, db: Connection, genesis: Callable[[Connection, RaterId], str]) -> None:
        self._db = db
        self._genesis = genesis
        self._heads: dict[RaterId, tuple[int, str]] = {}

    def append(self, target: Target, event: JudgmentEvent, at: str) -> int:
        """Append an event, update the allocation's standing columns, and return the event's id."""
        seq, previous = self.head(target.rater)
        event = _in_place(event, target, seq + 1, at)
        value = link(EVENT_TAG, previous, payload(target, event))
        fields = {name: getattr(event, name) for name in _COLUMNS}
        added = self._db.insert("events", rater=target.rater, **fields, digest=value)
        self._heads[target.rater] = (event.seq, value)
        self._settle(target, event, added)
        return added

    def head(self, rater: RaterId) -> tuple[int, str]:
        """Return number and digest of a rater's newest event; 0 and the first value if there is none."""
        if rater in self._heads:
            return self._heads[rater]
        sql = "SELECT seq, digest FROM events WHERE rater = ? ORDER BY seq DESC LIMIT 1"
        last = self._db.first(sql, (rater,))
        return (last["seq"], last["digest"]) if last else (0, self._genesis(self._db, rater))

    def go_on(self, rater: RaterId, seq: int, digest: str) -> None:
        """Chain the rater's next event to one that is not in this file."""
        self._heads[rater] = (seq, digest)

    def _settle(self, target: Target, event: JudgmentEvent, added: int) -> None:
        kind, retracted = event.kind, event.kind is EventKind.RETRACTION
        if retracted:
            sql = "SELECT kind FROM events WHERE rater = ? AND seq = ?"
            kind = EventKind(self._db.value(sql, (target.rater, event.retracts)))
        if kind is EventKind.GUESS:
            guess = None if retracted else added
            self._db.execute("UPDATE allocations SET guess = ? WHERE id = ?", (guess, target.allocation))
            return
        standing = (None, "") if retracted else (added, kind)
        sql = "UPDATE allocations SET standing = ?, standing_kind = ? WHERE id = ?"
        self._db.execute(sql, (*standing, target.allocation))


def _in_place(event: JudgmentEvent, target: Target, seq: int, at: str) -> JudgmentEvent:
    """Set number, allocation and time, and numbers as SQLite returns them for verification."""
    numbers = [number for number in (event.seconds, event.preference) if number is not None]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BugError("A time or share is not a number of at least 0.", code="event-number")
    event = replace(event, preference=_real(event.preference), seconds=_real(event.seconds))
    return replace(event, seq=seq, allocation=target.allocation, at=at, flagged=bool(event.flagged))


def _real(number: float | None) -> float | None:
    return None if number is None else abs(float(number))


def payload(target: Target, event: JudgmentEvent) -> Json:
    """Return what an event's digest covers: every stored field, the allocation, and what was shown."""
    done: list[Json] = [event.kind, event.choice, event.strength, event.preference, event.comment]
    done += [event.flagged, event.seconds, event.reason, event.retracts]
    # Digests of files of version 1 were made without details, because these files have none.
    more: list[Json] = [event.details] if event.details else []
    return [target.rater, event.seq, list(target.where), list(target.shown), done + more, event.at]


def details_json(notes: PairNotes[Any]) -> str:
    """Return the JSON of the fields without their defaults; UserError for a value that is not allowed."""
    given = {}
    for one in DETAILS:
        value = getattr(notes, one.attribute)
        if value == one.default:
            continue
        if not one.accepts(value):
            raise UserError(f"{one.title} cannot be {value!r}.", code="judgment-invalid")
        given[one.key] = value
    return to_json(given) if given else ""


def read_details(text: str, side: Callable[[str], str] = str) -> dict[str, Any]:
    """Read the fields of `PairNotes` from the JSON of details; files of earlier versions have fewer.

    `side` converts each stored side: ``left`` or ``right``, for imported judgments ``a`` or ``b``. Raises
    ValueError or TypeError for text that `details_json` does not write.
    """
    given = read_object(text) if text else {}
    return {one.attribute: _detail(one, given[one.key], side) for one in DETAILS if one.key in given}


def _detail(one: Field, stored: Any, side: Callable[[str], str]) -> object:
    if not one.accepts(stored):
        raise TypeError(f"{one.attribute} has an impossible value")
    if one.rule:
        return tuple((name, side(choice)) for name, choice in stored)
    if one.kind is FieldKind.LIST:
        return tuple((name, grade) for name, grade in stored)
    return tuple(stored) if isinstance(stored, list) else stored


def to_event(row: sqlite3.Row) -> JudgmentEvent:
    fields = {name: row[name] for name in (*_COLUMNS, "digest", "id")}
    return JudgmentEvent(**{**fields, "kind": EventKind(row["kind"]), "flagged": bool(row["flagged"])})


def read_rows(db: Connection, rater: RaterId) -> Iterator[sqlite3.Row]:
    sql = "SELECT * FROM events WHERE rater = ? AND seq > ? ORDER BY seq LIMIT ?"
    return db.paged(sql, (rater,), key="seq")


_TIMED = """SELECT e.seconds FROM events e JOIN rated_here al ON al.standing = e.id AND al.id = e.allocation
    WHERE e.rater = ? AND e.seconds IS NOT NULL AND e.kind = 'judgment' ORDER BY e.seq DESC LIMIT ?"""

_END_GUESSES = """SELECT COUNT(*), COUNT(guess) FROM rated_here
    WHERE rater = ? AND guess_due = 'at_end' AND standing_kind <> 'skip'"""

_NEWEST = (
    """SELECT * FROM events WHERE id = (SELECT standing FROM rated_here
        WHERE rater = ? AND standing IS NOT NULL ORDER BY standing DESC LIMIT 1)""",
    """SELECT * FROM events WHERE id = (SELECT guess FROM rated_here
        WHERE rater = ? AND guess IS NOT NULL ORDER BY guess DESC LIMIT 1)""",
)

_GIVEN = """SELECT e.* FROM rated_here al JOIN events e ON e.id = al.standing
    WHERE al.rater = ? AND al.standing_kind = 'judgment' ORDER BY e.id DESC"""

_OPEN = """al.rater = ? AND al.standing IS NULL AND al.pack IS NULL AND al.kind <> 'live'
    AND al.position IS NOT NULL"""

_GUESSES = {GuessChoice.LEFT: "left", GuessChoice.RIGHT: "right", GuessChoice.UNSURE: "tie"}


class JudgmentLog(Repository, ABC):
    """Stores judgments, skips, guesses and retractions of every rater in a file."""

    ITEM: ClassVar[str]
    """SQL, before a WHERE, of id, standing, messages, left_text, right_text, left_cut, right_cut, alone,
    reference, context, expects, later_turns, left_earlier, right_earlier, comment, flagged and details of an
    item. Fields that raters may not see are empty."""

    TARGET: ClassVar[str]
    """SQL of the columns that `_target` needs and id, rater, standing, guess, pack; before a WHERE."""

    @abstractmethod
    def settings(self) -> RatingSettings:
        """Return the instructions and the scale that raters see."""

    @abstractmethod
    def _target(self, row: sqlite3.Row) -> Target:
        """Convert a row of `TARGET`."""

    @abstractmethod
    def _genesis(self, db: Connection, rater: RaterId) -> str:
        """Return the first value of a rater's hash chain."""

    def progress(self, rater: RaterId) -> RaterProgress:
        sql = "SELECT standing_kind, COUNT(*) FROM rated_here WHERE rater = ? GROUP BY standing_kind"
        counts: Counter[str] = Counter(dict(map(tuple, self._db.rows(sql, (rater,)))))
        judged, skipped = counts[EventKind.JUDGMENT], counts[EventKind.SKIP]
        seconds = tuple(row["seconds"] for row in reversed(self._db.rows(_TIMED, (rater, RECENT))))
        asked, answered = self._db.rows(_END_GUESSES, (rater,))[0]
        return RaterProgress(counts.total(), judged, skipped, seconds, asked, answered)

    def seconds_worked(self, rater: RaterId) -> float:
        """Return the active seconds of all events of a rater in this file, also of those taken back."""
        sql = """SELECT TOTAL(e.seconds) FROM events e JOIN rated_here al ON al.id = e.allocation
            WHERE e.rater = ? AND e.seconds IS NOT NULL"""
        return float(self._db.value(sql, (rater,)))

    def judged_since(self, rater: RaterId, moment: datetime) -> int:
        sql = """SELECT COUNT(*) FROM rated_here al JOIN events e ON e.id = al.standing
            WHERE al.rater = ? AND al.standing_kind = 'judgment' AND e.at >= ?"""
        return int(self._db.value(sql, (rater, stamp(moment))))

    def next_item(self, rater: RaterId, after: int = 0) -> BlindItem | None:
        """Return the first open item in the rater's order (not judged, not skipped), or one ``after`` it."""
        return self._first_item(f"{_OPEN} ORDER BY al.position LIMIT 1 OFFSET {after:d}", rater)

    def guess_item(self, rater: RaterId, moment: GuessMoment) -> BlindItem | None:
        """Return the first judged item whose guess is due at this moment and not given yet."""
        return self._first_item(
            f"al.rater = ? AND al.guess_due = '{moment}' AND al.guess IS NULL AND al.guess_due <> ''"
            " AND al.standing_kind = 'judgment' AND al.pack IS NULL ORDER BY al.position LIMIT 1",
            rater,
        )

    def item(self, allocation: AllocationId) -> BlindItem:
        item = self._first_item("al.id = ?", allocation)
        if item is None:
            raise BugError("There is no such item.", code="allocation-missing")
        return item

    def given(self, rater: RaterId) -> list[GivenAnswer]:
        """Return a rater's standing judgments in this file, newest first.

        When the hidden repeat of a pair is judged or is the next item, the earlier judgment is left out, so
        that the rater cannot look it up.
        """
        of_rater = "SELECT id FROM rated_here WHERE rater = ? AND standing IS NOT NULL"
        rows = self._db.rows(f"{self.ITEM} WHERE al.id IN ({of_rater}) ORDER BY al.standing", (rater,))
        now = self._db.rows(f"{self.ITEM} WHERE {_OPEN} ORDER BY al.position LIMIT 1", (rater,))
        earlier = _answered_before([*rows, *now])
        pairs = {row["id"]: row for row in rows if row["id"] not in earlier}
        events = map(to_event, self._db.rows(_GIVEN, (rater,)))
        shown = (event for event in events if event.allocation in pairs)
        return [_to_given(pairs[event.allocation], event) for event in shown]

    def _first_item(self, condition: str, number: int) -> BlindItem | None:
        row = self._db.first(f"{self.ITEM} WHERE {condition}", (number,))
        if row is None:
            return None
        return _to_item(row, _draft(row["comment"], row["flagged"], row["details"]))

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        """Store what a rater has entered, unless the item is judged or skipped; an empty draft deletes it."""
        with self._db.atomic():
            if self._target_row(allocation)["standing"] is None:
                _put_draft(self._db, allocation, draft)

    def judge(self, allocation: AllocationId, verdict: Verdict, *, now: datetime) -> None:
        """Store a judgment; when this returns, it is on the disk."""
        scale = self.settings().scale
        accepted = scale.accepts(verdict.choice, verdict.strength) and not (scale.graded and verdict.criteria)
        sides = dict(verdict.reason_sides)
        if not (accepted and scale.accepts_details(verdict.of_criteria, verdict.reasons, sides)):
            raise UserError("The study's scale does not offer this answer.", code="scale-refuses")
        event, at = event_of(verdict), stamp(now)
        with self._finishing(allocation, event, at) as target:
            self._chains().append(target, event, at)

    def change(self, allocation: AllocationId, verdict: Verdict, *, now: datetime) -> None:
        """Retract a judgment, and a guess about it, and store another for the same item."""
        with self._db.atomic():
            row = self._target_row(allocation)
            _require_here(row)
            if row["standing_kind"] != EventKind.JUDGMENT:
                raise UserError("This item has not been judged.", code="not-judged")
            chains = self._chains()
            for number in (row["guess"], row["standing"]):
                for event in self._db.rows("SELECT * FROM events WHERE id = ?", (number,)):
                    self._retract(chains, to_event(event), now)
            self.judge(allocation, verdict, now=now)

    def skip(
        self,
        allocation: AllocationId,
        reason: str,
        *,
        draft: Draft | None = None,
        seconds: float | None,
        now: datetime,
    ) -> None:
        """Store a skip, with the comment and details that the rater had begun to write."""
        event, at = JudgmentEvent(EventKind.SKIP, seconds=seconds, reason=reason), stamp(now)
        event = _with_notes(event, draft or Draft())
        with self._finishing(allocation, event, at) as target:
            self._chains().append(target, event, at)

    def guess(self, allocation: AllocationId, guess: Guess, *, seconds: float | None, now: datetime) -> None:
        event = JudgmentEvent(EventKind.GUESS, _GUESSES[guess.choice], guess.sure, seconds=seconds)
        require_possible(event, stamp(now))
        with self._db.atomic():
            row = self._target_row(allocation)
            _require_here(row)
            if row["standing"] is None:
                raise UserError("This item has not been judged.", code="not-judged")
            if row["guess"] is not None:
                raise UserError("This item was already asked about.", code="already-guessed")
            self._chains().append(self._target(row), event, stamp(now))

    @contextmanager
    def _finishing(self, allocation: AllocationId, event: JudgmentEvent, at: str) -> Iterator[Target]:
        """Open a transaction in which an open item is judged or skipped; the item's draft is deleted."""
        require_possible(event, at)
        with self._db.atomic():
            row = self._target_row(allocation)
            _require_here(row)
            if row["standing"] is not None:
                raise UserError("This item is already judged or skipped.", code="already-judged")
            yield self._target(row)
            self._db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))

    def _chains(self) -> ChainWriter:
        return ChainWriter(self._db, self._genesis)

    def _target_row(self, allocation: AllocationId) -> sqlite3.Row:
        row = self._db.first(f"{self.TARGET} WHERE al.id = ?", (allocation,))
        if row is None:
            raise BugError("There is no such item.", code="allocation-missing")
        return row

    def last_event(self, rater: RaterId) -> Undone | None:
        event = self._newest(rater)
        return _to_undone(event) if event else None

    def _newest(self, rater: RaterId) -> JudgmentEvent | None:
        found = [to_event(row) for sql in _NEWEST if (row := self._db.first(sql, (rater,)))]
        return max(found, key=lambda event: event.id, default=None)

    def undo(self, rater: RaterId, *, now: datetime) -> Undone | None:
        """Take back the rater's newest standing event and return it; None if there is none.

        Its comment and details become the item's draft. Imported judgments are not taken back.
        """
        with self._db.atomic():
            event = self._newest(rater)
            return self.take_back(event, now=now) if event else None

    def take_back(self, event: JudgmentEvent, *, now: datetime) -> Undone:
        self._retract(self._chains(), event, now)
        return _to_undone(event)

    def return_to_skipped(self, rater: RaterId, *, now: datetime) -> int:
        """Retract all standing skips of a rater, so that the items are shown again; return their number."""
        sql = """SELECT e.* FROM rated_here al JOIN events e ON e.id = al.standing
            WHERE al.rater = ? AND al.standing_kind = 'skip' ORDER BY e.id"""
        with self._db.atomic():
            chains, rows = self._chains(), self._db.rows(sql, (rater,))
            for row in rows:
                self._retract(chains, to_event(row), now)
            return len(rows)

    def _retract(self, chains: ChainWriter, event: JudgmentEvent, now: datetime) -> None:
        target = self._target(self._target_row(event.allocation))
        retraction = JudgmentEvent(EventKind.RETRACTION, retracts=event.seq)
        require_possible(retraction, stamp(now))
        chains.append(target, retraction, stamp(now))
        if event.kind is not EventKind.GUESS:
            _put_draft(self._db, target.allocation, replace(_notes(event), language=""))

    def events(self, rater: RaterId) -> Iterator[JudgmentEvent]:
        """Return a rater's whole chain, oldest first, with retracted events and retractions."""
        return map(to_event, read_rows(self._db, rater))


def _answered_before(rows: Sequence[sqlite3.Row]) -> set[int]:
    """Return the ids of items that occur again in a later row, with the sides swapped unless shown alone."""
    newest: dict[tuple[str, str, str], int] = {}
    before = set()
    for row in rows:
        prompt = f"{row['messages']}{row['later_turns']}"
        left, right = (f"{row[f'{side}_earlier']}{row[f'{side}_text']}" for side in ("left", "right"))
        again = (prompt, left, right) if row["alone"] else (prompt, right, left)
        before |= {newest[again]} if again in newest else set()
        newest[prompt, left, right] = row["id"]
    return before


def _require_here(row: sqlite3.Row) -> None:
    if row["pack"] is not None:
        how = "Open the pack to judge it."
        raise UserError("This pair was handed out in a rater pack.", how=how, code="in-pack")


def require_possible(event: JudgmentEvent, at: str) -> None:
    """Refuse values that the verification of the file would not accept later."""
    if not possible_time(at):
        what = f"The clock of this machine says {at[:4]}: nothing was saved."
        raise UserError(what, how="Set its date and time and try again.", code="clock-wrong")
    # A time that is negative or not finite is a bug of this program; the chain writer raises BugError for it.
    seconds = event.seconds if event.seconds is not None and 0 <= event.seconds < math.inf else None
    if wrong := impossible_judgment((event.comment, event.reason, event.details), seconds, at):
        how = f"A comment has at most {MAX_COMMENT:,} characters."
        raise UserError(f"The judgment {wrong}: nothing was saved.", how=how, code="judgment-impossible")


def _draft(comment: str, flagged: int, details: str) -> Draft:
    return Draft(comment=comment, flagged=bool(flagged), **read_details(details, Choice))


def _notes(event: JudgmentEvent) -> Draft:
    return _draft(event.comment, event.flagged, event.details)


def _put_draft(db: Connection, allocation: AllocationId, draft: Draft) -> None:
    if draft == Draft():
        db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))
        return
    sql = "INSERT OR REPLACE INTO drafts (allocation, comment, flagged, details) VALUES (?, ?, ?, ?)"
    db.execute(sql, (allocation, draft.comment, draft.flagged, details_json(draft)))


def _to_item(row: sqlite3.Row, draft: Draft) -> BlindItem:
    texts = (row["left_text"], row["right_text"])
    item = BlindItem(AllocationId(row["id"]), to_messages(row["messages"]), *texts, draft, row["reference"])
    context, expects = to_passages(row["context"]), Expectation(row["expects"])
    item = replace(item, context=context, expects=expects, alone=bool(row["alone"]))
    left, right = row["left_earlier"] or "[]", row["right_earlier"] or "[]"
    if not row["later_turns"] and left == right == "[]":
        return item
    return replace(
        item,
        later_turns=tuple(read_list(row["later_turns"] or "[]")),
        left_earlier=shown_steps(read_list(left)),
        right_earlier=shown_steps(read_list(right)),
    )


def _to_given(row: sqlite3.Row, event: JudgmentEvent) -> GivenAnswer:
    cut = {Choice.LEFT: row["left_cut"], Choice.RIGHT: row["right_cut"]}
    places = tuple(place for place, is_cut in cut.items() if is_cut)
    return GivenAnswer(_to_item(row, _notes(event)), _to_verdict(event), event.at, places)


def _to_undone(event: JudgmentEvent) -> Undone:
    verdict = _to_verdict(event) if event.kind is EventKind.JUDGMENT else None
    return Undone(event.allocation, event.kind, verdict, event.reason)


def _to_verdict(event: JudgmentEvent) -> Verdict:
    return _notes(event).answered(Choice(event.choice or ""), event.strength, event.seconds)


def event_of(verdict: Verdict) -> JudgmentEvent:
    """Return the event of a judgment, without its place in the chain."""
    event = JudgmentEvent(EventKind.JUDGMENT, verdict.choice, verdict.strength, seconds=verdict.seconds)
    return _with_notes(event, verdict)


def _with_notes(event: JudgmentEvent, notes: PairNotes[Choice]) -> JudgmentEvent:
    return replace(event, comment=notes.comment, flagged=notes.flagged, details=details_json(notes))
