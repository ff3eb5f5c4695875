"""How often a study makes its claims with the same number of judgments, by how raters share the pairs.

    python benchmarks/study_designs.py

The product's own functions (`ftcompare.stats.claim_power`) simulate studies with 231 and 385 judgments in
all, by 3, 5, and 10 raters: every rater judges all pairs, two raters judge each pair, a share of the pairs or
a fixed number is judged by all raters and the rest by one, or one rater judges each pair. Prompts differ by a
standard deviation of 1 logit, and one judgment in five is a tie. For these raters, the win rate (ties as
half) is 58% and raters do not differ. For other raters of this kind, it is 65%, and raters differ by 0.3 or
1 logit. Then the precision of raters' agreement, the share of two judgments of a pair that are equal, by the
number of shared pairs: half the width in which 95% of simulated studies lie.

Printed as Markdown for docs/explanation/planning.md. Exits with 1 where one rater a pair beside the block of
the planner is more than 4 points below every rater judging all pairs, for a claim about these raters. For
other raters, the planner compares the designs by simulation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ftcompare.app.setup.planner import shared_block
from ftcompare.stats.claim_power import StudyDesign, claim_power
from ftcompare.stats.claims import ClaimScope

JUDGMENTS, RATERS = (231, 385), (3, 5, 10)
TIES = 0.2
THESE, OTHERS = ClaimScope.THESE_RATERS, ClaimScope.RATERS_LIKE_THESE
CLAIMS = ((THESE, 0.58, 0.0), (OTHERS, 0.65, 0.3), (OTHERS, 0.65, 1.0))
"""The claim, the win rate with ties as half, and the standard deviation of raters in logits."""
DRAWS = 1000
WORST = 0.04
SIZES = (10, 20, 25, 30, 50)
"""Numbers of shared pairs whose agreement is simulated."""

Sharing = Callable[[int, int], tuple[int, int]]
"""Judgments per pair of the rest, and number of shared pairs, for a number of judgments and raters."""


def fixed(number: int) -> Sharing:
    return lambda _judgments, _raters: (1, number)


SHARINGS: tuple[tuple[str, Sharing], ...] = (
    ("everyone judges all", lambda _, raters: (raters, 0)),
    ("two raters a pair", lambda *_: (2, 0)),
    ("20% shared", lambda judgments, raters: (1, round(0.2 * judgments / (0.8 + 0.2 * raters)))),
    ("25 shared by all", fixed(25)),
    ("10 shared by all", fixed(10)),
    ("the planner's block", lambda judgments, raters: (1, shared_block(judgments, raters))),
    ("one rater a pair", fixed(0)),
)


def power(judgments: int, raters: int, sharing: Sharing, claim: tuple[ClaimScope, float, float]) -> float:
    """Return the share of studies with the claim; NaN where there are too few judgments to share so many."""
    scope, half_wins, rater_sd = claim
    each, shared = sharing(judgments, raters)
    prompts = shared + (judgments - shared * raters) // each
    if prompts <= shared:
        return float("nan")
    design = StudyDesign(prompts, raters, each, TIES, 1.0, rater_sd, shared)
    rate = 0.5 + (half_wins - 0.5) / (1 - TIES)
    return claim_power(rate, design, draws=DRAWS, rng=np.random.default_rng(1))[scope].share


def rows() -> Iterator[tuple[str, list[list[float]]]]:
    """For each number of judgments and claim, the power by sharing and number of raters."""
    for judgments in JUDGMENTS:
        for claim in CLAIMS:
            whose = "these raters" if claim[0] is THESE else f"others, SD {claim[2]:g}"
            found = [[power(judgments, n, sharing, claim) for n in RATERS] for _, sharing in SHARINGS]
            yield f"{judgments} judgments, {whose}", found


def agreement_width(shared: int, raters: int, studies: int = 2000) -> float:
    """Half the width, in points, in which 95% of studies' agreement lies."""
    rng = np.random.default_rng(shared * 100 + raters)
    lean = rng.standard_normal((studies, shared, 1)) + 0.3 * rng.standard_normal((studies, 1, raters))
    wins = rng.random((studies, shared, raters)) < 1 / (1 + np.exp(-lean))
    tie = rng.random(wins.shape) < TIES
    counts = [(wins & ~tie).sum(2), (~wins & ~tie).sum(2), tie.sum(2)]
    equal = sum(one * (one - 1) for one in counts) / (raters * (raters - 1))
    low, high = np.quantile(equal.mean(1), (0.025, 0.975))
    return float(high - low) * 50


def main() -> int:
    print("| judgments, claim | " + " | ".join(name for name, _ in SHARINGS) + " |")
    print("|---|" + "---|" * len(SHARINGS))
    worst = 0.0
    names = [name for name, _ in SHARINGS]
    for name, found in rows():
        print(f"| {name} | " + " | ".join(map(_cells, found)) + " |", flush=True)
        everyone, rule = found[0], found[names.index("the planner's block")]
        if "these" in name:
            worst = max(worst, *(a - b for a, b in zip(everyone, rule, strict=True)))
    print("\n| shared pairs | " + " | ".join(f"{n} raters" for n in (2, *RATERS)) + " |")
    print("|---|" + "---|" * (len(RATERS) + 1))
    for shared in SIZES:
        widths = (f"± {agreement_width(shared, n):.0f}" for n in (2, *RATERS))
        print(f"| {shared} | " + " | ".join(widths) + " |")
    print(f"\nFor these raters, the planner's block is at most {100 * worst:.0f} points below everyone.")
    return int(worst > WORST)


def _cells(shares: Sequence[float]) -> str:
    return " / ".join("–" if share != share else f"{100 * share:.0f}" for share in shares)


if __name__ == "__main__":
    sys.exit(main())
