"""Descriptions of file formats to write or read: one value for each format, listed in `registry`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from ftcompare.core.hashing import Json
from ftcompare.core.language import N_
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, RaterId, SystemId
from ftcompare.formats import parquet_file
from ftcompare.formats.json_files import write_array, write_objects
from ftcompare.formats.record_fields import ImportNotes

Row = TypeVar("Row")

STUDY = "study"  # marks the study that exported a vote, so that an import does not count it twice


class RowKind(StrEnum):
    """Kind of a file's rows; the value is its name in sentences.

    PREFERENCE: `PreferenceRow`, a pair with a clear winner. LABELLED: `TrainingAnswer`, a good or bad
    answer. WINNER: `TrainingAnswer`, a preferred answer. PROMPT: `RewardPrompt`, a prompt with checks.
    JUDGMENT: `JudgedRow`, `GuessRow`, or `GradedRow`, a standing judgment, guess, or grade. VOTE:
    `JudgedRow`, a standing judgment of an ordinary pair. PAIR_WITH_VOTES: `PairWithVotes`, a pair with all
    its votes. RESPONSE: `OutputRecord`. TABLE: a row of any table of the study file, by column name.
    """

    PREFERENCE = N_("pair")
    LABELLED = N_("answer")
    WINNER = N_("preferred answer")
    PROMPT = N_("prompt with checks")
    JUDGMENT = N_("judgment")
    VOTE = N_("vote")
    PAIR_WITH_VOTES = N_("judged pair")
    RESPONSE = N_("response")
    TABLE = N_("row of a table")

    @property
    def trains(self) -> bool:
        return self.judged or self is RowKind.PROMPT

    @property
    def judged(self) -> bool:
        """Whether the rows are training data that judgments select."""
        return self in (RowKind.PREFERENCE, RowKind.LABELLED, RowKind.WINNER)

    @property
    def takes_corrections(self) -> bool:
        return self in (RowKind.PREFERENCE, RowKind.WINNER)

    @property
    def plural(self) -> str:
        if self.judged:
            return "training rows"
        if self is RowKind.PROMPT:
            return "prompts with checks"
        return "rows of tables" if self is RowKind.TABLE else f"{self.value}s"


class FormatGroup(StrEnum):
    TRAINING = N_("Training")
    EVALUATION = N_("Evaluation tools")
    STUDY = N_("What the study contains")


def holds_any(_messages: tuple[Message, ...], *, conversational: bool) -> str:
    del conversational
    return ""


@dataclass(frozen=True, slots=True)
class ExportContext:
    names: Mapping[SystemId, str]  # names of the systems in the file
    scale: Scale | None = None  # the scale on which people judged
    conversational: bool = True  # prompts as chat messages; else plain text, for a ``plain_form``
    # prompts as chat messages even for a single user turn, because other prompts in the file have several
    # turns and table readers need one type for a column. For formats that accept both.
    as_messages: bool = False
    digests: Mapping[SystemId, str] | None = None  # of the systems, for training rows; None while withheld
    raw_cells: bool = False  # cells without protection against formulas, for readers other than spreadsheets
    study: str = ""  # mark of the exporting study, for formats whose votes may be imported again; see `STUDY`
    reasoning: bool = False  # whether to include the reasoning of answers, in formats that can hold it
    # answers of raters to the owner's questions, by question; for tables of judgments
    rater_answers: Mapping[RaterId, Mapping[str, str]] = field(default_factory=dict)
    conversations: bool = False  # whether the study has prompts of several turns
    reward_source: str = ""  # source of the Python file that checks answers, for rows of prompts with checks

    @property
    def origin(self) -> dict[str, Json]:
        """Fields that identify the exporting study; empty where it is not named."""
        return {STUDY: self.study} if self.study else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat(Generic[Row]):
    id: str  # identifier on the command line, in the data card and in the audit log
    title: str  # title on the Export page
    description: str  # content and purpose of the file, in a sentence
    rows: RowKind  # kind of rows
    stem: str  # part of the proposed file name that describes the content
    # converts a row to the object shown in a preview and written as a line of JSON Lines
    to_object: Callable[[Row, ExportContext], Mapping[str, Json]]
    # writes rows to a path and returns their number; it may write further files beside it. None for JSON
    # and JSON Lines. It raises `UserError` with code ``no-rows`` where there are none.
    writer: Callable[[Path, Iterable[Row], ExportContext], int] | None = None
    suffix: str = ".jsonl"  # usual suffix of the file
    file_type: str = "JSON Lines"  # name of the file type in a file dialog
    folder: bool = False  # whether it is written as a folder of files
    names_systems: bool = True  # it names systems and can therefore be exported only after unblinding
    plain_form: bool = False  # prompts can also be written as plain text, which holds only one user turn
    unfit: Callable[..., str] = holds_any  # why it cannot hold a prompt; such pairs are left out and counted
    group: FormatGroup = FormatGroup.STUDY  # heading on the Export page
    task: str = ""  # task category of the rows on dataset hubs, such as ``text-generation``
    holds_turns: bool = False  # it can hold all answers of a conversation; else such pairs are left out
    takes_raw_cells: bool = False  # cells that look like formulas are protected, and may be written raw
    takes_grades: bool = False  # it can hold the grades of single answers, in place of judgments of pairs
    takes_reasoning: bool = False  # it can hold the reasoning of answers, which is included only if requested

    @property
    def of_grades(self) -> bool:
        """Whether a study in which raters grade one answer at a time has rows for it."""
        return self.takes_grades or self.rows not in (
            RowKind.PREFERENCE,
            RowKind.JUDGMENT,
            RowKind.VOTE,
            RowKind.PAIR_WITH_VOTES,
        )

    def write(self, path: Path, rows: Iterable[Row], context: ExportContext) -> int:
        """Write a file, completely or not at all; return the number of rows."""
        if self.writer:
            return self.writer(path, rows, context)
        objects = (dict(self.to_object(row, context)) for row in rows)
        if self.file_type == "JSON":
            return write_array(path, objects, what=self.rows.plural)
        if path.suffix == parquet_file.SUFFIX and self.rows.trains:
            return parquet_file.write(path, objects, what=self.rows.plural)
        return write_objects(path, objects, what=self.rows.plural)


AnyExportFormat: TypeAlias = ExportFormat[Any]
evaluation_format = partial(ExportFormat, group=FormatGroup.EVALUATION, suffix=".json", file_type="JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFormat:
    """File format that can be imported into a study: votes or responses, one at a time."""

    id: str  # identifier on the command line
    title: str  # title in the import dialog
    description: str  # required content of the file, in a sentence
    told_by: tuple[str, ...]  # sets of field names, separated by spaces, that occur only in this format
    # reads votes, and notes what it ignores. It raises `UserError` with the line of an invalid record, as
    # does ``outputs``.
    judgments: Callable[[Path, ImportNotes], Iterable[JudgmentRecord]] | None = None
    # reads responses instead of votes; for a format that has both, from a file without votes
    outputs: Callable[[Path, ImportNotes], Iterable[OutputRecord]] | None = None
    suffixes: tuple[str, ...] = (".jsonl",)  # accepted suffixes, the usual one first
    exact: bool = False  # votes are read back as written, so that an import recognizes known ones by equality
