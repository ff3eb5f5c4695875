"""Many pairs of systems as text: a table of all of them, and the systems in their order."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.results.many_pairs import verdict
from ftcompare.app.results.number_format import range_words
from ftcompare.cli.command_support import counted, interval, percent
from ftcompare.core.study import RaterKind
from ftcompare.formats.text_files import printable
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import PairSummary, Summary

_HEADS = ("Pair", "Prompts", "Judgments", "Win rate", "95% interval", "E-value", "In words")
_TO_THE_LEFT = (0, 6)
"""Columns of words; the others are numbers, aligned at their right ends."""


def pair_title(pair: PairSummary) -> str:
    """Which two, and who judged."""
    told = f"{pair.b} against {pair.a}"
    return f"{told} (automatic raters)" if pair.rater_kind is RaterKind.AUTOMATIC else told


def pair_table(pairs: Sequence[PairSummary], *, blinded: bool) -> list[str]:
    """All pairs, a line each, below the heads of the columns; without verdicts while the study is blinded.

    The rate is that of the first named.
    """
    rows = [_HEADS, *(tuple(map(printable, _row(pair))) for pair in pairs)]
    rows = [row[:-1] for row in rows] if blinded else rows
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        f"{cell:<{width}}" if column in _TO_THE_LEFT else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def _row(pair: PairSummary) -> tuple[str, ...]:
    rate = pair.win_rate_over_raters or pair.win_rate
    counts = (f"{pair.prompts:,}", f"{pair.judgments:,}")
    ends = range_words(rate.low, rate.high) or "none"
    return (pair_title(pair), *counts, percent(rate.value), ends, f"{pair.e_value:.4g}", verdict(pair))


def reading_line(pairs: Sequence[PairSummary], full: Sequence[PairSummary]) -> str:
    """How to read the table, and where the rest is."""
    told = f"{counted(len(full), 'pair')} told in full below" if full else "No pair is told in full"
    return (
        "Win rate of the first named, a tie as half; intervals for raters like these where two or more "
        f"judged. {told}; `results STUDY --json` has all {len(pairs):,}."
    )


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
