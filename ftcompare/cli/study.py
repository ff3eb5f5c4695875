"""Commands on a study that need no engine and no window."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.application_paths import is_there
from ftcompare.app.export.exporting import BY_EXCLUDED, ExportRequest, export
from ftcompare.app.export.importing import create_from_import, describe_import, import_file
from ftcompare.app.generate.generation_state import settings_in_use
from ftcompare.app.generate.settings_history import uses_words
from ftcompare.app.raters.packs import is_pack
from ftcompare.app.review.terminology import TermTable, study_terms, terms_json
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.setup.plan_estimates import USUAL, Assumptions, Plan, observed, plan, rating_lines
from ftcompare.app.study import unblinding
from ftcompare.app.study.altered_study import refusal
from ftcompare.app.study.description import StudyInfo, SystemInfo, describe, info_json, next_step
from ftcompare.app.study.unblinding import all_judged
from ftcompare.cli.command_support import (
    JSON,
    REPLACE,
    STUDY,
    NumberRange,
    OutputPath,
    altered_status,
    counted,
    fresh_rng,
    now,
    opened,
    print_json,
    print_pairs,
    say,
)
from ftcompare.cli.packs import check_pack, packs_out_words, show_pack
from ftcompare.core.errors import UserError
from ftcompare.core.study import Split
from ftcompare.formats.preference_rows import PreferenceFilters
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS, export_format
from ftcompare.formats.text_files import printable

PLAIN_FORM = ", ".join(form.id for form in EXPORT_FORMATS if form.plain_form)
IMPORTED = ", ".join(form.id for form in IMPORT_FORMATS)


@click.command("info")
@STUDY
@JSON
def info(study: Path, *, as_json: bool) -> None:
    """Say what is in a study or a rater pack, and what to do next."""
    if is_pack(study):
        show_pack(study, as_json=as_json)
        return
    with opened(study) as file:
        found = describe(file)
        judged = not as_json and found.disclosure.rating_open and all_judged(file)
        written = () if as_json else settings_in_use(file)
        assumed = USUAL if as_json else observed(file)
    if as_json:
        print_json(info_json(found))
        return
    since = found.disclosure.named_since
    print_pairs(
        [
            ("Title", found.study.title),
            ("Blinded", f"no, since {since}" if since else "yes"),
            *((s.name, _responses(s)) for s in found.systems),
            *([("Chat templates", _template_words(found))] if found.own_templates else []),
            ("Prompts", str(found.prompts)),
            *rating_lines(found.study.scale, found.design),
            *([("Plan", plan_of(found, assumed).sentence)] if found.prompts and not since else []),
            ("Pairs", f"{found.written} of {found.planned} written, {found.failed} failed"),
            *([("Written with", uses_words(written))] if written else []),
            ("Raters", str(found.raters)),
            ("Judgments", _judgments(found)),
            ("Next", next_step(found, all_judged=judged)),
        ]
    )


def _template_words(info: StudyInfo) -> str:
    """Said of no system by name: beside a neutral name it would unblind."""
    asked = "1 system is" if info.own_templates == 1 else f"{info.own_templates} systems are"
    return f"{asked} asked with an adapter's own: the tokens of its prompts are not those of the others"


def plan_of(info: StudyInfo, assumed: Assumptions = USUAL) -> Plan:
    """What follows from a study's prompts and design."""
    return plan(
        info.prompts,
        info.design,
        info.study.scale,
        systems=len(info.systems),
        samples=info.samples,
        assumed=assumed,
    )


def _judgments(info: StudyInfo) -> str:
    design = info.design
    checked = design.repeats or design.controls or design.gold
    return f"{info.judgments}{', repeats and checks included' if checked else ''}"


def _responses(system: SystemInfo) -> str:
    cut = f", {system.cut} cut at the length limit" if system.cut else ""
    if system.responses is None:
        return "not told before all have written as many: it would tell them apart"
    return f"{system.responses} responses{cut}"


@click.command("import", short_help="Take in judgments or outputs made elsewhere.")
@STUDY
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, help=f"One of: {IMPORTED}.")
def import_(study: Path, file: Path, form: str) -> None:
    """Take in judgments or outputs made elsewhere; a study that does not exist is made."""
    if is_there(study):
        with opened(study) as present:
            counts = import_file(present, file, form, now=now())
    else:
        empty = StudyPlan(title=study.stem)
        counts = create_from_import(study, empty, file, form, rng=fresh_rng(), now=now())
    say(describe_import(counts))


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
        if table.withheld:
            say(table.withheld.explained)
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
@click.option("--format", "form", required=True, type=click.Choice([form.id for form in EXPORT_FORMATS]))
@click.option(
    "--standard",
    is_flag=True,
    help=f"Plain text instead of messages, for {PLAIN_FORM}.",
)
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
        export_format(form), filters, conversational=not standard, without_excluded=without_excluded
    )
    with opened(study) as source:
        if status := altered_status(source, refusal):
            return status
        done = export(source, file, request, now=now(), replace=replace)
    rows = f"{counted(done.kept, 'row')}, one a {request.format.rows}"
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
        out = packs_out_words(file) if file.settings.read().disclosure.rating_open else ""
        if out and not leave_packs_out:
            raise _packs_out(study, out)
        unblinding.unblind(file, reason, now=now())
        if out:
            note = f"Note: these packs cannot be merged any more: {out}. What was merged before counts."
            say(note, err=True)
        names = sorted((s.neutral_name, s.name) for s in file.systems.all())
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


COMMANDS: tuple[click.Command, ...] = (info, import_, terms, export_, unblind, check)
