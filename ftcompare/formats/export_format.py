"""What a kind of file is that can be written or read: one value a format, listed in `registry`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from ftcompare.core.hashing import Json
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import SystemId
from ftcompare.formats.jsonl import write_objects

Row = TypeVar("Row")


class RowKind(StrEnum):
    """What one row of a file is made of; the value is what a sentence calls it.

    PREFERENCE: a `PreferenceRow`, a pair with a clear winner. JUDGMENT: a `JudgedRow` or `GuessRow`, a
    standing judgment or guess. RESPONSE: an `OutputRecord`. TABLE: a row of any table of the study file, by
    its columns' names.
    """

    PREFERENCE = "pair"
    JUDGMENT = "judgment"
    RESPONSE = "response"
    TABLE = "row of a table"

    @property
    def plural(self) -> str:
        """What a file holds."""
        named = {RowKind.PREFERENCE: "training rows", RowKind.TABLE: "rows of tables"}
        return named.get(self, f"{self.value}s")


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What a format is told besides its rows.

    Args:
        names: how systems are called in the file.
        scale: that people were asked to judge by.
        conversational: prompts as chat messages; else as plain text, for formats with a ``plain_form``.
        as_messages: prompts as chat messages also where they are one user turn, because some in the file are
            not: readers of tables want one type a column. For formats that take either.
    """

    names: Mapping[SystemId, str]
    scale: Scale | None = None
    conversational: bool = True
    as_messages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat(Generic[Row]):
    """A kind of file that can be written.

    Args:
        id: on the command line, in the data card and in the audit log.
        title: on the Export page.
        description: what the file holds and what it is for, in a sentence.
        rows: what one row is made of.
        stem: what the proposed file name says of the content.
        suffix: the usual end of the file's name.
        file_type: what a file dialog calls such files.
        names_systems: whether the file names systems; such a file waits for unblinding.
        plain_form: whether it can be written with prompts as plain text too, which hold one user turn only.
        to_object: a row as it is shown in a preview and stands in a line of JSON Lines.
        writer: writes rows to a path and returns their number; further files of the export may go beside it.
            None for a format of JSON Lines. `UserError` with code ``no-rows`` where there is none.
    """

    id: str
    title: str
    description: str
    rows: RowKind
    stem: str
    to_object: Callable[[Row, ExportContext], Mapping[str, Json]]
    writer: Callable[[Path, Iterable[Row], ExportContext], int] | None = None
    suffix: str = ".jsonl"
    file_type: str = "JSON Lines"
    names_systems: bool = True
    plain_form: bool = False

    def write(self, path: Path, rows: Iterable[Row], context: ExportContext) -> int:
        """Write a file, whole or not at all; the number of rows written.

        Raises:
            UserError: code ``no-rows``, where there is none.
        """
        if self.writer:
            return self.writer(path, rows, context)
        objects = (dict(self.to_object(row, context)) for row in rows)
        return write_objects(path, objects, what=self.rows.plural)


AnyExportFormat: TypeAlias = ExportFormat[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFormat:
    """A kind of file that can be read into a study: votes or responses, one at a time.

    Args:
        id: on the command line.
        title: in the import dialog.
        description: what must stand in the file, in a sentence.
        judgments: reads votes, and counts the lines that are none by their kind. `UserError` with the line
            for one that is wrong, as for ``outputs``.
        outputs: reads responses, in place of votes.
        suffix: the usual end of the file's name.
        file_type: what a file dialog calls such files.
    """

    id: str
    title: str
    description: str
    judgments: Callable[[Path, Counter[str]], Iterable[JudgmentRecord]] | None = None
    outputs: Callable[[Path], Iterable[OutputRecord]] | None = None
    suffix: str = ".jsonl"
    file_type: str = "JSON Lines"
