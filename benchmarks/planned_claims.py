"""How often a planned hypothesis that is false is called confirmed.

    python benchmarks/planned_claims.py [--runs 2000] [--seed 20261125]

Simulated studies as in `claims.py`: judgments with 20% ties, prompts of SD 1 logit. In the first table the
raters (SD 0.3 logits) of each study together prefer neither system. The owner seals one hypothesis or three
(all prompts, one half of them, one quarter), or unblinds early. In the second table the system wins 40%, and
the hypothesis says that it is not worse by 10 points.

Printed as Markdown for docs/explanation/sealed-plans.md. Exits with 1 where a sealed plan confirms in more
than 5% of studies by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from claim_model import Cell, draw, mean_for_rate
from machine import machine
from scipy import special

from ftcompare.stats.claims import ENOUGH_EVIDENCE, ClaimScope
from ftcompare.stats.planned_tests import ALPHA, PlannedTest, decide
from ftcompare.stats.vote_table import FloatArray, IntArray

CELLS = ((20, 3), (40, 3), (77, 3), (77, 5), (200, 5))
TIES, RATER_SD, MARGIN = 0.2, 0.3, 0.1
PROMISING = (3.2, 10.0)
PARTS = (1, 2, 4)
COMPARED = 3
HEADS = (
    *("prompts", "raters", "at the end", "by evidence", "at the end, three hypotheses"),
    *("by evidence, three hypotheses", "evidence, else the end", "e > 3.2, rule of the end"),
    *("e > 3.2, evidence", "e > 10, rule of the end", "e > 10, evidence"),
)

Votes = tuple[FloatArray, IntArray, IntArray]


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261125)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"{chosen.runs:,} studies for each row, {machine()}.\n")
    print("False claims, in per cent of studies without a preference:\n")
    rows = [(p, r, *_no_preference(p, r, rng, chosen.runs)) for p, r in CELLS]
    _print(HEADS, rows)
    print(f"\n“Not worse by {MARGIN:.0%}” confirmed, in per cent of studies of a system that is:\n")
    bounds = [(p, r, *_at_the_margin(p, r, rng, chosen.runs)) for p, r in CELLS]
    _print(HEADS[:4], bounds)
    most = 100 * (ALPHA + 2 * (ALPHA * (1 - ALPHA) / chosen.runs) ** 0.5)
    wrong = [row for row in rows if max(row[2:6]) > most] + [row for row in bounds if max(row[2:]) > most]
    for row in wrong:
        print(f"More than {most:.1f}%: {row}", file=sys.stderr)
    return 1 if wrong else 0


def _no_preference(prompts: int, raters: int, rng: np.random.Generator, runs: int) -> list[float]:
    cell = Cell((prompts,) * raters, prompts, RATER_SD)
    (block,) = draw(cell, (TIES,), rng, runs, mean=0.0, centred=True)
    means = (block.answers.mean(axis=2, dtype=np.float64) + 1) / 2
    highest = [_paths(means[:, : prompts // part]).max(axis=1) for part in PARTS]
    by_evidence = np.stack([highest[0] >= ENOUGH_EVIDENCE, max_of(highest) >= len(PARTS) * ENOUGH_EVIDENCE])
    votes = [_votes(answers) for answers in block.answers]
    for one, known in zip(votes[:COMPARED], highest[0], strict=False):
        _require_same(one, float(known))
    at_end = np.array([[_confirmed([one]), _confirmed([_first(one, k) for k in PARTS])] for one in votes]).T
    early = [_early(votes, _paths(means), at, by) for at in PROMISING for by in (False, True)]
    either = by_evidence[0] | at_end[0]
    rules = (at_end[0], by_evidence[0], at_end[1], by_evidence[1], either, *early)
    return [100 * float(np.mean(rule)) for rule in rules]


def max_of(arrays: Sequence[FloatArray]) -> FloatArray:
    """The largest of each study."""
    return np.asarray(np.max(np.stack(arrays), axis=0), dtype=np.float64)


def _paths(means: FloatArray) -> FloatArray:
    """Studies x prompts: the e-value after each prompt, as `claims.evidence` computes it, by 64 nodes."""
    nodes, weights = special.roots_legendre(64)
    lean, paths = 2 * means - 1, np.zeros_like(means)
    for node, weight in zip(nodes, weights / 2, strict=True):
        paths += weight * np.exp(np.cumsum(np.log1p(node * lean), axis=1))
    return paths


def _require_same(votes: Votes, highest: float) -> None:
    """Compare with the product."""
    (found,) = decide([_test(votes, by_evidence=True)])
    (other,) = decide([_test((1 - votes[0], *votes[1:]), by_evidence=True)])
    assert found.e_value is not None
    assert np.isclose(max(1.0, highest), found.e_value, rtol=1e-3)
    assert (found.confirmed or other.confirmed) == (highest >= ENOUGH_EVIDENCE)


def _at_the_margin(prompts: int, raters: int, rng: np.random.Generator, runs: int) -> list[float]:
    cell = Cell((prompts,) * raters, prompts, 0.0)
    # a tie counts half, so decided judgments must be further from one half
    mean = mean_for_rate(0.5 - MARGIN / (1 - TIES), cell)
    (block,) = draw(cell, (TIES,), rng, runs, mean=mean)
    votes = [_votes(answers) for answers in block.answers]
    return [
        100 * float(np.mean([decide([_test(one, MARGIN, by_evidence=by)])[0].confirmed for one in few]))
        for by, few in ((False, votes), (True, votes[: runs // 4]))
    ]


def _votes(answers: FloatArray) -> Votes:
    """Prompt after prompt, each by all raters, as pairs come back while judging goes on."""
    prompts, raters = answers.shape
    prompt = np.repeat(np.arange(prompts), raters)
    return (answers.astype(np.float64).ravel() + 1) / 2, prompt, np.tile(np.arange(raters), prompts)


def _first(votes: Votes, part: int) -> Votes:
    return _until(votes, int(votes[1].max() + 1) // part)


def _test(votes: Votes, margin: float | None = None, *, by_evidence: bool = False) -> PlannedTest:
    return PlannedTest(*votes, ClaimScope.THESE_RATERS, margin, by_evidence)


def _confirmed(parts: Sequence[Votes]) -> bool:
    """Whether any hypothesis is confirmed at the end, in either direction."""
    return any(one.confirmed or one.opposite for one in decide([*map(_test, parts)]))


def _early(votes: Sequence[Votes], paths: FloatArray, at: float, by_evidence: bool) -> list[bool]:
    """Whether owners who unblind at the first e-value above `at`, or else at the end, claim something."""
    found = []
    for one, path in zip(votes, paths, strict=True):
        looks = next((n for n in range(2, len(path)) if path[n - 1] > at), 0)
        if looks and by_evidence:
            found.append(bool(path[:looks].max() >= ENOUGH_EVIDENCE))
        else:
            found.append(_confirmed([_until(one, looks) if looks else one]))
    return found


def _until(votes: Votes, prompts: int) -> Votes:
    kept = votes[1] < prompts
    return votes[0][kept], votes[1][kept], votes[2][kept]


def _print(heads: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
    print(f"| {' | '.join(heads)} |\n|{'---:|' * len(heads)}")
    for prompts, raters, *shares in rows:
        print(f"| {prompts} | {raters} | {' | '.join(f'{share:.1f}' for share in shares)} |")


if __name__ == "__main__":
    sys.exit(main())
