"""Standing judgments with all that belongs to them, for results, terms and exports."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from itertools import starmap
from typing import NamedTuple

from ftcompare.core.scale import MAX_STRENGTH
from ftcompare.core.study import (
    AllocationId,
    Comparison,
    ComparisonId,
    ComparisonKind,
    GuessMoment,
    GuessRow,
    JudgedRow,
    Prompt,
    PromptId,
    Rater,
    RaterId,
    Response,
    ResponseId,
    Split,
    SystemId,
)
from ftcompare.store.judging.event_chain import read_details
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_list, to_json
from ftcompare.store.study.prompts import to_prompt
from ftcompare.store.study.raters import to_rater
from ftcompare.store.study.responses import to_response

PAGE = 1000
"""Judgments that are read at once."""

_REMEMBERED = 16_384
"""Objects of each kind kept while streaming, so that a text judged by many is read once."""

_STRENGTHS = (None, *range(1, MAX_STRENGTH + 1))

JUDGED = """SELECT e.id, e.at, e.choice, e.strength, e.preference, e.comment, e.flagged, e.seconds,
        e.details, al.id AS allocation, al.rater, al.comparison, al.a_is_left, al.repeat_of
    FROM events e JOIN allocations al ON al.id = e.allocation AND al.standing = e.id
    WHERE e.kind = 'judgment'"""

VOTED = """SELECT e.id, e.at, e.choice, e.preference, e.strength, e.seconds, e.details, al.rater,
        al.comparison, al.a_is_left
    FROM events e JOIN allocations al ON al.id = e.allocation AND al.standing = e.id
    WHERE e.kind = 'judgment' AND al.kind = ? AND al.repeat_of IS NULL"""

# The length is Python's: SQLite's stops at a zero character.
_PAIRS = """SELECT c.id, p.id, p.category, p.split, a.system, b.system, a.text, b.text, p.tags
    FROM json_each(?) asked JOIN comparisons c ON c.id = asked.value
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b JOIN prompts p ON p.id = a.prompt"""

GUESSED = """SELECT e.id, e.choice, e.strength, al.id AS allocation, al.rater, al.comparison, al.a_is_left,
        al.guess_due
    FROM allocations al JOIN events e ON e.id = al.guess
    WHERE al.guess IS NOT NULL AND al.kind = 'ordinary' AND (al.rater, al.guess) > (?, ?)
    ORDER BY al.rater, al.guess"""

_PREFERENCE = {"a": 0.0, "b": 1.0}
_LEFT = {None: "", 0: "b", 1: "a"}


class VotedPair(NamedTuple):
    """A comparison without its texts.

    Args:
        comparison: its id.
        a: system of the first response, ``b`` that of the second.
        length_a: characters of the first response, ``length_b`` those of the second.
        tags: of the prompt.
    """

    comparison: ComparisonId
    prompt: PromptId
    category: str
    split: Split
    a: SystemId
    b: SystemId
    length_a: int
    length_b: int
    tags: tuple[str, ...] = ()


class VoteRow(NamedTuple):
    """One standing judgment without its texts: what figures are made of. Fields as in `JudgedRow`."""

    pair: VotedPair
    rater: Rater
    choice: str
    preference: float
    left: str
    strength: int | None
    seconds: float | None
    criteria: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    at: str


class JudgmentReader:
    """Reads what judgments refer to, remembering the latest."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._comparison = lru_cache(_REMEMBERED)(self._read_comparison)
        self._response = lru_cache(_REMEMBERED)(self._read_response)
        self._prompt = lru_cache(_REMEMBERED)(self._read_prompt)
        self._rater = lru_cache(_REMEMBERED)(self._read_rater)

    def judged(self, row: sqlite3.Row) -> JudgedRow:
        """A row of `JUDGED`."""
        comparison = self._comparison(ComparisonId(row["comparison"]))
        choice = by_response(row["choice"], row["a_is_left"])
        preference = row["preference"]
        criteria, reasons = _details(row["details"], row["a_is_left"])
        return JudgedRow(
            allocation=AllocationId(row["allocation"]),
            comparison=comparison,
            prompt=self._prompt(comparison.prompt),
            rater=self._rater(RaterId(row["rater"])),
            choice=choice,
            preference=_PREFERENCE.get(choice, 0.5) if preference is None else preference,
            left=_LEFT[row["a_is_left"]],
            strength=_strength(row["strength"]),
            comment=row["comment"],
            flagged=bool(row["flagged"]),
            seconds=row["seconds"],
            at=row["at"],
            criteria=criteria,
            reasons=reasons,
            repeat_of=None if row["repeat_of"] is None else AllocationId(row["repeat_of"]),
        )

    def guessed(self, row: sqlite3.Row) -> GuessRow:
        """A row of `GUESSED`."""
        comparison = self._comparison(ComparisonId(row["comparison"]))
        systems = (comparison.a.system, comparison.b.system)
        pair = systems if row["a_is_left"] else systems[::-1]
        return GuessRow(
            rater=self._rater(RaterId(row["rater"])),
            allocation=AllocationId(row["allocation"]),
            pair=(pair[0], pair[1]),
            guessed={"left": pair[0], "right": pair[1]}.get(row["choice"]),
            sure=row["strength"],
            moment=GuessMoment(row["guess_due"]),
        )

    def _read_comparison(self, comparison: ComparisonId) -> Comparison:
        row = self._db.rows("SELECT a, b, kind FROM comparisons WHERE id = ?", (comparison,))[0]
        a, b = self._response(ResponseId(row["a"])), self._response(ResponseId(row["b"]))
        return Comparison(comparison, a.prompt, a, b, ComparisonKind(row["kind"]))

    def _read_response(self, response: ResponseId) -> Response:
        return to_response(self._db.rows("SELECT * FROM responses WHERE id = ?", (response,))[0])

    def _read_prompt(self, prompt: PromptId) -> Prompt:
        return to_prompt(self._db.rows("SELECT * FROM prompts WHERE id = ?", (prompt,))[0])

    def _read_rater(self, rater: RaterId) -> Rater:
        return to_rater(self._db.rows("SELECT * FROM raters WHERE id = ?", (rater,))[0])


class VoteReader:
    """Turns rows to votes, remembering every pair: a few numbers each."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._raters = {row["id"]: to_rater(row) for row in db.rows("SELECT * FROM raters")}
        self._pairs: dict[int, VotedPair] = {}

    def votes(self, rows: list[sqlite3.Row]) -> Iterator[VoteRow]:
        """A page of votes; its new pairs are read at once."""
        self._read_pairs({row["comparison"] for row in rows} - self._pairs.keys())
        return starmap(self._vote, rows)

    def _vote(
        self,
        _event: int,
        at: str,
        stored: str,
        preference: float | None,
        strength: int | None,
        seconds: float | None,
        details: str,
        rater: int,
        comparison: int,
        a_is_left: int | None,
    ) -> VoteRow:
        choice = by_response(stored, a_is_left)
        share = _PREFERENCE.get(choice, 0.5) if preference is None else preference
        criteria, reasons = _details(details, a_is_left)
        return VoteRow(
            self._pairs[comparison],
            self._raters[rater],
            choice,
            share,
            _LEFT[a_is_left],
            _strength(strength),
            seconds,
            criteria,
            reasons,
            at,
        )

    def _read_pairs(self, comparisons: set[int]) -> None:
        for row in self._db.rows(_PAIRS, (to_json([*comparisons]),)):
            comparison, prompt, category, split, a, b, text_a, text_b, tags = row
            self._pairs[comparison] = VotedPair(
                comparison, prompt, category, Split(split), a, b, len(text_a), len(text_b), _tags(tags)
            )


def _strength(stored: int | None) -> int | None:
    """A strength that some scale has: figures are counted by it."""
    if stored not in _STRENGTHS:
        raise ValueError("not a strength")
    return stored


@lru_cache(_REMEMBERED)
def _tags(stored: str) -> tuple[str, ...]:
    """Equal tags are one object: a million pairs share a few."""
    return tuple(read_list(stored))


def _details(stored: str, a_is_left: int | None) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Criteria, turned from places to responses, and reasons."""
    if not stored:
        return (), ()
    criteria, reasons = read_details(stored)
    return tuple((name, by_response(given, a_is_left)) for name, given in criteria), reasons


def by_response(choice: str, a_is_left: int | None) -> str:
    """A stored choice turned from places to responses: ``a``, ``b``, ``tie`` or ``both_bad``."""
    if choice not in ("left", "right"):
        return choice
    return "a" if (choice == "left") == bool(a_is_left) else "b"
