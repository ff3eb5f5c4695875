"""The options that say which columns of a file hold what: ``--column``, ``--system-column``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from ftcompare.core.errors import UserError
from ftcompare.formats.answer_files import FIELDS as ANSWER_FIELDS
from ftcompare.formats.answer_files import AnswerColumns
from ftcompare.formats.prompts import ASKING
from ftcompare.formats.prompts import FIELDS as PROMPT_FIELDS
from ftcompare.formats.record_fields import NO_FIELD, any_of
from ftcompare.formats.tables import NO_COLUMN

COLUMN = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help="Map a column of the file to a field, such as prompt=Question. Columns that are not mapped are "
    "ignored. Repeatable.",
)
SYSTEM_COLUMN = click.option(
    "--system-column",
    "system_columns",
    multiple=True,
    metavar="NAME",
    help="A column of --answers that holds the answers of one system. The prompts are in the column prompt, "
    "unless --column maps another one. Repeatable.",
)


def prompt_columns(entries: Sequence[str]) -> dict[str, str] | None:
    """Return what the columns of a prompts file hold, if given; `UserError` ``column-form``."""
    if not entries:
        return None
    chosen = _fields(entries, PROMPT_FIELDS)
    if sum(name in chosen for name in ASKING) != 1:
        raise _refused(f"The column of {any_of(ASKING)} is wanted; one of them.")
    return chosen


def answer_columns(entries: Sequence[str], systems: Sequence[str]) -> AnswerColumns | None:
    """Return what the columns of an answers file hold, if given; `UserError` ``column-form``."""
    if not entries and not systems:
        return None
    fields = _fields(entries, ANSWER_FIELDS)
    if systems:
        fields.setdefault("prompt", "prompt")
    chosen = AnswerColumns(fields, tuple(systems))
    if chosen.problem:
        raise _refused(chosen.problem)
    return chosen


@contextmanager
def columns_offered(file: Path | None, *, named: bool, answers: bool) -> Iterator[None]:
    """Add the column options to the error for a file with other columns."""
    try:
        yield
    except UserError as error:
        of_columns = error.code in (NO_COLUMN, NO_FIELD)
        if named or file is None or not of_columns or not error.where.startswith(file.name):
            raise
        how = "--column prompt=NAME" + (" and, for each system, --system-column NAME" if answers else "")
        how = f"{error.how} Or map its columns: {how}."
        raise UserError(error.what, where=error.where, how=how, code=error.code) from error


def _fields(entries: Sequence[str], known: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        field, equals, name = entry.partition("=")
        if not (equals and name) or field not in known:
            raise _refused(f"{entry!r} is not of the form FIELD=NAME; a field is {any_of(known)}.")
        if field in found:
            raise _refused(f"The field {field} is given twice.")
        found[field] = name
    return found


def _refused(what: str) -> UserError:
    how = "Write --column prompt=Question and, for answers, --system-column NAME for each system."
    return UserError(what, how=how, code="column-form")
