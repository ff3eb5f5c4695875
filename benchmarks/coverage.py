"""How often each 95% interval holds the truth, and how often looking at every prompt deceives.

    python benchmarks/coverage.py [--repetitions 600] [--seed 20261120]

Made-up studies of known truth: prompts and raters have effects of their own, crossed, and a share of
the judgments are ties. Printed as Markdown, for docs/statistics.md. Exits with 1 if an aim is missed:
94% for the interval over prompts and raters, 5% for deceptions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from machine import machine
from scipy import special, stats

from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.agreement import alpha_interval
from ftcompare.stats.blinding_index import BlindGuess, blinding_index
from ftcompare.stats.differences import welch_interval
from ftcompare.stats.position_and_length_bias import length_controlled_rate, position_bias
from ftcompare.stats.ranking import ranking_intervals
from ftcompare.stats.sequential import confidence_sequence, evidence
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable
from ftcompare.stats.win_rate import rate_over_prompts, rate_over_raters, wilson

COVERAGE_AIM, DECEPTION_AIM = 0.94, 0.05
ADVANTAGE = 0.4
"""Of b, in standard deviations of a single judgment."""
TIE = 0.3
"""A judgment whose leaning is nearer to nothing than this is a tie: a sixth of them."""
PROMPT_SD = 1.0
PEEKED_PROMPTS, PEEKED_RATERS = 300, 5
IN_TURN_PROMPTS = 150
PEEKING_SHARE = 4
"""Deceptions are rarer than misses: so many times the repetitions are made for them."""
NODES, WEIGHTS = special.roots_hermitenorm(60)

Ends = tuple[float | None, float | None]


@dataclass(frozen=True)
class Design:
    """Every rater judges every prompt."""

    prompts: int
    raters: int
    rater_sd: float


GRID = (
    Design(100, 1, 0.0),
    Design(60, 5, 0.0),
    Design(60, 5, 0.5),
    Design(200, 5, 0.3),
    Design(60, 3, 0.5),
)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=600)
    parser.add_argument("--seed", type=int, default=20261120)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    n = chosen.repetitions
    print(f"Seed {chosen.seed}, {n} repetitions, {machine()}.\n")
    lowest = print_win_rates(rng, n)
    print_others(rng, n)
    deceived = print_peeking(rng, n)
    print_raters_in_turn(np.random.default_rng([chosen.seed, 1]), n)
    held = lowest >= COVERAGE_AIM and deceived <= DECEPTION_AIM
    print("The aims hold." if held else "AN AIM IS MISSED.")
    return 0 if held else 1


def half_win(advantage: FloatArray) -> FloatArray:
    """Chance of b plus half the chance of a tie, where a judgment leans by the advantage + N(0, 1)."""
    return np.asarray((1 + special.ndtr(advantage - TIE) - special.ndtr(-advantage - TIE)) / 2)


def over_normal(sd: float, of: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """The mean of a function of a normal effect, by quadrature."""
    return np.asarray(of(sd * NODES) @ WEIGHTS / WEIGHTS.sum())


def true_rate(shifts: FloatArray, sd: float = PROMPT_SD) -> FloatArray:
    """Half-win rate over all prompts, for each shift of the advantage."""
    return over_normal(sd, lambda u: half_win(shifts[:, None] + u))


def answers(advantage: FloatArray, rng: np.random.Generator) -> IntArray:
    """-1, 0 or 1 for each advantage of b."""
    leaning = advantage + rng.normal(size=advantage.shape)
    return np.where(np.abs(leaning) < TIE, 0, np.sign(leaning)).astype(np.int64)


def judged(design: Design, advantage: float, rng: np.random.Generator) -> tuple[VoteTable, FloatArray]:
    """A study of two systems, and the effects of its raters."""
    raters = rng.normal(0, design.rater_sd, design.raters)
    prompts = rng.normal(0, PROMPT_SD, design.prompts)
    outcome = answers(advantage + prompts[:, None] + raters, rng).ravel()
    prompt, rater = np.divmod(np.arange(len(outcome)), design.raters)
    return table(outcome, prompt, rater), raters


def table(
    outcome: IntArray,
    prompt: IntArray,
    rater: IntArray,
    left: IntArray | None = None,
    length: FloatArray | None = None,
) -> VoteTable:
    """Columns for the statistics."""
    none = np.zeros(len(outcome), dtype=np.int64)
    return VoteTable(
        prompt=prompt,
        rater=rater,
        a=none,
        b=none + 1,
        choice=outcome + 1,
        preference=(outcome + 1) / 2,
        left=none if left is None else left,
        category=none,
        split=none,
        tags=none,
        automatic=none.astype(np.bool_),
        length_difference=none.astype(np.float64) if length is None else length,
        prompts=tuple(map(str, range(int(prompt.max()) + 1))),
        raters=tuple((str(code), RaterKind.HUMAN) for code in range(int(rater.max()) + 1)),
        systems=("base", "tuned"),
        categories=("",),
        splits=(Split.NONE,),
        tag_sets=((),),
    )


def holds(ends: Ends, truth: float) -> bool | None:
    """Whether the interval holds the truth; None where there is no interval."""
    low, high = ends
    return None if low is None or high is None else low <= truth <= high


def percent(found: Iterable[bool | None]) -> str:
    """The share of intervals that hold the truth."""
    known = [x for x in found if x is not None]
    return f"{np.mean(known):.1%}" if known else "n/a"


def print_win_rates(rng: np.random.Generator, repetitions: int) -> float:
    """The table of win rates; the lowest coverage of the interval over prompts and raters."""
    print(
        "| design | judgments taken as independent (not offered) | over prompts, for these raters "
        "| the same, taken for other raters | over prompts and raters | Bradley-Terry, resampled "
        "| confidence sequence |\n|---|---|---|---|---|---|---|"
    )
    shares = []
    for design in GRID:
        rows = [one_win_rate(design, rng) for _ in range(repetitions)]
        columns = list(zip(*rows, strict=True))
        print(f"| {words(design)} | {' | '.join(percent(column) for column in columns)} |", flush=True)
        known = [x for x in columns[3] if x is not None]
        shares += [float(np.mean(known))] if known else []
    print()
    return min(shares)


def words(design: Design) -> str:
    """A design in a table."""
    raters = f"{design.raters} rater{'s' if design.raters > 1 else ''}"
    return f"{design.prompts} prompts × {raters}" + (
        f", SD of raters {design.rater_sd}" if design.raters > 1 else ""
    )


def one_win_rate(design: Design, rng: np.random.Generator) -> tuple[bool | None, ...]:
    """What each interval of one study holds."""
    votes, effects = judged(design, ADVANTAGE, rng)
    here = float(true_rate(ADVANTAGE + effects).mean())
    everywhere = float(true_rate(np.array([ADVANTAGE]), float(np.hypot(PROMPT_SD, design.rater_sd)))[0])
    preference, n = votes.preference, len(votes)
    over_prompts = rate_over_prompts(preference, votes.prompt)
    over_raters = rate_over_raters(preference, votes.prompt, votes.rater)
    ranked = ranking_intervals(votes.systems, votes, rng)
    score = ranked.bradley_terry["tuned"] if ranked else None
    means = preference.reshape(design.prompts, design.raters).mean(axis=1)
    prompts_only = over_prompts.low, over_prompts.high
    return (
        holds(wilson(float(preference.sum()), n), everywhere),
        holds(prompts_only, here),
        holds(prompts_only, everywhere),
        holds((over_raters.low, over_raters.high), everywhere) if over_raters else None,
        holds((score.low, score.high), everywhere) if score else None,
        holds(confidence_sequence(means), here),
    )


def print_others(rng: np.random.Generator, repetitions: int) -> None:
    """The table of the other intervals."""
    print("| interval | truth held |\n|---|---|")
    alpha = true_alpha(rng)
    others: dict[str, Callable[[], bool | None]] = {
        "left chosen, 100 prompts × 5 raters, habits of SD 0.5": lambda: one_side_habit(rng),
        "win rate at equal length, 200 prompts × 1 rater": lambda: one_length(rng),
        "trained less held-out, 40 and 60 prompts × 3 raters": lambda: one_split_difference(rng),
        "α nominal, 100 prompts × 4 raters": lambda: one_alpha(alpha, rng),
        "Bang's index, 40 guesses of one rater": lambda: one_bang(rng),
    }
    for name, one in others.items():
        print(f"| {name} | {percent(one() for _ in range(repetitions))} |", flush=True)
    print()


def one_side_habit(rng: np.random.Generator) -> bool | None:
    """Raters lean to a side, each by a habit of their own around none."""
    prompt, rater = np.divmod(np.arange(500), 5)
    left = np.where((prompt + rater) % 2 == 0, 1, -1)
    habit = rng.normal(0, 0.5, 5)[rater]
    outcome = answers(rng.normal(0, PROMPT_SD, 100)[prompt] - habit * left, rng)
    found = position_bias(table(outcome, prompt, rater, left=left))
    return holds((found.low, found.high), 0.5)


def one_length(rng: np.random.Generator) -> bool | None:
    """B is longer, and length is liked."""
    length = rng.normal(200, 400, 200)
    chance = special.expit(ADVANTAGE + np.tanh(length / 400))
    outcome = np.where(rng.random(200) < chance, 1, -1)
    prompt = np.arange(200)
    found = length_controlled_rate(table(outcome, prompt, prompt * 0, length=length))
    return holds((found.low, found.high), float(special.expit(ADVANTAGE))) if found else None


def one_split_difference(rng: np.random.Generator) -> bool | None:
    """What was trained on is better by more; the raters are the same."""
    effects = rng.normal(0, 0.5, 3)

    def means(prompts: int, advantage: float) -> FloatArray:
        drawn = rng.normal(advantage, PROMPT_SD, prompts)[:, None] + effects
        return np.asarray((answers(drawn, rng).mean(axis=1) + 1) / 2)

    truth = float((true_rate(1 + effects) - true_rate(ADVANTAGE + effects)).mean())
    found = welch_interval(means(40, 1.0), means(60, ADVANTAGE))
    return holds(found, truth) if found else None


def _counts(prompts: int, raters: int, rng: np.random.Generator) -> FloatArray:
    drawn = answers(rng.normal(ADVANTAGE, PROMPT_SD, prompts)[:, None] + np.zeros(raters), rng)
    return np.stack([(drawn == answer).sum(axis=1) for answer in (-1, 0, 1)], axis=1).astype(np.float64)


def true_alpha(rng: np.random.Generator) -> float:
    """α of a million prompts."""
    counts = _counts(1_000_000, 4, rng)
    agreeing = (counts * (counts - 1)).sum() / (len(counts) * 12)
    share = counts.sum(axis=0) / counts.sum()
    return float(1 - (1 - agreeing) / (1 - share @ share))


def one_alpha(truth: float, rng: np.random.Generator) -> bool | None:
    """α over the prompts of one study."""
    found = alpha_interval(_counts(100, 4, rng), "nominal", rng)
    return holds((found.low, found.high), truth) if found else None


def one_bang(rng: np.random.Generator) -> bool | None:
    """Half of the guesses right, three in ten wrong, the others unsure."""
    drawn = rng.random(40)
    guesses = [
        BlindGuess("r", tuned_left=True, guessed_left=True if x < 0.5 else False if x < 0.8 else None)
        for x in drawn
    ]
    found = blinding_index(guesses)
    return holds((found.low, found.high), 0.2)


def print_peeking(rng: np.random.Generator, repetitions: int) -> float:
    """The table of deceptions where neither is better; the share of the evidence shown."""
    runs = [one_peeking(rng) for _ in range(PEEKING_SHARE * repetitions)]
    shares = np.mean(runs, axis=0)
    how = f"{PEEKED_PROMPTS} prompts × {PEEKED_RATERS} raters, prompt effects of SD 1, no difference"
    print(f"| looked at after every prompt: {how}; {len(runs):,} runs | found a difference |\n|---|---|")
    names = (
        "sign test at p < .05, one vote a prompt (not offered under peeking)",
        "e-value with every vote as a step (not offered)",
        "e-value with every prompt as a step, highest so far ≥ 20",
    )
    for name, share in zip(names, shares, strict=True):
        print(f"| {name} | {share:.1%} |")
    print()
    return float(shares[-1])


def one_peeking(rng: np.random.Generator) -> tuple[bool, bool, bool]:
    """Whether each rule ever finds a difference that is not there."""
    design = Design(PEEKED_PROMPTS, PEEKED_RATERS, 0.0)
    votes, _ = judged(design, 0.0, rng)
    by_prompt = votes.preference.reshape(PEEKED_PROMPTS, PEEKED_RATERS)
    decisive = votes.preference[::PEEKED_RATERS]
    won, lost = np.cumsum(decisive == 1), np.cumsum(decisive == 0)
    chance = 2 * stats.binom.cdf(np.minimum(won, lost), won + lost, 0.5)
    every_vote = evidence(votes.preference)
    return (
        bool((chance < 0.05).any()),
        every_vote.highest >= 20,
        evidence(by_prompt.mean(axis=1)).highest >= 20,
    )


def print_raters_in_turn(rng: np.random.Generator, repetitions: int) -> None:
    """Where the last promise does not reach: prompts whose means still change are looked at."""
    shares = np.mean([one_in_turn(rng) for _ in range(repetitions)], axis=0)
    how = f"{IN_TURN_PROMPTS} prompts, {PEEKED_RATERS} raters one after another; {repetitions:,} runs"
    print(f"| highest e-value so far ≥ 20: {how} | found a difference |\n|---|---|")
    print(f"| looked at when all raters have judged | {shares[0]:.1%} |")
    print(f"| looked at after each third of each rater's work too | {shares[1]:.1%} |\n")


def one_in_turn(rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether a difference that is not there is found at the end, and at any look."""
    votes, _ = judged(Design(IN_TURN_PROMPTS, PEEKED_RATERS, 0.0), 0.0, rng)
    by_prompt = votes.preference.reshape(IN_TURN_PROMPTS, PEEKED_RATERS)
    means = np.cumsum(by_prompt, axis=1) / np.arange(1, PEEKED_RATERS + 1)
    found = []
    for rater in range(PEEKED_RATERS):
        for third in (1, 2, 3):
            judged_now = IN_TURN_PROMPTS * third // 3
            before = means[judged_now:, rater - 1] if rater else means[:0, 0]
            seen = np.concatenate([means[:judged_now, rater], before])
            found.append(evidence(seen).highest >= 20)
    return found[-1], any(found)


if __name__ == "__main__":
    sys.exit(main())
