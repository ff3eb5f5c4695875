"""Frozen records that the API returns, and tables of them as data frames of pandas or polars.

The fields of results, votes, and answers are those of `results --json` and of the exported files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from ftcompare.core.context import Passage
from ftcompare.core.optional_module import optional_module
from ftcompare.core.recipe import Message
from ftcompare.core.typed_json import field_types

if TYPE_CHECKING:
    import pandas

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class OverviewRecord:
    """The contents of a study in numbers, as `ftcompare info --json` shows them."""

    title: str  # title of the study
    blinded: bool  # whether the systems are still concealed, and judgments are accepted
    prompts: int  # number of prompts
    pairs_planned: int  # number of pairs of answers, also those that are not generated yet
    pairs_written: int  # number of pairs that can be judged
    pairs_failed: int  # number of pairs whose generation failed
    raters: int  # number of raters, people and programs
    judgments: int  # number of judgments, of people and programs


@dataclass(frozen=True, slots=True)
class GeneratedRecord:
    """The pairs of a study after answers were generated."""

    planned: int  # number of pairs of answers
    written: int  # number of pairs that can be judged
    failed: int  # number of pairs whose generation failed
    identical: int  # number of written pairs that nobody is asked about, because the answers are identical
    failures: Mapping[str, str]  # why prompts could not be answered, by id


@dataclass(frozen=True, slots=True)
class SystemRecord:
    """A system of a study: what is compared. Its parts are None until the study is unblinded."""

    name: str  # a neutral name, such as System X, until the study is unblinded
    responses: int | None  # number of answers; None if it would reveal which system this is
    kind: str | None = None  # `base`, `adapter`, `model`, `served`, or `imported`
    model: str | None = None  # folder or hub id of the base model; empty for imported answers
    adapter: str | None = None  # folder or hub id of the adapter; empty without one
    instructions: str | None = None  # system prompt, examples, and options in short


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """A prompt, with the fields of a prompts file."""

    id: str  # id of the prompt, unique in the study
    text: str  # the last user turn before the first answer
    messages: tuple[Message, ...]  # all turns before the first answer, each with role and content
    category: str  # category; may be empty
    split: str  # `trained`, `paraphrase`, `held_out`, or empty
    tags: tuple[str, ...]  # tags by which results are grouped
    task: str  # kind of task; may be empty
    reference: str  # an accepted answer; may be empty
    more_references: tuple[str, ...]  # other accepted answers
    labels: tuple[str, ...]  # the answers to choose from
    expects: str  # what a correct answer does; may be empty
    checks: tuple[str, ...]  # automatic checks of answers, as in a prompts file
    context: tuple[Passage, ...]  # passages to answer from, each with id and text
    context_kind: str  # relation of the passages to the question; may be empty
    later_turns: tuple[str, ...]  # user turns after the first answer


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer of a system to a prompt, with the fields of the format `outputs`."""

    prompt: str | tuple[Message, ...]  # the text, or messages if a prompt of the study has several messages
    system: str  # name of the system
    # the answer, in a conversation the last one; with calls of tools, all messages of the answer
    response: str | tuple[Mapping[str, Any], ...]
    prompt_id: str = ""  # id of the prompt
    sample: int = 0  # index among the answers of this system to this prompt, from 0
    category: str = ""  # category of the prompt; `split`, `tags`, and `task` likewise
    split: str = ""  # `trained`, `paraphrase`, `held_out`, or empty
    tags: tuple[str, ...] = ()  # tags of the prompt
    task: str = ""  # kind of task of the prompt
    reference: str = ""  # an accepted answer; may be empty
    reasoning: str = ""  # the reasoning before the answer
    earlier: tuple[str, ...] = ()  # in a conversation, the answers to all turns but the last


@dataclass(frozen=True, slots=True)
class VoteRecord:
    """A judgment of a rater on a pair of answers, with the fields of the format `judgments`."""

    kind: str  # `ordinary`; `repeat`, `control`, `gold`, or `guess` for records that assess raters
    prompt: str | tuple[Message, ...]  # the text, or messages if a prompt of the study has several messages
    system_a: str  # the system that was added to the study first
    system_b: str  # the other system
    response_a: str | tuple[Mapping[str, Any], ...]  # answer of `system_a`, as in `AnswerRecord`
    response_b: str | tuple[Mapping[str, Any], ...]  # answer of `system_b`
    rater: str  # name of the rater
    choice: str | None = None  # `a`, `b`, `tie`, or `both_bad`; None for a guess
    # share of the vote that b gets, 0 to 1: 0.5 for `tie` and `both_bad`; None for a guess
    preference: float | None = None
    prompt_id: str = ""  # id of the prompt
    category: str = ""  # category of the prompt; `split` and `tags` likewise
    split: str = ""  # `trained`, `paraphrase`, `held_out`, or empty
    tags: tuple[str, ...] = ()  # tags of the prompt
    rater_kind: str = "human"  # `human` or `automatic`
    strength: int | None = None  # 1 to 3; None for a tie, and if the scale has no strengths
    left: str = ""  # the response shown on the left, `a` or `b`; empty if unknown
    comment: str = ""  # comment of the rater
    flagged: bool = False  # whether the rater flagged the pair
    criteria: Mapping[str, str] | None = None  # choice on each criterion, by its name
    reasons: tuple[str, ...] = ()  # reasons that the rater picked
    wrong_turns: Mapping[str, int] | None = None  # turn at which a conversation goes wrong, by `a` or `b`
    at: str = ""  # time, ISO 8601 in UTC; empty if unknown
    seconds: float | None = None  # active time from the display of both answers to the judgment
    sample_a: int | None = None  # index among the answers of `system_a`, from 0; `sample_b` likewise
    sample_b: int | None = None  # index of the answer of `system_b`
    inherited: bool = False  # whether it comes from the study of the checkpoint before
    series: str = ""  # equal for the judgments of one ranking of several answers; empty for a single pair
    guess: str = ""  # of a guess: the response taken for the fine-tuned system's, `a`, `b`, or `unsure`


@dataclass(frozen=True, slots=True)
class RateRecord:
    """A rate from 0 to 1 with its confidence interval."""

    value: float | None  # the rate
    low: float | None  # lower end of the interval; None without an interval
    high: float | None  # upper end of the interval
    level: float  # confidence level, such as 0.95
    method: str  # name of the method of the interval
    generalises_over: str  # `prompts`, or `prompts and raters`


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """Whether a preference may be claimed, and about whom."""

    scope: str  # `one_rater`, `these_raters`, or `raters_like_these`
    made: bool  # whether the claim is made
    favours: str | None  # `a` or `b`; None if no claim is made
    basis: str  # `fixed`, or `sequential` while judging goes on
    reason: str  # why no claim is made; empty if it is


@dataclass(frozen=True, slots=True)
class CountsRecord:
    """How often each of two systems was preferred. A withheld figure is None."""

    a: str  # the system that was added to the study first
    b: str  # the other system
    rater_kind: str  # `human` or `automatic`
    prompts: int  # number of judged prompts
    judgments: int  # number of judgments
    wins_a: int | None  # number of judgments that prefer a
    wins_b: int | None  # number of judgments that prefer b
    ties: int  # number of ties
    both_bad: int  # number of judgments that both answers are bad
    win_rate_b: RateRecord | None  # share of b, with ties as half; the interval is for these raters


@dataclass(frozen=True, slots=True)
class PairRecord(CountsRecord):
    """The results of two systems, judged by people or by programs."""

    win_rate_b_over_raters: RateRecord | None  # the same rate; the interval is for raters like these
    standard_error: float | None  # standard error of the win rate over prompts
    sign_test_p: float | None  # p-value of the two-sided sign test over prompts
    probability_b_better: float | None  # probability that b is better, from a uniform prior
    e_value: float | None  # evidence that may be looked at while judging goes on
    confidence_sequence: tuple[float | None, ...]  # interval that may be looked at while judging goes on
    prompts_still_needed: int | None  # further prompts until a claim about these raters has 80% power
    length_controlled_win_rate_b: RateRecord | None  # the rate at equal length of both answers
    style_controlled_win_rate_b: RateRecord | None  # the rate at equal length and formatting
    claims: tuple[ClaimRecord, ...]  # what may be claimed, for each scope


@dataclass(frozen=True, slots=True)
class PartRecord(CountsRecord):
    """The results of two systems on a part of the judgments."""

    dimension: str  # `category`, `split`, `tag`, `task`, `context_kind`, or `criterion`
    name: str  # name of the category, and so on
    p: float | None  # p-value of the difference from 50%
    p_adjusted: float | None  # adjusted for the number of parts by Holm's method
    pooled_rate: float | None  # rate shrunk towards that of all parts


@dataclass(frozen=True, slots=True)
class ResultsRecord:
    """The results of a study: the figures of `ftcompare results --json`."""

    title: str  # title of the study
    prompts: int  # number of prompts, judged or not
    judgments: int  # number of judgments
    raters: int  # number of raters
    comparisons: RecordTable[PairRecord]  # pairs of systems, those with the most judgments first
    parts: RecordTable[PartRecord]  # the same by category, split, tag, task, kind of context, and criterion
    average_win_rate: Mapping[str, float | None]  # by system; empty while withheld
    agreement: Mapping[str, Any]  # `percent`, `krippendorff_alpha`, `gwet_ac1`, as in the document
    intact: bool  # whether the study passes its integrity checks
    problems: tuple[str, ...]  # what the checks found
    held_back: tuple[str, ...]  # names of figures that are withheld until the study is unblinded
    document: Mapping[str, Any]  # the whole document of `results --json`; its schema is in `docs/schemas`


class RecordTable(Generic[_Record]):
    """A table of records of one kind. It has a length, an order, and indices as a list does.

    A record within a record becomes several columns, whose names are joined by a dot: `win_rate_b.low`.
    """

    def __init__(self, kind: type[_Record], records: Iterable[_Record]) -> None:
        self._kind, self._records = kind, tuple(records)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[_Record]:
        return iter(self._records)

    def __getitem__(self, place: int) -> _Record:
        return self._records[place]

    def __repr__(self) -> str:
        return f"<RecordTable of {len(self)} × {self._kind.__name__}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, also of an empty table."""
        return tuple(".".join(path) for path in _paths(self._kind))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dictionary for each record, by column. Tuples become lists."""
        paths = _paths(self._kind)
        return [{".".join(path): _cell(record, path) for path in paths} for record in self._records]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame of pandas. Raises `EnvironmentFault` if pandas is not installed."""
        library: Any = installed_library("pandas", "This table", "no-data-frames")
        frame: pandas.DataFrame = library.DataFrame(self.to_dicts(), columns=list(self.columns))
        return frame

    def to_polars(self) -> Any:
        """Return a data frame of polars. Raises `EnvironmentFault` if polars is not installed."""
        rows = self.to_dicts()
        values = {column: [row[column] for row in rows] for column in self.columns}
        return installed_library("polars", "This table", "no-data-frames").DataFrame(values, strict=False)


def installed_library(name: str, what: str, code: str) -> Any:
    """Import a library that the user installs; if it is missing, say what needs it."""
    missing = f"{what} needs {name}, which is not installed."
    return optional_module(name, missing, f"Install it: pip install {name}", code)


def _paths(kind: object) -> tuple[tuple[str, ...], ...]:
    """The path of field names to the value of each column."""
    found: list[tuple[str, ...]] = []
    for name, of in field_types(kind).items():
        nested = next((one for one in (of, *get_args(of)[:1]) if is_dataclass(one)), None)
        is_tuple = nested is not None and nested is not of and get_args(of)[-1] is Ellipsis
        inner = _paths(nested) if nested is not None and not is_tuple else ((),)
        found += [(name, *path) for path in inner]
    return tuple(found)


def _cell(record: object, path: tuple[str, ...]) -> Any:
    value: Any = record
    for name in path:
        value = None if value is None else getattr(value, name)
    return _plain(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value
