"""What follows from a plan, before anything is judged: what can be found, and how long it takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

import numpy as np

from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterKind
from ftcompare.stats.planning import (
    ALIKE,
    POWER,
    TIE_SHARE,
    crossed_variance,
    detectable_rate,
    prompts_for_rate,
)
from ftcompare.store.study.judgment_queries import VoteRow
from ftcompare.store.study.study_file import StudyFile

SECONDS_PER_JUDGMENT = 30.0
"""A usual pace for texts of one or two paragraphs."""
SECONDS_PER_ASIDE = 5.0
"""For one criterion, and for one guess: the texts have been read by then."""
ENOUGH = 20
"""Judgments from which on what they show is taken instead of what is usual; of one rater for the spread."""
LOOKED_AT = 10_000
"""The first so many judgments tell enough, and bound the time."""
MOST_TIES = 0.9
"""A plan with more would be one for nothing but ties."""
DETAIL_HOURS = 90
"""Minutes from which on hours are said."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan takes for granted.

    Args:
        tie_share: share of the judgments that end in a tie or both bad: they do not count for the
            sign test. 0 to `MOST_TIES`.
        seconds: a judgment, with its criteria where it is `measured`, else without.
        alike: how much judgments of one prompt are alike, 0 (not at all) to 1 (raters always agree).
        rater_spread: standard deviation of the raters' own win rates, 0 to ½; 0 where it is not known.
        judgments: of the study's own that this comes from; 0 where it is what is usual.
        own: some of it was put in by hand.
        measured: the seconds are, or go by, those of the study's own judgments, with all that was asked.
    """

    tie_share: float = TIE_SHARE
    seconds: float = SECONDS_PER_JUDGMENT
    alike: float = ALIKE
    rater_spread: float = 0.0
    judgments: int = 0
    own: bool = False
    measured: bool = False


USUAL = Assumptions()


def observed(study: StudyFile) -> Assumptions:
    """What people's judgments of a study show so far; what is usual where there are fewer than `ENOUGH`.

    It tells nothing of which system is preferred, so no disclosure is asked.
    """
    rows = [row for row in islice(study.judgments.votes(), LOOKED_AT) if row.rater.kind is RaterKind.HUMAN]
    if len(rows) < ENOUGH:
        return USUAL
    timed = [row.seconds for row in rows if row.seconds is not None]
    measured = len(timed) >= ENOUGH
    ties = sum(row.choice not in ("a", "b") for row in rows)
    alike, spread = _components(rows) or (ALIKE, 0.0)
    return Assumptions(
        tie_share=min(ties / len(rows), MOST_TIES),
        seconds=median(timed) if measured else SECONDS_PER_JUDGMENT,
        alike=alike,
        rater_spread=spread,
        judgments=len(rows),
        measured=measured,
    )


def _components(rows: Sequence[VoteRow]) -> tuple[float, float] | None:
    """How much judgments of one prompt are alike, and the raters' spread; None for too few to tell."""
    counts = Counter(row.rater.id for row in rows)
    known = [row for row in rows if counts[row.rater.id] >= ENOUGH]
    preference = np.array([row.preference for row in known])
    prompts = np.array([row.pair.prompt for row in known], dtype=np.int64)
    raters = np.array([row.rater.id for row in known], dtype=np.int64)
    between_prompts = crossed_variance(preference, prompts, raters)
    between_raters = crossed_variance(preference, raters, prompts)
    if between_prompts is None or between_raters is None or not preference.var():
        return None
    alike = float(np.clip(between_prompts / preference.var(), 0, 1))
    return alike, math.sqrt(max(between_raters, 0.0))


@dataclass(frozen=True, slots=True)
class RaterLoad:
    """What one rater gets.

    Args:
        ordinary: pairs that count.
        repeats: of these, how many come again.
        controls: pairs of the same system twice.
        gold: pairs with a known better answer.
        guesses: questions which side was fine-tuned.
        practice: pairs to practise on.
    """

    ordinary: int
    repeats: int = 0
    controls: int = 0
    gold: int = 0
    guesses: int = 0
    practice: int = 0

    @property
    def checks(self) -> int:
        """Pairs put in to check the rater."""
        return self.controls + self.gold

    @property
    def total(self) -> int:
        """Pairs shown, without practice."""
        return self.ordinary + self.repeats + self.checks


@dataclass(frozen=True, slots=True)
class Plan:
    """What a number of prompts can show.

    Args:
        pairs: pairs of answers, all systems counted.
        each: judgments a pair; 0 where every rater judges all.
        load: of a rater with most to judge.
        least: of a rater with least; one pair fewer where the pairs cannot be shared out evenly.
        win_rate: the least true win rate, in whole percents, that the sign test finds with that power;
            None where not even 99% would be found.
        minutes: one rater's work, at most.
        criteria: answered for each pair.
        assumed: what was taken for granted.
        power: wanted chance to find what is there.
    """

    prompts: int
    pairs: int
    raters: int
    each: int
    load: RaterLoad
    least: RaterLoad
    win_rate: float | None
    minutes: int
    criteria: int = 0
    assumed: Assumptions = USUAL
    power: float = POWER

    @property
    def sentence(self) -> str:
        """The plan in one line."""
        size = f"{counted(self.prompts, 'prompt')} × {counted(self.raters, 'rater')}"
        found = (
            f"detects a {self.win_rate:.0%} win rate with {self.power:.0%} power"
            if self.win_rate is not None
            else "too few to show a difference"
        )
        time = f"about {duration(self.minutes)} a rater"
        if self.load.total == self.pairs == self.prompts and not self.each:
            return f"{size}: {found}; {time}."
        each = f", {counted(self.each, 'judgment')} a pair" if self.each else ""
        return f"{size}{each}: {self._load_words()}, {time}; {found}."

    @property
    def asides(self) -> int:
        """Criteria that take time beside a judgment: measured seconds have them in already."""
        return 0 if self.assumed.measured else self.criteria

    @property
    def assumptions(self) -> str:
        """What the plan assumes, in one line."""
        asides = [
            "a criterion" if self.asides else "",
            "a guess" if self.load.guesses else "",
        ]
        told = " and ".join(filter(None, asides))
        within = "with its criteria" if self.criteria and not self.asides else ""
        more = f"{told} {SECONDS_PER_ASIDE:.0f} s more" if told else ""
        inside = ", ".join(filter(None, (within, more)))
        extra = f" ({inside})" if inside else ""
        known = self.assumed.judgments
        source = f", as in the study's {counted(known, 'judgment')} so far" if known else ""
        source = ", as put into the planner" if self.assumed.own else source
        return (
            f"Assumes that {self.assumed.tie_share:.0%} of the pairs end in a tie and that a judgment takes "
            f"{self.assumed.seconds:.0f} s{extra}{source}. The win rate is that of the prompts with a "
            "winner, the power the chance that a two-sided sign test at 5% finds it."
        )

    def _load_words(self) -> str:
        parts = [
            _span(self.least.repeats, self.load.repeats, "repeat") if self.load.repeats else "",
            _span(self.least.checks, self.load.checks, "check") if self.load.checks else "",
        ]
        told = " and ".join(filter(None, parts))
        pairs = _span(self.least.total, self.load.total, "pair")
        return f"{pairs} a rater{f' with {told} among them' if told else ''}"


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
    """What can be expected of so many prompts, rated by a design.

    Several raters a prompt make each prompt's answer surer, but only more prompts say more about
    prompts: the detectable win rate is that of one judgment a prompt.

    Args:
        prompts: in the study.
        design: who judges what; by default one rater judges all and nothing is checked.
        scale: what is asked; by default one question.
        systems: how many write; each two of them make a pair.
        samples: answers of each system to a prompt; each makes pairs of its own.
        assumed: shares and times taken for granted; by default what is usual.
        power: wanted chance to find what is there, below 1.
    """
    design, scale = design or RatingDesign(), scale or Scale()
    pairs = prompts * samples * math.comb(max(systems, 2), 2)
    load, least = load_of(pairs, design), load_of(pairs, design, least=True)
    seconds = (load.total + load.practice) * assumed.seconds
    criteria = 0 if assumed.measured else len(scale.criteria)
    seconds += (load.total * criteria + load.guesses) * SECONDS_PER_ASIDE
    return Plan(
        prompts=prompts,
        pairs=pairs,
        raters=design.raters or 1,
        each=design.each,
        load=load,
        least=least,
        win_rate=found_rate(prompts, assumed=assumed, power=power),
        minutes=max(1, round(seconds / 60)),
        criteria=len(scale.criteria),
        assumed=assumed,
        power=power,
    )


def found_rate(prompts: int, *, assumed: Assumptions, power: float, each: int = 1) -> float | None:
    """The least win rate, in whole percents, for which so many prompts are enough; None for no such.

    Args:
        prompts: in the study.
        assumed: ties, and how alike judgments of one prompt are.
        power: wanted chance to find it, below 1.
        each: judgments of a pair that are taken together.
    """
    ties, alike = assumed.tie_share, assumed.alike
    rate = detectable_rate(prompts, raters=each, tie_share=ties, alike=alike, power=power)
    if rate is None:
        return None
    whole = max(math.floor(rate * 100), 51)
    needed = prompts_for_rate(whole / 100, raters=each, tie_share=ties, alike=alike, power=power)
    return (whole if needed is not None and needed <= prompts else whole + 1) / 100


def decided_prompts(prompts: int, assumed: Assumptions) -> int:
    """Prompts with a winner that so many prompts are expected to give, for the sign test."""
    return math.floor(prompts * (1 - assumed.tie_share) + 1e-9)


def load_of(pairs: int, design: RatingDesign, *, least: bool = False) -> RaterLoad:
    """What a rater gets of so many pairs, counted as the draw counts (`core.blinding.draw`).

    Args:
        pairs: of answers.
        design: who judges what.
        least: where they cannot be shared out evenly, for who has one fewer instead of one more.
    """
    ordinary = pairs
    if design.shares_out:
        spare = 0 if least else design.raters - 1
        ordinary = (pairs * design.each + spare) // design.raters
    at_once = round(design.guess_share * ordinary)
    return RaterLoad(
        ordinary=ordinary,
        repeats=round(design.repeats * ordinary),
        controls=round(design.controls * ordinary),
        gold=round(design.gold * ordinary),
        guesses=min(at_once + design.end_guesses, ordinary),
        practice=len(design.practice),
    )


def rating_lines(scale: Scale, design: RatingDesign) -> list[tuple[str, str]]:
    """Scale and design for reading: a name and its words a line; what is not used is left out."""
    lines = [
        ("Question", scale.question),
        ("Strengths", str(scale.strengths) if scale.strengths > 1 else ""),
        ("Criteria", ", ".join(scale.criteria)),
        ("Reasons", ", ".join(scale.reasons)),
        ("Instructions", counted(len(design.instructions.split()), "word") if design.instructions else ""),
        ("Practice", counted(len(design.practice), "pair") if design.practice else ""),
        ("Planned for", _planned_words(design)),
        ("Checks", _check_words(design)),
        ("Guesses", _guess_words(design)),
    ]
    return [(name, words) for name, words in lines if words]


def _planned_words(design: RatingDesign) -> str:
    if not design.raters:
        return ""
    each = f"{counted(design.each, 'judgment')} a pair" if design.each else "each judges every pair"
    return f"{counted(design.raters, 'rater')}, {each}"


def _check_words(design: RatingDesign) -> str:
    parts = (("hidden repeats", design.repeats), ("controls", design.controls), ("gold items", design.gold))
    return ", ".join(f"{share:.0%} {name}" for name, share in parts if share)


def _guess_words(design: RatingDesign) -> str:
    parts = [
        f"after {design.guess_share:.0%} of the pairs" if design.guess_share else "",
        f"{design.end_guesses} at the end" if design.end_guesses else "",
    ]
    return ", ".join(filter(None, parts))


def _span(least: int, most: int, noun: str) -> str:
    """``8 pairs``, ``8 or 9 pairs``, ``8 to 10 pairs``."""
    if least == most:
        return counted(most, noun)
    return f"{least:,} {'or' if most - least == 1 else 'to'} {most:,} {noun}s"


def duration(minutes: int) -> str:
    """``50 min``, ``2.1 h``."""
    return f"{minutes} min" if minutes < DETAIL_HOURS else f"{minutes / 60:.1f} h"
