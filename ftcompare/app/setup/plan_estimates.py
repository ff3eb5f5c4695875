"""Estimates from a plan before anything is judged: detectable differences, and time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import TypeVar

import numpy as np

from ftcompare.app.setup.rating_summary import RaterLoad, load_of
from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterKind
from ftcompare.stats.claim_power import (
    LIKELY_RATER_SD,
    POWER,
    PROMPT_SD,
    TIE_SHARE,
    StudyDesign,
    least_rates,
    logits_apart,
)
from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.planning import crossed_variance
from ftcompare.stats.rate_intervals import LEAST_JUDGMENTS, LEAST_RATERS
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import VoteRow

SECONDS_PER_JUDGMENT = 30.0  # usual seconds per judgment for texts of one or two paragraphs
SECONDS_PER_ASIDE = 5.0  # seconds per criterion and per guess, when the texts have been read
ENOUGH = 20
"""Minimum number of judgments for using observed values instead of defaults; for the spread, per rater."""
LOOKED_AT = 10_000  # maximum number of judgments that are examined, to limit the time
MOST_TIES = 0.9  # maximum share of ties in a plan
LARGE = 0.7  # detectable win rate from which on only a large difference is found
SIZES = (
    (0.85, "only show a very large"),
    (LARGE, "only show a large"),
    (0.6, "show a moderate"),
    (0, "show a small"),
)
ADVISED_RATERS = (4, 6, 8)  # numbers of raters that are recommended
DETAIL_HOURS = 90  # from this number of minutes on, durations are written in hours


@dataclass(frozen=True, slots=True)
class Assumptions:
    tie_share: float = TIE_SHARE  # share of judgments that are a tie or both bad, 0 to `MOST_TIES`
    seconds: float = SECONDS_PER_JUDGMENT  # seconds per judgment; including criteria if ``measured``
    prompt_spread: float = 0.0  # standard deviation of the prompts' win rates, 0 to ½; 0 where unknown
    rater_spread: float = 0.0  # standard deviation of the raters' win rates, 0 to ½; 0 where unknown
    judgments: int = 0  # number of the study's judgments behind these values; 0 for defaults
    own: bool = False  # whether the user entered some of the values
    measured: bool = False  # whether ``seconds`` come from the study's judgments, with all questions included
    raters: int = 0  # number of people who have judged; 0 where nobody has

    @property
    def prompt_sd(self) -> float:
        """Standard deviation between prompts in logits; a default for the simulation where it is unknown."""
        return logits_apart(self.prompt_spread, self.tie_share) if self.prompt_spread else PROMPT_SD

    @property
    def rater_sd(self) -> float:
        """Standard deviation between raters in logits; a default where it is unknown."""
        return logits_apart(self.rater_spread, self.tie_share) if self.rater_spread else LIKELY_RATER_SD


USUAL = Assumptions()

Figure = TypeVar("Figure")


def observed(study: StudyFile) -> Assumptions:
    """Assumptions from people's judgments in a study; defaults with fewer than `ENOUGH` judgments.

    They reveal nothing about which system is preferred, so they are never withheld.
    """
    rows = [row for row in islice(study.judgments.votes(), LOOKED_AT) if row.rater.kind is RaterKind.HUMAN]
    raters = len({row.rater.id for row in rows})
    if len(rows) < ENOUGH:
        return replace(USUAL, raters=raters)
    timed = [row.seconds for row in rows if row.seconds is not None]
    measured = len(timed) >= ENOUGH
    ties = sum(row.choice not in ("a", "b") for row in rows)
    prompt_spread, rater_spread = _spreads(rows)
    return Assumptions(
        tie_share=min(ties / len(rows), MOST_TIES),
        seconds=median(timed) if measured else SECONDS_PER_JUDGMENT,
        prompt_spread=prompt_spread,
        rater_spread=rater_spread,
        judgments=len(rows),
        measured=measured,
        raters=raters,
    )


def _spreads(rows: Sequence[VoteRow]) -> tuple[float, float]:
    counts = Counter(row.rater.id for row in rows)
    known = [row for row in rows if counts[row.rater.id] >= ENOUGH]
    preference = np.array([row.preference for row in known])
    prompts = np.array([row.pair.prompt for row in known], dtype=np.int64)
    raters = np.array([row.rater.id for row in known], dtype=np.int64)
    between_prompts = crossed_variance(preference, prompts, raters)
    between_raters = crossed_variance(preference, raters, prompts)
    if between_prompts is None or between_raters is None:
        return 0.0, 0.0
    return math.sqrt(max(between_prompts, 0.0)), math.sqrt(max(between_raters, 0.0))


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference that a number of prompts can show."""

    prompts: int
    pairs: int  # number of pairs of answers, over all systems
    raters: int
    each: int  # number of judgments per pair; 0 where every rater judges all
    load: RaterLoad  # work of a rater with the most pairs
    least: RaterLoad
    """Work of a rater with the fewest pairs; one pair fewer where the pairs cannot be divided evenly."""
    found: Mapping[ClaimScope, float | None]
    """For each possible claim, the smallest win rate, in whole per cent of decided judgments, that is
    detected with probability ``power``; None where even 99% is not."""
    minutes: int  # maximum minutes of work for one rater
    criteria: int = 0  # number of criteria
    assumed: Assumptions = USUAL  # the assumptions
    power: float = POWER  # required probability of detection

    @property
    def sentence(self) -> str:
        size = f"{counted(self.prompts, 'prompt')} × {counted(self.raters, 'rater')}"
        found = self.found_words
        time = f"about {duration(self.minutes)} per rater"
        if self.load.total == self.pairs == self.prompts and not self.each:
            return f"{size}: {time}. {found}"
        each = f", {counted(self.each, 'judgment')} per pair" if self.each else ""
        return f"{size}{each}: {self.load.summary(self.least)}, {time}. {found}"

    @property
    def found_words(self) -> str:
        these, others = (of_scope(self.found, own=own) for own in (True, False))
        if these is None:
            return "This is too few to show a difference."
        who = "this rater" if self.raters == 1 else "these raters"
        size = next(words for least, words in SIZES if these >= least)
        wins = f"one model wins {these * 100:.0f} of 100 decided judgments"
        more = f"For other raters of this kind, {self._others_words(others)}."
        return f"With {who}, the study can {size} difference ({wins}). {more}"

    def advice(self, better: Plan | None) -> str:
        """Return what the prompts can show, and the number of raters with which they show more."""
        these, others = (of_scope(self.found, own=own) for own in (True, False))
        if these is None:
            return f"{counted(self.prompts, 'prompt')} cannot show a difference. Add prompts."
        size = next(words for least, words in SIZES if these >= least)
        told = f"{counted(self.prompts, 'prompt')} can {size} difference"
        if better is not None:
            return f"{told}. We recommend {better.raters} raters, about {duration(better.minutes)} each."
        who = "" if others is None or others >= LARGE else ", also for other raters of this kind"
        return f"{told}{who}. About {duration(self.minutes)} per rater."

    def _others_words(self, rate: float | None) -> str:
        if self.raters < LEAST_RATERS:
            return f"at least {LEAST_RATERS} raters are needed"
        if ClaimScope.RATERS_LIKE_THESE not in self.found:
            return f"at least {LEAST_JUDGMENTS} judgments per rater are needed"
        return "more raters are needed" if rate is None else f"it needs about {rate * 100:.0f} of 100"

    @property
    def asides(self) -> int:
        """Number of criteria that add time to a judgment; 0 where measured seconds already include them."""
        return 0 if self.assumed.measured else self.criteria

    @property
    def assumptions(self) -> str:
        asides = ["a criterion" if self.asides else "", "a guess" if self.load.guesses else ""]
        told = " and ".join(filter(None, asides))
        within = "with its criteria" if self.criteria and not self.asides else ""
        more = f"{told} {SECONDS_PER_ASIDE:.0f} s more" if told else ""
        inside = ", ".join(filter(None, (within, more)))
        extra = f" ({inside})" if inside else ""
        known = self.assumed.judgments
        source = f", as in the study's {counted(known, 'judgment')} so far" if known else ""
        source = ", as put into the planner" if self.assumed.own else source
        return (
            f"Assumes that {self.assumed.tie_share:.0%} of the pairs end in a tie and that a judgment "
            f"takes {self.assumed.seconds:.0f} s{extra}{source}. A difference counts as found if "
            f"{self.power:.0%} of simulated studies find it."
        )


def plan(
    prompts: int,
    design: RatingDesign | None = None,
    scale: Scale | None = None,
    *,
    systems: int = 2,
    samples: int = 1,
    assumed: Assumptions = USUAL,
    power: float = POWER,
) -> Plan:
    """Estimate what a number of prompts can show with a rating design.

    By default the raters so far, or one, judge all pairs. Each two systems make a pair for each sample.
    """
    design, scale = design or RatingDesign(), scale or Scale()
    pairs = prompts * samples * math.comb(max(systems, 2), 2)
    load, least = load_of(pairs, design), load_of(pairs, design, least=True)
    return Plan(
        prompts=prompts,
        pairs=pairs,
        raters=raters_of(design, assumed),
        each=design.each,
        load=load,
        least=least,
        found=least_rates(study_design(prompts, design, assumed), power=power),
        minutes=minutes_of(load, scale, assumed),
        criteria=len(scale.criteria),
        assumed=assumed,
        power=power,
    )


def advice(found: Plan, design: RatingDesign, scale: Scale) -> Plan | None:
    """Return the plan with the fewest raters that shows more for other raters of this kind, or None.

    Raters are added until it detects a moderate difference for them, or any difference.
    """
    shown = of_scope(found.found, own=False)
    if shown is not None and shown < LARGE:
        return None
    plans = []
    for raters in (n for n in ADVISED_RATERS if n > found.raters):
        more = replace(design, raters=raters)
        load = load_of(found.pairs, more)
        rates = least_rates(study_design(found.prompts, more, found.assumed), power=found.power)
        minutes = minutes_of(load, scale, found.assumed)
        plans.append(replace(found, raters=raters, load=load, found=rates, minutes=minutes))
        rate = of_scope(rates, own=False)
        if rate is not None and rate < LARGE:
            return plans[-1]
    able = (one for one in plans if of_scope(one.found, own=False) is not None)
    return next(able, None) if shown is None else None


def minutes_of(load: RaterLoad, scale: Scale, assumed: Assumptions) -> int:
    criteria = 0 if assumed.measured else len(scale.criteria)
    seconds = (load.total + load.practice) * assumed.seconds
    seconds += (load.total * criteria + load.guesses) * SECONDS_PER_ASIDE
    return max(1, round(seconds / 60))


def raters_of(design: RatingDesign, assumed: Assumptions) -> int:
    return design.raters or assumed.raters or 1


def study_design(prompts: int, design: RatingDesign, assumed: Assumptions) -> StudyDesign:
    """The design to simulate; with one rater, that rater's own win rate is estimated."""
    raters = raters_of(design, assumed)
    rater_sd = assumed.rater_sd if raters > 1 else 0.0
    return StudyDesign(prompts, raters, design.each, assumed.tie_share, assumed.prompt_sd, rater_sd)


def of_scope(figures: Mapping[ClaimScope, Figure | None], *, own: bool) -> Figure | None:
    """The figure for the present raters, or for other raters of this kind; None where there is none."""
    scopes = (ClaimScope.ONE_RATER, ClaimScope.THESE_RATERS) if own else (ClaimScope.RATERS_LIKE_THESE,)
    return next((figures[scope] for scope in scopes if scope in figures), None)


def duration(minutes: int) -> str:
    return f"{minutes} min" if minutes < DETAIL_HOURS else f"{minutes / 60:.1f} h"
