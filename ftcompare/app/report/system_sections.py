"""What a report says of the cost of fine-tuning, all systems in order, programs that judged, and leakage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.app.results.contamination import KeptLeakage
from ftcompare.app.results.presentation.blocks import Block, Paragraph, Section, Table, Tone
from ftcompare.app.results.presentation.contamination import contamination_blocks
from ftcompare.app.results.presentation.cost import DOUBT_RULE, ClearWins, cost_blocks
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.presentation.pairs import Pairs, by_pair, limited
from ftcompare.app.results.presentation.ranking import ranking_blocks
from ftcompare.app.results.presentation.rater_tables import automatic_blocks
from ftcompare.stats.summary import Summary

MOST_PROMPTS = 30
"""That are listed by their text; a report is read by people, “results” has them all."""
MOST_PROMPTS_OF_MANY = 5
"""Of each pair, where there are many."""
MOST_ACROSS = 14
"""Systems that a matrix has room for."""


def cost_section(pairs: Pairs) -> Section:
    """Splits and categories in which a was preferred, and the prompts that it won clearly."""
    title = "What fine-tuning cost" if any(told.tuned for told in pairs.full) else "Where it falls behind"
    listed = MOST_PROMPTS_OF_MANY if pairs.many else MOST_PROMPTS

    def cost(told: PairResults) -> Iterator[Block]:
        lost = pairs.lost.get((told.stored.a, told.stored.b, told.stored.rater_kind))
        if lost is not None:
            yield from _limited(cost_blocks(ClearWins(told, lost), listed), "categories")

    blocks = by_pair(pairs.full, cost)
    rule = Paragraph(" ".join(DOUBT_RULE), Tone.NOTE)
    return Section("cost", title, (*pairs.note, *blocks, *((rule,) if blocks else ())))


def ranking_section(summary: Summary) -> Section | None:
    """All systems on one scale; None for two: there it says what the win rate says."""
    return _section("ranking", "Ranking", _limited(ranking_blocks(summary, MOST_ACROSS), "systems"))


def automatic_section(summary: Summary) -> Section | None:
    """Automatic raters beside people, and against themselves; None without any."""
    return _section("automatic", "Automatic raters", _limited(automatic_blocks(summary.automatic), "raters"))


def leakage_section(found: KeptLeakage | None, *, held_out: bool) -> Section | None:
    """What the last check against a training file found; None where it does not matter."""
    blocks = contamination_blocks(found, held_out=held_out)
    return _section("leakage", "Training file", _limited(blocks, "prompts"))


def _section(key: str, title: str, blocks: Iterable[Block]) -> Section | None:
    found = tuple(blocks)
    return Section(key, title, found) if found else None


def _limited(blocks: Iterable[Block], what: str) -> Iterator[Block]:
    """The blocks, long tables cut, and those without rows left out."""
    for block in blocks:
        yield from limited(block, what) if isinstance(block, Table) else (block,)
