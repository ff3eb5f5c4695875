"""Raters of known preference, and what is true of the population that they and their prompts are drawn from.

A judgment of b leans by the advantage of b on its split + an effect of its prompt + one of its rater + the
rater's taste in this prompt + the rater's side habit (towards the left) + a liking of length + what comes
over the rater at this moment. All effects are normal and drawn once, only the moment is drawn again at each
look: a hidden repeat meets the same prompt, rater and taste, with the sides swapped. Nearer to nothing than
`TIE` it is a tie, or both bad.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ftcompare.core.blinding import BlindItem
from ftcompare.core.scale import Choice
from ftcompare.core.study import Split, Vote

FloatArray = NDArray[np.float64]

TIE = 0.3
BOTH_BAD = 0.25
"""Share of the undecided judgments that say so."""
LENGTH_MEAN, LENGTH_SD = 100.0, 200.0
"""Characters by which b is longer."""
NODES, WEIGHTS = special.roots_hermitenorm(60)
SIDES = (1, -1)
SPLITS = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)
ADVANTAGES = {Split.TRAINED: 0.9, Split.PARAPHRASE: 0.5, Split.HELD_OUT: 0.2}


@dataclass(frozen=True)
class ScriptedRater:
    """One rater of the population.

    Args:
        leaning: towards b, the same on all prompts.
        habit: towards the left answer.
    """

    name: str
    leaning: float
    habit: float


@dataclass(frozen=True)
class Population:
    """What prompts, raters and judgments are drawn from. Effects are in standard deviations of a judgment.

    Args:
        advantages: of b, by split; the splits have equally many prompts.
        prompt_sd: of the prompts' effects.
        rater_sd: of the raters' leanings.
        habit: mean of the raters' side habits, towards the left.
        habit_sd: of the raters' side habits.
        taste_sd: of a rater's lasting taste in one prompt.
        moment_sd: of what is drawn again at each look.
        length: liking of the longer answer, times tanh(difference / its standard deviation).
    """

    advantages: Mapping[Split, float] = field(default_factory=lambda: dict(ADVANTAGES))
    prompt_sd: float = 1.0
    rater_sd: float = 0.4
    habit: float = 0.2
    habit_sd: float = 0.2
    taste_sd: float = 0.8
    moment_sd: float = 0.6
    length: float = 0.0

    def raters(self, number: int, rng: np.random.Generator) -> list[ScriptedRater]:
        """Some raters of the population."""
        drawn = zip(
            rng.normal(0, self.rater_sd, number), rng.normal(self.habit, self.habit_sd, number), strict=True
        )
        return [ScriptedRater(f"Rater {n + 1}", float(v), float(h)) for n, (v, h) in enumerate(drawn)]

    def rate(self) -> float:
        """The half-win rate of b over all prompts and raters, both sides equally often.

        Where length matters: at equal length.
        """
        sd = hypot(self._spread, self.rater_sd, self.habit_sd)
        means = [a + side * self.habit for a in self.advantages.values() for side in SIDES]
        return float(half_win(np.array(means), sd).mean())

    def rate_for(self, raters: Sequence[ScriptedRater], split: Split | None = None) -> float:
        """The same over all prompts (of a split) before these raters."""
        advantages = self.advantages.values() if split is None else (self.advantages[split],)
        means = [a + r.leaning + side * r.habit for a in advantages for r in raters for side in SIDES]
        return float(half_win(np.array(means), self._spread).mean())

    def split_difference_for(self, raters: Sequence[ScriptedRater]) -> float:
        """The rate on trained less that on unseen prompts, before these raters."""
        return self.rate_for(raters, Split.TRAINED) - self.rate_for(raters, Split.HELD_OUT)

    def left_share(self) -> float:
        """Share of the decisive judgments that go to the left answer, over all prompts and raters."""
        sd = hypot(self._spread, self.rater_sd, self.habit_sd)
        towards_left = np.array([side * a + self.habit for a in self.advantages.values() for side in SIDES])
        left, right = (special.ndtr((sign * towards_left - TIE) / sd).sum() for sign in (1, -1))
        return float(left / (left + right))

    def alpha_for(self, raters: Sequence[ScriptedRater]) -> float:
        """Krippendorff's α (nominal; a tie and both bad are one answer) over all prompts, for these raters.

        1 - (1 - P(two raters agree)) / (1 - Σ share²): given the prompt its raters judge independently.
        """
        shares = np.stack([self._answers_by_prompt(rater) for rater in raters])
        number = len(raters)
        together = shares.sum(axis=0) ** 2 - (shares**2).sum(axis=0)
        agreeing = float(np.average((together / (number * (number - 1))).sum(axis=-1), weights=self._weights))
        share = np.average(shares.mean(axis=0), axis=0, weights=self._weights)
        return float(1 - (1 - agreeing) / (1 - share @ share))

    def alike_on_repeats(self) -> float:
        """Chance that a hidden repeat (sides swapped) is answered alike, over all prompts and raters."""
        lasting = hypot(self.prompt_sd, self.taste_sd, self.rater_sd) * NODES
        habit = self.habit + self.habit_sd * NODES
        weights = np.outer(WEIGHTS, WEIGHTS)
        chances = [
            np.average(
                (
                    shares_of_answers(a + np.add.outer(lasting, habit), self.moment_sd)
                    * shares_of_answers(a + np.subtract.outer(lasting, habit), self.moment_sd)
                ).sum(axis=-1),
                weights=weights,
            )
            for a in self.advantages.values()
        ]
        return float(np.mean(chances))

    @property
    def _spread(self) -> float:
        """Of the judgments of one rater over prompts."""
        return hypot(self.prompt_sd, self.taste_sd, self.moment_sd)

    @property
    def _weights(self) -> FloatArray:
        return np.tile(WEIGHTS, len(self.advantages))

    def _answers_by_prompt(self, rater: ScriptedRater) -> FloatArray:
        """Prompts (by effect, for each split) x answers: the chances, both sides equally often."""
        prompts = np.concatenate([a + self.prompt_sd * NODES for a in self.advantages.values()])
        sd = hypot(self.taste_sd, self.moment_sd)
        sides = [shares_of_answers(prompts + rater.leaning + side * rater.habit, sd) for side in SIDES]
        return np.asarray(np.mean(sides, axis=0))


def half_win(mean: FloatArray, sd: float) -> FloatArray:
    """Chance of b plus half the chance of neither, where a judgment leans by N(mean, sd²)."""
    return np.asarray((1 + special.ndtr((mean - TIE) / sd) - special.ndtr((-mean - TIE) / sd)) / 2)


def shares_of_answers(mean: FloatArray, sd: float) -> FloatArray:
    """Chances of a, neither and b on a last axis, where a judgment leans by N(mean, sd²)."""
    a, b = special.ndtr((-mean - TIE) / sd), special.ndtr((mean - TIE) / sd)
    return np.stack([a, 1 - a - b, b], axis=-1)


SHORTER = 2000
"""Characters of the base's answers."""


class Panel:
    """Raters before prompts: all effects are drawn here, once.

    Args:
        population: what they are drawn from.
        splits: of the prompts.
        raters: how many.
        rng: source of the effects and of each moment.
        lengths: characters by which b's answers are longer; drawn where they are not given.
    """

    def __init__(
        self,
        population: Population,
        splits: Sequence[Split],
        raters: int,
        rng: np.random.Generator,
        lengths: Sequence[float] | None = None,
    ) -> None:
        self.population = population
        self.splits = tuple(splits)
        self.raters = population.raters(raters, rng)
        self._rng = rng
        if lengths is None:
            lengths = np.rint(rng.normal(LENGTH_MEAN, LENGTH_SD, len(splits))).tolist()
        self.lengths = np.array(lengths, dtype=np.float64)
        prompts = rng.normal([population.advantages[split] for split in splits], population.prompt_sd)
        prompts += population.length * np.tanh(self.lengths / max(float(self.lengths.std()), 1.0))
        tastes = rng.normal(0, population.taste_sd, (len(splits), raters))
        self._lasting = prompts[:, None] + [rater.leaning for rater in self.raters] + tastes

    def answer(self, prompt: int, rater: int, *, b_left: bool) -> str:
        """What a rater says of a prompt at this moment: ``a``, ``b``, ``tie`` or ``both_bad``."""
        side = 1 if b_left else -1
        return self._said(self._lasting[prompt, rater] + side * self.raters[rater].habit)

    def answer_to_same(self, rater: int) -> str:
        """What a rater says of the same text twice: ``b`` stands for the left one."""
        return self._said(self.raters[rater].habit)

    def _said(self, leaning: float) -> str:
        leaning += self._rng.normal(0, self.population.moment_sd)
        if abs(leaning) < TIE:
            return "both_bad" if self._rng.random() < BOTH_BAD else "tie"
        return "b" if leaning > 0 else "a"

    def votes(self) -> Iterator[Vote]:
        """Each rater on each prompt, the sides drawn again for each, half of each rater's b's on the left."""
        count = len(self.splits)
        sides = [self._rng.permutation(count) < count / 2 for _ in self.raters]
        for prompt, split in enumerate(self.splits):
            for number, rater in enumerate(self.raters):
                b_left = bool(sides[number][prompt])
                choice = self.answer(prompt, number, b_left=b_left)
                yield Vote(
                    prompt=str(prompt),
                    rater=rater.name,
                    a="base",
                    b="tuned",
                    choice=choice,
                    preference={"a": 0.0, "b": 1.0}.get(choice, 0.5),
                    left="b" if b_left else "a",
                    split=split,
                    length_a=SHORTER,
                    length_b=SHORTER + int(self.lengths[prompt]),
                )


Asked = tuple[str, ...]
"""The turns of a prompt, as its rater reads them."""


@dataclass
class ScriptedReader:
    """A rater of a panel in a session, who knows the answers by their texts, as no person does.

    Args:
        panel: what is thought of which prompt.
        rater: which of its raters this is.
        answers: for the turns of each prompt, its number and the answers of a and b.
        said: what was answered, as (prompt, choice by system), in order; checks are left out.
    """

    panel: Panel
    rater: int
    answers: Mapping[Asked, tuple[int, str, str]]
    said: list[tuple[int, str]] = field(default_factory=list)

    def judge(self, item: BlindItem) -> Choice:
        """The answer by place. Of a control none is better; of a gold item what answers the prompt is."""
        asked = tuple(message.content for message in item.messages)
        prompt, *texts = self.answers.get(asked, (-1, "", ""))
        if item.left == item.right:
            return by_place(self.panel.answer_to_same(self.rater), b_left=True)
        if {item.left, item.right} != set(texts):
            return Choice.LEFT if item.left in texts else Choice.RIGHT
        b_left = item.left == texts[1]
        choice = self.panel.answer(prompt, self.rater, b_left=b_left)
        self.said.append((prompt, choice))
        return by_place(choice, b_left=b_left)


def by_place(choice: str, *, b_left: bool) -> Choice:
    """A choice by system as one by place."""
    if choice in ("a", "b"):
        return Choice.LEFT if (choice == "b") is b_left else Choice.RIGHT
    return Choice(choice)


def even_splits(prompts: int) -> list[Split]:
    """Each split in turn."""
    return [SPLITS[number % len(SPLITS)] for number in range(prompts)]
