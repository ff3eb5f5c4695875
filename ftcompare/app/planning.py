"""What follows from a plan, before anything is judged: what can be found, and how long it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.stats.planning import POWER, sign_test_prompts

TIE_SHARE = 0.2
"""Share of the prompts assumed to end in a tie or both bad: they do not count for the sign test."""
SECONDS_PER_JUDGMENT = 30.0
"""A usual pace for texts of one or two paragraphs."""
SECONDS_PER_ASIDE = 5.0
"""For one criterion, and for one guess: the texts have been read by then."""
_STEPS = range(51, 100)


@dataclass(frozen=True, slots=True)
class Load:
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
        win_rate: the least true win rate, in whole percents, that the sign test finds with a power of
            80%; None where not even 99% would be found.
        minutes: one rater's work, at most.
        criteria: answered for each pair.
    """

    prompts: int
    pairs: int
    raters: int
    each: int
    load: Load
    least: Load
    win_rate: float | None
    minutes: int
    criteria: int = 0

    @property
    def sentence(self) -> str:
        """The plan in one line."""
        size = f"{_counted(self.prompts, 'prompt')} × {_counted(self.raters, 'rater')}"
        found = (
            f"enough to notice it when {self.win_rate * 100:.0f} of 100 prompts go one way "
            "(more prompts notice less)"
            if self.win_rate is not None
            else "too few to show a difference"
        )
        time = f"about {_duration(self.minutes)} a rater"
        if self.load.total == self.pairs == self.prompts and not self.each:
            return f"{size}: {found}; {time}."
        each = f", {_counted(self.each, 'judgment')} a pair" if self.each else ""
        return f"{size}{each}: {self._load_words()}, {time}; {found}."

    @property
    def assumptions(self) -> str:
        """What the plan assumes, in one line."""
        asides = [
            "a criterion" if self.criteria else "",
            "a guess" if self.load.guesses else "",
        ]
        told = " and ".join(filter(None, asides))
        extra = f" ({told} {SECONDS_PER_ASIDE:.0f} s more)" if told else ""
        return (
            f"Assumes that {TIE_SHARE:.0%} of the pairs end in a tie and that a judgment takes "
            f"{SECONDS_PER_JUDGMENT:.0f} s{extra}; noticed: found in {POWER:.0%} of such studies by a "
            "two-sided sign test at 5%."
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
    prompts: int, design: RatingDesign | None = None, scale: Scale | None = None, *, systems: int = 2
) -> Plan:
    """What can be expected of so many prompts, rated by a design.

    Several raters a prompt make each prompt's answer surer, but only more prompts say more about
    prompts: the detectable win rate is that of one judgment a prompt.

    Args:
        prompts: in the study.
        design: who judges what; by default one rater judges all and nothing is checked.
        scale: what is asked; by default one question.
        systems: how many write; each two of them make a pair.
    """
    design, scale = design or RatingDesign(), scale or Scale()
    pairs = prompts * math.comb(max(systems, 2), 2)
    load, least = load_of(pairs, design), load_of(pairs, design, least=True)
    decided = math.floor(prompts * (1 - TIE_SHARE))
    rate = next((r / 100 for r in _STEPS if _needed(r / 100) <= decided), None)
    seconds = (load.total + load.practice) * SECONDS_PER_JUDGMENT
    seconds += (load.total * len(scale.criteria) + load.guesses) * SECONDS_PER_ASIDE
    return Plan(
        prompts=prompts,
        pairs=pairs,
        raters=design.raters or 1,
        each=design.each,
        load=load,
        least=least,
        win_rate=rate,
        minutes=max(1, round(seconds / 60)),
        criteria=len(scale.criteria),
    )


def load_of(pairs: int, design: RatingDesign, *, least: bool = False) -> Load:
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
    return Load(
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
        ("Instructions", _counted(len(design.instructions.split()), "word") if design.instructions else ""),
        ("Practice", _counted(len(design.practice), "pair") if design.practice else ""),
        ("Planned for", _planned_words(design)),
        ("Checks", _check_words(design)),
        ("Guesses", _guess_words(design)),
    ]
    return [(name, words) for name, words in lines if words]


def _planned_words(design: RatingDesign) -> str:
    if not design.raters:
        return ""
    each = f"{_counted(design.each, 'judgment')} a pair" if design.each else "each judges every pair"
    return f"{_counted(design.raters, 'rater')}, {each}"


def _check_words(design: RatingDesign) -> str:
    parts = (("hidden repeats", design.repeats), ("controls", design.controls), ("gold items", design.gold))
    return ", ".join(f"{share:.0%} {name}" for name, share in parts if share)


def _guess_words(design: RatingDesign) -> str:
    parts = [
        f"after {design.guess_share:.0%} of the pairs" if design.guess_share else "",
        f"{design.end_guesses} at the end" if design.end_guesses else "",
    ]
    return ", ".join(filter(None, parts))


def _needed(rate: float) -> float:
    needed = sign_test_prompts(rate)
    return math.inf if needed is None else needed


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _span(least: int, most: int, noun: str) -> str:
    """``8 pairs``, ``8 or 9 pairs``, ``8 to 10 pairs``."""
    if least == most:
        return _counted(most, noun)
    return f"{least:,} {'or' if most - least == 1 else 'to'} {most:,} {noun}s"


def _duration(minutes: int) -> str:
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"
