"""``ftcompare export`` and ``ftcompare import``: files out of a study and into it."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.application_paths import is_there
from ftcompare.app.export.exporting import BY_EXCLUDED, ExportRequest, export
from ftcompare.app.export.importing import create_from_import, describe_import, import_file
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study.altered_study import refusal
from ftcompare.cli.command_support import (
    REPLACE,
    STUDY,
    NumberRange,
    OutputPath,
    altered_status,
    fresh_rng,
    now,
    opened,
    say,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import Split
from ftcompare.formats.preference_rows import PreferenceFilters
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS, export_format

PLAIN_FORM = ", ".join(form.id for form in EXPORT_FORMATS if form.plain_form)
IMPORTED = ", ".join(form.id for form in IMPORT_FORMATS)


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


COMMANDS: tuple[click.Command, ...] = (import_, export_)
