"""How often each figure of a study by raters of known preference holds what is true of them.

    python benchmarks/scripted_raters.py [--studies 1000] [--whole 100] [--seed 20261121] [--page FILE]

A judgment leans by the advantage of b on its split (0.9 trained, 0.5 paraphrase, 0.2 held out) + an effect of
its prompt (SD 1) + one of its rater (SD 0.4) + the rater's lasting taste in this prompt (SD 0.8) + the
rater's habit towards the left (mean 0.2, SD 0.2) + a liking of length, in the rows that say so, of 0.8 times
tanh(difference / its SD) + chance at each look (SD 0.6); nearer to nothing than 0.3 it is a tie or both bad.

What is to be held:

* for other raters of this kind: P(b) + P(neither) / 2 over all prompts and raters of this population, b on
  the left of half of the pairs;
* for these raters: the same over all prompts before the raters of the study;
* at equal length: the same two where both answers are equally long;
* preference for the left side: P(left) / (P(left) + P(right)) over all prompts and raters;
* trained less held-out: the difference of the rates of two splits over all their prompts, before the raters
  of the study;
* α: 1 - observed / expected disagreement over all prompts, for the raters of the study;
* asked again, same answer: P(the same answer twice, sides swapped) over all prompts and raters.

Each is worked out by normal integrals (tests/app/scripted_raters.py). Most studies are drawn in memory; the
last column's are real ones: outputs imported, judged in sessions with hidden repeats, read from the file.
Printed as Markdown, and with --page put into docs/explanation/simulations.md between its marks. Each cell
whose 95% interval lies below the nominal level is named under the table. Exits with 1 where an interval holds
the truth so seldom that chance alone would explain it in one of a thousand runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
from machine import machine

from ftcompare.core.study import PromptSpec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ftcompare.app.raters.quality import rater_quality
from ftcompare.app.results.study_results import results
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.records import OutputRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message
from ftcompare.stats.agreement import agreement
from ftcompare.stats.position_and_length_bias import ControlledRate, length_controlled_rate, position_bias
from ftcompare.stats.summary import compare
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import wilson
from ftcompare.store.study.study_file import StudyFile
from tests.app.rate.scripted_sessions import judge_all
from tests.app.scripted_raters import Panel, Population, even_splits
from tests.app.scripted_truth import (
    ALPHA,
    EQUAL_LENGTH,
    LEFT,
    NOMINAL,
    OVER_RATERS,
    SEQUENCE,
    SPLITS,
    THESE_RATERS,
    Held,
    intervals,
    least_held,
)

EQUAL_LENGTH_OVER_RATERS = "win rate at equal length, for other raters of this kind"
REPEATS = "asked again: same answer"
ROWS = (
    OVER_RATERS,
    THESE_RATERS,
    SEQUENCE,
    EQUAL_LENGTH_OVER_RATERS,
    EQUAL_LENGTH,
    LEFT,
    SPLITS,
    ALPHA,
    REPEATS,
)
LENGTH = 0.8
RESAMPLES = 2000
"""For α of the studies in memory, a tenth of those of a real study: they take most of the time."""
BEGIN, END = "<!-- scripted raters -->", "<!-- end of scripted raters -->"
START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

Counts = Mapping[str, Sequence[bool]]


@dataclass(frozen=True)
class Column:
    """Studies of one size.

    Args:
        whole: through the file and rating sessions, instead of drawn in memory.
    """

    prompts: int
    raters: int
    whole: bool = False

    @property
    def words(self) -> str:
        """Its head in the table."""
        how = "real study files, " if self.whole else ""
        return f"{how}{self.prompts} prompts × {self.raters} raters"


COLUMNS = (Column(40, 3), Column(77, 3), Column(120, 5), Column(40, 3, whole=True))


def main() -> int:
    """Simulate, print, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--whole", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--page", type=Path)
    chosen = parser.parse_args()
    counted = [
        counts_of(column, chosen.whole if column.whole else chosen.studies, [chosen.seed, place])
        for place, column in enumerate(COLUMNS)
    ]
    text = (
        f"Seed {chosen.seed}, {chosen.studies:,} studies a size and {chosen.whole} real study files, "
        f"{machine()}.\n\n{table(counted)}\n\n{below(counted)}"
    )
    print(text)
    if chosen.page:
        put_between(chosen.page, text)
    short = sorted(set(short_of(counted)))
    print(f"TOO SELDOM: {', '.join(short)}." if short else "Every interval keeps what it says.")
    return 1 if short else 0


def counts_of(column: Column, studies: int, seed: list[int]) -> Counts:
    """Whether each interval of each study holds its truth."""
    held: defaultdict[str, list[bool]] = defaultdict(list)
    for number in range(studies):
        rng = np.random.default_rng([*seed, number])
        for population in (Population(), Population(length=LENGTH)):
            drawn = (
                through_file(column, population, rng) if column.whole else in_memory(column, population, rng)
            )
            for found in drawn:
                held[found.name].append(found.right)
    return held


def in_memory(column: Column, population: Population, rng: np.random.Generator) -> Iterator[Held]:
    """One study as votes."""
    panel = Panel(population, even_splits(column.prompts), column.raters, rng)
    columns = tabulate(panel.votes())
    if population.length:
        yield from at_equal_length(panel, length_controlled_rate(columns))
        return
    (pair,) = compare(columns)
    agreed = agreement(columns, rng, resamples=RESAMPLES)
    yield from intervals(panel, pair, position_bias(columns), agreed)


def through_file(column: Column, population: Population, rng: np.random.Generator) -> Iterator[Held]:
    """One study as its owner and its raters make it."""
    panel = Panel(population, even_splits(column.prompts), column.raters, rng)
    source = Random(int(rng.integers(2**31)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scripted.ftstudy"
        with StudyFile.create(path, title="Scripted", scale=Scale(), rng=source, now=START) as study:
            study.settings.set_rating(Scale(), RatingDesign(raters=column.raters, repeats=0.3), now=START)
            study.imports.outputs(outputs(panel), now=START)
            judge_all(study, panel, source)
            study.settings.unblind("all judgments are in", now=START.replace(hour=20))
            found, repeats = results(study).summary, rater_quality(study).together.repeats
    (pair,) = found.comparisons
    if population.length:
        yield from at_equal_length(panel, pair.length_controlled)
        return
    yield from intervals(panel, pair, found.position, found.agreement)
    if repeats.low is not None and repeats.high is not None:
        yield Held(REPEATS, repeats.low, repeats.high, population.alike_on_repeats())


def at_equal_length(panel: Panel, found: ControlledRate | None) -> Iterator[Held]:
    """Where length matters, the only truths known are those at equal length."""
    population = panel.population
    for name, rate, truth in (
        (EQUAL_LENGTH_OVER_RATERS, found.over_raters if found else None, population.rate()),
        (EQUAL_LENGTH, found.over_prompts if found else None, population.rate_for(panel.raters)),
    ):
        if rate is not None and rate.low is not None and rate.high is not None:
            yield Held(name, rate.low, rate.high, truth)


def outputs(panel: Panel) -> Iterator[OutputRecord]:
    """What both systems wrote: as long as the panel takes them to be."""
    for number, (split, longer) in enumerate(zip(panel.splits, panel.lengths, strict=True)):
        asked = (Message("user", f"Question {number}?"),)
        for name, length in (("base", 2000), ("tuned", 2000 + int(longer))):
            yield OutputRecord(
                PromptSpec(f"q{number}", asked, split=split), name, f"{name} {number} ".ljust(length, "x")
            )


def table(counted: Sequence[Counts]) -> str:
    """Markdown: a row an interval, a column a size, each share with its own 95% interval."""
    heads = " | ".join(column.words for column in COLUMNS)
    lines = [f"| interval | nominal | {heads} |", f"|{'---|' * (2 + len(COLUMNS))}"]
    for name in ROWS:
        cells = " | ".join(cell(held.get(name, ())) for held in counted)
        lines.append(f"| {name} | {NOMINAL:.0%} | {cells} |")
    return "\n".join(lines)


def cell(held: Sequence[bool]) -> str:
    """A share with Wilson's interval: how exactly it is measured."""
    if not held:
        return "n/a"
    low, high = wilson(sum(held), len(held))
    return f"{np.mean(held):.1%} ({100 * low:.1f}–{100 * high:.1f})"


def below(counted: Sequence[Counts]) -> str:
    """Names of the cells whose interval lies below the nominal level."""
    named = [
        f"{name}, {column.words} ({np.mean(held[name]):.1%})"
        for column, held in zip(COLUMNS, counted, strict=True)
        for name in ROWS
        if name in held and wilson(sum(held[name]), len(held[name]))[1] < NOMINAL
    ]
    return f"Whole interval in parentheses below {NOMINAL:.0%}: {'; '.join(named) or 'none'}."


def short_of(counted: Sequence[Counts]) -> Iterator[str]:
    """Names of intervals that hold the truth too seldom."""
    for held in counted:
        for name, right in held.items():
            if sum(right) < least_held(len(right)):
                yield name


def put_between(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page.

    Raises:
        ValueError: the page has no such marks.
    """
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{page} has no marks {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
