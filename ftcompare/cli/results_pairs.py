"""All systems of a study in their order, as text."""

from __future__ import annotations

from ftcompare.cli.command_support import interval, percent
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import Summary


def ranking_rows(summary: Summary) -> list[tuple[str, str]]:
    """The systems by average win rate, the highest first."""
    found, ranking = summary.ranking.average_win_rate, summary.ranking
    order = sorted(found, key=lambda name: -(found[name] or 0))
    ends = ranking.intervals.average_win_rate if ranking.intervals else {}
    return [(name, _score(found[name], ends.get(name))) for name in order]


def _score(value: float | None, found: Interval | None) -> str:
    if value is None:
        return "not judged"
    if found is None or found.low is None or found.high is None:
        return f"{percent(value)} (no interval)"
    return f"{percent(value)} ({interval(found.low, found.high, 0.95)})"
