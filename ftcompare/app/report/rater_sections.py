"""What a report says of the raters: each of them, their agreement, their sides, the checks and the blind."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Facts, Paragraph, Section, Subheading, Table, Tone
from ftcompare.app.report.pair_names import limited
from ftcompare.app.report.report_data import Material, RaterFacts
from ftcompare.app.results.blind_checks import BlindChecks
from ftcompare.core.study import RaterKind
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.automatic_raters import AutomaticRater
from ftcompare.stats.blinding_index import BlindingIndex
from ftcompare.stats.position_and_length_bias import PositionBias
from ftcompare.stats.rater_quality import Proportion, QualityFigures
from ftcompare.stats.resampling import Interval
from ftcompare.stats.win_rate import Rate

MOST_KAPPAS = 45
SURENESS = {1: "a hunch", 2: "fairly sure", 3: "certain"}


def raters_section(material: Material) -> Section:
    """How many judgments are whose, and how each rater did on the checks."""
    columns = (
        Column("Rater", 2.4),
        *(
            Column(title, width, numbers=True)
            for title, width in (
                ("Judgm.", 0.9),
                ("Median time", 1.0),
                ("Under 3 s", 1.3),
                ("Repeats alike", 1.2),
                ("α of repeats", 1.0),
                ("Gold right", 1.2),
                ("Controls, a side", 1.2),
                ("Left chosen", 1.3),
            )
        ),
    )
    rows = tuple(_rater_row(facts) for facts in material.raters if facts.judgments)
    table = Table("", columns, rows)
    blocks = (*limited(table, "raters"), *_intervals(material), *_together(material.checks))
    if material.checks is not None:
        blocks = (*blocks, _NOTE_ON_CHECKS)
    return Section("raters", "Raters", blocks or (Paragraph("Nobody has judged yet."),))


_NOTE_ON_CHECKS = Paragraph(
    "Repeats alike: hidden repeats with swapped sides on which the same answer was preferred again. Gold "
    "right: pairs with a known better answer on which it was preferred. Controls, a side: pairs of the same "
    "system twice on which a side was preferred. α of repeats needs ten of them. A dash: not asked or not "
    "defined.",
    Tone.NOTE,
)


def _rater_row(facts: RaterFacts) -> tuple[str, ...]:
    told = (
        "automatic" if facts.rater.kind is RaterKind.AUTOMATIC else "",
        "left out" if facts.quality and facts.quality.excluded else "",
    )
    aside = ", ".join(filter(None, told))
    title = f"{say.name(facts.rater.name)}{f' ({aside})' if aside else ''}"
    return title, f"{facts.judgments:,}", *_quality_cells(facts.quality.figures if facts.quality else None)


def _quality_cells(figures: QualityFigures | None) -> tuple[str, ...]:
    if figures is None:
        return (say.UNDEFINED,) * 7
    seconds = figures.median_seconds
    return (
        say.UNDEFINED if seconds is None else f"{seconds:.1f} s",
        say.of(figures.fast),
        say.of(figures.repeats),
        say.decimals(figures.repeat_alpha),
        say.of(figures.gold),
        say.of(figures.controls),
        say.of(figures.left),
    )


def _intervals(material: Material) -> tuple[Block, ...]:
    """The 95% intervals of the shares of the table above."""
    titles = ("Under 3 s", "Repeats alike", "Gold right", "Controls, a side", "Left chosen")
    columns = (Column("Rater", 2.4), *(Column(title, 1.6, numbers=True) for title in titles))
    rows = tuple(
        (say.name(facts.rater.name), *_interval_cells(facts.quality.figures))
        for facts in material.raters
        if facts.judgments and facts.quality
    )
    return limited(Table("95% intervals of these shares", columns, rows), "raters")


def _interval_cells(figures: QualityFigures) -> Iterator[str]:
    for found in (figures.fast, figures.repeats, figures.gold, figures.controls, figures.left):
        yield say.span(found.low, found.high)


def _together(checks: BlindChecks | None) -> tuple[Block, ...]:
    """The checks of all people together, with intervals."""
    if checks is None or checks.together is None:
        return ()
    asked = (
        ("Hidden repeats answered alike", checks.together.repeats),
        ("Gold items right", checks.together.gold),
        ("Judged in under 3 s", checks.together.fast),
    )
    rows = tuple(_share_row(title, found) for title, found in asked if found.n)
    return limited(Table("All people together", _SHARE_COLUMNS, rows), "checks")


_SHARE_COLUMNS = (
    Column("", 2.4),
    Column("Number", 1.2, numbers=True),
    Column("Share", 0.9, numbers=True),
    Column("95% interval", 1.4, numbers=True),
)


def _share_row(title: str, found: Proportion) -> tuple[str, ...]:
    return title, f"{found.hits:,} of {found.n:,}", say.share(found.value), say.span(found.low, found.high)


def agreement_section(found: Agreement) -> Section:
    """How far raters agree."""
    facts = Facts(
        (
            ("Pairs judged by two raters or more", f"{found.units:,}"),
            ("Agreement of two answers to one pair", say.share(found.percent)),
            ("Krippendorff's α, ordinal", _alpha(found.alpha_ordinal, found.alpha_ordinal_interval)),
            ("Krippendorff's α, nominal", _alpha(found.alpha_nominal, found.alpha_nominal_interval)),
            ("Gwet's AC1", say.decimals(found.gwet_ac1.value if found.gwet_ac1 else None)),
        )
    )
    kappas = sorted(found.cohen_kappa, key=lambda kappa: -kappa.n)
    rows = tuple((*map(say.name, k.raters), say.decimals(k.value), f"{k.n:,}") for k in kappas[:MOST_KAPPAS])
    columns = (Column("Rater", 2), Column("Rater", 2), Column("κ", numbers=True), Column("n", numbers=True))
    left = len(kappas) - MOST_KAPPAS
    more = (Paragraph(f"{left:,} more pairs of raters are not listed.", Tone.NOTE),) if left > 0 else ()
    blocks = (_agreement_sentence(found), facts, *limited(Table("Cohen's κ", columns, rows), ""), *more)
    return Section("agreement", "Agreement", blocks)


def _alpha(value: float | None, interval: Interval | None) -> str:
    if interval is None or interval.low is None:
        return say.decimals(value)
    return f"{say.decimals(value)} (95% interval {say.decimal_span(interval.low, interval.high)})"


def _agreement_sentence(found: Agreement) -> Paragraph:
    if found.alpha_ordinal is None:
        why = "no pair was judged twice" if not found.units else "all judged alike"
        return Paragraph(f"Agreement beyond chance is not defined: {why}.")
    return Paragraph(
        "1 is perfect agreement, 0 what chance gives. A tie, and both bad, lies between the two answers. "
        "All pairs of systems together."
    )


def automatic_section(raters: tuple[AutomaticRater, ...]) -> Section | None:
    """Automatic raters beside people, and against themselves; None without any."""
    if not raters:
        return None
    columns = [Column("Rater", 2), Column("Judgm.", 0.8, numbers=True)]
    for title in ("As most people", "without ties", "Same with sides swapped"):
        columns += [Column(title, 1.3, numbers=True), Column("95% interval", 1.5, numbers=True)]
    columns += [Column(title, 1.0, numbers=True) for title in ("Left both times", "Right both times")]
    text = Paragraph(
        "Their votes are never pooled with those of people. As most people: the share of pairs judged by "
        "both on which they give the answer that most people gave."
    )
    table = Table("", tuple(columns), tuple(map(_automatic_row, raters)))
    return Section("automatic", "Automatic raters", (text, *limited(table, "raters")))


def _automatic_row(rater: AutomaticRater) -> tuple[str, ...]:
    return (
        say.name(rater.name),
        f"{rater.judgments:,}",
        *_counted_rate(rater.agreement),
        *_counted_rate(rater.agreement_decided),
        *_counted_rate(rater.consistency),
        f"{rater.left:,}",
        f"{rater.right:,}",
    )


def _counted_rate(rate: Rate | None) -> tuple[str, str]:
    if rate is None:
        return say.UNDEFINED, say.UNDEFINED
    return f"{rate.value:.1%} of {rate.n:,}", say.span(rate.low, rate.high)


def position_section(found: PositionBias) -> Section:
    """How often the left answer was chosen."""
    if found.left_share is None:
        text = "No judgment for one side has a known place."
        return Section("position", "Position", (Paragraph(text),))
    text = "Sides are drawn at random, so raters who do not favour a side choose left half of the time."
    rows = (
        (
            "Left chosen",
            f"{found.left:,} of {found.left + found.right:,}",
            say.share(found.left_share),
            say.span(found.low, found.high),
        ),
    )
    return Section("position", "Position", (Paragraph(text), Table("", _SHARE_COLUMNS, rows)))


def blind_section(checks: BlindChecks) -> Section:
    """Controls, guesses, and answers that name themselves."""
    blocks = (*_controls(checks.controls), *_guesses(checks), *_naming(checks))
    nothing = Paragraph("Nothing was asked that would tell, and no answer was found that names itself.")
    return Section("blind", "Controls and the blind", blocks or (nothing,))


def _controls(found: Proportion) -> Iterator[Block]:
    if not found.n:
        return
    yield Subheading("Same system twice")
    yield Paragraph(
        "Controls are pairs of the same system twice: nothing should be preferred there but by taste for one "
        "wording."
    )
    row = _share_row("Controls on which a side was preferred", found)
    yield Table("", _SHARE_COLUMNS, (row,))


def _guesses(checks: BlindChecks) -> Iterator[Block]:
    report = checks.blindness
    if not report.guesses or report.overall is None:
        return
    yield Subheading("Guesses which side was fine-tuned")
    yield Paragraph(f"Bang's index: {index_words(report.overall)}. 0 is as by chance, 1 always right.")
    asked = (
        ("All guesses", report.overall),
        ("Fine-tuned on the left", report.tuned_left),
        ("Fine-tuned on the right", report.tuned_right),
        *((say.name(rater), index) for rater, index in report.by_rater.items()),
    )
    rows = tuple(_index_row(title, index) for title, index in asked if index is not None)
    yield from limited(Table("", _INDEX_COLUMNS, rows), "raters")
    sure = tuple((SURENESS.get(s, str(s)), str(right), str(no)) for s, (right, no) in _sureness(checks))
    heads = (Column("How sure", 2), Column("Right", numbers=True), Column("Wrong", numbers=True))
    yield from limited(Table("By how sure raters were", heads, sure), "")
    if report.left_out:
        left_out = say.counted(report.left_out, "guess", "guesses")
        text = f"{left_out} on pairs without a base and an adapter are left out: no side is the fine-tuned."
        yield Paragraph(text, Tone.NOTE)


def _sureness(checks: BlindChecks) -> list[tuple[int, tuple[int, int]]]:
    return sorted(checks.blindness.by_sureness.items())


_INDEX_COLUMNS = (
    Column("", 2.2),
    Column("Right", numbers=True),
    Column("Wrong", numbers=True),
    Column("Unsure", numbers=True),
    Column("Index", numbers=True),
    Column("95% interval", 1.5, numbers=True),
)


def _index_row(title: str, index: BlindingIndex) -> tuple[str, ...]:
    answers = (f"{index.correct:,}", f"{index.wrong:,}", f"{index.unsure:,}")
    return title, *answers, say.decimals(index.value), say.decimal_span(index.low, index.high)


WIDE = 0.6
"""An index whose interval is wider than this says little either way."""


def index_words(index: BlindingIndex) -> str:
    """What an index says."""
    if index.low is None or index.high is None:
        return "too few guesses to say"
    if index.low > 0:
        return "raters could tell"
    if index.high < 0:
        return "raters took the wrong one for it"
    return "too few guesses to say" if index.high - index.low > WIDE else "raters could not tell"


def _naming(checks: BlindChecks) -> Iterator[Block]:
    found = checks.naming
    if not found.responses:
        return
    yield Subheading("Answers that say what wrote them")
    answers = say.counted(len(found.responses), "answer")
    prompts = say.counted(len(found.prompts), "prompt")
    first = "; ".join(f"“{say.name(flagged.found[0].text)}”" for flagged in found.responses[:3])
    yield Paragraph(
        f"{answers} to {prompts} may give the model away, for example by {first}. They are found by phrases; "
        "a find proves nothing."
    )
