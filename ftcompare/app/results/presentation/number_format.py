"""Numbers and names as text in the present language, the same in window, report and command line.

In sentences and in the window, shares are in whole percent; tables of a report (``precise``) add a decimal.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ftcompare.app.results.presentation.blocks import Figure, Unit
from ftcompare.app.results.presentation.chart_data import TOO_FEW, end, power_of_ten, too_few
from ftcompare.core.language import N_, in_own_signs, tr, true_minus
from ftcompare.markup.blocks import spelled, without_middle

if TYPE_CHECKING:  # they load numpy and scipy
    from ftcompare.stats.rater_quality import Proportion
    from ftcompare.stats.win_rate import Rate

NAME_LENGTH = 60
TEXT_LENGTH = 600
UNDEFINED = "–"
"""Shown in a table where a figure is not defined."""
TOO_LARGE = N_("too large to compare")
"""Shown instead of a difference or interval whose values overflow a float when added or squared."""

CERTAIN, IMPOSSIBLE = 0.999, 0.001
"""Outside these bounds a probability is not written exactly."""
NEAR = 0.01
"""Nearer to 0 or 1 than this, a probability has a decimal."""
_HALF = 0.5
_SMALL, _LARGE = 1e-4, 1e6
"""Outside these bounds a number is written as a power of ten."""


def value_words(figure: Figure, *, precise: bool = False) -> str:
    """The value of a figure, or the interval where the figure is one; ``not defined`` without either."""
    value = figure.value
    if figure.words or value is None:
        return figure.words or _span(figure, precise=precise) or tr("not defined")
    match figure.unit:
        case Unit.SHARE:
            return share(value) if precise else percent(value)
        case Unit.COEFFICIENT | Unit.SCORE:
            return decimals(value)
        case Unit.SCORE_DIFFERENCE:
            return signed_score(value)
        case Unit.PROBABILITY:
            return probability(value)
        case Unit.P_VALUE:
            return f"p = {number(value)}" if precise and value < IMPOSSIBLE else p_equation(value)
        case Unit.E_VALUE:
            return number(value) if precise else e_value(value)
        case Unit.COUNT:
            return in_own_signs(f"{value:,.0f}")
        case Unit.POINTS:
            return points(value)


def interval_words(figure: Figure, *, precise: bool = False) -> str:
    """The interval of a figure; empty without one, and where the interval is the figure's value."""
    return "" if figure.value is None and not figure.words else _span(figure, precise=precise)


def _span(figure: Figure, *, precise: bool) -> str:
    low, high = figure.low, figure.high
    if low is None or high is None:
        return ""
    match figure.unit:
        case Unit.COEFFICIENT | Unit.SCORE:
            return decimal_span(low, high)
        case Unit.SCORE_DIFFERENCE:
            return _to(signed_score(low), signed_score(high))
        case Unit.POINTS:
            return point_span(low, high)
        case _:
            return span(low, high) if precise else range_cell(low, high)


def detail_words(figure: Figure) -> str:
    """The text next to the value: interval, sample size and note."""
    n = f"n = {figure.n}" if figure.n else ""
    return ", ".join(filter(None, (interval_words(figure), n, figure.note)))


def percent(value: float | None) -> str:
    """A share in whole per cent, for sentences; values near 0 or 1 are not rounded to 0% or 100%."""
    if value is None:
        return UNDEFINED
    whole = f"{value:.0%}"
    if whole == "100%" and value < 1:
        return tr("over 99%")
    return tr("under 1%") if whole == "0%" and value > 0 else in_own_signs(whole)


def share(value: float | None) -> str:
    """A share in per cent with one decimal, for tables."""
    return UNDEFINED if value is None else in_own_signs(f"{value:.1%}")


def share_words(value: float) -> str:
    """A share in whole per cent, also not rounded to exactly 50%."""
    if f"{value:.0%}" == "50%" and value != _HALF:
        return tr("just over 50%") if value > _HALF else tr("just under 50%")
    return percent(value)


def range_words(low: float | None, high: float | None) -> str:
    """An interval of shares in whole per cent, such as ``57–71%``; empty where it is not defined."""
    return "" if low is None or high is None else in_own_signs(f"{end(low)}–{end(high)}%")


def range_cell(low: float, high: float, prompts: int | None = None) -> str:
    """The same, or why it says nothing."""
    return tr(TOO_FEW) if too_few(low, high, prompts) else range_words(low, high)


def span(low: float | None, high: float | None, prompts: int | None = None) -> str:
    """An interval of shares with one decimal, for tables, or why it says nothing."""
    if low is None or high is None:
        return UNDEFINED
    if too_few(low, high, prompts):
        return tr(TOO_FEW)
    return _to(in_own_signs(end(low, 1)), in_own_signs(f"{end(high, 1)}%"))


def rate_words(rate: Rate, prompts: int | None = None) -> str:
    """A rate with its interval, for a sentence: ``64% (57–71%)``."""
    if rate.low is None or rate.high is None:
        return percent(rate.value)
    return f"{percent(rate.value)} ({range_cell(rate.low, rate.high, prompts)})"


def points(value: float) -> str:
    return tr("{number} points", in_own_signs(true_minus(f"{100 * value:+.1f}")))


def point_span(low: float | None, high: float | None) -> str:
    """An interval of differences of shares, in percentage points."""
    if low is None or high is None:
        return UNDEFINED
    return _to(*(in_own_signs(true_minus(f"{100 * end:+.1f}")) for end in (low, high)))


def _to(low: str, high: str) -> str:
    return tr("{low} to {high}", low, high)


def number(value: float | None) -> str:
    """A number with three significant digits; very large and very small ones as powers of ten."""
    if value is None:
        return UNDEFINED
    if not math.isfinite(value):
        return UNDEFINED
    if value == 0 or _SMALL <= abs(value) < _LARGE:
        return in_own_signs(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}")
    power = math.floor(math.log10(abs(value)))
    digits = f"{value / 10**power:.2f}" if abs(power) < 300 else "1.00"
    return in_own_signs(f"{digits} × {power_of_ten(power)}")


def signed(value: float) -> str:
    """A difference with its sign and three significant digits."""
    return in_own_signs(true_minus(f"{value:+.3g}")) if math.isfinite(value) else UNDEFINED


def signed_score(value: float) -> str:
    """A difference of scores with its sign and two decimals; a very large one as in `signed`."""
    return in_own_signs(true_minus(f"{value:+.2f}")) if abs(value) < _LARGE else signed(value)


def decimals(value: float | None) -> str:
    """A coefficient between -1 and 1: two decimals, a typographic minus sign, never a negative zero."""
    if value is None:
        return UNDEFINED
    # rounded first, so that 0.975 from two computations reads the same
    if abs(value) >= _LARGE:
        return number(value)
    return in_own_signs(true_minus(f"{round(value, 9):.2f}"))


def decimal_span(low: float | None, high: float | None) -> str:
    """An interval of such coefficients."""
    return UNDEFINED if low is None or high is None else _to(decimals(low), decimals(high))


def probability(value: float) -> str:
    """A probability in per cent; near 0 and 1 with a decimal, and never rounded to 0% or 100%."""
    digits = 0 if NEAR <= value <= 1 - NEAR else 1
    bounded = "> 99.9%" if value > CERTAIN else "< 0.1%" if value < IMPOSSIBLE else f"{value:.{digits}%}"
    return in_own_signs(bounded)


def p_value(value: float | None) -> str:
    """A p-value; ``< 0.001`` below that."""
    if value is None:
        return UNDEFINED
    return in_own_signs("< 0.001" if value < IMPOSSIBLE else f"{value:.3f}")


def p_equation(value: float | None) -> str:
    """``p = 0.031``, ``p < 0.001``."""
    told = p_value(value)
    return f"p {told}" if told.startswith("<") else f"p = {told}"


def e_value(value: float) -> str:
    """An e-value with its significant digits."""
    if value >= _LARGE:
        return tr("over a million")
    return in_own_signs(f"{value:,.0f}" if value >= 10 else f"{value:.2g}")


def of(proportion: Proportion) -> str:
    """Count, total and share."""
    if not proportion.n or proportion.value is None:
        return UNDEFINED
    return tr("{share:.0%} of {total}", proportion.value, proportion.n)


def visible(text: str) -> str:
    """The text on one line; characters without a visible shape (controls, overrides) as their code."""
    line = " ".join(text.split())
    if line.replace("\u200d", "").replace("\u200c", "").isprintable():
        return line
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else spelled(c) for c in line)


def name(text: str, limit: int = NAME_LENGTH) -> str:
    """A name shortened in its middle to fit a line, because names often differ at their ends."""
    return without_middle(
        visible(text[: 4 * limit] + (text[-limit:] if len(text) > 4 * limit else "")), limit
    )


def words(text: str) -> str:
    """A text by a user, cut after one or two sentences' length."""
    line = visible(text[: 4 * TEXT_LENGTH])
    return line if len(line) <= TEXT_LENGTH else line[: TEXT_LENGTH - 1].rstrip() + "…"


def moment(at: str | datetime) -> str:
    """A time in UTC as reports write it; empty for none."""
    if not at:
        return ""
    when = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(at: str) -> str:
    return moment(at)[:10]
