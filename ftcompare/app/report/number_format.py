"""Numbers and names as a report writes them, the same on every machine. Pure functions."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from ftcompare.app.results import number_format
from ftcompare.app.results.number_format import probability as probability
from ftcompare.app.results.study_results import ends_as_told, headline
from ftcompare.stats.rater_quality import Proportion
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import Rate

NAME_LENGTH = 60
TEXT_LENGTH = 600
UNDEFINED = "–"
"""Where a figure is not defined."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALL, _LARGE = 1e-4, 1e6
"""Beyond these a number is written as a power of ten."""


def visible(text: str) -> str:
    """The text on one line, each character that has no shape (controls, overrides) by its code."""
    line = " ".join(text.split())
    if line.replace("\u200d", "").replace("\u200c", "").isprintable():
        return line
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else code(c) for c in line)


def code(character: str) -> str:
    """The visible name of a character: ``⟨U+202E⟩``."""
    return f"⟨U+{ord(character):04X}⟩"


def name(text: str, limit: int = NAME_LENGTH) -> str:
    """A name fit for a line, its middle left out where it is long: names often differ at their ends."""
    line = visible(text[: 4 * limit] + (text[-limit:] if len(text) > 4 * limit else ""))
    if len(line) <= limit:
        return line
    tail = limit // 2
    return f"{line[: limit - tail - 1].rstrip()}…{line[-tail:].lstrip()}"


def words(text: str) -> str:
    """A sentence or two by somebody else, cut where it goes on and on."""
    line = visible(text[: 4 * TEXT_LENGTH])
    return line if len(line) <= TEXT_LENGTH else line[: TEXT_LENGTH - 1].rstrip() + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(value: float | None) -> str:
    """A share in whole per cent, for sentences."""
    return UNDEFINED if value is None else f"{value:.0%}"


def share(value: float | None) -> str:
    """A share in per cent with one decimal, for tables."""
    return UNDEFINED if value is None else f"{value:.1%}"


def span(low: float | None, high: float | None) -> str:
    """An interval of shares with one decimal, for tables."""
    return UNDEFINED if low is None or high is None else f"{low * 100:.1f} to {high:.1%}"


short_span = number_format.range_words
"""An interval of shares in whole per cent, for sentences."""


def points(value: float) -> str:
    """A difference of shares in points, with its sign."""
    return f"{100 * value:+.1f} points".replace("-", "−")


def point_span(low: float | None, high: float | None) -> str:
    """An interval of differences of shares, in points."""
    ends = None if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
    return UNDEFINED if ends is None else ends.replace("-", "−")


def number(value: float | None) -> str:
    """A number with three figures that count; very large and very small ones as powers of ten."""
    if value is None:
        return UNDEFINED
    if value == 0 or _SMALL <= abs(value) < _LARGE:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    power = math.floor(math.log10(abs(value)))
    digits = f"{value / 10**power:.2f}" if abs(power) < 300 else "1.00"
    return f"{digits} × 10{str(power).translate(_SUPERSCRIPTS)}"


def decimals(value: float | None) -> str:
    """A coefficient between -1 and 1, with two decimals and a true minus sign."""
    return UNDEFINED if value is None else number_format.decimals(value)


def decimal_span(low: float | None, high: float | None) -> str:
    """An interval of such coefficients."""
    return UNDEFINED if low is None or high is None else f"{decimals(low)} to {decimals(high)}"


def p_value(value: float | None) -> str:
    """A p-value; ``< 0.001`` below that."""
    return UNDEFINED if value is None else number_format.p_value(value)


def of(found: Proportion) -> str:
    """So many of so many, with the share."""
    return UNDEFINED if not found.n or found.value is None else f"{found.value:.0%} of {found.n:,}"


def moment(at: str | datetime) -> str:
    """A time as a report gives it, in UTC; empty for none."""
    if not at:
        return ""
    when = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(at: str) -> str:
    """A day, in UTC."""
    return moment(at)[:10]


def sentence(pair: PairSummary) -> str:
    """The one sentence for everyone."""
    return headline(pair)


def interval_sentence(pair: PairSummary, raters: int) -> str:
    """For whom the rate of `sentence` holds, and how narrowly."""
    both, one = pair.win_rate_over_raters, pair.win_rate
    level, narrow = percent(one.level), short_span(*ends_as_told(pair, one))
    if both is not None and both.low is not None:
        wide = short_span(*ends_as_told(pair, both))
        return f"{level} interval {wide} for raters like these, {narrow} for these {raters} alone."
    if one.low is None:
        return "No interval: only one prompt was judged."
    whom = "this rater" if raters == 1 else "these raters"
    return f"{level} interval {narrow}, for {whom}."


def rate_cells(rate: Rate | None) -> tuple[str, str]:
    """A rate and its interval, for two cells of a table."""
    return (UNDEFINED, UNDEFINED) if rate is None else (share(rate.value), span(rate.low, rate.high))
