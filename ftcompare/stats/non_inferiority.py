"""Non-inferiority: whether a system is worse than another by at most a given margin.

"No difference was found" never says "not worse": few judgments find no difference either. Here the burden
lies on the system that is to be shown not worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from ftcompare.stats.claim_power import POWER, TIE_SHARE
from ftcompare.stats.planning import power_of_mean, prompts_of_mean, spread_with_raters
from ftcompare.stats.win_rate import Rate

LEVEL = 0.95
"""Of the one-sided interval: a system that is worse by the margin is shown "not worse" in 5% of studies."""

INTERVAL_LEVEL = 2 * LEVEL - 1
"""Of the two-sided interval that has the same lower end."""

MOST_MARGIN = 0.5
"""A margin is below this: a system cannot be worse by more."""

EVEN = 0.5
_ROUNDING = 1e-9
WILSON = "Wilson"
"""The method's name where each prompt has one judgment."""


@dataclass(frozen=True, slots=True)
class NotWorse:
    """What one rate says of a margin.

    Args:
        margin: by how much the system's half-win rate may lie below one half, above 0 and below ½.
        low: lower end of the one-sided interval of its half-win rate; None where no interval is defined.
        shown: whether that leaves out all rates of ½ - margin and less.
        rate: from which it was read, of b or turned, two-sided at `INTERVAL_LEVEL`.
    """

    margin: float
    low: float | None
    shown: bool
    rate: Rate

    @property
    def worse_by(self) -> float | None:
        """How far below one half the true rate may lie at worst; negative where it is above even so."""
        return None if self.low is None else EVEN - self.low


def not_worse(rate: Rate, margin: float, *, of_a: bool = False) -> NotWorse:
    """Whether the rate's system is shown to be worse by less than a margin.

    It is where the lower end of the one-sided interval at `LEVEL` lies above ½ - margin. Several parts that
    must all be shown need no correction: that all of them are, though one is worse by the margin, happens
    in at most 1 - `LEVEL` of studies, whatever their number (intersection-union test). Where the interval is
    Wilson's, one judgment a prompt, its end is too high for one side alone (9.5% at 10 prompts and a true
    rate of 35%): there it is Clopper and Pearson's exact one, half wins rounded down together. Source:
    Blackwelder 1982, Controlled Clinical Trials 3:345-353; Berger 1982, Technometrics 24:295-300; Clopper &
    Pearson 1934, Biometrika 26:404-413.

    Args:
        rate: of b, with its two-sided interval at `INTERVAL_LEVEL`.
        margin: above 0 and below `MOST_MARGIN`.
        of_a: whether the system is a: its rate is 1 less that of b.

    Raises:
        ValueError: another level, or a margin beyond these.
    """
    if not math.isclose(rate.level, INTERVAL_LEVEL) or not 0 < margin < MOST_MARGIN:
        raise ValueError("an interval of 90%, and a margin between 0 and one half")
    low = _exact_low(rate, of_a=of_a) if rate.method == WILSON else _low(rate, of_a=of_a)
    return NotWorse(margin, low, low is not None and low > EVEN - margin + _ROUNDING, rate)


def _low(rate: Rate, *, of_a: bool) -> float | None:
    end = rate.high if of_a else rate.low
    return None if end is None else 1 - end if of_a else end


def _exact_low(rate: Rate, *, of_a: bool) -> float:
    won = math.floor(rate.n * (1 - rate.value if of_a else rate.value) + _ROUNDING)
    return float(special.betaincinv(won, rate.n - won + 1, 1 - LEVEL)) if won else 0.0


def power_of_margin(
    prompts: int,
    margin: float,
    *,
    rate: float = EVEN,
    raters: int = 1,
    tie_share: float = TIE_SHARE,
    alike: float,
) -> float:
    """The chance that so many prompts show a system not worse, for the raters at hand: `power_of_mean`.

    The true rate lies r - ½ + m above the bound, and prompts' means scatter by s, s² = σ² (ρ + (1 - ρ) / K),
    σ² = d p (1 - p) + d (1 - d) (p - ½)² the variance of one judgment with a share d of them decided and p of
    these won. Source: Julious 2004; Kish 1965, the design effect.

    Args:
        prompts: P; below 2 the power is 0.
        margin: m, above 0 and below ½.
        rate: r, the true half-win rate, 0 to 1.
        raters: K, who judge each prompt.
        tie_share: 1 - d, ties and both bad, below 1.
        alike: ρ, how much judgments of one prompt are alike, 0 to 1 (`alike_by_prompt`).
    """
    spread = math.sqrt(_variance(rate, tie_share) * spread_with_raters(raters, alike))
    return power_of_mean(prompts, rate - EVEN + margin, spread, 1 - LEVEL)


def prompts_for_margin(
    margin: float,
    *,
    rate: float = EVEN,
    raters: int = 1,
    tie_share: float = TIE_SHARE,
    alike: float,
    power: float = POWER,
) -> int | None:
    """The least prompts with which a system is shown not worse with that power, for the raters at hand.

    Args:
        margin: as in `power_of_margin`, as are the others.
        rate: the true half-win rate.
        raters: who judge each prompt.
        tie_share: below 1.
        alike: 0 to 1.
        power: wanted chance, below 1.

    Returns:
        None where the system truly is worse by the margin or more: then no number is enough.
    """
    beyond = rate - EVEN + margin
    if beyond <= _ROUNDING:
        return None
    spread = math.sqrt(_variance(rate, tie_share) * spread_with_raters(raters, alike))
    return prompts_of_mean(beyond, spread, 1 - LEVEL, power)


def _variance(rate: float, tie_share: float) -> float:
    """Of one judgment worth 0, ½ or 1 with that mean."""
    decided = 1 - tie_share
    won = min(1.0, max(0.0, EVEN + (rate - EVEN) / decided))
    return decided * won * (1 - won) + decided * tie_share * (won - EVEN) ** 2
