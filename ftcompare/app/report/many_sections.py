"""What a report says of many pairs of systems: each in a row of its own, then all systems in an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Paragraph, Picture, Section, Subheading, Table, Tone
from ftcompare.app.report.pair_names import PairPart, Pairs, by_pair, limited
from ftcompare.app.report.pair_sections import (
    COUNTED,
    count_cells,
    decided_words,
    evidence_curve,
    forest_picture,
    highest_words,
    rates_by_part,
)
from ftcompare.app.report.study_sections import ranked, ranking_section
from ftcompare.app.results.charts import ForestPlot, ForestRow
from ftcompare.app.results.many_pairs import EVEN, seen_from, verdict
from ftcompare.app.results.study_results import EVIDENCE_NEEDED
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import PairSummary, Summary
from ftcompare.stats.win_rate import Rate

MOST_ACROSS = 14
"""Systems that a matrix has room for."""

MOST_DRAWN = 60
"""Systems that a chart of the ranking shows."""

_PAIR = Column("Pair", 3.2)
_ELSEWHERE = (
    "Their figures by split, category, tag and rater are on the Results page, and “ftcompare results STUDY "
    "--json” writes them."
)


# --- the pairs -------------------------------------------------------------------------------------


def many_sentence(pairs: Pairs) -> str:
    """At the top: where the pairs are that the sentences before do not speak of."""
    clear = sum(_is_clear(*seen_from(part.pair, part.pair.b)) for part in pairs.every)
    return (
        f"In {clear or 'none':{',' if clear else ''}} of the {_number(pairs)} pairs of systems (table "
        "below) one can be called better."
    )


def _number(pairs: Pairs) -> str:
    """How many have figures."""
    return f"{len(pairs.every):,}{' most judged' if pairs.further else ''}"


def _is_clear(_: float, low: float | None, high: float | None) -> bool:
    """Whether the whole interval lies on one side of one half."""
    return low is not None and high is not None and (low > EVEN or high < EVEN)


def pairs_section(pairs: Pairs) -> Section:
    """One table of all of them, and which are told in full."""
    columns = (
        _PAIR,
        Column("Prompts", 0.8, numbers=True),
        Column("Judgments", 1.1, numbers=True),
        Column("Win rate", 0.9, numbers=True),
        Column("95% interval", 1.4, numbers=True),
        Column("In words", 2.2),
    )
    rows = tuple(_pair_row(part) for part in pairs.every)
    notes = (Paragraph(_in_full(pairs)), *_further(pairs), Paragraph(_reading(pairs), Tone.NOTE))
    return Section("pairs", "All pairs of systems", (*limited(Table("", columns, rows), "pairs"), *notes))


def _further(pairs: Pairs) -> tuple[Paragraph, ...]:
    return (Paragraph(pairs.further, Tone.NOTE),) if pairs.further else ()


def _pair_row(part: PairPart) -> tuple[str, ...]:
    pair = part.pair
    rate = pair.win_rate_over_raters or pair.win_rate
    return (part.title, f"{pair.prompts:,}", f"{pair.judgments:,}", *say.rate_cells(rate), verdict(pair))


def _in_full(pairs: Pairs) -> str:
    """What is told of which."""
    left = len(pairs.every) - len(pairs.full)
    other = "one is" if left == 1 else f"{left:,} are"
    return (
        f"Told in full below: {pairs.which}. The other {other} told in the tables of all pairs alone. "
        f"{_ELSEWHERE}"
    )


def _reading(pairs: Pairs) -> str:
    over = [part.pair.win_rate_over_raters is not None for part in pairs.every]
    whom = "for raters like these" if any(over) else "for these raters"
    if any(over) and not all(over):
        whom += " (for these raters, where a pair has one rater or one prompt)"
    return (
        f"The win rate is that of the system named first, a tie as half; intervals are {whom}. Each interval "
        "speaks for its own pair: if no system were better, about one pair in twenty would still be called "
        "so by chance."
    )


def win_rates_of_many(pairs: Pairs) -> Section:
    """Of those told in full: their rates in one table, then each by split, category and rater."""
    columns = (
        Column("Pair", 2.1),
        Column("For raters like these", 1.7, numbers=True),
        Column("For these raters alone", 1.7, numbers=True),
        Column("Prompts won, lost, even", 1.1, numbers=True),
        Column("Sign test, p", 0.8, numbers=True),
        Column("First is better", 0.8, numbers=True),
    )
    rows = tuple(_rates_row(part) for part in pairs.full)
    note = Paragraph(
        "Rates with 95% intervals. A prompt is won by the mean of its judgments. First is better: the "
        "probability of it, from a uniform prior; that and the sign test speak for these raters.",
        Tone.NOTE,
    )
    blocks = (*pairs.note, *limited(Table("", columns, rows), "pairs"), note)
    return Section("win-rate", "Win rate", (*blocks, *by_pair(pairs.full, _in_parts)))


def _in_parts(part: PairPart) -> Iterator[Block]:
    yield forest_picture(part)
    yield from rates_by_part(part)


def _rates_row(part: PairPart) -> tuple[str, ...]:
    pair = part.pair
    return (
        part.title,
        _rate_with_ends(pair.win_rate_over_raters),
        _rate_with_ends(pair.win_rate),
        decided_words(pair),
        say.p_value(pair.sign_test_p),
        say.probability(pair.probability_b_better),
    )


def _rate_with_ends(rate: Rate | None) -> str:
    value, ends = say.rate_cells(rate)
    return f"{value} ({ends})" if ends != say.UNDEFINED else value


def judgments_of_many(pairs: Pairs) -> Section:
    """Judgments by answer, a row for each pair."""
    columns = (
        _PAIR,
        Column("Prompts", 0.9, numbers=True),
        Column("Judgments", 1.1, numbers=True),
        Column("First preferred", 1.1, numbers=True),
        Column("About equal", 0.9, numbers=True),
        Column("Both bad", 0.9, numbers=True),
        Column("Second preferred", 1.2, numbers=True),
    )
    rows = tuple((part.title, *count_cells(part.pair)) for part in pairs.every)
    table = limited(Table("", columns, rows), "pairs")
    return Section("counts", "Judgments", (*table, *_further(pairs), COUNTED))


# --- evidence --------------------------------------------------------------------------------------


def many_evidence_sentence(pairs: Pairs) -> str:
    """For how many pairs one may stop now."""
    enough = sum(part.pair.evidence.highest >= EVIDENCE_NEEDED for part in pairs.every)
    count = f"{_number(pairs)} pairs"
    if not enough:
        return f"None of the {count} has enough evidence yet, if you look as you go."
    has = "has" if enough == 1 else "have"
    return f"{enough:,} of the {count} {has} enough evidence for these raters, however often you looked."


def evidence_of_many(pairs: Pairs) -> Section:
    """Whether one may stop, a row for each pair; how the evidence grew for the main one."""
    columns = (
        _PAIR,
        Column("E-value", 1.0, numbers=True),
        Column("Highest so far", 2.1, numbers=True),
        Column("95% confidence sequence", 1.5, numbers=True),
        Column(f"Reached {EVIDENCE_NEEDED:.0f}", 0.9, numbers=True),
        Column("Prompts still needed", 1.0, numbers=True),
    )
    rows = tuple(_evidence_row(part) for part in pairs.every)
    note = Paragraph(_NEEDED.format("each pair" if not pairs.full else "the other pairs"), Tone.NOTE)
    table = (*limited(Table("", columns, rows), "pairs"), note)
    blocks = (Paragraph(many_evidence_sentence(pairs)), *table, *_curves(pairs))
    return Section("evidence", "Is it enough?", blocks)


_NEEDED = (
    "Prompts still needed: for 80% power of the sign test, if the pair's win rate is the true one. A dash: "
    "none, or as many prompts are won as lost. How the evidence of {0} grew is on the Results page."
)


def _evidence_row(part: PairPart) -> tuple[str, ...]:
    pair = part.pair
    return (
        part.title,
        say.number(pair.e_value),
        highest_words(pair.evidence),
        say.span(*pair.confidence_sequence),
        "yes" if pair.evidence.highest >= EVIDENCE_NEEDED else "not yet",
        say.UNDEFINED if pair.prompts_still_needed is None else f"about {pair.prompts_still_needed:,}",
    )


def _curves(pairs: Pairs) -> Iterator[Block]:
    """Of the main pair: the others' say little more than their rows."""
    if pairs.main in pairs.full:
        yield Subheading(pairs.main.title)
        yield evidence_curve(pairs.main)


# --- the systems -----------------------------------------------------------------------------------


def ranking_of_many(summary: Summary) -> Section | None:
    """Their average win rates as a chart, their scores, and each against each."""
    chart, matrix = _ranking_chart(summary), _matrix(summary)
    return ranking_section(summary.ranking, chart=(chart,), matrix=matrix)


def _ranking_chart(summary: Summary) -> Picture:
    order, opponents = ranked(summary.ranking), _opponents(summary)
    rows = tuple(_ranking_row(summary, system, opponents[system]) for system in order[:MOST_DRAWN])
    chart = ForestPlot("", "", rows, left_words="", right_words="", axis_words="average win rate")
    caption = "Average win rate over the opponents, a tie as half, with 95% intervals; n counts opponents."
    if len(order) > MOST_DRAWN:
        caption = f"{caption} The first {MOST_DRAWN} of {len(order):,} systems."
    return Picture(chart, caption)


def _ranking_row(summary: Summary, system: str, opponents: int) -> ForestRow:
    ranking = summary.ranking
    found = ranking.intervals.average_win_rate.get(system) if ranking.intervals else None
    ends = (found.low, found.high) if found else (None, None)
    return ForestRow("system", system, say.name(system), ranking.average_win_rate[system], *ends, opponents)


def _opponents(summary: Summary) -> Counter[str]:
    pairs = _ranked_pairs(summary)
    kinds = {pair.rater_kind for pair in pairs}
    found = Counter(system for pair in pairs for system in (pair.a, pair.b))
    found.update(s for pair in summary.further if pair.rater_kind in kinds for s in (pair.a, pair.b))
    return found


def _matrix(summary: Summary) -> tuple[Block, ...]:
    order = ranked(summary.ranking)
    if len(order) > MOST_ACROSS:
        return (Paragraph("Each system against each other is in the table of all pairs.", Tone.NOTE),)
    pairs = {frozenset((pair.a, pair.b)): pair for pair in _ranked_pairs(summary)}
    heads = (Column("", 2.6), *(Column(str(n), numbers=True) for n in range(1, len(order) + 1)))
    rows = tuple(
        (f"{n}  {say.name(row)}", *(_cell(pairs, row, column) for column in order))
        for n, row in enumerate(order, 1)
    )
    note = Paragraph(
        "Win rate of the system of the row against that of the column, which has its number. A star: the "
        "whole interval lies on one side of 50%. A dash: not judged.",
        Tone.NOTE,
    )
    return Table("Each against each", heads, rows), note


def _ranked_pairs(summary: Summary) -> tuple[PairSummary, ...]:
    """Those that the ranking is of: people's, and where nobody judged those of automatic raters."""
    people = tuple(pair for pair in summary.comparisons if pair.rater_kind is RaterKind.HUMAN)
    return people or summary.comparisons


def _cell(pairs: Mapping[frozenset[str], PairSummary], row: str, column: str) -> str:
    pair = pairs.get(frozenset((row, column)))
    if pair is None:
        return "" if row == column else say.UNDEFINED
    rate = seen_from(pair, row)
    return f"{say.percent(rate[0])}{'*' if _is_clear(*rate) else ''}"
