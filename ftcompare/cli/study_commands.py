"""Commands on a study that need no engine and no window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ftcompare.app.judging.packs import is_pack
from ftcompare.app.paths import is_there
from ftcompare.app.results.alteration import refusal
from ftcompare.app.results.criteria import study_details
from ftcompare.app.results.document import results_json
from ftcompare.app.results.many_pairs import further_words, told_in_full
from ftcompare.app.results.quality import blindness, controls
from ftcompare.app.results.study_results import Results, Variant, VariantKind, headline, live_results, results
from ftcompare.app.results.terminology import TermTable, study_terms, terms_json
from ftcompare.app.study import studies
from ftcompare.app.study.exporting import BY_EXCLUDED, ExportFormat, ExportRequest, export
from ftcompare.app.study.importing import IMPORT_FORMATS, describe_import, import_file
from ftcompare.app.study.planning import USUAL, Assumptions, Plan, observed, plan, rating_lines
from ftcompare.app.study.study_plan import StudyPlan
from ftcompare.app.study.unblinding import all_judged
from ftcompare.app.writing.state import settings_in_use
from ftcompare.app.writing.written_settings import uses_words
from ftcompare.cli.check_words import agreement_lines, check_lines, mix_lines
from ftcompare.cli.common import (
    JSON,
    REPLACE,
    STUDY,
    NumberRange,
    OutputPath,
    altered_status,
    counted,
    fresh_rng,
    interval,
    now,
    opened,
    percent,
    print_json,
    print_pairs,
    say,
)
from ftcompare.cli.criteria_words import details_lines
from ftcompare.cli.many_pairs_words import pair_table, pair_title, ranking_rows, reading_line
from ftcompare.cli.pack_commands import check_pack, packs_out_words, show_pack
from ftcompare.core.errors import UserError
from ftcompare.core.study import Split
from ftcompare.formats.files import printable
from ftcompare.formats.preference import PreferenceFilters
from ftcompare.stats.criteria import Details
from ftcompare.stats.summary import PairSummary, Summary
from ftcompare.stats.win_rate import Rate
from ftcompare.store.study_file import StudyFile


@click.command("info")
@STUDY
@JSON
def info(study: Path, *, as_json: bool) -> None:
    """Say what is in a study or a rater pack, and what to do next."""
    if is_pack(study):
        show_pack(study, as_json=as_json)
        return
    with opened(study) as file:
        found = studies.describe(file)
        judged = not as_json and found.study.blinded and all_judged(file)
        written = () if as_json else settings_in_use(file)
        assumed = USUAL if as_json else observed(file)
    if as_json:
        print_json(studies.info_json(found))
        return
    print_pairs(
        [
            ("Title", found.study.title),
            ("Blinded", "yes" if found.study.blinded else f"no, since {found.study.unblinded_at}"),
            *((s.name, _responses(s)) for s in found.systems),
            *([("Chat templates", _template_words(found))] if found.own_templates else []),
            ("Prompts", str(found.prompts)),
            *rating_lines(found.study.scale, found.design),
            *([("Plan", plan_of(found, assumed).sentence)] if found.prompts and found.study.blinded else []),
            ("Pairs", f"{found.written} of {found.planned} written, {found.failed} failed"),
            *([("Written with", uses_words(written))] if written else []),
            ("Raters", str(found.raters)),
            ("Judgments", _judgments(found)),
            ("Next", studies.next_step(found, all_judged=judged)),
        ]
    )


def _template_words(info: studies.StudyInfo) -> str:
    """Said of no system by name: beside a neutral name it would unblind."""
    asked = "1 system is" if info.own_templates == 1 else f"{info.own_templates} systems are"
    return f"{asked} asked with an adapter's own: the tokens of its prompts are not those of the others"


def plan_of(info: studies.StudyInfo, assumed: Assumptions = USUAL) -> Plan:
    """What follows from a study's prompts and design."""
    return plan(
        info.prompts,
        info.design,
        info.study.scale,
        systems=len(info.systems),
        samples=info.samples,
        assumed=assumed,
    )


def _judgments(info: studies.StudyInfo) -> str:
    design = info.design
    checked = design.repeats or design.controls or design.gold
    return f"{info.judgments}{', repeats and checks included' if checked else ''}"


def _responses(system: studies.SystemInfo) -> str:
    cut = f", {system.cut} cut at the length limit" if system.cut else ""
    if system.responses is None:
        return "not told before all have written as many: it would tell them apart"
    return f"{system.responses} responses{cut}"


@click.command("import", short_help="Take in judgments or outputs made elsewhere.")
@STUDY
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, help=f"One of: {', '.join(IMPORT_FORMATS)}.")
def import_(study: Path, file: Path, form: str) -> None:
    """Take in judgments or outputs made elsewhere; a study that does not exist is made."""
    if is_there(study):
        with opened(study) as present:
            counts = import_file(present, file, form, now=now())
    else:
        empty = StudyPlan(title=study.stem)
        counts = studies.create_from_import(study, empty, file, form, rng=fresh_rng(), now=now())
    say(describe_import(counts))


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
@REPLACE
def results_(
    study: Path, html: Path | None, pdf: Path | None, paper: str | None, *, replace: bool, as_json: bool
) -> int:
    """Show wins, ties and the win rate with its interval, or write them as a report.

    Exit 1 where the study was altered.
    """
    with opened(study) as file:
        if html or pdf:
            _write_reports(file, {"html": html, "pdf": pdf}, paper, replace=replace, quiet=as_json)
            if not as_json:
                return altered_status(file)
        if as_json:
            print_json(results_json(file))
            return altered_status(file)
        found, live, details = results(file), live_results(file), study_details(file)
        checks = [*check_lines(controls(file), blindness(file)), *mix_lines(settings_in_use(file))]
        bases = {system.name for system in file.systems() if system.spec.is_base}
        status = altered_status(file)
    full = told_in_full(found.summary.comparisons, bases, blinded=found.study.blinded)
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
    file: StudyFile, asked: Mapping[str, Path | None], paper: str | None, *, replace: bool, quiet: bool
) -> None:
    """The files that were asked for; what draws and sets them is loaded only then."""
    from ftcompare.app.report import PaperSize, ReportForm, usual_paper, write_report

    targets = [(path, ReportForm(f".{form}")) for form, path in asked.items() if path is not None]
    size = PaperSize(paper) if paper else usual_paper()
    write_report(file, targets, now=now(), paper=size, replace=replace)
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


def _print_results(found: Results, details: Details, full: Sequence[PairSummary]) -> None:
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


def _part_lines(pair: PairSummary, details: Details) -> list[tuple[str, str]]:
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


@click.command("terms", short_help="Count the glossary's terms in the responses.")
@STUDY
@JSON
def terms(study: Path, *, as_json: bool) -> int:
    """Count the glossary's terms in the responses of each system; before unblinding, of all together.

    Exit 1 where the study was altered.
    """
    with opened(study) as file:
        table = study_terms(file)
        status = altered_status(file)
    if as_json:
        print_json(terms_json(table))
    elif not table.glossary:
        click.echo(
            "This study has no glossary, so there is nothing to count. Add one in the window, under Setup, "
            "or make the study with `ftcompare new … --glossary FILE` (docs/expert.md says what it holds)."
        )
    else:
        if table.pooled:
            click.echo(
                "Still blinded: all systems together, for words can give a system away. What each system "
                "uses is told after unblinding."
            )
        _print_terms(table)
    return status


def _print_terms(table: TermTable) -> None:
    _print_cells(["term", "status", "concept", *(f"{s} (prompts)" for s in table.systems)])
    for row in table.rows:
        cells = [f"{row.counts.get(s, 0)} ({row.prompts.get(s, 0)})" for s in table.systems]
        _print_cells([row.term.term, row.term.status.value, row.term.concept, *cells])


def _print_cells(cells: list[str]) -> None:
    click.echo("\t".join(map(printable, cells)))


@click.command("export", short_help="Write training rows, judgments or responses to a file.")
@STUDY
@click.argument("file", type=OutputPath())
@click.option("--format", "form", required=True, type=click.Choice([f.value for f in ExportFormat]))
@click.option("--standard", is_flag=True, help="trl-preference: plain text instead of messages.")
@click.option("--min-raters", type=click.IntRange(1), default=1, show_default=True)
@click.option("--min-agreement", type=NumberRange(0.5, 1.0), default=0.5, show_default="more than half")
@click.option("--include-held-out", is_flag=True, help="Let held-out prompts into training data.")
@click.option("--leave-out-flagged", is_flag=True, help="Leave out pairs that a rater flagged.")
@click.option("--without-excluded", is_flag=True, help="Leave out judgments of excluded raters.")
@click.option("--category", "categories", multiple=True, help="Only these categories. Repeatable.")
@click.option("--split", "splits", multiple=True, type=click.Choice([s.value for s in Split if s.value]))
@REPLACE
def export_(
    study: Path,
    file: Path,
    form: str,
    categories: tuple[str, ...],
    splits: tuple[str, ...],
    min_raters: int,
    min_agreement: float,
    *,
    standard: bool,
    include_held_out: bool,
    leave_out_flagged: bool,
    without_excluded: bool,
    replace: bool,
) -> int:
    """Write training rows, judgments or responses to a file, with a data card beside it.

    Exit 1, with nothing written, where the study was altered.
    """
    filters = PreferenceFilters(
        min_raters=min_raters,
        min_agreement=min_agreement,
        include_held_out=include_held_out,
        include_flagged=not leave_out_flagged,
        categories=frozenset(categories) or None,
        splits=frozenset(Split(s) for s in splits) or None,
    )
    request = ExportRequest(
        ExportFormat(form), filters, conversational=not standard, without_excluded=without_excluded
    )
    with opened(study) as source:
        if status := altered_status(source, refusal):
            return status
        done = export(source, file, request, now=now(), replace=replace)
    rows = f"{counted(done.kept, 'row')}, one a {request.format.row}"
    say(f"Wrote {rows}, to {done.path}, and its data card to {done.card}.")
    for reason, count in done.dropped.items():
        by_excluded = reason == BY_EXCLUDED
        what = counted(count, "judgment" if by_excluded else "pair")
        say(f"  left out {what}: {reason.removeprefix('judgments ')}")
    if done.excluded:
        say(_excluded_note(done.excluded), err=True)
    return 0


def _excluded_note(names: tuple[str, ...]) -> str:
    who = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    verb, whose = ("is", "this rater's") if len(names) == 1 else ("are", "their")
    return (
        f"Note: {who} {verb} excluded from the results; {whose} judgments are in this file; "
        "--without-excluded leaves them out."
    )


@click.command("unblind")
@STUDY
@click.option("--reason", required=True, help="Why now; kept in the study for good.")
@click.option("--leave-packs-out", is_flag=True, help="Although packs are not back; they never can be then.")
def unblind(study: Path, reason: str, *, leave_packs_out: bool) -> None:
    """Show the systems by name from now on. This cannot be undone."""
    with opened(study) as file:
        out = packs_out_words(file) if file.study().blinded else ""
        if out and not leave_packs_out:
            raise _packs_out(study, out)
        studies.unblind(file, reason, now=now())
        if out:
            note = f"Note: these packs cannot be merged any more: {out}. What was merged before counts."
            say(note, err=True)
        names = sorted((s.neutral_name, s.name) for s in file.systems())
    click.echo("Unblinded; the reason and the time are kept in the study.")
    print_pairs([(neutral, name) for neutral, name in names])


def _packs_out(study: Path, out: str) -> UserError:
    return UserError(
        f"Packs are still out: {out}. What is judged in them can then not be merged.",
        where=str(study),
        how="Merge them first, or give --leave-packs-out.",
        code="packs-out",
    )


@click.command("check", short_help="Prove that nothing in a study or a pack was altered.")
@STUDY
def check(study: Path) -> int:
    """Prove that nothing in a study or a rater pack was altered: chains, allocation. Exit 1 if it was."""
    if is_pack(study):
        findings = check_pack(study)
    else:
        with opened(study) as file:
            findings = file.check()
    for finding in findings:
        say(f"{'ok' if finding.ok else 'NOT OK':<7} {finding.subject}: {finding.detail}")
    return 0 if all(finding.ok for finding in findings) else 1


COMMANDS: tuple[click.Command, ...] = (info, import_, results_, terms, export_, unblind, check)
