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
from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import BlindChecks, Group, PairResults
from ftcompare.app.results.presentation.pairs import limited
from ftcompare.app.results.presentation.rater_tables import kappa_table
from ftcompare.app.review.terminology import JudgedPair
from ftcompare.core.language import N_, counted, decimal, in_own_signs, tr, trn
from ftcompare.core.study import RaterKind
from ftcompare.stats.rater_quality import BlindingIndex, QualityFigures

MOST_KAPPAS = 45
SHARES = (
    (N_("Under 3 s"), 1.3, "fast"),
    (N_("Asked again: same"), 1.2, "repeats"),
    (N_("Known answer: right"), 1.2, "gold"),
    (N_("Same model on both sides: one preferred"), 1.2, "controls"),
    (N_("Preference for the left side"), 1.3, "left"),
)
"""Title and width of each share of a rater's judgments, and its attribute of `QualityFigures`."""
ALPHA = 2
"""The place among them of the repeats' agreement beyond chance."""
SURENESS = {1: N_("a hunch"), 2: N_("fairly sure"), 3: N_("certain")}


def raters_section(data: ReportData, results: PairResults) -> Section:
    checks = [(tr(title), width) for title, width, _ in SHARES]
    checks.insert(ALPHA, (tr("The same, beyond chance (α)"), 1.2))
    numbers = number_columns((tr("Judgm."), 0.9), tr("Median time"), *checks)
    rows = tuple(_rater_row(facts) for facts in data.raters if facts.judgments)
    table = Table("", (Column(tr("Rater"), 2.4), *numbers), rows)
    found = figures(results, Group.CHECKS)
    together = (Figures(found.id, tr("All people together"), found.figures),) if found.figures else ()
    blocks = (
        *limited(table, tr("raters")),
        *_intervals(data),
        *together,
        Paragraph(tr(_NOTE_ON_CHECKS), Tone.NOTE),
    )
    return Section("raters", tr("Raters"), blocks)


_NOTE_ON_CHECKS = N_(
    "Asked again: hidden repeats with swapped sides on which the same answer was preferred again. Known "
    "answer: pairs with a known better answer on which it was preferred. Same model on both sides: pairs of "
    "the same system twice on which a side was preferred. Beyond chance (α) needs ten of them. A dash: not "
    "asked or not defined."
)


def _rater_row(facts: RaterFacts) -> tuple[str, ...]:
    told = (
        tr("automatic") if facts.rater.kind is RaterKind.AUTOMATIC else "",
        tr("left out") if facts.excluded else "",
    )
    aside = ", ".join(filter(None, told))
    title = f"{say.name(facts.rater.name)}{f' ({aside})' if aside else ''}"
    return title, decimal(facts.judgments), *_quality_cells(facts.quality.figures if facts.quality else None)


def _quality_cells(quality: QualityFigures | None) -> tuple[str, ...]:
    if quality is None:
        return (say.UNDEFINED,) * 7
    seconds = quality.median_seconds
    time = say.UNDEFINED if seconds is None else in_own_signs(f"{seconds:.1f} s")
    checks = [say.of(getattr(quality, share)) for *_, share in SHARES]
    checks.insert(ALPHA, say.decimals(quality.repeat_alpha))
    return time, *checks


def _intervals(data: ReportData) -> tuple[Block, ...]:
    columns = (Column(tr("Rater"), 2.4), *number_columns(*((tr(title), 1.6) for title, *_ in SHARES)))
    known = (
        (facts.rater.name, facts.quality.figures)
        for facts in data.raters
        if facts.judgments and facts.quality
    )
    shares = ((name, [getattr(figures, share) for *_, share in SHARES]) for name, figures in known)
    rows = tuple((say.name(name), *(say.span(one.low, one.high) for one in own)) for name, own in shares)
    return limited(Table(tr("95% intervals of these shares"), columns, rows), tr("raters"))


MOST_COMMENTS = 40
"""Maximum number of listed comments; the Review page has all."""
MOST_REASONS = 8


def comments_section(data: ReportData) -> Section | None:
    """Comments, flags and skips; None without any."""
    found = data.comments
    if not found.any:
        return None
    counts = (
        (tr("Comments"), decimal(found.commented)),
        (tr("Flagged for the owner"), counted(found.flagged, "judgment")),
        (tr("Skipped"), f"{counted(found.skipped, 'pair')}{_reasons(found)}"),
    )
    return Section("comments", tr("Comments"), (Facts(counts), *_comments(found)))


def _reasons(comments: Comments) -> str:
    told = (f"{say.name(reason)} ({decimal(count)})" for reason, count in comments.reasons[:MOST_REASONS])
    words_told = ", ".join(told)
    return f": {words_told}" if words_told else ""


def _comments(comments: Comments) -> Iterator[Block]:
    columns = (
        Column(tr("Prompt"), 2.2),
        Column(tr("Rater"), 1.0),
        Column(tr("Answer"), 1.3),
        Column(tr("Comment"), 3.4),
    )
    rows = tuple(map(_comment_row, comments.pairs[:MOST_COMMENTS]))
    if rows:
        yield Table(tr("Raters' comments on single pairs"), columns, rows)
    left = len(comments.pairs) - len(rows)
    if left > 0:
        yield Paragraph(
            trn("{number} more (comment|comments): on the Review page.", left),
            Tone.NOTE,
        )


def _comment_row(pair: JudgedPair) -> tuple[str, ...]:
    verdict = pair.verdict
    answer = tr(verdict.words)
    if verdict.system:
        answer = tr("{system} is better", say.name(verdict.system))
    if pair.flagged:
        answer = tr("{verdict} (flagged)", answer)
    prompt, rater = say.name(pair.prompt.spec.text, 90), say.name(pair.rater.name)
    return prompt, rater, answer, say.words(pair.comment)


def agreement_section(results: PairResults) -> Section:
    found = results.summary.agreement
    kappas = kappa_table(found).written
    left = len(kappas.rows) - MOST_KAPPAS
    more = (
        (Paragraph(tr("{number} more pairs of raters are not listed.", left), Tone.NOTE),) if left > 0 else ()
    )
    table = limited(replace(kappas, rows=kappas.rows[:MOST_KAPPAS]), "")
    return Section("agreement", tr("Agreement"), (figures(results, Group.AGREEMENT), *table, *more))


def position_section(results: PairResults) -> Section:
    text = tr("Sides are drawn at random, so raters who do not favor a side choose left half of the time.")
    return Section("position", tr("Position"), (Paragraph(text), figures(results, Group.POSITION)))


def blind_section(results: PairResults, checks: BlindChecks, *, texts: bool) -> Section:
    """Guesses, self-naming answers and controls; ``texts`` adds the texts of those answers."""
    found = figures(results, Group.BLIND)
    if not found.figures:
        nothing = tr("No question about this was asked, and no answer names its own model.")
        return Section("blind", tr("Checks of blinding"), (Paragraph(nothing),))
    naming = next((figure for figure in found.figures if figure.id == "self_naming"), None)
    examples = naming.explanation.numbers if texts and naming is not None and naming.explanation else ()
    blocks = (found, *(Paragraph(text, Tone.NOTE) for text in examples), *_guesses(checks))
    return Section("blind", tr("Checks of blinding"), blocks)


def _guesses(checks: BlindChecks) -> Iterator[Block]:
    report = checks.blindness
    if report.overall is None:
        return
    guesses = {
        tr("All guesses"): report.overall,
        **{say.name(r): index for r, index in report.by_rater.items()},
    }
    rows = tuple(_index_row(title, index) for title, index in guesses.items() if index.guesses)
    answers = tr("Guessed right"), tr("Guessed wrong"), tr("Unsure")
    numbers = number_columns(*answers, tr("Index"), (tr("95% interval"), 1.5))
    yield from limited(Table(tr("Guesses by rater"), (Column("", 2.2), *numbers), rows), tr("raters"))
    by_sureness = sorted(report.by_sureness.items())
    sure = tuple((tr(SURENESS.get(s, str(s))), str(right), str(no)) for s, (right, no) in by_sureness)
    heads = (Column(tr("How sure"), 2), *number_columns(*answers[:2]))
    yield from limited(Table(tr("By how sure raters were"), heads, sure), "")


def _index_row(title: str, index: BlindingIndex) -> tuple[str, ...]:
    answers = map(decimal, (index.correct, index.wrong, index.unsure))
    return title, *answers, say.decimals(index.value), say.decimal_span(index.low, index.high)
