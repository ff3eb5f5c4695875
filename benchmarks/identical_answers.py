"""Identical answers counted as ties that nobody is asked about: coverage of intervals and false claims.

    python benchmarks/identical_answers.py

In each simulated study, a share of the prompts has the same answer by both systems. Either raters are asked
about these, too, and answer "about equal"; or nobody is asked, and the product's own function
(`ftcompare.stats.identical_answers.with_ties`) counts them as ties; or each counts as one judgment, however
many the other prompts have. Prompts differ by a standard deviation of 1 logit, raters by 0.3, one judgment in
five of different answers is a tie.

Printed as Markdown for docs/explanation/claim-rules.md: the share of studies whose 95% interval contains
the true win rate over all prompts, for these raters and for others, once all is judged and when half of it
is; the share that claims a preference where there is none, at the end and by evidence at any time; and half
the width of the interval. Exits with 1 where counting the ties covers less than 92%, or more than 8% make a
false claim: 250 studies know 95% to 1.4 points.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ftcompare.core.study import Vote
from ftcompare.stats.claims import ENOUGH_EVIDENCE, evidence, steps
from ftcompare.stats.identical_answers import with_ties
from ftcompare.stats.vote_table import VoteTable, tabulate
from ftcompare.stats.win_rate import Rate, rate_over_prompts, rate_over_raters

DESIGNS = ((100, 3, 3), (150, 5, 2), (200, 5, 1))
"""Prompts, raters, and judgments of each prompt."""
SHARES = (0.0, 0.2, 0.4)
TIES, PROMPT_SD, RATER_SD, AHEAD = 0.2, 1.0, 0.3, 0.5
ASKED, COUNTED, ONCE = "asked", "counted as ties", "one judgment each"
LEAST, MOST = 0.92, 0.08


class Study(NamedTuple):
    asked: list[Vote]  # with answers about identical pairs
    identical: list[Vote]  # a tie without a rater for each of these
    prompts: int
    for_these: float  # the true win rate of b over prompts with these raters; ``for_others`` with any
    for_others: float


def tie(prompt: int) -> Vote:
    return Vote(str(prompt), "", "a", "b", "tie", 0.5)


def mean_rate(ahead: NDArray[np.float64] | float, spread: float) -> float:
    """Return the mean win rate of prompts that differ, by Gauss-Hermite quadrature."""
    nodes, weights = special.roots_hermitenorm(41)
    wins = special.expit(np.add.outer(np.atleast_1d(ahead), spread * nodes)) @ weights / weights.sum()
    return float(0.5 + (1 - TIES) * (wins.mean() - 0.5))


def study(
    rng: np.random.Generator, design: tuple[int, int, int], share: float, ahead: float, *, even: bool = False
) -> Study:
    """Simulate a study; with ``even`` these raters have no preference on the average."""
    prompts, raters, each = design
    same, lean = rng.random(prompts) < share, rng.normal(ahead, PROMPT_SD, prompts)
    severity, votes = rng.normal(0, RATER_SD, raters), []
    severity -= severity.mean() * even
    for prompt in range(prompts):
        for rater in range(prompt * each, (prompt + 1) * each):
            by = rater % raters
            win = rng.random() < special.expit(lean[prompt] + severity[by])
            choice = "tie" if same[prompt] or rng.random() < TIES else "b" if win else "a"
            preference = {"a": 0.0, "tie": 0.5, "b": 1.0}[choice]
            votes.append(Vote(str(prompt), f"r{by}", "a", "b", choice, preference))
    identical = [tie(int(prompt)) for prompt in np.flatnonzero(same)]
    rates = mean_rate(ahead + severity, PROMPT_SD), mean_rate(ahead, np.hypot(PROMPT_SD, RATER_SD))
    return Study(votes, identical, prompts, *(0.5 + (1 - share) * (rate - 0.5) for rate in rates))


def judged(one: Study, part: float = 1.0) -> list[Vote]:
    """Return the votes on a part of the prompts whose answers differ, in the order of time."""
    same = {vote.prompt for vote in one.identical}
    differing = [str(prompt) for prompt in range(one.prompts) if str(prompt) not in same]
    some = set(differing[: round(part * len(differing))])
    return [vote for vote in one.asked if vote.prompt in some]


def by_rule(one: Study, part: float = 1.0) -> dict[str, list[Vote]]:
    votes, planned = judged(one, part), one.prompts - len(one.identical)
    asked = [vote for vote in one.asked if int(vote.prompt) < round(part * one.prompts)]
    raters = sorted({vote.rater for vote in votes})
    number = round(part * len(one.identical))
    once = [v._replace(rater=raters[k % len(raters)]) for k, v in enumerate(one.identical[:number])]
    counted = [*with_ties(votes, one.identical, {("a", "b"): planned})]
    return {ASKED: asked, COUNTED: counted, ONCE: [*votes, *once]}


def rates(table: VoteTable) -> tuple[Rate, Rate | None]:
    by = table.preference, table.prompt
    return rate_over_prompts(*by), rate_over_raters(*by, table.rater)


def contains(rate: Rate | None, value: float) -> float:
    return np.nan if rate is None or rate.low is None else float(rate.low <= value <= (rate.high or 0.0))


def claimed(rate: Rate | None) -> float:
    excluded = contains(rate, 0.5)
    return excluded if np.isnan(excluded) else 1 - excluded


def ever_enough(votes: Sequence[Vote]) -> float:
    table = tabulate(votes).judged
    return float(evidence(steps(table.preference, table.prompt)).highest >= ENOUGH_EVIDENCE)


def row(design: tuple[int, int, int], share: float, studies: int) -> Iterator[tuple[str, list[float]]]:
    """Yield the figures of each rule, as shares in the order of the columns."""
    rng = np.random.default_rng(11)
    found: dict[str, list[list[float]]] = {ASKED: [], COUNTED: [], ONCE: []}
    for _ in range(studies):
        true = study(rng, design, share, AHEAD)
        whole, half = by_rule(true), by_rule(true, 0.5)
        without = by_rule(study(rng, design, share, 0.0, even=True))
        for_others = by_rule(study(rng, design, share, 0.0))
        for rule, figures in found.items():
            all_, some = rates(tabulate(whole[rule])), rates(tabulate(half[rule]))
            nothing = rates(tabulate(without[rule]))[0], rates(tabulate(for_others[rule]))[1]
            figures.append(
                [
                    *map(contains, (*all_, *some), 2 * (true.for_these, true.for_others)),
                    *map(claimed, nothing),
                    ever_enough(without[rule]),
                    ((all_[0].high or 0) - (all_[0].low or 0)) / 2,
                ]
            )
    for rule, figures in found.items():
        yield rule, np.nanmean(np.array(figures), axis=0).tolist()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=250)
    studies = parser.parse_args().studies
    print(
        "| design | identical | rule | covers, these raters | others | half judged, these | others "
        "| false claims, these | others | by evidence | half width |"
    )
    print("|---" * 11 + "|")
    wrong = False
    for design in DESIGNS:
        for share in SHARES:
            for rule, figures in row(design, share, studies):
                if share or rule == ASKED:
                    name = "{} prompts, {} raters, {} a prompt".format(*design)
                    cells = " | ".join(f"{100 * figure:.1f}" for figure in figures)
                    print(f"| {name} | {share:.0%} | {rule} | {cells} |", flush=True)
                if rule == COUNTED:
                    wrong |= min(figures[:4]) < LEAST or max(figures[4:7]) > MOST
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
