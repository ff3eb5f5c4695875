"""What a report says of each pair of systems: win rate, counts, evidence, length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Facts, Paragraph, Picture, Section, Table, Tone
from ftcompare.app.report.pair_names import SPLITS, PairPart, by_pair, limited, part_name
from ftcompare.app.results.charts import EvidenceCurve, ForestPlot, ForestRow
from ftcompare.app.results.many_pairs import FEW
from ftcompare.app.results.study_results import EVIDENCE_NEEDED
from ftcompare.stats.differences import SplitDifference
from ftcompare.stats.sequential import Evidence
from ftcompare.stats.summary import Counts, PairSummary, SummarySlice
from ftcompare.stats.win_rate import Rate

CHART_ROWS = 22
"""Splits and categories in one chart: with more it would not fit on a page."""

EVEN = 0.5
HEADINGS = {"split": "BY SPLIT", "category": "BY CATEGORY", "tag": "BY TAG"}


def win_rate_section(parts: tuple[PairPart, ...]) -> Section:
    """The forest plot, the figures behind it, and the same in a table."""
    return Section("win-rate", "Win rate", by_pair(parts, _win_rate))


def _win_rate(part: PairPart) -> Iterator[Block]:
    pair = part.pair
    these = "; for these raters" if pair.win_rate_over_raters else ""
    yield forest_picture(part)
    rows = [
        _rate_row("For raters like these", pair.win_rate_over_raters),
        _rate_row("For these raters alone", pair.win_rate),
        ("Standard error over prompts", _points(pair), "", ""),
        ("Prompts won, lost, even", decided_words(pair), "", "by the mean of their judgments"),
        ("Share won of the decided", _won(pair), _ends(pair.sign_test_interval), "exact"),
        ("Sign test over prompts, p", say.number(pair.sign_test_p), "", f"exact, two-sided{these}"),
        (
            f"Probability that {pair.b} is better",
            say.probability(pair.probability_b_better),
            "",
            f"Beta posterior, of prompts won{these}",
        ),
    ]
    columns = (Column("", 2.4), Column("Value", 0.9, numbers=True), Column("95% interval", 1.3, numbers=True))
    yield Table(f"Win rate of {pair.b}", (*columns, Column("Method", 1.6)), tuple(rows))
    yield from rates_by_part(part)


def forest_picture(part: PairPart) -> Picture:
    """The forest plot with its caption."""
    return Picture(forest_plot(part), _forest_caption(part))


def rates_by_part(part: PairPart) -> Iterator[Block]:
    """By split, category, tag and rater, and how splits differ."""
    yield from _slices(part)
    yield from _differences(part)


def decided_words(pair: PairSummary) -> str:
    """Prompts won, lost and even."""
    return f"{pair.by_prompt.wins:,}, {pair.by_prompt.losses:,}, {pair.by_prompt.ties:,}"


def _points(pair: PairSummary) -> str:
    error = pair.standard_error
    return say.UNDEFINED if error is None else f"{100 * error:.2f} points"


def _won(pair: PairSummary) -> str:
    decided = pair.by_prompt.wins + pair.by_prompt.losses
    return say.share(pair.by_prompt.wins / decided if decided else None)


def _ends(found: tuple[float, float] | None) -> str:
    return say.span(*found) if found else say.UNDEFINED


def _differences(part: PairPart) -> tuple[Block, ...]:
    """Whether what was seen in training is preferred more than what was not."""
    rows = tuple(
        (
            f"{SPLITS[found.first.value]} less {SPLITS[found.second.value].lower()}",
            f"{found.prompts_first:,} and {found.prompts_second:,}",
            f"{say.share(found.rate_first)} less {say.share(found.rate_second)}",
            say.points(found.difference),
            say.point_span(found.low, found.high),
            _learnt(found),
        )
        for found in part.pair.split_differences
    )
    columns = (
        Column("Splits", 1.9),
        Column("Prompts", 1.0, numbers=True),
        Column("Win rates", 1.5, numbers=True),
        Column("Difference", 1.1, numbers=True),
        Column("95% interval", 1.5, numbers=True),
        Column("", 1.8),
    )
    return limited(Table("What was learnt: how the win rate differs between splits", columns, rows), "")


def _learnt(found: SplitDifference) -> str:
    if found.low is None or found.high is None:
        return "too little to say"
    if found.low <= 0 <= found.high:
        return "not enough to tell apart"
    return f"stronger on {SPLITS[(found.first if found.low > 0 else found.second).value].lower()}"


def _rate_row(title: str, rate: Rate | None) -> tuple[str, ...]:
    if rate is None:
        return title, say.UNDEFINED, say.UNDEFINED, "needs two raters and two prompts"
    return title, *say.rate_cells(rate), rate.method


def _forest_caption(part: PairPart) -> str:
    over = part.pair.win_rate_over_raters is not None
    whole = "All prompts has the interval for raters like these; the others are" if over else "Intervals are"
    left = len(part.parts) - CHART_ROWS
    more = f" {left} more are in the table below." if left > 0 else ""
    return (
        f"Share of judgments that prefer {part.pair.b}, a tie as half, with 95% intervals. The broken line "
        f"is 50%: neither preferred. {whole} for these raters. n counts prompts.{more}"
    )


def forest_plot(part: PairPart) -> ForestPlot:
    """All prompts, then each split, then each category."""
    pair, both = part.pair, part.pair.win_rate_over_raters
    rows = [_row("all", "All prompts", both or pair.win_rate, pair.prompts)]
    if both is not None:
        rows.append(_row("these", "for these raters alone", pair.win_rate, pair.prompts))
    rows += [
        _row(s.dimension, part_name(s), s.rate, s.counts.prompts, s.name) for s in part.parts[:CHART_ROWS]
    ]
    return ForestPlot(a=pair.a, b=pair.b, rows=tuple(rows), headings=HEADINGS)


def _row(dimension: str, words: str, rate: Rate, prompts: int, stored: str = "") -> ForestRow:
    return ForestRow(dimension, stored, words, rate.value, rate.low, rate.high, prompts)


def _slices(part: PairPart) -> tuple[Block, ...]:
    by_rater = [s for s in part.pair.slices if s.dimension == "rater"]
    return (
        *_slice_table("By split, category and tag", part.parts, part, "categories"),
        *(_slice_table("By rater", by_rater, part, "raters") if len(by_rater) > 1 else ()),
    )


def _slice_table(
    caption: str, slices: Iterable[SummarySlice], part: PairPart, what: str
) -> tuple[Block, ...]:
    rows = tuple((part_name(s), *count_cells(s.counts), *say.rate_cells(s.rate)) for s in slices)
    return limited(Table(caption, (Column("", 2.0), *part.heads), rows), what)


def count_cells(counts: Counts | PairSummary) -> tuple[str, ...]:
    """Under the heads of `PairPart.heads`."""
    return tuple(
        f"{count:,}"
        for count in (
            counts.prompts,
            counts.judgments,
            counts.wins_b,
            counts.ties,
            counts.both_bad,
            counts.wins_a,
        )
    )


def counts_section(parts: tuple[PairPart, ...]) -> Section:
    """Judgments by answer."""
    return Section("counts", "Judgments", (*by_pair(parts, _counts), COUNTED))


COUNTED = Paragraph(
    "Standing judgments: those taken back and pairs skipped are not counted. Both bad means that the rater "
    "would have given neither answer; the win rate takes it as a tie.",
    Tone.NOTE,
)


def _counts(part: PairPart) -> Iterator[Block]:
    pair = part.pair
    rows = (
        (f"{pair.b} preferred", pair.wins_b),
        (f"{pair.a} preferred", pair.wins_a),
        ("About equal", pair.ties),
        ("Both bad", pair.both_bad),
        ("Together", pair.judgments),
    )
    columns = (Column("Answer", 3), Column("Judgments", numbers=True), Column("Share", numbers=True))
    cells = tuple((title, f"{n:,}", say.share(n / pair.judgments)) for title, n in rows)
    caption = f"{say.counted(pair.judgments, 'judgment')} on {say.counted(pair.prompts, 'prompt')}"
    yield Table(caption, columns, cells)


def evidence_section(parts: tuple[PairPart, ...]) -> Section:
    """Whether one may stop: what may be watched at any time."""
    return Section("evidence", "Is it enough?", by_pair(parts, _evidence))


def _evidence(part: PairPart) -> Iterator[Block]:
    pair = part.pair
    yield Paragraph(evidence_sentence(pair))
    yield evidence_curve(part)
    yield Facts(
        (
            ("E-value", f"{say.number(pair.e_value)} (needed: {EVIDENCE_NEEDED:.0f})"),
            ("Highest so far", highest_words(pair.evidence)),
            ("95% confidence sequence", say.span(*pair.confidence_sequence)),
            ("Prompts still needed", _still_needed(pair)),
        )
    )


def evidence_curve(part: PairPart) -> Picture:
    """How the evidence grew."""
    return Picture(
        EvidenceCurve(
            prompts=part.path.prompts,
            values=part.path.values,
            threshold=EVIDENCE_NEEDED,
            threshold_words=f"enough evidence ({EVIDENCE_NEEDED:.0f})",
        ),
        "The e-value after each prompt, in the order in which prompts were first judged "
        f"(n = {say.counted(part.pair.prompts, 'prompt')}). It may be looked at after every prompt.",
    )


def _still_needed(pair: PairSummary) -> str:
    """By the sign test, which speaks for these raters."""
    if pair.prompts_still_needed is not None:
        return f"about {pair.prompts_still_needed:,} for 80% power, if this rate is the true one"
    if pair.by_prompt.wins == pair.by_prompt.losses:
        return "cannot be told: as many prompts are won as lost"
    these = ", for these raters" if pair.win_rate_over_raters else ""
    return f"none for the sign test{these}"


def highest_words(found: Evidence) -> str:
    """The highest e-value so far, and when it was."""
    after = say.counted(found.at, "prompt")
    return f"{say.number(found.highest)} after {after}" if found.at else "never above 1"


def evidence_sentence(pair: PairSummary) -> str:
    """Whether one may stop now: what the evidence reached once it keeps."""
    shown, needed = say.number(pair.e_value), f"{EVIDENCE_NEEDED:.0f}"
    enough = "Enough for these raters, however often you looked:"
    if pair.e_value >= EVIDENCE_NEEDED:
        return f"{enough} e-value {shown}, needed {needed}."
    if pair.evidence.highest >= EVIDENCE_NEEDED:
        return f"{enough} the e-value was {highest_words(pair.evidence)}, needed {needed}."
    return f"Not enough yet if you look as you go: e-value {shown}, needed {needed}."


def length_section(parts: tuple[PairPart, ...]) -> Section:
    """The win rate at equal length beside the raw one."""
    methods = [_length_method(part) for part in parts]
    below = len(parts) > FEW
    rows = tuple(
        (
            part.title,
            *say.rate_cells(part.pair.win_rate),
            *say.rate_cells(part.pair.length_controlled),
            *(() if below else (method or "cannot be told",)),
        )
        for part, method in zip(parts, methods, strict=True)
    )
    columns = (
        Column("Win rate of", 2),
        Column("As judged", numbers=True),
        Column("95% interval", 1.4, numbers=True),
        Column("At equal length", numbers=True),
        Column("95% interval", 1.4, numbers=True),
        *(() if below else (Column("Method", 1.4),)),
    )
    text = Paragraph(
        "Longer answers are often preferred for their length. At equal length is the win rate expected if "
        "both answers were equally long and stood on no side. It cannot be told where lengths hardly vary, "
        "prompts are few, or length and preference go together without exception."
    )
    used = "; ".join(dict.fromkeys(filter(None, methods))) or "none could be used"
    note = (Paragraph(f"Method: {used}. A dash: cannot be told.", Tone.NOTE),) if below else ()
    return Section("length", "Length", (text, *limited(Table("", columns, rows), "pairs"), *note))


def _length_method(part: PairPart) -> str:
    rate = part.pair.length_controlled
    return rate.method if rate else ""
