"""How often each claim is wrong, how often it is made, and what watching does to it.

    python benchmarks/claims.py [--runs 2500] [--seed 20261122] [--raters 3 5] [--prompts 77] [--every]

Simulated studies: a judgment is a tie with a given probability, and else b's with expit(μ + prompt + rater);
prompts of SD 1 or 3 logits, raters of SD 0 to 2. The loads: every rater judges all prompts (equal), each half
of what the one before did, drawn at random (halving), one rater has 95% of the judgments, each prompt has one
rater (disjoint), one rater judged six prompts (late). A whole block of studies is one array
(`claim_model.py`); some of each are compared with the product's own functions.

Printed as Markdown for docs/explanation/claim-rules.md. Exits with 1 where claims are false in more than
6% of the studies of a cell with raters of SD 1 or less, or an interval holds the truth in less than 93%,
by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from claim_model import Block, Cell, draw, mean_for_rate, over_prompts, over_raters, same_as_product
from claim_rule_alternatives import lost_by_a_win, two_way_cluster, with_one_more_win
from machine import machine

from ftcompare.stats.claim_power import Ends
from ftcompare.stats.claims import evidence
from ftcompare.stats.win_rate import LEAST_JUDGMENTS, LEAST_RATERS

MOST_FALSE, LEAST_HELD = 6.0, 93.0
RATERS, PROMPTS, TIES = (2, 3, 4, 5, 10), (20, 40, 77, 200), (0.0, 0.3, 0.6)
SPREADS = ((0.0, 1.0), (0.3, 1.0), (0.6, 1.0), (1.0, 1.0), (0.3, 3.0), (1.0, 3.0))
"""Of raters and of prompts, in logits."""
FAR_SPREADS = ((2.0, 1.0), (2.0, 3.0))
"""Beyond what the claims are made for."""
LOADS = ("equal", "halving", "one 95%", "disjoint", "late")
LATE = 6
POWER_TIES, POWER_SPREAD = 0.2, 0.3


@dataclass(frozen=True)
class Found:
    """One cell: shares of its studies, in per cent."""

    false: float
    held_even: float
    held_better: float
    claimed: bool
    runs: int

    @property
    def error(self) -> tuple[float, float]:
        """Monte-Carlo standard errors of false claims and of the lower coverage."""
        shares = np.array([self.false, self.held]) / 100
        false, held = 100 * np.sqrt(shares * (1 - shares) / self.runs)
        return float(false), float(held)

    @property
    def held(self) -> float:
        """The lower of the two coverages."""
        return min(self.held_even, self.held_better)

    @property
    def misses(self) -> bool:
        """By more than chance explains."""
        false, held = self.error
        return self.claimed and (self.false - 2 * false > MOST_FALSE or self.held + 2 * held < LEAST_HELD)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--raters", type=int, nargs="+", default=RATERS)
    parser.add_argument("--prompts", type=int, nargs="+", default=PROMPTS)
    parser.add_argument("--every", action="store_true", help="print every cell, not the worst of the spreads")
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n", flush=True)
    missed = print_these(chosen.raters, chosen.prompts, rng, chosen.runs)
    missed += print_other_raters(chosen.raters, chosen.prompts, rng, chosen.runs, every=chosen.every)
    print_power(chosen.prompts, rng, chosen.runs)
    print_spread(rng, chosen.runs)
    print_other_rules(rng, chosen.runs)
    print_watching(np.random.default_rng([chosen.seed, 1]), max(1, chosen.runs // 4))
    print("Every cell holds its bounds." if not missed else f"CELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def designed(kind: str, raters: int, prompts: int, spreads: tuple[float, float]) -> Cell:
    """A cell of a kind of load; each rater judges two prompts at least."""
    if kind == "disjoint":
        loads = tuple((prompts + rater) // raters for rater in range(raters))
    elif kind == "halving":
        loads = tuple(max(2, prompts >> rater) for rater in range(raters))
    elif kind == "one 95%":
        loads = (prompts, *[max(2, round(prompts * 0.05 / 0.95 / max(1, raters - 1)))] * (raters - 1))
    else:
        late = (prompts if kind == "equal" else LATE,)
        loads = (prompts,) * (raters - 1) + (late if raters > 1 else (prompts,))
    return Cell(loads, prompts, *spreads, disjoint=kind == "disjoint")


def print_these(
    raters: Sequence[int], prompts: Sequence[int], rng: np.random.Generator, runs: int
) -> list[str]:
    """The claim about the raters at hand, over all spreads and loads: the worst of them."""
    print("Claims about one rater or these raters: false-claim rate, coverage; the worst of all")
    print("SDs and loads.\n")
    print(
        f"| raters | ties | {' | '.join(f'{p} prompts' for p in prompts)} |\n|---|---|{'---|' * len(prompts)}"
    )
    missed = []
    for r in (1, *raters):
        by_ties: dict[float, list[str]] = defaultdict(list)
        for p in prompts:
            for ties, cells in these_cells(r, p, rng, runs).items():
                by_ties[ties].append(worst(cells.values()))
                missed += [f"{name}, these raters" for name, found in cells.items() if found.misses]
        for ties, row in by_ties.items():
            print(f"| {r} | {ties:.0%} | {' | '.join(row)} |", flush=True)
    print()
    return missed


def these_cells(r: int, p: int, rng: np.random.Generator, runs: int) -> dict[float, dict[str, Found]]:
    """By ties, then by name of the cell."""
    found: dict[float, dict[str, Found]] = defaultdict(dict)
    for kind, spreads in itertools.product(LOADS if r > 1 else LOADS[:1], SPREADS):
        cell = designed(kind, r, p, spreads)
        even = list(draw(cell, TIES, rng, runs, mean=0.0, centred=True))
        better = list(draw(cell, TIES, rng, runs, mean=mean_for_rate(0.65, cell), centred=False))
        for ties, at_even, at_better in zip(TIES, even, better, strict=True):
            ends, other = over_prompts(at_even), over_prompts(at_better)
            found[ties][named(cell, ties, kind)] = Found(
                100 * float(np.mean(leaves_out(ends, 0.0))),
                100 * float(np.mean(~leaves_out(ends, at_even.truth_these))),
                100 * float(np.mean(~leaves_out(other, at_better.truth_these))),
                claimed=True,
                runs=runs,
            )
    return found


def print_other_raters(
    raters: Sequence[int], prompts: Sequence[int], rng: np.random.Generator, runs: int, *, every: bool
) -> list[str]:
    """The claim about other raters of this kind, by raters, loads, ties and prompts."""
    print(
        "Claims about other raters of this kind: false-claim rate, coverage; the worst of raters of SD 0, .3,"
    )
    print(".6, 1 with prompts of SD 1, and of raters of SD .3, 1 with prompts of SD 3.\n")
    print(f"| raters | loads | ties | {' | '.join(f'{p} prompts' for p in prompts)} |")
    print(f"|---|---|---|{'---|' * len(prompts)}")
    missed: list[str] = []
    far: dict[str, Found] = {}
    for r, kind in itertools.product(raters, LOADS):
        cells: dict[tuple[float, int], dict[str, Found]] = defaultdict(dict)
        for p, spreads in itertools.product(prompts, SPREADS + FAR_SPREADS):
            cell = designed(kind, r, p, spreads)
            for ties, found in other_raters(cell, rng, runs).items():
                group = cells[ties, p] if spreads in SPREADS else far
                group[named(cell, ties, kind)] = found
        for ties in TIES:
            row = [worst(cells[ties, p].values()) for p in prompts]
            print(f"| {r} | {kind} | {ties:.0%} | {' | '.join(row)} |", flush=True)
        flat = {name: found for of in cells.values() for name, found in of.items()}
        missed += [f"{name}, other raters" for name, found in flat.items() if found.misses]
        if every:
            print_every(flat)
    print("\nRaters of SD 2, beyond what the claims are made for: cells outside the bounds.\n")
    print_every({name: found for name, found in far.items() if found.misses})
    print()
    return missed


def print_every(cells: dict[str, Found]) -> None:
    """Each cell with its Monte-Carlo errors."""
    for name, found in cells.items():
        false, held = found.error
        print(
            f"  {name}: false {found.false:.1f}% (± {false:.1f}), held {found.held_even:.1f}% even, "
            f"{found.held_better:.1f}% at 65% (± {held:.1f})"
        )


def other_raters(cell: Cell, rng: np.random.Generator, runs: int) -> dict[float, Found]:
    """One cell for each share of ties; the same draws."""
    if sum(n >= LEAST_JUDGMENTS for n in cell.loads) < LEAST_RATERS:
        return dict.fromkeys(TIES, Found(0, 100, 100, claimed=False, runs=runs))
    even = list(draw(cell, TIES, rng, runs, mean=0.0))
    better = list(draw(cell, TIES, rng, runs, mean=mean_for_rate(0.65, cell)))
    same_as_product([*even, *better])
    found = {}
    for ties, at_even, at_better in zip(TIES, even, better, strict=True):
        ends = over_raters(at_even)
        missed, claimed = leaves_out(ends, 0.0), bool(np.isfinite(ends.low).any())
        other = leaves_out(over_raters(at_better), at_better.truth)
        share = 100 * float(np.mean(missed))
        found[ties] = Found(share, 100 - share, 100 * float(np.mean(~other)), claimed=claimed, runs=runs)
    return found


def named(cell: Cell, ties: float, kind: str) -> str:
    """A cell in words."""
    spreads = f"raters' SD {cell.spread:g}, prompts' SD {cell.prompt_sd:g}"
    return f"{len(cell.loads)} × {cell.prompts}, {spreads}, ties {ties:.0%}, {kind}"


def worst(cells: Iterable[Found]) -> str:
    """The most false claims and the least coverage of some cells."""
    known = [found for found in cells if found.claimed]
    if not known:
        return "no claim"
    return f"{max(found.false for found in known):.1f}%, {min(found.held for found in known):.1f}%"


def print_power(prompts: Sequence[int], rng: np.random.Generator, runs: int) -> None:
    """How often each claim is made where b is better."""
    rates = {"win rate 65%": 0.5 + 0.15 / (1 - POWER_TIES), "65% of the decided judgments": 0.65}
    print(
        f"Power: claims made, one fifth of the judgments ties, raters of SD {POWER_SPREAD:g}, equal loads.\n"
    )
    print(f"| raters | b is better by | claim about | {' | '.join(f'{p} prompts' for p in prompts)} |")
    print(f"|---|---|---|{'---|' * len(prompts)}")
    for r, (words, rate) in itertools.product((1, 2, 3, 4, 5, 6, 8, 10), rates.items()):
        rows: dict[str, list[str]] = defaultdict(list)
        for p in prompts:
            cell = Cell((p,) * r, p, POWER_SPREAD)
            (block,) = draw(cell, (POWER_TIES,), rng, runs, mean=mean_for_rate(rate, cell))
            rows["these raters" if r > 1 else "this rater"].append(made(over_prompts(block).low))
            if r >= LEAST_RATERS:
                rows["other raters"].append(made(over_raters(block).low))
        for claim, row in rows.items():
            print(f"| {r} | {words} | {claim} | {' | '.join(row)} |", flush=True)
    print()


def made(low: np.ndarray) -> str:
    """The share of lower ends above an even lean."""
    return f"{100 * float(np.mean(low > 0)):.0f}%"


def print_spread(rng: np.random.Generator, runs: int) -> None:
    """How far raters may differ."""
    spreads = (1.0, 1.5, 2.0, 3.0)
    print(
        "False-claim rate for other raters who differ greatly, 77 prompts, one fifth of the judgments ties.\n"
    )
    print(f"| raters | {' | '.join(f'SD {s:g}' for s in spreads)} |\n|---|{'---|' * len(spreads)}")
    for r in (3, 4, 5, 6, 10):
        row = []
        for spread in spreads:
            (block,) = draw(Cell((77,) * r, 77, spread), (POWER_TIES,), rng, runs, mean=0.0)
            row.append(f"{100 * float(np.mean(leaves_out(over_raters(block), 0.0))):.1f}%")
        print(f"| {r} | {' | '.join(row)} |", flush=True)
    print()


def print_other_rules(rng: np.random.Generator, runs: int) -> None:
    """What a well-known rule does, beside the one of the claims about other raters of this kind."""
    rules = {
        "rule of the claims": over_raters,
        "two-way clustering (not offered)": two_way_cluster,
    }
    print("Another rule for other raters of this kind, 77 prompts, one fifth of the judgments ties.\n")
    print(
        "| rule | raters | false-claim rate, SD .3 | false-claim rate, SD 1 "
        "| power at a win rate of 65%, SD .3 | claims lost by one more win |"
    )
    print("|---|---|---|---|---|---|")
    mean = mean_for_rate(0.5 + 0.15 / (1 - POWER_TIES), Cell((), 77, POWER_SPREAD))
    for r, (name, rule) in itertools.product((2, 3, 4, 5, 10), rules.items()):
        if r < LEAST_RATERS and rule is over_raters:
            continue
        cells = (POWER_SPREAD, 0.0), (1.0, 0.0), (POWER_SPREAD, mean)
        blocks = [
            next(draw(Cell((77,) * r, 77, spread), (POWER_TIES,), rng, runs, mean=at)) for spread, at in cells
        ]
        false = [f"{np.mean(leaves_out(rule(block), 0.0)):.1%}" for block in blocks[:2]]
        more = [rule(with_one_more_win(blocks[2], rater)) for rater in range(r)]
        found = f"{made(rule(blocks[2]).low)} | {lost_by_a_win(rule(blocks[2]), more):.1%}"
        print(f"| {name} | {r} | {' | '.join(false)} | {found} |", flush=True)
    print()


def print_watching(rng: np.random.Generator, runs: int) -> None:
    """A claim is looked for after every prompt; nothing is preferred by these raters."""
    print(f"Looked at after every prompt, {runs:,} runs, one fifth of the judgments ties, nothing preferred:")
    print("a claim while judging is open, then or at the end, and by the rule for the end at any look.\n")
    print(
        "| raters | prompts | highest e-value so far ≥ 20 | e-value ≥ 20, or else a claim at the planned end "
        "| claim by the interval at any check (not offered) |\n|---|---|---|---|---|"
    )
    for r, p in ((1, 77), (3, 77), (5, 77), (5, 200)):
        (block,) = draw(Cell((p,) * r, p, POWER_SPREAD), (POWER_TIES,), rng, runs, mean=0.0, centred=True)
        found = np.array([evidence((1 + leads / r) / 2).highest >= 20 for leads in block.leads])
        either, ever = found | leaves_out(over_prompts(block), 0.0), ever_claimed(block)
        shares = " | ".join(f"{np.mean(of):.1%}" for of in (found, either, ever))
        print(f"| {r} | {p} | {shares} |", flush=True)
    print()


def leaves_out(ends: Ends, lean: np.ndarray | float) -> np.ndarray:
    """Whether each study's interval leaves out a lean."""
    return np.asarray((ends.low > lean) | (ends.high < lean))


def ever_claimed(block: Block) -> np.ndarray:
    """Whether the interval over prompts leaves out an even lean at any look from six prompts on."""
    ever = np.zeros(len(block.leads), dtype=bool)
    for prompts in range(6, block.leads.shape[1] + 1):
        ever |= leaves_out(over_prompts(block.first(prompts)), 0.0)
    return ever


if __name__ == "__main__":
    sys.exit(main())
