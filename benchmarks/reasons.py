"""How often is a reason false, and how often is a true one named? Studies whose truth is known are made.

    python benchmarks/reasons.py [--runs 1500] [--tables 0 1 2 3] [--page docs/explanation/reasons.md]

Each study has 20 features in four groups of five (correlation of the latent values within a group: 0.6, else
0.2). They differ in 30% to all pairs, and b's answer has more of them in 50% to 95% of these.
Prompts differ by 1 logit, raters by 0.3; a fifth of the judgments are ties.

Null worlds, in which raters reward no feature:

- even: neither system is better
- ahead: b is better by 0.8 logits on all prompts
- ahead where answers differ: half of the pairs are nearly alike, have a tenth of the differences, and are
  ties four times in five; b is ahead by 1.2 logits on the others

Beyond them, with the same rule: a world in which the spread of prompts is three times as large where b is
longer, and one in which b is the further ahead the more features differ, in proportion (in it, features are
truly associated with winning, so reasons named there are no error of the test, and yet no cause).

Planted worlds: raters reward feature 0, whose group has four decoys; b is ahead by 0.4 logits. Printed:
how often feature 0, a decoy, and any other one are named; how often the rate's interval holds the
truth, for all studies and those that name it; the mean rate told.

At equal length: raters reward length, or feature 0, which goes with length (correlation 0.6). Printed: how
often feature 0 is named, and how often whatever the length.

Exits with 1 if more than 5% of the studies of a null world name a reason, beyond Monte Carlo error.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import machine
from scipy import optimize, special

from ftcompare.stats.reasons import FeatureResult, FeatureStanding, find_reasons
from ftcompare.stats.vote_table import FloatArray

FEATURES, GROUP = 20, 5
TIES, PROMPT_SD, RATER_SD = 0.2, 1.0, 0.3
WITHIN, BETWEEN = 0.6, 0.2
DECOYS = set(range(1, GROUP))
MOST = 0.05
FEWER = 7
"""Tables other than the first are of this many times fewer studies."""
BEGIN, END = "<!-- made by benchmarks/reasons.py {} -->", "<!-- end -->"


@dataclass(frozen=True)
class Design:
    prompts: int
    raters: int

    def __str__(self) -> str:
        return f"{self.prompts} prompts, {self.raters} {'rater' if self.raters == 1 else 'raters'}"


DESIGNS = Design(77, 1), Design(77, 3), Design(200, 3)


@dataclass(frozen=True)
class Pairs:
    features: FloatArray  # -1, 0, 1
    length: FloatArray


def made_pairs(rng: np.random.Generator, prompts: int, *, density: float | None = None) -> Pairs:
    """Draw the features of the answers; the first group's shares are fixed where ``density`` is given."""
    groups = np.arange(FEATURES) // GROUP
    common, own = rng.normal(size=(prompts, 1)), rng.normal(size=(prompts, FEATURES))
    of_group = rng.normal(size=(prompts, FEATURES // GROUP))[:, groups]
    latent = np.sqrt(BETWEEN) * common + np.sqrt(WITHIN - BETWEEN) * of_group + np.sqrt(1 - WITHIN) * own
    more_b = rng.uniform(0.5, 0.95, FEATURES)
    differing = rng.uniform(0.3, 1.0, FEATURES)
    if density is not None:
        more_b[:2], differing[:2] = 0.6, density
    ends = special.ndtri(differing * (1 - more_b)), special.ndtri(1 - differing * more_b)
    signs = np.where(latent > ends[1], 1.0, np.where(latent < ends[0], -1.0, 0.0))
    return Pairs(signs, latent[:, 0] + rng.normal(size=prompts) * np.sqrt(1 / WITHIN - 1))


def judged(
    rng: np.random.Generator, logits: FloatArray, raters: int, ties: FloatArray | float = TIES
) -> FloatArray:
    """Mean outcome of each prompt, -1 to 1."""
    of_raters = rng.normal(0, RATER_SD, (1, raters))
    shape = (len(logits), raters)
    won = np.where(rng.random(shape) < special.expit(logits[:, None] + of_raters), 1.0, -1.0)
    tied = rng.random(shape) < np.broadcast_to(np.asarray(ties).reshape(-1, 1), shape)
    return np.asarray(np.where(tied, 0.0, won).mean(axis=1))


World = Callable[[np.random.Generator, Design], tuple[Pairs, FloatArray]]


def even(rng: np.random.Generator, of: Design, lead: float = 0.0) -> tuple[Pairs, FloatArray]:
    pairs = made_pairs(rng, of.prompts)
    return pairs, judged(rng, lead + rng.normal(0, PROMPT_SD, of.prompts), of.raters)


def ahead(rng: np.random.Generator, of: Design) -> tuple[Pairs, FloatArray]:
    return even(rng, of, 0.8)


def ahead_where_different(rng: np.random.Generator, of: Design) -> tuple[Pairs, FloatArray]:
    pairs, alike = made_pairs(rng, of.prompts), rng.random(of.prompts) < 0.5
    kept = ~alike[:, None] | (rng.random(pairs.features.shape) < 0.1)
    logits = np.where(alike, 0.0, 1.2) + rng.normal(0, PROMPT_SD, of.prompts)
    outcomes = judged(rng, logits, of.raters, np.where(alike, 0.8, TIES))
    return Pairs(np.where(kept, pairs.features, 0.0), pairs.length), outcomes


def unequal_spread(rng: np.random.Generator, of: Design) -> tuple[Pairs, FloatArray]:
    pairs = made_pairs(rng, of.prompts)
    spread = np.where(pairs.length > 0, 3.0, 1.0)
    return pairs, judged(rng, rng.normal(0, 1, of.prompts) * spread, of.raters)


def lead_by_differences(rng: np.random.Generator, of: Design) -> tuple[Pairs, FloatArray]:
    pairs = made_pairs(rng, of.prompts)
    share = np.abs(pairs.features).mean(axis=1)
    return pairs, judged(rng, 1.6 * share + rng.normal(0, PROMPT_SD, of.prompts), of.raters)


NULL_WORLDS: dict[str, World] = {
    "even": even,
    "b ahead": ahead,
    "b ahead where answers differ": ahead_where_different,
}
BEYOND: dict[str, World] = {
    "spread differs with length": unequal_spread,
    "lead grows with the number of differences": lead_by_differences,
}


def named(results: tuple[FeatureResult, ...]) -> set[int]:
    return {one.feature for one in results if one.standing is FeatureStanding.REASON}


def false_reasons(world: World, of: Design, runs: int, rng: np.random.Generator) -> float:
    count = 0
    for _ in range(runs):
        pairs, outcomes = world(rng, of)
        count += bool(named(find_reasons(outcomes, pairs.features, pairs.length, rng=rng)))
    return count / runs


@dataclass(frozen=True)
class Planted:
    of: Design
    density: float
    rate: float  # of the judgments with a winner, the share that the answer with the feature wins


PLANTED = (
    *(Planted(Design(77, 3), 0.6, rate) for rate in (0.6, 0.65, 0.7)),
    Planted(Design(77, 3), 1.0, 0.65),
    *(Planted(Design(200, 3), 0.6, rate) for rate in (0.6, 0.65)),
    Planted(Design(200, 5), 0.6, 0.6),
)


def effect_of(rate: float, lead: float = 0.4) -> float:
    """Logits of a feature with which answers win at that rate, both systems having it equally often."""
    nodes, weights = special.roots_hermitenorm(60)
    spread = np.hypot(PROMPT_SD, RATER_SD)

    def off(effect: float) -> float:
        won = [special.expit(lead + sign * effect + spread * nodes) @ weights for sign in (1, -1)]
        return float(0.5 + (won[0] - won[1]) / weights.sum() / 2 - rate)

    return float(optimize.brentq(off, 0.0, 6.0))


def power(cell: Planted, runs: int, rng: np.random.Generator) -> list[str]:
    effect, truth = effect_of(cell.rate), 0.5 + (cell.rate - 0.5) * (1 - TIES)
    hits, told, held, held_told = np.zeros(3), [], [], []
    for _ in range(runs):
        pairs = made_pairs(rng, cell.of.prompts, density=cell.density)
        logits = 0.4 + effect * pairs.features[:, 0] + rng.normal(0, PROMPT_SD, cell.of.prompts)
        outcomes = judged(rng, logits, cell.of.raters)
        found = find_reasons(outcomes, pairs.features, pairs.length, rng=rng)
        names, rate = named(found), next(one.rate for one in found if one.feature == 0)
        hits += [0 in names, bool(names & DECOYS), bool(names - DECOYS - {0})]
        if rate is not None:
            held.append(rate.low <= truth <= rate.high)
            if 0 in names:
                told.append(rate.value)
                held_told.append(held[-1])
    shares = [f"{one:.0%}" for one in hits / runs]
    mean = f"{np.mean(told):.0%}" if told else "–"
    coverage = [f"{np.mean(one):.0%}" if one else "–" for one in (held, held_told)]
    return [str(cell.of), f"{cell.density:.0%}", f"{cell.rate:.0%} ({truth:.0%})", *shares, mean, *coverage]


def at_equal_length(by_length: bool, of: Design, runs: int, rng: np.random.Generator) -> list[str]:
    effect, plain, whatever, held = effect_of(0.7), 0, 0, []
    for _ in range(runs):
        pairs = made_pairs(rng, of.prompts, density=1.0)
        length = 0.6 * special.ndtri(0.5) + pairs.length
        rewarded = np.tanh(length / length.std()) * 1.3 if by_length else pairs.features[:, 0]
        logits = 0.4 + effect * rewarded + rng.normal(0, PROMPT_SD, of.prompts)
        found = find_reasons(judged(rng, logits, of.raters), pairs.features, length, rng=rng)
        one = next(one for one in found if one.feature == 0)
        plain += one.standing is FeatureStanding.REASON
        whatever += one.standing is FeatureStanding.REASON and one.whatever_the_length
        if one.equal_length is not None:
            truth = 0.5 if by_length else 0.5 + 0.2 * (1 - TIES)
            held.append(one.equal_length.low <= truth <= one.equal_length.high)
    which = "length" if by_length else "the feature"
    return [which, str(of), f"{plain / runs:.0%}", f"{whatever / runs:.0%}", f"{np.mean(held):.0%}"]


def table(*rows: list[str]) -> str:
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def null_table(runs: int, rng: np.random.Generator) -> tuple[str, bool]:
    """The table, and whether the studies with a false reason are at most `MOST`, beyond Monte Carlo error."""
    limit = MOST + 2 * np.sqrt(MOST * (1 - MOST) / runs)
    return false_table(NULL_WORLDS, runs, rng, limit)


def false_table(
    worlds: dict[str, World], runs: int, rng: np.random.Generator, limit: float = 1.0
) -> tuple[str, bool]:
    shares = {name: [false_reasons(w, of, runs, rng) for of in DESIGNS] for name, w in worlds.items()}
    rows = [[name, *(f"{one:.1%}" for one in own)] for name, own in shares.items()]
    return table(["scenario", *map(str, DESIGNS)], *rows), max(map(max, shares.values())) <= limit


def beyond_table(runs: int, rng: np.random.Generator) -> tuple[str, bool]:
    return false_table(BEYOND, runs // FEWER, rng)


def power_table(runs: int, rng: np.random.Generator) -> tuple[str, bool]:
    head = ["design", "pairs that differ", "true rate (ties as half)", "named", "a decoy named"]
    head += ["another named", "mean rate when named", "interval holds", "interval holds when named"]
    return table(head, *(power(cell, runs // FEWER, rng) for cell in PLANTED)), True


def length_table(runs: int, rng: np.random.Generator) -> tuple[str, bool]:
    designs = [(kind, of) for kind in (True, False) for of in DESIGNS[1:]]
    head = ["raters reward", "design", "feature named", "named whatever the length", "interval holds"]
    return table(head, *(at_equal_length(*one, runs // FEWER, rng) for one in designs)), True


TABLES = (null_table, beyond_table, power_table, length_table)
"""Each with a seed of its own, so that one can be made alone."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--tables", type=int, nargs="*", default=[*range(len(TABLES))])
    parser.add_argument("--page", type=Path, help="page whose tables are replaced")
    asked, held = parser.parse_args(), True
    for number in asked.tables:
        began = time.perf_counter()
        text, holds = TABLES[number](asked.runs, np.random.default_rng(asked.seed + number))
        print(
            text, f"Table {number}: {time.perf_counter() - began:.0f} s", sep="\n\n", end="\n\n", flush=True
        )
        held &= holds
        if asked.page:
            before, begin, rest = asked.page.read_text(encoding="utf-8").partition(BEGIN.format(number))
            page = f"{before}{begin}\n\n{text}\n\n{END}{rest.partition(END)[2]}"
            asked.page.write_text(page, encoding="utf-8")
    print(f"{asked.runs} runs, seed {asked.seed}, on {machine()}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
