"""Sections on the raters: each rater, agreement, side bias, checks and blinding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.report.report_data import Comments, RaterFacts, ReportData
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Facts,
    Figures,
    Paragraph,
    Section,
    Table,
    Tone,
    number_columns,
)
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import BlindChecks, PairResults
from ftcompare.app.results.presentation.pairs import limited
from ftcompare.app.results.presentation.rater_tables import kappa_table
from ftcompare.app.review.terminology import JudgedPair
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.stats.rater_quality import BlindingIndex, QualityFigures

MOST_KAPPAS = 45
SURENESS = {1: "a hunch", 2: "fairly sure", 3: "certain"}


def raters_section(data: ReportData, results: PairResults) -> Section:
    repeats = (("Asked again: same", 1.2), ("The same, beyond chance (α)", 1.2))
    checks = (
        *repeats,
        ("Known answer: right", 1.2),
        ("Same model on both sides: one preferred", 1.2),
        ("Preference for the left side", 1.3),
    )
    numbers = number_columns(("Judgm.", 0.9), "Median time", ("Under 3 s", 1.3), *checks)
    rows = tuple(_rater_row(facts) for facts in data.raters if facts.judgments)
    table = Table("", (Column("Rater", 2.4), *numbers), rows)
    found = figures(results, Group.CHECKS)
    together = (Figures(found.id, "All people together", found.figures),) if found.figures else ()
    blocks = (*limited(table, "raters"), *_intervals(data), *together, _NOTE_ON_CHECKS)
    return Section("raters", "Raters", blocks)


_NOTE_ON_CHECKS = Paragraph(
    "Asked again: hidden repeats with swapped sides on which the same answer was preferred again. Known "
    "answer: pairs with a known better answer on which it was preferred. Same model on both sides: pairs of "
    "the same system twice on which a side was preferred. Beyond chance (α) needs ten of them. A dash: not "
    "asked or not defined.",
    Tone.NOTE,
)


def _rater_row(facts: RaterFacts) -> tuple[str, ...]:
    told = (
        "automatic" if facts.rater.kind is RaterKind.AUTOMATIC else "",
        "left out" if facts.excluded else "",
    )
    aside = ", ".join(filter(None, told))
    title = f"{say.name(facts.rater.name)}{f' ({aside})' if aside else ''}"
    return title, f"{facts.judgments:,}", *_quality_cells(facts.quality.figures if facts.quality else None)


def _quality_cells(quality: QualityFigures | None) -> tuple[str, ...]:
    if quality is None:
        return (say.UNDEFINED,) * 7
    seconds = quality.median_seconds
    time = say.UNDEFINED if seconds is None else f"{seconds:.1f} s"
    repeats = (say.of(quality.repeats), say.decimals(quality.repeat_alpha))
    return (
        time,
        say.of(quality.fast),
        *repeats,
        say.of(quality.gold),
        say.of(quality.controls),
        say.of(quality.left),
    )


def _intervals(data: ReportData) -> tuple[Block, ...]:
    titles = (
        "Under 3 s",
        "Asked again: same",
        "Known answer: right",
        "Same model on both sides: one preferred",
        "Preference for the left side",
    )
    columns = (Column("Rater", 2.4), *number_columns(*((title, 1.6) for title in titles)))
    rows = tuple(
        (say.name(facts.rater.name), *_interval_cells(facts.quality.figures))
        for facts in data.raters
        if facts.judgments and facts.quality
    )
    return limited(Table("95% intervals of these shares", columns, rows), "raters")


def _interval_cells(quality: QualityFigures) -> Iterator[str]:
    for share in (quality.fast, quality.repeats, quality.gold, quality.controls, quality.left):
        yield say.span(share.low, share.high)


MOST_COMMENTS = 40
"""Maximum number of listed comments; the Review page has all."""
MOST_REASONS = 8


def comments_section(data: ReportData) -> Section | None:
    """Comments, flags and skips; None without any."""
    found = data.comments
    if not found.any:
        return None
    counts = (
        ("Comments", f"{found.commented:,}"),
        ("Flagged for the owner", counted(found.flagged, "judgment")),
        ("Skipped", f"{counted(found.skipped, 'pair')}{_reasons(found)}"),
    )
    return Section("comments", "Comments", (Facts(counts), *_comments(found)))


def _reasons(comments: Comments) -> str:
    told = (f"{say.name(reason)} ({count:,})" for reason, count in comments.reasons[:MOST_REASONS])
    words_told = ", ".join(told)
    return f": {words_told}" if words_told else ""


def _comments(comments: Comments) -> Iterator[Block]:
    columns = (Column("Prompt", 2.2), Column("Rater", 1.0), Column("Answer", 1.3), Column("Comment", 3.4))
    rows = tuple(map(_comment_row, comments.pairs[:MOST_COMMENTS]))
    if rows:
        yield Table("Raters' comments on single pairs", columns, rows)
    left = len(comments.pairs) - len(rows)
    if left > 0:
        yield Paragraph(f"{counted(left, 'more comment')}: on the Review page.", Tone.NOTE)


def _comment_row(pair: JudgedPair) -> tuple[str, ...]:
    verdict = pair.verdict
    answer = f"{say.name(verdict.system)} is better" if verdict.system else verdict.words
    flag = " (flagged)" if pair.flagged else ""
    prompt, rater = say.name(pair.prompt.spec.text, 90), say.name(pair.rater.name)
    return prompt, rater, f"{answer}{flag}", say.words(pair.comment)


def agreement_section(results: PairResults) -> Section:
    found = results.summary.agreement
    kappas = kappa_table(found).written
    left = len(kappas.rows) - MOST_KAPPAS
    more = (Paragraph(f"{left:,} more pairs of raters are not listed.", Tone.NOTE),) if left > 0 else ()
    table = limited(replace(kappas, rows=kappas.rows[:MOST_KAPPAS]), "")
    return Section("agreement", "Agreement", (figures(results, Group.AGREEMENT), *table, *more))


def position_section(results: PairResults) -> Section:
    text = "Sides are drawn at random, so raters who do not favor a side choose left half of the time."
    return Section("position", "Position", (Paragraph(text), figures(results, Group.POSITION)))


def blind_section(results: PairResults, checks: BlindChecks, *, texts: bool) -> Section:
    """Guesses, self-naming answers and controls; ``texts`` adds the texts of those answers."""
    found = figures(results, Group.BLIND)
    if not found.figures:
        nothing = "No question about this was asked, and no answer names its own model."
        return Section("blind", "Checks of blinding", (Paragraph(nothing),))
    naming = next((figure for figure in found.figures if figure.id == "self_naming"), None)
    examples = naming.explanation.numbers if texts and naming is not None and naming.explanation else ()
    blocks = (found, *(Paragraph(text, Tone.NOTE) for text in examples), *_guesses(checks))
    return Section("blind", "Checks of blinding", blocks)


def _guesses(checks: BlindChecks) -> Iterator[Block]:
    report = checks.blindness
    if report.overall is None:
        return
    asked = (("All guesses", report.overall), *((say.name(r), index) for r, index in report.by_rater.items()))
    rows = tuple(_index_row(title, index) for title, index in asked if index.guesses)
    yield from limited(Table("Guesses by rater", _INDEX_COLUMNS, rows), "raters")
    by_sureness = sorted(report.by_sureness.items())
    sure = tuple((SURENESS.get(s, str(s)), str(right), str(no)) for s, (right, no) in by_sureness)
    heads = (Column("How sure", 2), *number_columns("Right", "Wrong"))
    yield from limited(Table("By how sure raters were", heads, sure), "")


_INDEX_COLUMNS = (
    Column("", 2.2),
    *number_columns("Right", "Wrong", "Unsure", "Index", ("95% interval", 1.5)),
)


def _index_row(title: str, index: BlindingIndex) -> tuple[str, ...]:
    answers = (f"{index.correct:,}", f"{index.wrong:,}", f"{index.unsure:,}")
    return title, *answers, say.decimals(index.value), say.decimal_span(index.low, index.high)
