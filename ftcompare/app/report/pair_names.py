"""The pairs of systems of a report, under names fit for a line, and what all its sections share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Paragraph, Subheading, Table, Tone
from ftcompare.app.report.report_data import Material
from ftcompare.app.results.cost import ClearPrompts
from ftcompare.app.results.many_pairs import further_words, told_in_full
from ftcompare.app.results.study_results import EvidencePath, Variant, main_pair
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.criteria import CriteriaResults
from ftcompare.stats.summary import PairSummary, SummarySlice

PART_DIMENSIONS = ("split", "category", "tag")
MOST_ROWS = 200
"""Of a table; what is beyond is counted and not listed."""

SHORT = 22
"""Characters of a name at the head of a column."""

SPLITS = {
    Split.TRAINED.value: "Trained",
    Split.PARAPHRASE.value: "Paraphrase",
    Split.HELD_OUT.value: "Held out",
}


@dataclass(frozen=True, slots=True)
class PairPart:
    """A pair of systems as a report shows it.

    Args:
        pair: its names fit to be shown.
        tuned: whether b is fine-tuned and a is not.
        variants: the same pair without what is left out; None where nothing of it remains.
        lost: the prompts that a won clearly; None while they are withheld.
        beside: criteria, strengths and reasons, under the names as they are stored.
    """

    pair: PairSummary
    path: EvidencePath
    tuned: bool
    variants: tuple[tuple[Variant, PairSummary | None], ...]
    lost: ClearPrompts | None = None
    beside: CriteriaResults = field(default_factory=CriteriaResults)

    @property
    def title(self) -> str:
        """Which two, and who judged."""
        both = f"{self.pair.b} against {self.pair.a}"
        return f"{both} (automatic raters)" if self.pair.rater_kind is RaterKind.AUTOMATIC else both

    @property
    def raters(self) -> int:
        """How many raters judged the pair."""
        return self.pair.raters

    @property
    def parts(self) -> tuple[SummarySlice, ...]:
        """Its splits, then its categories, then its tags."""
        return tuple(s for dimension in PART_DIMENSIONS for s in self.pair.slices if s.dimension == dimension)

    @property
    def heads(self) -> tuple[Column, ...]:
        """Columns for the counts and the rate of a part."""
        won = tuple(
            Column(f"{say.name(n, SHORT)} won", 1.4, numbers=True) for n in (self.pair.b, self.pair.a)
        )
        equal = (Column("Equal", 0.8, numbers=True), Column("Both bad", 0.8, numbers=True))
        rate = (Column("Win rate", 1.0, numbers=True), Column("95% interval", 1.9, numbers=True))
        counts = (Column("Prompts", 1.1, numbers=True), Column("Judgm.", 1.0, numbers=True))
        return (*counts, won[0], *equal, won[1], *rate)


@dataclass(frozen=True, slots=True)
class Pairs:
    """The comparisons of the study, in the order of the results.

    Args:
        every: all of them.
        full: those that are told in full: all of a few; none of many while it is withheld which are bases.
        bases: names, fit to be shown, of the systems that others were made from.
        main: the pair that the report opens with; None without any.
        further: what is said of pairs without figures; empty where all have them.
    """

    every: tuple[PairPart, ...]
    full: tuple[PairPart, ...]
    bases: frozenset[str] = frozenset()
    main: PairPart | None = None
    further: str = ""

    @property
    def many(self) -> bool:
        """Whether some are told in the tables of all pairs alone."""
        return len(self.full) < len(self.every)

    @property
    def which(self) -> str:
        """Those of many that are told in full, in words: ``the 7 pairs with base``."""
        with_base = [part for part in self.full if self._bases_of(part)]
        if len(with_base) <= 1:
            return " and ".join(part.title for part in self.full)
        names = frozenset[str]().union(*map(self._bases_of, with_base))
        base = next(iter(names)) if len(names) == 1 else "a base model"
        first = "first " if any(self._bases_of(p) and p not in self.full for p in self.every) else ""
        words = f"the {first}{len(with_base)} pairs with {base}"
        return words if self.full[0] in with_base else f"{self.full[0].title} and {words}"

    @property
    def note(self) -> tuple[Block, ...]:
        """At the head of what is told of some alone; nothing where that is all of them."""
        if not self.many:
            return ()
        return (Paragraph(f"Told of {self.which}."),)

    def _bases_of(self, part: PairPart) -> frozenset[str]:
        return self.bases & {part.pair.a, part.pair.b}


def pairs_of(material: Material) -> Pairs:
    """All pairs, and those that are told in full."""
    summary = material.details.results.summary
    every, main = tuple(_pair_parts(material)), main_pair(summary)
    chosen = told_in_full(summary.comparisons, material.bases, asked=summary.asked)
    places = [place for place, pair in enumerate(summary.comparisons) if any(pair is c for c in chosen)]
    return Pairs(
        every=every,
        full=tuple(every[place] for place in places),
        bases=frozenset(map(say.name, material.bases or ())),
        main=every[summary.comparisons.index(main)] if main else None,
        further=further_words(summary),
    )


def _pair_parts(material: Material) -> Iterator[PairPart]:
    details = material.details
    for pair in details.results.summary.comparisons:
        yield PairPart(
            pair=shown(pair),
            path=details.evidence[pair.a, pair.b, pair.rater_kind],
            tuned=pair.b in details.tuned and pair.a not in details.tuned,
            variants=tuple((variant, _shown(variant.of(pair))) for variant in details.results.variants),
            lost=material.lost.get((pair.a, pair.b, pair.rater_kind)),
            beside=details.details.of(pair.a, pair.b, pair.rater_kind),
        )


def shown(pair: PairSummary) -> PairSummary:
    """The same under names fit for a line."""
    slices = tuple(replace(part, name=say.name(part.name)) for part in pair.slices)
    return replace(pair, a=say.name(pair.a), b=say.name(pair.b), slices=slices)


def _shown(pair: PairSummary | None) -> PairSummary | None:
    return shown(pair) if pair else None


def part_name(part: SummarySlice) -> str:
    """What a split or category is called."""
    return SPLITS.get(part.name, part.name) if part.dimension == "split" else part.name


def by_pair(parts: Iterable[PairPart], make: Callable[[PairPart], Iterable[Block]]) -> tuple[Block, ...]:
    """Blocks of every pair; where there are several pairs, each under its name."""
    pairs = tuple(parts)
    blocks: list[Block] = []
    for part in pairs:
        made = tuple(make(part))
        if made and len(pairs) > 1:
            blocks.append(Subheading(part.title))
        blocks += made
    return tuple(blocks)


def limited(table: Table, what: str) -> tuple[Block, ...]:
    """A table, with a note in place of rows beyond `MOST_ROWS`; nothing for a table without rows."""
    if not table.rows:
        return ()
    cut = replace(table, rows=table.rows[:MOST_ROWS])
    left = len(table.rows) - MOST_ROWS
    if left <= 0:
        return (cut,)
    return (cut, Paragraph(f"{left:,} more {what} are not listed; “results --json” has them all.", Tone.NOTE))
