"""How the judged pairs were selected: at random, by an import, or by somebody's choice."""

from __future__ import annotations

from ftcompare.core.study import ComparisonId
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study import audit
from ftcompare.store.study.judging_rounds import SENT

_OF_PEOPLE = """FROM allocations al JOIN raters r ON r.id = al.rater
    WHERE r.kind = 'human' AND al.kind = 'ordinary' AND al.repeat_of IS NULL"""

_ANSWERED = f"SELECT DISTINCT al.comparison AS id {_OF_PEOPLE} AND al.standing_kind = ?"

_IMPORTED = f"""SELECT DISTINCT al.comparison AS id {_OF_PEOPLE}
    AND al.standing_kind = 'judgment' AND al.draw IS NULL"""

_HERE = f"""SELECT COUNT(*) {_OF_PEOPLE} AND al.standing_kind = 'judgment' AND al.draw IS NOT NULL"""

_FIRST_DRAWS = """SELECT al.rater, MIN(al.draw) AS draw, MIN(d.at) AS at
    FROM allocations al JOIN raters r ON r.id = al.rater JOIN draws d ON d.id = al.draw
    WHERE r.kind = 'human' AND al.kind = 'ordinary' AND al.repeat_of IS NULL
    GROUP BY al.rater HAVING SUM(al.standing_kind = 'judgment') > 0 ORDER BY al.rater"""

_OF_DRAW = "SELECT comparison AS id FROM allocations WHERE draw = ? AND kind = 'ordinary'"
_OF_PLAN = "SELECT comparison AS id FROM shares WHERE plan = ?"
_FIRST_PLAN = "SELECT id, at FROM plans ORDER BY id LIMIT 1"


class JudgedSample(Repository):
    """Tells in what order people judged ordinary pairs, as far as the study records it."""

    def rounds_sent(self) -> int:
        """How often somebody chose prompts and sent their pairs to raters (`JudgingRounds`)."""
        return len(audit.entries(self._db, SENT))

    def imported(self) -> frozenset[ComparisonId]:
        """The pairs with an imported judgment of a person. How these pairs were chosen is unknown."""
        return self._ids(_IMPORTED)

    def judged_here(self) -> int:
        """Number of people's judgments of pairs that this study allocated, in it or in a pack.

        Not imported ones.
        """
        return int(self._db.value(_HERE))

    def skipped(self) -> frozenset[ComparisonId]:
        """The pairs that at least one person skipped, whether or not others judged them."""
        return self._ids(_ANSWERED, "skip")

    def handed_together(self) -> tuple[frozenset[ComparisonId], ...]:
        """For each random order in which people judged here, the set of pairs that was shuffled.

        A rater who gets every pair judges them in the order of the rater's first draw. If raters share the
        pairs, the first plan assigns them at random. Pairs added later come after these in every order and
        are not included.
        """
        plan = self._db.first(_FIRST_PLAN)
        draws = self._db.rows(_FIRST_DRAWS)
        own = [row["draw"] for row in draws if plan is None or row["at"] < plan["at"]]
        orders = [self._ids(_OF_DRAW, draw) for draw in own]
        if plan is not None and len(own) < len(draws):
            orders.append(self._ids(_OF_PLAN, plan["id"]))
        return tuple(orders)

    def _ids(self, query: str, *values: int | str) -> frozenset[ComparisonId]:
        return frozenset(ComparisonId(row["id"]) for row in self._db.rows(query, values))
