"""``ftcompare export`` and ``ftcompare import``: files out of a study and into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ftcompare.app.application_paths import is_there
from ftcompare.app.export.export_request import ExportOptions, ExportRequest, request_of, require_offered
from ftcompare.app.export.export_rows import told_kinds
from ftcompare.app.export.exporting import ExportDone, export, left_out_words, require_agreed, upload_export
from ftcompare.app.export.importing import create_from_import, describe_import, import_file
from ftcompare.app.export.study_folder import create_from_folder
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study.altered_study import refusal
from ftcompare.cli.column_options import COLUMN, WINNER, vote_columns
from ftcompare.cli.command_support import (
    NumberRange,
    altered_status,
    command,
    flag,
    fresh_rng,
    now,
    opened,
    say,
)
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.language import counted, sentences
from ftcompare.core.study import Split
from ftcompare.formats.export_format import RowKind
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS, export_format
from ftcompare.formats.study_folder import EXPORT as STUDY_FOLDER
from ftcompare.formats.training.selection import Corrections, Decision
from ftcompare.formats.vote_table import IMPORT as VOTE_TABLE

MOST_PLACES = 10  # maximum number of places with paths of a home folder that are listed
PLAIN_FORM = ", ".join(form.id for form in EXPORT_FORMATS if form.plain_form)
RAW_CELLS = ", ".join(form.id for form in EXPORT_FORMATS if form.takes_raw_cells)
IMPORTED = ", ".join((*(form.id for form in IMPORT_FORMATS), STUDY_FOLDER.id))


@command("import", "review.ftstudy votes.jsonl --format judgments")
@click.option(
    "--format",
    "forms",
    required=True,
    multiple=True,
    help=f"One of: {IMPORTED}. For files in several formats, repeat it once for each file, in their order.",
)
@COLUMN
@WINNER
def import_(
    study: Path,
    files: tuple[Path, ...],
    forms: tuple[str, ...],
    *,
    again: bool,
    unblind: bool,
    columns: tuple[str, ...],
    winners: tuple[str, ...],
) -> None:
    """Import judgments or answers made elsewhere. Creates the study if it does not exist.

    Several files are imported in their order, each as a whole or not at all. After an error, the files before
    it stay imported.

    --format table reads votes from any table or JSON file. Name its columns by --column, with the fields
    prompt, input, a, b, system_a, system_b, winner, and rater, or let FTCompare guess them. Repeat
    --column winner=NAME for a file with one column for each rater.

    With --format folder, FILE is a folder written by `export --format folder`, and the study is created from
    it.
    """
    if len(forms) not in (1, len(files)):
        what = f"There are {counted(len(files), 'file')} and {counted(len(forms), 'format')}."
        how = "Give --format once for all files, or once for each file, in their order."
        raise UserError(what, how=how, code="import-formats")
    if STUDY_FOLDER.id in forms:
        if len(files) > 1:
            what = "--format folder takes one folder, which is a whole study."
            raise UserError(what, how="Import the other files afterwards.", code="import-formats")
        make_of_folder(study, files[0])
        return
    named = vote_columns(columns, winners)
    if named and VOTE_TABLE.id not in forms:
        what = f"--column and --winner are for --format {VOTE_TABLE.id}, not for {', '.join(forms)}."
        raise UserError(what, how="Leave them out, or change the format.", code="column-form")
    for done, (file, form) in enumerate(zip(files, forms * (len(files) // len(forms)), strict=True)):
        given = named if form == VOTE_TABLE.id else None
        try:
            if is_there(study):
                with opened(study) as present:
                    counts = import_file(
                        present, file, form, now=now(), again=again, unblind=unblind, columns=given
                    )
            else:
                empty = StudyPlan(title=study.stem)
                rng = fresh_rng()
                counts = create_from_import(study, empty, file, form, rng=rng, now=now(), columns=given)
        except FTCompareError as error:
            if len(files) > 1:
                kept = ", ".join(one.name for one in files[:done]) or "no file"
                error.how = sentences(error.how, f"Already imported: {kept}.")
                error.where = error.where if file.name in error.where else str(file)
            raise
        say((f"{file.name}: " if len(files) > 1 else "") + describe_import(counts))


def make_of_folder(study: Path, folder: Path) -> None:
    if is_there(study):
        what = "An exported study folder is a whole study. It cannot be added to an existing study."
        raise UserError(what, where=str(study), how="Give the new study another name.", code="study-exists")
    made = create_from_folder(study, folder)
    if made.note:
        say(f"Note: {made.note}", err=True)
    say(f"Created {study} with {counted(made.rows, 'row')}. Every check of the study passes.")


@command(
    "export",
    "review.ftstudy pairs.jsonl --format trl-preference",
    {"licence": "license"},
    choices={
        "form": [form.id for form in EXPORT_FORMATS],
        "corrections": Corrections,
        "verdicts": Decision,
        "splits": Split,
    },
)
@flag("--standard", f"Write prompts and answers as plain text instead of chat messages. For {PLAIN_FORM}.")
@click.option(
    "--min-agreement",
    type=NumberRange(0.5, 1.0),
    default=0.5,
    show_default=False,
    help="Minimum share of a pair's judgments that prefer the winner. Default: more than half.",
)
@click.option(
    "--min-strength", type=NumberRange(1, 3), help="Minimum mean strength of the winner's judgments."
)
@flag("--raw-cells", f"Write cells unchanged, even formulas. For {RAW_CELLS}.")
def export_(
    study: Path, file: Path, form: str, *, replace: bool, hub: str, agreed: str, **options: Any
) -> int:
    """Export training rows, judgments, or answers to a file.

    A data card is written beside the file. It describes where the rows come from, how they were selected, and
    their license. With --format folder, FILE is a new folder for the whole study, and filters are not
    allowed. If the study has been tampered with, writes nothing and exits with status 1.
    """
    if options["seed"] and not options["parts"]:
        how = "Leave out --seed, or add --parts."
        raise UserError("--seed requires --parts.", how=how, code="filter-not-known")
    if agreed and not hub:
        raise UserError("--agree requires --hub.", how="Leave out --agree, or add --hub.", code="hub-name")
    if hub:
        require_agreed(export_format(form), hub, agreed)
    given = {name: value for name, value in options.items() if value is not None}
    with opened(study) as source:
        request = request_of(source, form, ExportOptions(**given))
        if status := altered_status(source, refusal):
            return status
        require_offered(source, request.filters)
        done = export(source, file, request, now=now(), replace=replace)
    if request.format.rows is RowKind.TABLE:
        rows = counted(done.kept, "row")
        say(f"Wrote the whole study, {rows}, to {done.path}. Its {done.card.name} explains the files.")
        if done.home_paths:
            first, more = done.home_paths[:MOST_PLACES], len(done.home_paths) - MOST_PLACES
            others = f", and {more:,} more places" if more > 0 else ""
            what = "Warning: the folder contains paths of a home folder, which name its user"
            say(f"{what}: {'; '.join(first)}{others}.", err=True)
    else:
        _tell(request, done, uploads=bool(hub))
    if hub:
        say(f"Uploaded to {upload_export(done, hub)}.")
    return 0


def _tell(request: ExportRequest, done: ExportDone, *, uploads: bool) -> None:
    rows = f"{counted(done.kept, 'row')}, one for each {request.format.rows}"
    if request.format.folder:
        rows = counted(sum(done.parts.values()), "row")
    if done.parts:
        folder = done.path if request.format.folder else done.path.parent
        say(f"Wrote {rows}, in {counted(len(done.parts), 'file')}, and the data card to {done.card}.")
        for name, count in done.parts.items():
            say(f"  {counted(count, 'row')} in {folder / name}")
        for part in request.parts.empty(done.parts) if request.parts else ():
            say(f"  no row in {part}: it got no prompt or group of similar prompts")
    else:
        say(f"Wrote {rows}, to {done.path}, and its data card to {done.card}.")
    if request.format.folder and not uploads:
        say("  To upload it to the Hugging Face Hub: --hub OWNER/DATASET, or")
        say(f"  hf upload OWNER/DATASET {done.path} --repo-type dataset")
    if done.checks:
        say(f"  of these {told_kinds(done.checks)}: marked by kind, not judgments")
    for line in _left_out_lines(done):
        say(f"  {line}")
    if done.excluded:
        say(_excluded_note(done.excluded), err=True)


def _left_out_lines(done: ExportDone) -> Iterator[str]:
    for reason, count in done.dropped.items():
        yield f"left out {left_out_words(reason, count, of_prompts=done.of_prompts)}"
    yield from (f"removed {name}, of the earlier export that this one replaces" for name in done.removed)
    if done.leaked:
        yield done.leaked


def _excluded_note(names: tuple[str, ...]) -> str:
    who = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    verb, whose = ("is", "this rater's") if len(names) == 1 else ("are", "their")
    return (
        f"Note: {who} {verb} excluded from the results, but {whose} judgments are in this file. "
        "--without-excluded leaves them out."
    )
