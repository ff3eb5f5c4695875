"""How near the win rate by the model of rater ability comes to the truth, beside the plain win rate.

    python benchmarks/rater_ability.py [--studies 200] [--seed 20261121]

Every rater judges every prompt. A careful rater answers b with expit(x - 0.4) and a with expit(-x - 0.4),
else a tie: x is 1 logit + an effect of the prompt + one of the rater (SD 0.3). A careless rater answers by
chance: a and b 41% each, a tie 18%. The truth is the mean win rate of the study's careful raters over all
prompts. Printed as Markdown for docs/statistics.md: mean error and its root mean square in points, how often
the model's interval holds the truth, and the mean ability of the careless raters. Exits with 1 where there is
a careless rater and the model's rate is farther from the truth than the plain one (root mean square).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from interval_coverage import table
from machine import machine
from scipy import special

from ftcompare.stats.rater_ability import ability_rate
from ftcompare.stats.vote_table import FloatArray

LEAN, RATER_SD, THRESHOLD, CHANCE_TIES = 1.0, 0.3, 0.4, 0.18
NODES, WEIGHTS = special.roots_hermitenorm(60)


@dataclass(frozen=True)
class Design:
    """Every rater judges every prompt; some raters are careless."""

    prompts: int
    raters: int
    careless: int
    prompt_sd: float

    @property
    def words(self) -> str:
        """Its first cells in the table."""
        careless = f"{self.careless} careless" if self.careless else "none careless"
        return f"{self.prompts} prompts × {self.raters} raters, {careless} | {self.prompt_sd:g}"


SIZES = ((77, 3, 1), (77, 5, 1), (200, 5, 1), (77, 3, 0), (77, 5, 0))
DESIGNS = [Design(*size, prompt_sd) for size in SIZES for prompt_sd in (1.0, 2.0)]


@dataclass(frozen=True)
class Found:
    """One study.

    Args:
        plain: error of the plain rate, -1 to 1.
        model: error of the model's.
        held: whether the model's interval holds the truth.
        ability: mean of the careless raters'; 1 without any.
    """

    plain: float
    model: float
    held: bool
    ability: float


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}, {chosen.studies:,} studies a row, {machine()}.\n")
    print(
        "| design | SD of prompts | plain rate: mean error (root mean square) | model | model, interval "
        "holds the truth | mean ability of the careless one |\n|---|---|---|---|---|---|",
        flush=True,
    )
    worse = []
    for place, design in enumerate(DESIGNS):
        rng = np.random.default_rng([chosen.seed, place])
        found = [one for one in (study(design, rng) for _ in range(chosen.studies)) if one]
        plain, model = (np.array([getattr(one, name) for one in found]) for name in ("plain", "model"))
        held = np.mean([one.held for one in found])
        ability = f"{np.mean([one.ability for one in found]):.2f}" if design.careless else "n/a"
        print(f"| {design.words} | {points(plain)} | {points(model)} | {held:.0%} | {ability} |", flush=True)
        worse += [design.words] if design.careless and rms(model) > rms(plain) else []
    print("\nThe model is nearer wherever a rater is careless." if not worse else f"\nFARTHER: {worse}")
    return 1 if worse else 0


def study(design: Design, rng: np.random.Generator) -> Found | None:
    """One study; None where the model does not settle."""
    effects = rng.normal(0, RATER_SD, design.raters)
    lean = LEAN + rng.normal(0, design.prompt_sd, (design.prompts, 1)) + effects
    b, a = special.expit(lean - THRESHOLD), special.expit(-lean - THRESHOLD)
    a[:, : design.careless] = b[:, : design.careless] = (1 - CHANCE_TIES) / 2
    drawn = rng.random(lean.shape)
    outcome = np.where(drawn < b, 1, np.where(drawn < b + a, -1, 0)).ravel()
    prompt, rater = np.divmod(np.arange(outcome.size), design.raters)
    found = ability_rate(table(outcome, prompt, rater))
    if found is None or found.rate.low is None or found.rate.high is None:
        return None
    truth = true_rate(effects[design.careless :], design.prompt_sd)
    careless = [own.ability for own in found.abilities[: design.careless]]
    held = found.rate.low <= truth <= found.rate.high
    return Found(found.plain - truth, found.rate.value - truth, held, float(np.mean(careless or [1.0])))


def true_rate(effects: FloatArray, prompt_sd: float) -> float:
    """Mean win rate of such raters over all prompts, a tie as half, by quadrature."""
    lean = LEAN + effects[:, None] + prompt_sd * NODES
    rate = (1 + special.expit(lean - THRESHOLD) - special.expit(-lean - THRESHOLD)) / 2
    return float((rate @ WEIGHTS / WEIGHTS.sum()).mean())


def rms(errors: FloatArray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(errors**2)))


def points(errors: FloatArray) -> str:
    """Mean and root mean square, in points."""
    return f"{100 * errors.mean():+.1f} ({100 * rms(errors):.1f})"


if __name__ == "__main__":
    sys.exit(main())
