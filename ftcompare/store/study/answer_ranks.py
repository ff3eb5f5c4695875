"""The sort order of answers by a column of the list; equal values have the same rank."""

from __future__ import annotations

from typing import Literal

from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.answer_index import DISPUTED, FLAGGED, OWN

RankedBy = Literal["prompt", "system", "beginning", "characters", "judged", "noted"]

_BEGINNING = 400
"""Number of characters at the beginning of a text by which answers are sorted; the list shows fewer."""

_ASKED = """(SELECT json_extract(m.value, '$[1]') FROM json_each(p.messages) m
    WHERE json_extract(m.value, '$[0]') = 'user' ORDER BY m.key DESC LIMIT 1)"""

_JUDGED = """judged AS (SELECT c.a, c.b FROM comparisons c JOIN allocations al ON al.comparison = c.id
        AND al.kind = 'ordinary' AND al.repeat_of IS NULL AND al.standing_kind = 'judgment'
        WHERE c.kind = 'ordinary'),
    told AS (SELECT response, COUNT(*) AS number
        FROM (SELECT a AS response FROM judged UNION ALL SELECT b FROM judged) GROUP BY response)"""

_NOTED = """noted AS (SELECT a AS response, 'flagged' AS kind FROM flagged
        UNION SELECT b, 'flagged' FROM flagged UNION SELECT a, 'disputed' FROM disputed
        UNION SELECT b, 'disputed' FROM disputed
        UNION ALL SELECT response, kind FROM standing_annotations WHERE kind = 'mark'
        UNION ALL SELECT DISTINCT response, kind FROM standing_annotations
            WHERE kind IN ('correction', 'reviewed')),
    told AS (SELECT response, COUNT(*) AS number FROM noted GROUP BY response)"""

_COUNTED = "IFNULL((SELECT number FROM told WHERE told.response = r.id), 0)"

_KEYS: dict[RankedBy, tuple[str, str]] = {
    "prompt": ("", f"casefold(substr({_ASKED}, 1, {_BEGINNING}))"),
    "system": ("", "casefold(s.name), r.sample"),
    "beginning": ("", f"casefold(substr(r.text, 1, {_BEGINNING}))"),
    "characters": ("", "length(r.text)"),
    "judged": (f"WITH {_JUDGED}", _COUNTED),
    "noted": (f"WITH flagged AS ({FLAGGED}), disputed AS ({DISPUTED}), {_NOTED}", _COUNTED),
}
"""For each column: the SQL of what is computed first, and the SQL expression to sort by."""


class AnswerRanks(Repository):
    """Ranks answers by a column of the list; texts are compared without regard to case."""

    def ranks(self, by: RankedBy) -> dict[int, int]:
        """The rank of each answer to the study's own prompts, by response id; the lowest value has rank 1.

        ``judged`` sorts by the number of standing judgments of the pairs with the answer. ``noted`` sorts by
        the number of notes that the list shows for the answer: each flag, disagreement, mark, correction and
        review counts once.
        """
        first, key = _KEYS[by]
        return dict(self._db.each(f"{first} SELECT r.id, DENSE_RANK() OVER (ORDER BY {key}) {OWN}"))
