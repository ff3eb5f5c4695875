"""Descriptions of file formats to write or read: one value for each format, listed in `registry`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from ftcompare.core.hashing import Json
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, SystemId
from ftcompare.formats import parquet_file
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.jsonl import write_objects

Row = TypeVar("Row")

STUDY = "study"
"""Field with the mark of the study that exported a vote, so that an import does not count it twice."""


class RowKind(StrEnum):
    """The kind of a file's rows; the value is its name in sentences.

    PREFERENCE: `PreferenceRow`, a pair with a clear winner. LABELLED: `TrainingAnswer`, a good or bad answer.
    WINNER: `TrainingAnswer`, a preferred answer. JUDGMENT: `JudgedRow` or `GuessRow`, a standing judgment or
    guess. VOTE: `JudgedRow`, a standing judgment of an ordinary pair. PAIR_WITH_VOTES: `PairWithVotes`, a
    pair with all its votes. RESPONSE: `OutputRecord`. TABLE: a row of any table of the study file, by column
    name.
    """

    PREFERENCE = "pair"
    LABELLED = "answer"
    WINNER = "preferred answer"
    JUDGMENT = "judgment"
    VOTE = "vote"
    PAIR_WITH_VOTES = "judged pair"
    RESPONSE = "response"
    TABLE = "row of a table"

    @property
    def trains(self) -> bool:
        """Whether rows are made from judged pairs, to which filters apply."""
        return self in (RowKind.PREFERENCE, RowKind.LABELLED, RowKind.WINNER)

    @property
    def takes_corrections(self) -> bool:
        """Whether an expert's corrected answer can be a row."""
        return self in (RowKind.PREFERENCE, RowKind.WINNER)

    @property
    def plural(self) -> str:
        """The plural noun for the rows."""
        if self.trains:
            return "training rows"
        return "rows of tables" if self is RowKind.TABLE else f"{self.value}s"


class FormatGroup(StrEnum):
    """The purpose of a file; the value is the heading on the Export page."""

    TRAINING = "Training"
    EVALUATION = "Evaluation tools"
    STUDY = "What the study holds"


def holds_any(_messages: tuple[Message, ...], *, conversational: bool) -> str:
    """Why a prompt does not fit: always empty, for formats that can hold any prompt."""
    del conversational
    return ""


@dataclass(frozen=True, slots=True)
class ExportContext:
    """The data that a format receives with its rows.

    Args:
        names: names of the systems in the file.
        scale: the scale on which people judged.
        conversational: prompts as chat messages; else as plain text, for formats with a ``plain_form``.
        as_messages: prompts as chat messages even for a single user turn, because other prompts in the file
            have several turns and table readers need one type for a column. For formats that accept both.
        digests: digests of the systems, for training rows; None while withheld.
        raw_cells: cells without protection against formulas, for readers other than spreadsheets.
        study: mark of the exporting study, for formats whose votes may be imported again; see `STUDY`.
        reasoning: whether to include the reasoning of answers, in formats that can hold it.
    """

    names: Mapping[SystemId, str]
    scale: Scale | None = None
    conversational: bool = True
    as_messages: bool = False
    digests: Mapping[SystemId, str] | None = None
    raw_cells: bool = False
    study: str = ""
    reasoning: bool = False

    @property
    def origin(self) -> dict[str, Json]:
        """The fields that identify the exporting study; empty where it is not named."""
        return {STUDY: self.study} if self.study else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat(Generic[Row]):
    """A file format that can be written.

    Args:
        id: identifier on the command line, in the data card and in the audit log.
        title: title on the Export page.
        description: content and purpose of the file, in a sentence.
        group: heading on the Export page.
        rows: kind of rows.
        stem: part of the proposed file name that describes the content.
        suffix: usual suffix of the file.
        file_type: name of the file type in a file dialog.
        folder: whether it is written as a folder of files.
        names_systems: whether the file names systems; then it can be exported only after unblinding.
        plain_form: whether prompts can also be written as plain text, which can hold only one user turn.
        task: task category of the rows on dataset hubs, such as ``text-generation``.
        unfit: why it cannot hold a prompt, empty where it can; such pairs are left out and counted.
        holds_turns: whether it can hold all answers of a conversation; else such pairs are left out.
        takes_raw_cells: whether cells that look like formulas are protected by default and may be written
            raw.
        takes_reasoning: whether it can hold the reasoning of answers; it is included only if requested.
        to_object: converts a row to the object shown in a preview and written as a line of JSON Lines.
        writer: writes rows to a path and returns their number; it may write further files beside it. None for
            JSON Lines. It raises `UserError` with code ``no-rows`` where there are none.
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
    folder: bool = False
    names_systems: bool = True
    plain_form: bool = False
    unfit: Callable[..., str] = holds_any
    group: FormatGroup = FormatGroup.STUDY
    task: str = ""
    holds_turns: bool = False
    takes_raw_cells: bool = False
    takes_reasoning: bool = False

    def write(self, path: Path, rows: Iterable[Row], context: ExportContext) -> int:
        """Write a file, completely or not at all; return the number of rows.

        Raises:
            UserError: code ``no-rows`` without rows; ``no-parquet`` where Parquet cannot be written.
        """
        if self.writer:
            return self.writer(path, rows, context)
        objects = (dict(self.to_object(row, context)) for row in rows)
        if path.suffix == parquet_file.SUFFIX and self.rows.trains:
            return parquet_file.write(path, objects, what=self.rows.plural)
        return write_objects(path, objects, what=self.rows.plural)


AnyExportFormat: TypeAlias = ExportFormat[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFormat:
    """A file format that can be imported into a study: votes or responses, one at a time.

    Args:
        id: identifier on the command line.
        title: title in the import dialog.
        description: required content of the file, in a sentence.
        judgments: reads votes, and notes what it ignores. It raises `UserError` with the line of an invalid
            record, as does ``outputs``.
        outputs: reads responses instead of votes; for a format that has both, from a file without votes.
        suffixes: accepted suffixes, the usual one first.
        exact: whether votes are read back exactly as written, so that an import recognises known votes by
            equality.
        told_by: combinations of fields that occur only in this format's rows, or at the top of its document;
            each is a space-separated list of names.
    """

    id: str
    title: str
    description: str
    told_by: tuple[str, ...]
    judgments: Callable[[Path, ImportNotes], Iterable[JudgmentRecord]] | None = None
    outputs: Callable[[Path, ImportNotes], Iterable[OutputRecord]] | None = None
    suffixes: tuple[str, ...] = (".jsonl",)
    exact: bool = False
