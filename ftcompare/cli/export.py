"""``ftcompare export`` and ``ftcompare import``: files out of a study and into it."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.application_paths import is_there
from ftcompare.app.export.exporting import BY_EXCLUDED, ExportRequest, export
from ftcompare.app.export.importing import create_from_import, describe_import, import_file
from ftcompare.app.export.record_kinds import told_kinds
from ftcompare.app.export.study_folder import create_from_folder
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
from ftcompare.formats.export_format import RowKind
from ftcompare.formats.preference_rows import PreferenceFilters
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS, export_format
from ftcompare.formats.study_folder import EXPORT as STUDY_FOLDER

PLAIN_FORM = ", ".join(form.id for form in EXPORT_FORMATS if form.plain_form)
IMPORTED = ", ".join((*(form.id for form in IMPORT_FORMATS), STUDY_FOLDER.id))


@click.command("import", short_help="Take in judgments or outputs made elsewhere.")
@STUDY
@click.argument("file", type=FILE)
@click.option("--format", "form", required=True, help=f"One of: {IMPORTED}.")
def import_(study: Path, file: Path, form: str) -> None:
    """Take in judgments or outputs made elsewhere; a study that does not exist is made.

    With --format folder FILE is a folder that `export --format folder` wrote, and the study is made of it.
    """
    if form == STUDY_FOLDER.id:
        make_of_folder(study, file)
        return
    if is_there(study):
        with opened(study) as present:
            counts = import_file(present, file, form, now=now())
    else:
        empty = StudyPlan(title=study.stem)
        counts = create_from_import(study, empty, file, form, rng=fresh_rng(), now=now())
    say(describe_import(counts))


def make_of_folder(study: Path, folder: Path) -> None:
    """Make a new study of open files, and say what was made of what."""
    if is_there(study):
        what = "A folder of open files is a whole study: it cannot be added to one that is there."
        raise UserError(what, where=str(study), how="Give the new study another name.", code="study-exists")
    made = create_from_folder(study, folder)
    if made.passed_over:
        say(f"Note: no part of the study, and passed over: {', '.join(made.passed_over)}", err=True)
    say(f"Made {study} of {counted(made.rows, 'row')}; every check of the study holds.")


@click.command("export", short_help="Write training rows, judgments, responses or the whole study.")
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
    replace: bool,
) -> int:
    """Write training rows, judgments or responses to a file, with a data card beside it.

    With --format folder FILE is a new folder that gets the whole study as open files; no filter is taken.
    Exit 1, with nothing written, where the study was altered.
    """
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
            export_format(form), filters, conversational=not standard, without_excluded=without_excluded
        )
        if request.format.rows is RowKind.TABLE and request != ExportRequest(request.format):
            raise click.UsageError("--format folder writes the whole study: it takes no filter.")
        if status := altered_status(source, refusal):
            return status
        done = export(source, file, request, now=now(), replace=replace)
    if request.format.rows is RowKind.TABLE:
        say(
            f"Wrote the whole study, {counted(done.kept, 'row')}, to {done.path}; "
            f"{done.card.name} in it explains it."
        )
        return 0
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
