"""How far results hold in which some prompts have judgments of an earlier study.

    python benchmarks/carrying_on.py [--runs 2000] [--seed 20261125]

Simulated studies of 77 prompts (SD 1 logit) and 5 raters (SD 0.3 logits) with 20% ties. A share of the
prompts has judgments of an earlier study. Since then, all raters have moved by a drift, in logits. The truth
is the win rate for these raters now, over all prompts of the kind. False claims are about raters who now,
taken together, prefer neither system. In the last column, the new checkpoint is better by 1 logit where its
answers changed.

Printed as Markdown for docs/explanation/carrying-on.md. Exits with 1 where, without drift and by the rule of
`claims.MOST_INHERITED`, more than 5% of studies make a false claim by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from machine import machine
from scipy import optimize, special

from ftcompare.stats.claims import MOST_INHERITED, Evidence, claims
from ftcompare.stats.vote_table import FloatArray
from ftcompare.stats.win_rate import rate_over_prompts

PROMPTS, RATERS, TIES, PROMPT_SD, RATER_SD, BETTER = 77, 5, 0.2, 1.0, 0.3, 1.0
SHARES, DRIFTS = (0.0, 0.3, 0.6, 0.9), (0.0, 0.3)
HEADS = (
    *("drift", "inherited", "error of the estimate, in points", "coverage of the 95% interval"),
    *("false claims, if claimed as usual", "false claims, as FTCompare claims"),
    "win rate: true / all prompts / changed prompts alone",
)
_NODES = special.roots_hermitenorm(40)
_NONE = Evidence(last=1.0, highest=1.0, at=0)
_CODES = np.repeat(np.arange(PROMPTS), RATERS), np.tile(np.arange(RATERS), PROMPTS)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261125)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"{chosen.runs:,} studies for each row, {machine()}.\n")
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    most, wrong = 0.05 + 2 * (0.05 * 0.95 / chosen.runs) ** 0.5, 0
    for drift in DRIFTS:
        for share in SHARES:
            error, covered, usual, by_rule, rates = _row(share, drift, rng, chosen.runs)
            wrong += not drift and by_rule > most
            cells = (f"{drift}", f"{share:.0%}", f"{100 * error:+.1f}", f"{covered:.0%}")
            print(f"| {' | '.join((*cells, f'{usual:.1%}', f'{by_rule:.1%}', rates))} |", flush=True)
    if wrong:
        print(f"{wrong} rows with more than {most:.1%} false claims", file=sys.stderr)
    return 1 if wrong else 0


def _row(
    share: float, drift: float, rng: np.random.Generator, runs: int
) -> tuple[float, float, float, float, str]:
    """Mean error, coverage, false claims without and with the rule, three rates if better."""
    before = round(share * PROMPTS)
    errors, covered, usual, by_rule, better = [], [], [], [], []
    for _ in range(runs):
        raters = RATER_SD * rng.standard_normal(RATERS)
        raters -= _neutral(raters)
        logits = PROMPT_SD * rng.standard_normal(PROMPTS)[:, None] + raters
        logits[:before] -= drift
        votes = _votes(logits, rng)
        rate = rate_over_prompts(votes.ravel(), _CODES[0])
        errors.append(rate.value - 0.5)
        covered.append(rate.low is not None and rate.high is not None and rate.low <= 0.5 <= rate.high)
        usual.append(_claimed(votes, 0.0))
        by_rule.append(usual[-1] if share <= MOST_INHERITED else _claimed(votes, before / PROMPTS))
        logits[before:] += BETTER
        shown, part = _votes(logits, rng), before / PROMPTS
        true = part * 0.5 + (1 - part) * _rate(raters + BETTER)
        better.append((true, float(shown.mean()), float(shown[before:].mean())))
    rates = " / ".join(f"{rate:.0%}" for rate in np.mean(better, axis=0))
    means = [float(np.mean(one)) for one in (errors, covered, usual, by_rule)]
    return means[0], means[1], means[2], means[3], rates


def _rate(raters: FloatArray) -> float:
    """The win rate for these raters over all prompts, a tie as half a win."""
    nodes, weights = _NODES
    wins = special.expit(PROMPT_SD * nodes[:, None] + raters).mean(axis=1) @ weights / weights.sum()
    return float(TIES / 2 + (1 - TIES) * wins)


def _neutral(raters: FloatArray) -> float:
    """The logits to subtract so that the raters together prefer neither."""
    return float(optimize.brentq(lambda shift: _rate(raters - shift) - 0.5, -5, 5))


def _votes(logits: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Prompts x raters: 0, ½ or 1."""
    wins = (rng.random(logits.shape) < special.expit(logits)).astype(np.float64)
    return np.where(rng.random(logits.shape) < TIES, 0.5, wins)


def _claimed(votes: FloatArray, inherited: float) -> bool:
    """Whether a preference is claimed of these raters."""
    made = claims(votes.ravel(), *_CODES, finished=True, evidence=_NONE, inherited=inherited)
    return made[0].made


if __name__ == "__main__":
    sys.exit(main())
