"""``ftcompare results``: the figures of a study as text, as JSON or as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ftcompare.app.generate.generation_state import settings_in_use
from ftcompare.app.raters.quality import blindness, controls
from ftcompare.app.results.asked_pairs import asked_pairs
from ftcompare.app.results.criteria import study_details
from ftcompare.app.results.document import results_json
from ftcompare.app.results.many_pairs import further_words, told_in_full
from ftcompare.app.results.study_results import Results, Variant, VariantKind, headline, live_results, results
from ftcompare.app.study.shown_names import base_names
from ftcompare.cli.command_support import (
    JSON,
    REPLACE,
    STUDY,
    OutputPath,
    altered_status,
    counted,
    interval,
    now,
    opened,
    percent,
    print_json,
    print_pairs,
    say,
)
from ftcompare.cli.results_checks import agreement_lines, check_lines, mix_lines
from ftcompare.cli.results_criteria import details_lines
from ftcompare.cli.results_pairs import pair_table, pair_title, ranking_rows, reading_line
from ftcompare.stats.criteria import CriteriaResults
from ftcompare.stats.summary import AskedPairs, PairSummary, Summary
from ftcompare.stats.win_rate import Rate
from ftcompare.store.study.study_file import StudyFile


@click.command("results", short_help="Show the win rate and what it rests on, or write a report.")
@STUDY
@JSON
@click.option("--html", type=OutputPath(), metavar="FILE", help="Write a report as a web page.")
@click.option("--pdf", type=OutputPath(), metavar="FILE", help="Write a report as a PDF.")
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    help="Of the PDF; by default what is usual in your country.",
)
@click.option(
    "--pair",
    "named",
    type=(str, str),
    multiple=True,
    metavar="A B",
    help="The figures of these two systems; may be given again for others.",
)
@REPLACE
def results_(
    study: Path,
    html: Path | None,
    pdf: Path | None,
    paper: str | None,
    named: tuple[tuple[str, str], ...],
    *,
    replace: bool,
    as_json: bool,
) -> int:
    """Show wins, ties and the win rate with its interval, or write them as a report.

    Exit 1 where the study was altered.
    """
    with opened(study) as file:
        asked = asked_pairs(file, named)
        if html or pdf:
            targets = {"html": html, "pdf": pdf}
            _write_reports(file, targets, paper, asked, replace=replace, quiet=as_json)
            if not as_json:
                return altered_status(file)
        if as_json:
            print_json(results_json(file, asked))
            return altered_status(file)
        found, live = results(file, asked), live_results(file, asked)
        details = study_details(file, found.summary.with_figures)
        checks = [*check_lines(controls(file), blindness(file)), *mix_lines(settings_in_use(file))]
        bases = base_names(file)
        status = altered_status(file)
    full = told_in_full(found.summary.comparisons, bases, asked=found.summary.asked)
    _print_results(found, details, full)
    for variant in found.variants:
        _print_variant(variant, full)
    checks = [*agreement_lines(found.summary.agreement), *checks]
    if checks:
        click.echo("")
        print_pairs(checks)
    _print_live(live, blinded=found.study.blinded)
    return status


def _print_live(live: Summary, *, blinded: bool) -> None:
    if live.judgments and blinded:
        click.echo("")
        say(f"Live, kept apart: {counted(live.judgments, 'vote')}, told after unblinding")
        return
    for pair in live.comparisons:
        click.echo("")
        say(f"Live, kept apart: {counted(pair.judgments, 'vote')}")
        print_pairs([_rate_line(pair)])


def _write_reports(
    file: StudyFile,
    places: Mapping[str, Path | None],
    paper: str | None,
    asked: AskedPairs | None,
    *,
    replace: bool,
    quiet: bool,
) -> None:
    """The files that were asked for; what draws and sets them is loaded only then."""
    from ftcompare.app.report import PaperSize, ReportForm, usual_paper, write_report

    targets = [(path, ReportForm(f".{form}")) for form, path in places.items() if path is not None]
    size = PaperSize(paper) if paper else usual_paper()
    write_report(file, targets, now=now(), paper=size, replace=replace, asked=asked)
    if not quiet:
        for path, _ in targets:
            say(f"Wrote {path}.")


def _print_variant(variant: Variant, full: Sequence[PairSummary]) -> None:
    """The win rates once more, with what is left out, of the pairs that are told in full."""
    left_out = {
        VariantKind.EXCLUDED_RATERS: f"without {', '.join(variant.raters)}",
        VariantKind.SELF_NAMING: f"without {_self_naming(variant)}",
        VariantKind.BOTH: f"without {', '.join(variant.raters)} and {_self_naming(variant)}",
    }
    click.echo("")
    say(f"The same {left_out[variant.kind]}: {counted(variant.judgments, 'judgment')}")
    kept = [pair for one in full if (pair := variant.of(one))]
    if len(full) == 1:
        print_pairs([_rate_line(pair) for pair in kept])
    else:
        print_pairs([(pair_title(pair), rate_words(pair.win_rate, pair.prompts)) for pair in kept])


def _self_naming(variant: Variant) -> str:
    return f"{counted(variant.prompts, 'prompt')} with an answer that gives its model away"


def _print_results(found: Results, details: CriteriaResults, full: Sequence[PairSummary]) -> None:
    pairs = found.summary.comparisons
    many = len(full) < len(pairs)
    if many or not pairs:
        say(found.headline)
    if found.study.blinded:
        click.echo(
            "Still blinded: neutral names. Looking early is safe only for the e-value. "
            "Rates by category, split, tag, rater and criterion are told after unblinding."
        )
    if many:
        _print_all(found, full)
    elif found.summary.further:
        say(further_words(found.summary))
    for number, pair in enumerate(full):
        if number or many or found.study.blinded:
            click.echo("")
        say(headline(pair))
        print_pairs([*_pair_lines(pair), *([] if found.study.blinded else _part_lines(pair, details))])


def _print_all(found: Results, full: Sequence[PairSummary]) -> None:
    """All pairs in a table, then the systems in their order."""
    pairs = found.summary.comparisons
    click.echo("")
    for line in pair_table(pairs, blinded=found.study.blinded):
        say(line)
    say(reading_line(pairs, full))
    if found.summary.further:
        say(further_words(found.summary))
    if not found.study.blinded:
        click.echo("\nAverage win rate")
        print_pairs([(f"  {name}", told) for name, told in ranking_rows(found.summary)])


def _pair_lines(pair: PairSummary) -> list[tuple[str, str]]:
    return [
        (
            f"{pair.rater_kind.capitalize()} raters",
            f"{counted(pair.judgments, 'judgment')} on {counted(pair.prompts, 'prompt')}",
        ),
        (f"Wins of {pair.a}", str(pair.wins_a)),
        (f"Wins of {pair.b}", str(pair.wins_b)),
        ("About equal", str(pair.ties)),
        ("Both bad", str(pair.both_bad)),
        _rate_line(pair),
        ("  for raters like these", _over_raters(pair)),
        ("Sign test p", _number(pair.sign_test_p)),
        ("E-value", _number(pair.e_value)),
    ]


def _part_lines(pair: PairSummary, details: CriteriaResults) -> list[tuple[str, str]]:
    """By split, category, tag and rater; criteria, strengths and reasons. Not told while blinded."""
    slices = [(f"  {s.dimension}: {s.name}", rate_words(s.rate, s.counts.prompts)) for s in pair.slices]
    return [*slices, *details_lines(details.of(pair.a, pair.b, pair.rater_kind), rate_words)]


def _rate_line(pair: PairSummary) -> tuple[str, str]:
    return f"Win rate of {pair.b}", rate_words(pair.win_rate, pair.prompts)


def _over_raters(pair: PairSummary) -> str:
    rate = pair.win_rate_over_raters
    return rate_words(rate, pair.prompts) if rate else "not defined: it needs two raters and two prompts"


def rate_words(rate: Rate, prompts: int, judgments: int = 0) -> str:
    """A rate with its interval, method and n: the prompts, which are what is sampled.

    Args:
        rate: of the judgments of these prompts.
        prompts: that were judged.
        judgments: told first, of what is counted by them; 0 to leave them out.
    """
    n = f"n = {counted(prompts, 'prompt')}"
    n = f"n = {counted(judgments, 'judgment')}, {counted(prompts, 'prompt')}" if judgments else n
    if rate.low is None or rate.high is None:
        return f"{percent(rate.value)} ({n}, no interval)"
    return f"{percent(rate.value)} ({interval(rate.low, rate.high, rate.level)}, {rate.method}, {n})"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4g}"


COMMANDS: tuple[click.Command, ...] = (results_,)
