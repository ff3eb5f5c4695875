"""``ftcompare results``: the figures of a study as text, as JSON or as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ftcompare.app.generate.generation_state import settings_in_use
from ftcompare.app.generate.settings_history import SettingsUse, uses_words
from ftcompare.app.raters.quality import self_naming
from ftcompare.app.results.chosen_pairs import AskedPairs, asked_pairs
from ftcompare.app.results.claim_sentences import NO_JUDGMENTS, headline
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.blind_checks import live_blocks
from ftcompare.app.results.presentation.blocks import Facts, Paragraph
from ftcompare.app.results.presentation.criteria import strength_blocks
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import counts_title, figures
from ftcompare.app.results.presentation.pair_results import (
    BlindChecks,
    PairResults,
    blind_checks,
    pair_title,
    pooled_words,
)
from ftcompare.app.results.presentation.pairs import (
    Pairs,
    all_pairs_table,
    pairs_of,
    reading_words,
)
from ftcompare.app.results.presentation.prompted_base import fallback_sentences
from ftcompare.app.results.presentation.ranking import score_table
from ftcompare.app.results.presentation.subsets import difference_blocks, part_tables
from ftcompare.app.results.study_results import DetailedResults, Summary, Variant, detailed_results
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.study.shown_names import base_names
from ftcompare.cli.block_text import figure_words, print_blocks, rate_words
from ftcompare.cli.command_support import (
    JSON,
    REPLACE,
    STUDY,
    OutputPath,
    altered_status,
    now,
    opened,
    print_json,
    print_pairs,
    say,
)
from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted

OF_A_PAIR = (
    *(Group.COUNTS, Group.RATES, Group.LENGTH, Group.EVIDENCE, Group.CRITERIA, Group.TEMPLATES),
    Group.MARKS,
)
OF_THE_STUDY = (Group.POSITION, Group.CHECKS, Group.BLIND)
"""What is printed of each pair told in full, and of all pairs together."""


@click.command("results")
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
@click.option("--details", is_flag=True, help="Name the method of each interval.")
@click.option("--without-texts", is_flag=True, help="Leave prompts, answers and comments out of a report.")
@REPLACE
def results_(
    study: Path,
    html: Path | None,
    pdf: Path | None,
    paper: str | None,
    named: tuple[tuple[str, str], ...],
    *,
    details: bool,
    without_texts: bool,
    replace: bool,
    as_json: bool,
) -> int:
    """Show wins, ties and the win rate with its interval, or write them as a report.

    Exit 1 where the study was altered.
    """
    with opened(study, reads=True) as file:
        asked = asked_pairs(file, named)
        if html or pdf:
            targets = {"html": html, "pdf": pdf}
            _write_reports(
                file, targets, paper, asked, texts=not without_texts, replace=replace, quiet=as_json
            )
            if not as_json:
                return altered_status(file)
        if as_json:
            print_json(results_json(file, asked))
            return altered_status(file)
        naming = self_naming(file)  # it reads every text: once for both
        found = detailed_results(file, naming=naming, asked=asked, paths=False)
        checks, settings = blind_checks(file, naming=naming), settings_in_use(file)
        bases = base_names(file)
        status = altered_status(file)
    _print_results(found, pairs_of(found, bases, checks), checks, settings, details=details)
    return status


def _write_reports(
    file: StudyFile,
    places: Mapping[str, Path | None],
    paper: str | None,
    asked: AskedPairs | None,
    *,
    texts: bool,
    replace: bool,
    quiet: bool,
) -> None:
    """The files that were asked for; what draws and sets them is loaded only then."""
    from ftcompare.app.report import PaperSize, ReportForm, usual_paper, write_report

    targets = [(path, ReportForm(f".{form}")) for form, path in places.items() if path is not None]
    size = PaperSize(paper) if paper else usual_paper()
    write_report(file, targets, now=now(), paper=size, replace=replace, asked=asked, texts=texts)
    if not quiet:
        for path, _ in targets:
            say(f"Wrote {path}.")


def _print_results(
    found: DetailedResults,
    pairs: Pairs,
    checks: BlindChecks,
    settings: Sequence[SettingsUse],
    *,
    details: bool,
) -> None:
    results = found.results
    _print_opening(pairs)
    interim = results.disclosure.withheld(Subject.ALL_FIGURES)
    if interim is not None:
        parts = results.disclosure.withheld(Subject.SLICES)
        say(" ".join(("Neutral names.", interim.text, parts.text if parts else "")).strip())
    if pairs.many:
        _print_all(pairs, results.summary)
    elif pairs.further:
        say(pairs.further)
    for number, told in enumerate(pairs.full):
        if number or pairs.many or interim is not None:
            click.echo("")
        _print_pair(told, details=details)
    for variant in results.variants:
        _print_variant(variant, pairs, details=details)
    if pairs.main is not None:
        agreement = (Group.AGREEMENT,) * bool(results.summary.agreement.units)
        print_blocks((figures(pairs.main, *agreement, *OF_THE_STUDY),), details=details, apart=True)
    if len(settings) > 1:
        print_blocks((Facts((("Written with different settings", uses_words(settings)),)),), apart=True)
    print_blocks(live_blocks(checks, results.disclosure), details=details, apart=True)


def _print_opening(pairs: Pairs) -> None:
    """What stands above all pairs; where there are few, each opens with a headline of its own."""
    if pairs.many or not pairs.every:
        say(headline(pairs.main.pair) if pairs.main else NO_JUDGMENTS)
    sentences = fallback_sentences(pairs.main)
    for sentence in sentences:
        say(sentence)
    if sentences and not pairs.many:
        say("")


def _print_pair(told: PairResults, *, details: bool) -> None:
    """All of one pair: its figures, then its parts."""
    say(headline(told.pair))
    if pooled := pooled_words(told):
        say(pooled)
    who = f"{told.pair.rater_kind.capitalize()} raters"
    found = ((one.label, figure_words(one, methods=details)) for one in figures(told, *OF_A_PAIR).figures)
    print_pairs([(who, counts_title(told.pair)), *found])
    tables = (table for table, _ in part_tables(told))
    print_blocks((*strength_blocks(told), *tables, *difference_blocks(told)), details=details)


def _print_all(pairs: Pairs, summary: Summary) -> None:
    """All pairs in a table, then the systems in their order."""
    full, every = len(pairs.full), len(pairs.every)
    told = f"{counted(full, 'pair')} told in full below" if full else "No pair is told in full"
    notes = (reading_words(pairs), f"{told}; `results STUDY --json` has all {every:,}.", pairs.further)
    print_blocks((all_pairs_table(pairs), *(Paragraph(note) for note in notes if note)), apart=True)
    if summary.ranking.average_win_rate and pairs.tells_wins:
        print_blocks((score_table(summary, None),), apart=True)


def _print_variant(variant: Variant, pairs: Pairs, *, details: bool) -> None:
    """The win rates once more, with what is left out, of the pairs that are told in full."""
    naming = f"{counted(variant.prompts, 'prompt')} with an answer that gives its model away"
    seen = f"{counted(variant.reference_seen, 'judgment')} whose rater saw the reference answer"
    parts = (", ".join(variant.raters), naming * bool(variant.prompts), seen * bool(variant.reference_seen))
    without = " and ".join(filter(None, parts))
    click.echo("")
    say(f"The same without {without}: {counted(variant.judgments, 'judgment')}")
    kept = [kept for told in pairs.full for one, kept in told.variants if one is variant and kept]
    rows = [(pair_title(pair) if len(pairs.full) > 1 else f"Win rate of {pair.b}", pair) for pair in kept]
    print_pairs([(title, rate_words(pair.win_rate, pair.prompts, methods=details)) for title, pair in rows])
