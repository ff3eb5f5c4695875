"""``ftcompare export`` and ``ftcompare import``: files out of a study and into it."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.application_paths import is_there
from ftcompare.app.export.exporting import BY_EXCLUDED, ExportRequest, export
from ftcompare.app.export.importing import create_from_import, describe_import, import_file
from ftcompare.app.export.record_kinds import told_kinds
from ftcompare.app.raters.exclusions import find_rater
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study.altered_study import refusal
from ftcompare.app.study.opening import StudyFile
from ftcompare.cli.command_support import (
    FILE,
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
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterId, RaterKind, Split
from ftcompare.formats.preference_rows import PreferenceFilters
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS, export_format

PLAIN_FORM = ", ".join(form.id for form in EXPORT_FORMATS if form.plain_form)
RAW_CELLS = ", ".join(form.id for form in EXPORT_FORMATS if form.takes_raw_cells)
IMPORTED = ", ".join(form.id for form in IMPORT_FORMATS)


@click.command("import", short_help="Take in judgments or outputs made elsewhere.")
@STUDY
@click.argument("file", type=FILE)
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
@click.option("--standard", is_flag=True, help=f"Plain text instead of messages, for {PLAIN_FORM}.")
@click.option("--min-raters", type=click.IntRange(1), default=1, show_default=True)
@click.option("--min-agreement", type=NumberRange(0.5, 1.0), default=0.5, show_default="more than half")
@click.option("--include-held-out", is_flag=True, help="Let held-out prompts into training data.")
@click.option("--include-flagged", is_flag=True, help="Take pairs that a rater flagged, too.")
@click.option("--tag", "tags", multiple=True, help="Only prompts with one of these tags. Repeatable.")
@click.option(
    "--rater", "raters", multiple=True, help="Count the judgments of these raters alone. Repeatable."
)
@click.option("--min-strength", type=NumberRange(1, 3), help="Least mean strength of the winner's judgments.")
@click.option("--criterion", default="", help="The winner must be preferred on this criterion, too.")
@click.option("--reason", "reasons", multiple=True, help="Only pairs given one of these reasons. Repeatable.")
@click.option(
    "--max-characters", type=click.IntRange(1), help="Leave out pairs with an answer longer than this."
)
@click.option("--raw-cells", is_flag=True, help=f"Cells as they are, even formulas, for {RAW_CELLS}.")
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
    tags: tuple[str, ...],
    raters: tuple[str, ...],
    min_strength: float | None,
    criterion: str,
    reasons: tuple[str, ...],
    max_characters: int | None,
    *,
    standard: bool,
    include_held_out: bool,
    include_flagged: bool,
    without_excluded: bool,
    raw_cells: bool,
    replace: bool,
) -> int:
    """Write training rows, judgments or responses to a file, with a data card beside it.

    Exit 1, with nothing written, where the study was altered.
    """
    if raw_cells and not export_format(form).takes_raw_cells:
        raise UserError(f"--raw-cells is for {RAW_CELLS} alone.", how="Leave it out.", code="wrong-option")
    with opened(study) as source:
        filters = PreferenceFilters(
            min_raters=min_raters,
            min_agreement=min_agreement,
            include_held_out=include_held_out,
            include_flagged=include_flagged,
            categories=frozenset(categories) or None,
            splits=frozenset(Split(s) for s in splits) or None,
            tags=frozenset(tags) or None,
            raters=_rater_ids(source, raters),
            min_strength=min_strength or 0.0,
            criterion=criterion,
            reasons=frozenset(reasons) or None,
            max_characters=max_characters or 0,
        )
        request = ExportRequest(
            export_format(form),
            filters,
            conversational=not standard,
            without_excluded=without_excluded,
            raw_cells=raw_cells,
        )
        if status := altered_status(source, refusal):
            return status
        done = export(source, file, request, now=now(), replace=replace)
    rows = f"{counted(done.kept, 'row')}, one a {request.format.rows}"
    say(f"Wrote {rows}, to {done.path}, and its data card to {done.card}.")
    if done.checks:
        say(f"  of these {told_kinds(done.checks)}: marked by kind, no votes")
    for reason, count in done.dropped.items():
        what = counted(count, "judgment" if reason == BY_EXCLUDED else "pair")
        say(f"  left out {what}: {reason.removeprefix('judgments ')}")
    if done.excluded:
        say(_excluded_note(done.excluded), err=True)
    return 0


def _rater_ids(study: StudyFile, names: tuple[str, ...]) -> frozenset[RaterId] | None:
    """The raters of these names; None for no name."""
    return frozenset(find_rater(study, name, RaterKind.HUMAN).id for name in names) or None


def _excluded_note(names: tuple[str, ...]) -> str:
    who = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    verb, whose = ("is", "this rater's") if len(names) == 1 else ("are", "their")
    return (
        f"Note: {who} {verb} excluded from the results; {whose} judgments are in this file; "
        "--without-excluded leaves them out."
    )


COMMANDS: tuple[click.Command, ...] = (import_, export_)
