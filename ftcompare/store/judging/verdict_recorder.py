"""One rater's work on disk: the next pair, judgments, skips, guesses and undo, in a study or a pack.

Both kinds of file have the tables ``allocations``, ``events`` and ``drafts`` with the same columns. Both have
the view ``rated_here``: the allocations that are judged in this file, that is, neither in a pack that was
handed out nor on the live page.
"""

from __future__ import annotations

import math
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from ftcompare.core.blinding import BlindItem, GivenAnswer
from ftcompare.core.context import Expectation
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.judgment_limits import MAX_COMMENT, impossible_judgment, possible_time
from ftcompare.core.scale import Choice
from ftcompare.core.study import (
    AllocationId,
    Draft,
    EventKind,
    Guess,
    GuessChoice,
    GuessMoment,
    RaterId,
    Verdict,
)
from ftcompare.store.judging import event_chain_writer
from ftcompare.store.records import JudgmentEvent, RaterProgress, RatingSettings, Undone
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_list, stamp
from ftcompare.store.study.prompt_fields import to_passages
from ftcompare.store.study.prompts import to_messages

_RECENT = 20

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
    """SQL that selects id, standing, messages, left_text, right_text, left_cut, right_cut, reference,
    context, expects, later_turns, left_earlier, right_earlier, comment, flagged and details of an item.
    Fields that raters may not see are empty.

    A WHERE clause must follow.
    """

    TARGET: ClassVar[str]
    """SQL that selects the columns `_target` needs and id, rater, standing, guess, pack. A WHERE clause must
    follow."""

    @abstractmethod
    def settings(self) -> RatingSettings:
        """The instructions and the scale that raters see."""

    @abstractmethod
    def _target(self, row: sqlite3.Row) -> event_chain_writer.Target:
        """Convert a row of `TARGET`."""

    @abstractmethod
    def _genesis(self, db: Connection, rater: RaterId) -> str:
        """The first value of a rater's hash chain."""

    def progress(self, rater: RaterId) -> RaterProgress:
        """How many of a rater's allocations of this file (`rated_here`) are judged and skipped."""
        sql = "SELECT standing_kind, COUNT(*) FROM rated_here WHERE rater = ? GROUP BY standing_kind"
        counts: Counter[str] = Counter(dict(map(tuple, self._db.rows(sql, (rater,)))))
        judged, skipped = counts[EventKind.JUDGMENT], counts[EventKind.SKIP]
        seconds = tuple(row["seconds"] for row in reversed(self._db.rows(_TIMED, (rater, _RECENT))))
        asked, answered = self._db.rows(_END_GUESSES, (rater,))[0]
        return RaterProgress(counts.total(), judged, skipped, seconds, asked, answered)

    def seconds_worked(self, rater: RaterId) -> float:
        """Active seconds of all events of a rater in this file, including those taken back.

        0 if none are known.
        """
        sql = """SELECT TOTAL(e.seconds) FROM events e JOIN rated_here al ON al.id = e.allocation
            WHERE e.rater = ? AND e.seconds IS NOT NULL"""
        return float(self._db.value(sql, (rater,)))

    def next_item(self, rater: RaterId) -> BlindItem | None:
        """The first item in the rater's order that is neither judged nor skipped, with its draft.

        None if none is.
        """
        return self._first_item(f"{_OPEN} ORDER BY al.position LIMIT 1", rater)

    def guess_item(self, rater: RaterId, moment: GuessMoment) -> BlindItem | None:
        """The first judged item whose guess is due at this moment and not given yet.

        None if there is none.
        """
        return self._first_item(
            f"al.rater = ? AND al.guess_due = '{moment}' AND al.guess IS NULL AND al.guess_due <> ''"
            " AND al.standing_kind = 'judgment' AND al.pack IS NULL ORDER BY al.position LIMIT 1",
            rater,
        )

    def item(self, allocation: AllocationId) -> BlindItem:
        """One item as its rater sees it."""
        item = self._first_item("al.id = ?", allocation)
        if item is None:
            raise BugError("There is no such item.", code="allocation-missing")
        return item

    def given(self, rater: RaterId) -> list[GivenAnswer]:
        """A rater's standing judgments in this file, newest first.

        When the hidden repeat of a pair is judged or is the next item, the earlier judgment of that pair is
        left out, so that the rater cannot look up the earlier answer.
        """
        of_rater = "SELECT id FROM rated_here WHERE rater = ? AND standing IS NOT NULL"
        rows = self._db.rows(f"{self.ITEM} WHERE al.id IN ({of_rater}) ORDER BY al.standing", (rater,))
        now = self._db.rows(f"{self.ITEM} WHERE {_OPEN} ORDER BY al.position LIMIT 1", (rater,))
        earlier = _answered_before([*rows, *now])
        pairs = {row["id"]: row for row in rows if row["id"] not in earlier}
        events = map(event_chain_writer.to_event, self._db.rows(_GIVEN, (rater,)))
        return [_to_given(pairs[event.allocation], event) for event in events if event.allocation in pairs]

    def _first_item(self, condition: str, number: int) -> BlindItem | None:
        row = self._db.first(f"{self.ITEM} WHERE {condition}", (number,))
        if row is None:
            return None
        return _to_item(row, _draft(row["comment"], row["flagged"], row["details"]))

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        """Store what a rater has entered; an empty draft deletes it.

        A judged or skipped item gets no draft.
        """
        with self._db.atomic():
            if self._target_row(allocation)["standing"] is None:
                _put_draft(self._db, allocation, draft)

    def judge(self, allocation: AllocationId, verdict: Verdict, *, now: datetime) -> None:
        """Store a judgment. When this method returns, the judgment is on the disk.

        Raises:
            UserError: ``already-judged`` if the item is judged or skipped; ``scale-refuses``; ``in-pack`` if
                it is in a pack that was handed out.
        """
        scale = self.settings().scale
        accepted, sides = scale.accepts(verdict.choice, verdict.strength), dict(verdict.reason_sides)
        if not (accepted and scale.accepts_details(dict(verdict.criteria), verdict.reasons, sides)):
            raise UserError("The study's scale does not offer this answer.", code="scale-refuses")
        event = JudgmentEvent(EventKind.JUDGMENT, verdict.choice, verdict.strength, seconds=verdict.seconds)
        event, at = _with_notes(event, verdict), stamp(now)
        with self._finishing(allocation, event, at) as target:
            self._chains().append(target, event, at)

    def change(self, allocation: AllocationId, verdict: Verdict, *, now: datetime) -> None:
        """Retract a judgment and store another for the same item; a guess about it is retracted, too.

        Raises:
            UserError: ``not-judged`` if the item has no standing judgment; as `judge`.
        """
        with self._db.atomic():
            row = self._target_row(allocation)
            _require_here(row)
            if row["standing_kind"] != EventKind.JUDGMENT:
                raise UserError("This item has not been judged.", code="not-judged")
            chains = self._chains()
            for held in (row["guess"], row["standing"]):
                for event in self._db.rows("SELECT * FROM events WHERE id = ?", (held,)):
                    self._retract(chains, event_chain_writer.to_event(event), now)
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
        """Store a skip, with the comment and details that the rater had begun to write.

        Raises:
            UserError: ``already-judged`` if the item is judged or skipped; ``in-pack``.
        """
        event, at = JudgmentEvent(EventKind.SKIP, seconds=seconds, reason=reason), stamp(now)
        event = _with_notes(event, draft or Draft())
        with self._finishing(allocation, event, at) as target:
            self._chains().append(target, event, at)

    def guess(self, allocation: AllocationId, guess: Guess, *, seconds: float | None, now: datetime) -> None:
        """Store a rater's guess about a judged item.

        Raises:
            UserError: ``already-guessed``; ``not-judged``; ``in-pack``.
        """
        event = JudgmentEvent(EventKind.GUESS, _GUESSES[guess.choice], guess.sure, seconds=seconds)
        require_possible(event, stamp(now))
        with self._db.atomic():
            row = self._target_row(allocation)
            _require_here(row)
            if row["standing"] is None:
                raise UserError("This item has not been judged.", code="not-judged")
            if row["guess"] is not None:
                raise UserError("This item was asked about already.", code="already-guessed")
            self._chains().append(self._target(row), event, stamp(now))

    @contextmanager
    def _finishing(
        self, allocation: AllocationId, event: JudgmentEvent, at: str
    ) -> Iterator[event_chain_writer.Target]:
        """A transaction in which an open item is judged or skipped; the item's draft is deleted."""
        require_possible(event, at)
        with self._db.atomic():
            row = self._target_row(allocation)
            _require_here(row)
            if row["standing"] is not None:
                raise UserError("This item is already judged or skipped.", code="already-judged")
            yield self._target(row)
            self._db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))

    def _chains(self) -> event_chain_writer.ChainWriter:
        return event_chain_writer.ChainWriter(self._db, self._genesis)

    def _target_row(self, allocation: AllocationId) -> sqlite3.Row:
        row = self._db.first(f"{self.TARGET} WHERE al.id = ?", (allocation,))
        if row is None:
            raise BugError("There is no such item.", code="allocation-missing")
        return row

    def last_event(self, rater: RaterId) -> Undone | None:
        """The event that `undo` would take back; None if there is none."""
        event = self._newest(rater)
        return _to_undone(event) if event else None

    def _newest(self, rater: RaterId) -> JudgmentEvent | None:
        found = [
            event_chain_writer.to_event(row) for sql in _NEWEST if (row := self._db.first(sql, (rater,)))
        ]
        return max(found, key=lambda event: event.id, default=None)

    def undo(self, rater: RaterId, *, now: datetime) -> Undone | None:
        """Take back the rater's newest standing judgment, skip or guess, and return it.

        None if there is none.

        The comment and details of the event become the item's draft. Imported judgments are not taken back.
        """
        with self._db.atomic():
            event = self._newest(rater)
            return self.take_back(event, now=now) if event else None

    def take_back(self, event: JudgmentEvent, *, now: datetime) -> Undone:
        """Retract a standing event within the caller's transaction."""
        self._retract(self._chains(), event, now)
        return _to_undone(event)

    def return_to_skipped(self, rater: RaterId, *, now: datetime) -> int:
        """Retract all standing skips of a rater, so that the items are shown again; returns their number."""
        sql = """SELECT e.* FROM rated_here al JOIN events e ON e.id = al.standing
            WHERE al.rater = ? AND al.standing_kind = 'skip' ORDER BY e.id"""
        with self._db.atomic():
            chains, rows = self._chains(), self._db.rows(sql, (rater,))
            for row in rows:
                self._retract(chains, event_chain_writer.to_event(row), now)
            return len(rows)

    def _retract(self, chains: event_chain_writer.ChainWriter, event: JudgmentEvent, now: datetime) -> None:
        target = self._target(self._target_row(event.allocation))
        retraction = JudgmentEvent(EventKind.RETRACTION, retracts=event.seq)
        require_possible(retraction, stamp(now))
        chains.append(target, retraction, stamp(now))
        if event.kind is not EventKind.GUESS:
            _put_draft(self._db, target.allocation, _draft(event.comment, event.flagged, event.details))

    def events(self, rater: RaterId) -> Iterator[JudgmentEvent]:
        """A rater's whole chain, oldest first, including retracted events and retractions."""
        return map(event_chain_writer.to_event, event_chain_writer.read_rows(self._db, rater))


def _answered_before(rows: Sequence[sqlite3.Row]) -> set[int]:
    """Ids of items that occur again in a later row: same prompt and texts, with the sides swapped."""
    newest: dict[tuple[str, str, str], int] = {}
    before = set()
    for row in rows:
        prompt = f"{row['messages']}{row['later_turns']}"
        left, right = (f"{row[f'{side}_earlier']}{row[f'{side}_text']}" for side in ("left", "right"))
        before |= {newest[prompt, right, left]} if (prompt, right, left) in newest else set()
        newest[prompt, left, right] = row["id"]
    return before


def _require_here(row: sqlite3.Row) -> None:
    if row["pack"] is not None:
        how = "Open the pack to judge it."
        raise UserError("This pair was handed out in a rater pack.", how=how, code="in-pack")


def require_possible(event: JudgmentEvent, at: str) -> None:
    """Refuse values that the verification of the file would not accept later.

    Raises:
        UserError: ``clock-wrong`` if this machine's clock is far off; ``judgment-impossible``.
    """
    if not possible_time(at):
        what = f"The clock of this machine says {at[:4]}: nothing was saved."
        raise UserError(what, how="Set its date and time and try again.", code="clock-wrong")
    # A time that is negative or not finite is a bug of this program; the chain writer raises BugError for it.
    seconds = event.seconds if event.seconds is not None and 0 <= event.seconds < math.inf else None
    if wrong := impossible_judgment((event.comment, event.reason, event.details), seconds, at):
        how = f"A comment has at most {MAX_COMMENT:,} characters."
        raise UserError(f"The judgment {wrong}: nothing was saved.", how=how, code="judgment-impossible")


def _draft(comment: str, flagged: int, details: str) -> Draft:
    criteria, reasons, sides, seen = event_chain_writer.read_details(details)
    answered = tuple((name, Choice(choice)) for name, choice in criteria)
    of_sides = tuple((name, Choice(side)) for name, side in sides)
    return Draft(comment, bool(flagged), answered, reasons, of_sides, seen)


def _put_draft(db: Connection, allocation: AllocationId, draft: Draft) -> None:
    if draft == Draft():
        db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))
        return
    sql = "INSERT OR REPLACE INTO drafts (allocation, comment, flagged, details) VALUES (?, ?, ?, ?)"
    db.execute(sql, (allocation, draft.comment, draft.flagged, _details(draft)))


def _to_item(row: sqlite3.Row, draft: Draft) -> BlindItem:
    texts = (row["left_text"], row["right_text"])
    item = BlindItem(AllocationId(row["id"]), to_messages(row["messages"]), *texts, draft, row["reference"])
    item = replace(item, context=to_passages(row["context"]), expects=Expectation(row["expects"]))
    if not row["later_turns"]:
        return item
    return replace(
        item,
        later_turns=tuple(read_list(row["later_turns"])),
        left_earlier=tuple(read_list(row["left_earlier"])),
        right_earlier=tuple(read_list(row["right_earlier"])),
    )


def _to_given(row: sqlite3.Row, event: JudgmentEvent) -> GivenAnswer:
    written = _draft(event.comment, event.flagged, event.details)
    cut = {Choice.LEFT: row["left_cut"], Choice.RIGHT: row["right_cut"]}
    places = tuple(place for place, is_cut in cut.items() if is_cut)
    return GivenAnswer(_to_item(row, written), _to_verdict(event), event.at, places)


def _to_undone(event: JudgmentEvent) -> Undone:
    verdict = _to_verdict(event) if event.kind is EventKind.JUDGMENT else None
    return Undone(event.allocation, event.kind, verdict, event.reason)


def _to_verdict(event: JudgmentEvent) -> Verdict:
    given = _draft(event.comment, event.flagged, event.details)
    said = (given.comment, given.flagged, event.seconds, given.criteria, given.reasons, given.reason_sides)
    return Verdict(Choice(event.choice or ""), event.strength, *said, given.reference_seen)


def _with_notes(event: JudgmentEvent, given: Verdict | Draft) -> JudgmentEvent:
    return replace(event, comment=given.comment, flagged=given.flagged, details=_details(given))


def _details(given: Verdict | Draft) -> str:
    beside = (given.criteria, given.reasons, given.reason_sides)
    return event_chain_writer.details_json(*beside, reference_seen=given.reference_seen)
