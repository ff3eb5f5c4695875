"""What follows from a plan, before anything is judged: what can be found, and how long it takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import TypeVar

import numpy as np

from ftcompare.app.setup.guess_words import NOT_GUESSED
from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import ContextShown, ConversationJudged, RatingDesign, ReferenceShown
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterKind
from ftcompare.stats.claim_power import (
    LIKELY_RATER_SD,
    POWER,
    TIE_SHARE,
    StudyDesign,
    least_rates,
    logits_apart,
)
from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.planning import crossed_variance
from ftcompare.stats.rater_interval import LEAST_JUDGMENTS, LEAST_RATERS, PROMPT_SD
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import VoteRow

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
        tie_share: share of the judgments that end in a tie or both bad, 0 to `MOST_TIES`.
        seconds: a judgment, with its criteria where it is `measured`, else without.
        prompt_spread: standard deviation of the prompts' own win rates, 0 to ½; 0 where it is not known.
        rater_spread: the same of the raters'.
        judgments: of the study's own that this comes from; 0 where it is what is usual.
        own: some of it was put in by hand.
        measured: the seconds are, or go by, those of the study's own judgments, with all that was asked.
        raters: people who have judged already; 0 where nobody has.
    """

    tie_share: float = TIE_SHARE
    seconds: float = SECONDS_PER_JUDGMENT
    prompt_spread: float = 0.0
    rater_spread: float = 0.0
    judgments: int = 0
    own: bool = False
    measured: bool = False
    raters: int = 0

    @property
    def prompt_sd(self) -> float:
        """What prompts differ by, in logits; what the claims are simulated with where it is not known."""
        return logits_apart(self.prompt_spread, self.tie_share) if self.prompt_spread else PROMPT_SD

    @property
    def rater_sd(self) -> float:
        """The same for raters."""
        return logits_apart(self.rater_spread, self.tie_share) if self.rater_spread else LIKELY_RATER_SD


USUAL = Assumptions()

Figure = TypeVar("Figure")


def observed(study: StudyFile) -> Assumptions:
    """What people's judgments of a study show so far; what is usual where there are fewer than `ENOUGH`.

    It tells nothing of which system is preferred, so no disclosure is asked.
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
    """Of prompts and of raters, as standard deviations of their win rates; 0 for too few to tell."""
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
class RaterLoad:
    """What one rater gets.

    Args:
        ordinary: pairs that count.
        repeats: of these, how many come again.
        controls: pairs of the same system twice.
        gold: pairs with a known better answer.
        guesses: questions which side was fine-tuned.
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
        found: for each claim that can be made, the least win rate, in whole per cent of the decided
            judgments, with which it is made with that power; None where not even 99% would do.
        minutes: one rater's work, at most.
        power: wanted chance to find what is there.
    """

    prompts: int
    pairs: int
    raters: int
    each: int
    load: RaterLoad
    least: RaterLoad
    found: Mapping[ClaimScope, float | None]
    minutes: int
    criteria: int = 0
    assumed: Assumptions = USUAL
    power: float = POWER

    @property
    def sentence(self) -> str:
        """The plan in one line."""
        size = f"{counted(self.prompts, 'prompt')} × {counted(self.raters, 'rater')}"
        found = self.found_words
        time = f"about {duration(self.minutes)} a rater"
        if self.load.total == self.pairs == self.prompts and not self.each:
            return f"{size}: {found}; {time}."
        each = f", {counted(self.each, 'judgment')} a pair" if self.each else ""
        return f"{size}{each}: {self._load_words()}, {time}; {found}."

    @property
    def found_words(self) -> str:
        """What can be shown, of whom, with which win rate."""
        these, others = (of_scope(self.found, own=own) for own in (True, False))
        if these is None:
            return "too few to show a difference"
        who = "this rater" if self.raters == 1 else "these raters"
        wins = f"can show a difference for {who} if one model wins about {these * 100:.0f} of 100 judgments"
        return f"{wins} that are no tie (for raters like these: {self._others_words(others)})"

    def _others_words(self, rate: float | None) -> str:
        if self.raters < LEAST_RATERS:
            return f"{LEAST_RATERS} raters are needed"
        if ClaimScope.RATERS_LIKE_THESE not in self.found:
            return f"{LEAST_JUDGMENTS} judgments a rater are needed"
        return "more raters are needed" if rate is None else f"about {rate * 100:.0f}"

    @property
    def asides(self) -> int:
        """Criteria that take time beside a judgment: measured seconds have them in already."""
        return 0 if self.assumed.measured else self.criteria

    @property
    def assumptions(self) -> str:
        """What the plan assumes, in one line."""
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
            f"Assumes that {self.assumed.tie_share:.0%} of the pairs end in a tie and that a judgment takes "
            f"{self.assumed.seconds:.0f} s{extra}{source}. What can be shown is found in {self.power:.0%} of "
            "simulated studies."
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

    By default those who judged already judge all, or one rater does; one question is asked, nothing is
    checked, and shares and times are what is usual. Each two systems make a pair, of each sample; ``power``:
    wanted chance to find what is there.
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
        raters=raters_of(design, assumed),
        each=design.each,
        load=load,
        least=least,
        found=least_rates(study_design(prompts, design, assumed), power=power),
        minutes=max(1, round(seconds / 60)),
        criteria=len(scale.criteria),
        assumed=assumed,
        power=power,
    )


def raters_of(design: RatingDesign, assumed: Assumptions) -> int:
    """Who rates: those planned for; where nobody is, those whose judgments there are, or one."""
    return design.raters or assumed.raters or 1


def study_design(prompts: int, design: RatingDesign, assumed: Assumptions) -> StudyDesign:
    """What is simulated of a plan: of one rater their own win rate."""
    raters = raters_of(design, assumed)
    rater_sd = assumed.rater_sd if raters > 1 else 0.0
    return StudyDesign(prompts, raters, design.each, assumed.tie_share, assumed.prompt_sd, rater_sd)


def of_scope(found: Mapping[ClaimScope, Figure | None], *, own: bool) -> Figure | None:
    """The figure for the raters at hand, or for raters like these; None where there is none."""
    scopes = (ClaimScope.ONE_RATER, ClaimScope.THESE_RATERS) if own else (ClaimScope.RATERS_LIKE_THESE,)
    return next((found[scope] for scope in scopes if scope in found), None)


def load_of(pairs: int, design: RatingDesign, *, least: bool = False) -> RaterLoad:
    """What a rater gets of so many pairs, counted as the draw counts (`core.blinding.draw`).

    ``least``: where they cannot be shared out evenly, for who has one fewer instead of one more.
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


def rating_lines(scale: Scale, design: RatingDesign, *, guessable: bool = True) -> list[tuple[str, str]]:
    """Scale and design for reading: a name and its words a line; what is not used is left out.

    ``guessable``: whether a base and a fine-tuned system are known, so that guesses are asked for.
    """
    last = design.conversations is ConversationJudged.LAST
    lines = [
        ("Question", scale.question),
        ("Strengths", str(scale.strengths) if scale.strengths > 1 else ""),
        ("Criteria", ", ".join(scale.criteria)),
        ("Reasons", ", ".join(scale.reasons)),
        ("Instructions", counted(len(design.instructions.split()), "word") if design.instructions else ""),
        ("Practice", counted(len(design.practice), "pair") if design.practice else ""),
        ("Reference answer", _REFERENCE.get(design.reference, "")),
        ("Context", _CONTEXT.get(design.context, "")),
        ("What is expected", "" if design.expectation else "not told"),
        ("Conversations", "judged by the last answer" if last else ""),
        ("Planned for", _planned_words(design)),
        ("Checks", _check_words(design)),
        ("Guesses", _guess_words(design, guessable=guessable)),
    ]
    return [(name, words) for name, words in lines if words]


_CONTEXT = {ContextShown.NEVER: "never shown", ContextShown.OPEN: "shown open"}
_REFERENCE = {ReferenceShown.ON_KEY: "on a key", ReferenceShown.ALWAYS: "always shown"}


def _planned_words(design: RatingDesign) -> str:
    if not design.raters:
        return ""
    each = f"{counted(design.each, 'judgment')} a pair" if design.each else "each judges every pair"
    return f"{counted(design.raters, 'rater')}, {each}"


def _check_words(design: RatingDesign) -> str:
    parts = (
        ("hidden repeats", design.repeats),
        ("same-answer pairs", design.controls),
        ("known-answer checks", design.gold),
    )
    return ", ".join(f"{share:.0%} {name}" for name, share in parts if share)


def _guess_words(design: RatingDesign, *, guessable: bool) -> str:
    parts = [
        f"after {design.guess_share:.0%} of the pairs" if design.guess_share else "",
        f"{design.end_guesses} at the end" if design.end_guesses else "",
    ]
    told = ", ".join(filter(None, parts))
    return told if guessable or not told else f"{told}; {NOT_GUESSED}"


def _span(least: int, most: int, noun: str) -> str:
    """``8 pairs``, ``8 or 9 pairs``, ``8 to 10 pairs``."""
    if least == most:
        return counted(most, noun)
    return f"{least:,} {'or' if most - least == 1 else 'to'} {most:,} {noun}s"


def duration(minutes: int) -> str:
    """``50 min``, ``2.1 h``."""
    return f"{minutes} min" if minutes < DETAIL_HOURS else f"{minutes / 60:.1f} h"
