"""How the judged pairs were selected: at random, by an import, or by choice."""

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
    """What is known of the order in which people judged ordinary pairs."""

    def rounds_sent(self) -> int:
        """How often somebody chose prompts and sent them to raters."""
        return len(audit.entries(self._db, SENT))

    def imported(self) -> frozenset[ComparisonId]:
        """The pairs with an imported judgment of a person: how they were chosen is not known here."""
        return self._ids(_IMPORTED)

    def judged_here(self) -> int:
        """How many judgments people gave here or in packs: those that were handed out blind, not imported."""
        return int(self._db.value(_HERE))

    def skipped(self) -> frozenset[ComparisonId]:
        """The pairs that somebody skipped, judged by others or not."""
        return self._ids(_ANSWERED, "skip")

    def handed_together(self) -> tuple[frozenset[ComparisonId], ...]:
        """For each order of chance in which people judged here, the pairs that it was made of.

        A rater who has every pair judges in the order of their first draw. Where raters share the pairs, the
        first plan shares them out by chance. Pairs that came later stand behind these in every order.
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
