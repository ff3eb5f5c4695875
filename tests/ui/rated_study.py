"""A study with every check, rated by rule: for the pages that say how well raters judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    PromptSpec,
    RaterId,
    Split,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, built_once, drawn_rater
from tests.ui.conftest import NOTICE, START

DESIGN = RatingDesign(repeats=0.25, controls=0.25, gold=0.25, guess_share=0.25, end_guesses=3)
GOLD = tuple(GoldItem((Message("user", f"Gold question {n}?"),), f"GOOD {n}", f"POOR {n}") for n in range(12))


@dataclass(frozen=True)
class Habit:
    """How an invented rater judges: by rule from what is shown, and how fast."""

    judge: Callable[[BlindItem], Choice]
    guess: Callable[[BlindItem], Guess]
    seconds: float


def _tuned(text: str) -> bool:
    return text.startswith("TUNED")


def careful(item: BlindItem) -> Choice:
    """Prefers the fine-tuned and what is known to be better; takes equals for equal."""
    if item.left.startswith(("GOOD", "POOR")):
        return Choice.LEFT if item.left.startswith("GOOD") else Choice.RIGHT
    if _tuned(item.left) == _tuned(item.right):
        return Choice.TIE
    return Choice.LEFT if _tuned(item.left) else Choice.RIGHT


def knowing(item: BlindItem) -> Guess:
    """Always right."""
    return Guess(GuessChoice.LEFT if _tuned(item.left) else GuessChoice.RIGHT, 3)


CAREFUL = Habit(careful, lambda _: Guess(GuessChoice.UNSURE), 24.0)
HASTY = Habit(lambda _: Choice.LEFT, knowing, 2.0)  # takes the left of everything, at once


@built_once
def rated(
    path: Path,
    *,
    prompts: int = 16,
    habits: dict[str, Habit] | None = None,
    design: RatingDesign = DESIGN,
    unblinded: bool = True,
    telling: int = 0,
) -> Path:
    """Write such a study.

    Args:
        telling: answers of the fine-tuned system that say what they are.
    """
    habits = {"Ada": CAREFUL, "Ben": HASTY} if habits is None else habits
    with StudyFile.create(
        path, title="Acme", scale=Scale(), notice=NOTICE, rng=Random(4), now=START
    ) as study:
        study.systems.add(SystemSpec("acme-plain", SystemKind.BASE, model="/m/acme"))
        study.systems.add(SystemSpec("acme-tuned", SystemKind.ADAPTER, model="/m/acme", adapter="/m/a"))
        for number, prompt in enumerate(study.prompts.add(_prompt(n) for n in range(prompts))):
            told = " As an AI language model, I cannot say." if number < telling else ""
            answer(study, prompt, (f"PLAIN answer {number}", f"TUNED answer {number}.{told}"))
        study.settings.set_rating(Scale(), design, now=START)
        study.gold.add(GOLD, now=START)
        for name, habit in habits.items():
            rate(study, name, habit)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def rate(study: StudyFile, name: str, habit: Habit, *, at_most: int = 10_000) -> RaterId:
    """Have a rater judge, and guess where they are asked."""
    rater = drawn_rater(study, name, rng=Random(name), now=START)
    for number in range(at_most):
        item = study.judgments.next_item(rater.id)
        if item is None:
            break
        now = START + timedelta(seconds=30 * number)
        study.judgments.judge(item.allocation, Verdict(habit.judge(item), seconds=habit.seconds), now=now)
        _guess(study, rater.id, GuessMoment.AT_ONCE, habit)
    _guess(study, rater.id, GuessMoment.AT_END, habit)
    return rater.id


def _guess(study: StudyFile, rater: RaterId, moment: GuessMoment, habit: Habit) -> None:
    while (item := study.judgments.guess_item(rater, moment)) is not None:
        study.judgments.guess(item.allocation, habit.guess(item), seconds=4.0, now=START)


def _prompt(number: int) -> PromptSpec:
    split = (Split.TRAINED, Split.HELD_OUT)[number % 2]
    return PromptSpec(f"p{number}", (Message("user", f"Question {number}"),), "heart", split)
