"""Non-inferiority: whether a system is worse than another by at most a given margin.

"No difference was found" does not imply "not worse": a study with few judgments finds no difference either.
Here the data must show that the system is not worse by the margin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from ftcompare.stats.claim_power import POWER
from ftcompare.stats.planning import prompts_of_mean, spread_with_raters
from ftcompare.stats.win_rate import Rate

LEVEL = 0.95  # one-sided: a system worse by the margin is shown "not worse" in 5% of studies

INTERVAL_LEVEL = 2 * LEVEL - 1  # level of the two-sided interval that has the same lower end
MOST_MARGIN = 0.5  # upper bound of the margin: a half-win rate cannot lie further below one half

EVEN = 0.5
_ROUNDING = 1e-9
WILSON = "Wilson"  # the method's name where each prompt has exactly one judgment


@dataclass(frozen=True, slots=True)
class NotWorse:
    """Whether one rate shows non-inferiority with a margin."""

    margin: float  # by how much the system's half-win rate may lie below one half, above 0 and below ½
    low: float | None  # lower end of the one-sided interval of its half-win rate, if defined
    shown: bool  # whether ``low`` is above ½ - margin
    rate: Rate  # the rate that was used, with its two-sided interval


def not_worse(rate: Rate, margin: float, *, of_a: bool = False) -> NotWorse:
    """Return whether the rate's system is shown to be worse by less than a margin.

    This is so where the lower end of the one-sided interval, at `LEVEL` for a rate at `INTERVAL_LEVEL`, lies
    above ½ - margin. Requiring this of several parts needs no correction: if one part is worse by the margin,
    all are shown in at most 1 - `LEVEL` of studies, for any number of parts (intersection-union test). If the
    interval is Wilson's (one judgment per prompt), its end is too high for a one-sided test (9.5% error at 10
    prompts and a true rate of 35%): the exact Clopper-Pearson end is used there, with the sum of half wins
    rounded down. Source: Blackwelder 1982, Controlled Clinical Trials 3:345-353; Berger 1982, Technometrics
    24:295-300; Clopper & Pearson 1934, Biometrika 26:404-413.

    `rate` is that of b with a two-sided interval of at least `INTERVAL_LEVEL`; with `of_a` the system is a,
    whose rate is 1 minus that. Raises ValueError for a lower level, or a `margin` outside of 0 to
    `MOST_MARGIN`.
    """
    if rate.level < INTERVAL_LEVEL - _ROUNDING or not 0 < margin < MOST_MARGIN:
        raise ValueError("an interval of at least 90%, and a margin between 0 and one half")
    low = _exact_low(rate, of_a=of_a) if rate.method == WILSON else _low(rate, of_a=of_a)
    return NotWorse(margin, low, low is not None and low > EVEN - margin + _ROUNDING, rate)


def _low(rate: Rate, *, of_a: bool) -> float | None:
    end = rate.high if of_a else rate.low
    return None if end is None else 1 - end if of_a else end


def _exact_low(rate: Rate, *, of_a: bool) -> float:
    won = math.floor(rate.n * (1 - rate.value if of_a else rate.value) + _ROUNDING)
    return float(special.betaincinv(won, rate.n - won + 1, (1 - rate.level) / 2)) if won else 0.0


def prompts_for_margin(
    margin: float, *, raters: int, tie_share: float, alike: float, power: float = POWER
) -> int:
    """Return the fewest prompts that show non-inferiority with this power if both systems are equally good.

    By `prompts_of_mean`: the true rate lies m above the bound. Prompt means have standard deviation s with
    s² = σ² (ρ + (1 - ρ) / K). σ² = d / 4 is the variance of one judgment, where the share d of judgments is
    decided. Source: Julious 2004; Kish 1965, the design effect.

    Args:
        margin: m, above 0 and below ½.
        tie_share: 1 - d, the share of ties and both bad, below 1.
        alike: ρ, the correlation of judgments of one prompt, 0 to 1 (`alike_by_prompt`).
    """
    spread = math.sqrt((1 - tie_share) / 4 * spread_with_raters(raters, alike))
    return prompts_of_mean(margin, spread, 1 - LEVEL, power)
