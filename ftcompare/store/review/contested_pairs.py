"""People's judgments of each ordinary pair, without texts: finds the pairs that raters disagree on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ftcompare.core.errors import UserError
from ftcompare.core.study import ComparisonId, Prompt, RaterSaid, Response
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.prompts import to_prompt
from ftcompare.store.study.responses import to_response
from ftcompare.store.study.study_judgments import by_response

_STANDING = """FROM allocations al JOIN events e ON e.id = al.standing
    JOIN raters r ON r.id = al.rater AND r.kind = 'human' AND NOT IFNULL(
        (SELECT x.excluded FROM exclusions x WHERE x.rater = r.id ORDER BY x.id DESC LIMIT 1), 0)
    WHERE al.standing_kind = 'judgment' AND al.repeat_of IS NULL"""
"""SQL: standing judgments of people who are not excluded from the results."""

_JUDGED = f"""SELECT al.comparison, e.choice, al.a_is_left, e.strength, e.flagged {_STANDING}
    AND al.kind = 'ordinary' ORDER BY al.comparison, e.id"""

_SAID = f"""SELECT r.name, e.choice, al.a_is_left, e.strength, e.flagged, e.comment {_STANDING}
    AND al.comparison = ? ORDER BY e.id"""


@dataclass(slots=True)
class JudgedTogether:
    """All people's answers to one pair."""

    comparison: ComparisonId
    choices: list[str] = field(default_factory=list)  # ``a``, ``b``, ``tie`` or ``both_bad``
    strengths: list[int | None] = field(default_factory=list)
    flags: int = 0  # number of judgments that were flagged


@dataclass(frozen=True, slots=True)
class ComparedTexts:
    comparison: ComparisonId
    prompt: Prompt
    a: Response
    b: Response


class ContestedPairs(Repository):
    """Ordinary pairs with people's answers, without hidden repeats and excluded raters."""

    def judged(self) -> Iterator[JudgedTogether]:
        """Yield every pair that at least one person judged, in the order of the pairs' ids."""
        found: JudgedTogether | None = None
        for comparison, choice, a_is_left, strength, flagged in self._db.each(_JUDGED):
            if found is None or found.comparison != comparison:
                if found is not None:
                    yield found
                found = JudgedTogether(ComparisonId(comparison))
            found.choices.append(by_response(choice, a_is_left))
            found.strengths.append(strength)
            found.flags += flagged
        if found is not None:
            yield found

    def texts(self, comparison: ComparisonId) -> ComparedTexts:
        sql = "SELECT a, b FROM comparisons WHERE id = ? AND kind = 'ordinary'"
        pair = self._db.first(sql, (comparison,))
        if pair is None:
            raise UserError("The study has no such pair.", code="pair-unknown")
        a, b = (self._db.rows("SELECT * FROM responses WHERE id = ?", (one,))[0] for one in pair)
        (prompt,) = self._db.rows("SELECT * FROM prompts WHERE id = ?", (a["prompt"],))
        return ComparedTexts(comparison, to_prompt(prompt), to_response(a), to_response(b))

    def said(self, comparison: ComparisonId) -> tuple[RaterSaid[str], ...]:
        """Return people's choices, comments and flags on a pair, in order of time."""
        return tuple(
            RaterSaid(
                rater=row["name"],
                choice=by_response(row["choice"], row["a_is_left"]),
                strength=row["strength"],
                flagged=bool(row["flagged"]),
                comment=row["comment"],
            )
            for row in self._db.rows(_SAID, (comparison,))
        )
