"""What follows from a plan, before anything is judged: what can be found, and how long it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ftcompare.stats.planning import POWER, sign_test_prompts

TIE_SHARE = 0.2
"""Share of the prompts assumed to end in a tie or both bad: they do not count for the sign test."""
SECONDS_PER_JUDGMENT = 30.0
"""A usual pace for texts of one or two paragraphs."""
_STEPS = range(51, 100)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a number of prompts can show.

    Args:
        win_rate: the least true win rate, in whole percents, that the sign test finds with a power of
            80%; None where not even 99% would be found.
        minutes: one rater's work.
    """

    prompts: int
    raters: int
    win_rate: float | None
    minutes: int

    @property
    def sentence(self) -> str:
        """The plan in one line."""
        size = f"{self.prompts:,} prompt{'' if self.prompts == 1 else 's'} × {_raters(self.raters)}"
        found = (
            f"detects a {self.win_rate:.0%} win rate with {POWER:.0%} power"
            if self.win_rate is not None
            else "too few to show a difference"
        )
        return f"{size}: {found}; about {_duration(self.minutes)} a rater."

    @property
    def assumptions(self) -> str:
        """What the plan assumes, in one line."""
        return (
            f"Assumes that {TIE_SHARE:.0%} of the pairs end in a tie and that a judgment takes "
            f"{SECONDS_PER_JUDGMENT:.0f} s; two-sided sign test at 5%."
        )


def plan(prompts: int, raters: int = 1) -> Plan:
    """What can be expected of so many prompts, judged by so many raters.

    Several raters a prompt make each prompt's answer surer, but only more prompts say more about
    prompts: the detectable win rate is that of one judgment a prompt.
    """
    decided = math.floor(prompts * (1 - TIE_SHARE))
    rate = next((r / 100 for r in _STEPS if _needed(r / 100) <= decided), None)
    return Plan(prompts, raters, rate, max(1, round(prompts * SECONDS_PER_JUDGMENT / 60)))


def _needed(rate: float) -> float:
    needed = sign_test_prompts(rate)
    return math.inf if needed is None else needed


def _raters(raters: int) -> str:
    return f"{raters} rater{'' if raters == 1 else 's'}"


def _duration(minutes: int) -> str:
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"
