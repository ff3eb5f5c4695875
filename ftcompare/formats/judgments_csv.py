"""``csv``: one row for each judgment, for spreadsheets and statistics programs.

UTF-8 with a byte-order mark, without which Excel misreads non-ASCII characters; rows end in CR LF (RFC 4180),
line breaks inside a cell are kept. Text that a spreadsheet would execute as a formula is prefixed with an
apostrophe, unless raw cells are requested: at the beginning of a cell, and inside it where a spreadsheet that
splits cells at ``;`` or tabs would see a new cell. Tags are separated by ``|``, as in a table of prompts.
Only rows of the kind ``ordinary`` are votes (`RecordKind`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from ftcompare.core.records import RecordKind
from ftcompare.core.study import DETAILS, GradedRow, GuessRow, JudgedRow, SystemId
from ftcompare.formats.atomic_write import atomic_text
from ftcompare.formats.export_format import ExportContext, ExportFormat, RowKind
from ftcompare.formats.json_files import require_rows
from ftcompare.formats.judgments import guessed_side, kind_of, left_of, systems_of
from ftcompare.formats.record_fields import whole_prompt

_Row: TypeAlias = JudgedRow | GuessRow
_Cell: TypeAlias = Callable[[_Row, Mapping[SystemId, str]], str]


def _judged(cell: Callable[[JudgedRow], str]) -> _Cell:
    return lambda row, _: cell(row) if isinstance(row, JudgedRow) else ""


def _noted(name: str) -> _Cell:
    return _judged(lambda row: _words(getattr(row, name)))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _guessed(cell: Callable[[GuessRow], str]) -> _Cell:
    return lambda row, _: cell(row) if isinstance(row, GuessRow) else ""


_OF_PROMPT: dict[str, Callable[[_Row | GradedRow, Mapping[SystemId, str]], str]] = {
    "prompt_id": lambda row, _: row.prompt.spec.key,
    "category": lambda row, _: row.prompt.spec.category,
    "split": lambda row, _: row.prompt.spec.split.value,
    "tags": lambda row, _: "|".join(row.prompt.spec.tags),
}
_CELLS: dict[str, _Cell] = {
    **_OF_PROMPT,
    "kind": lambda row, _: kind_of(row).value,
    "prompt": lambda row, _: whole_prompt(row.prompt.spec.messages),
    "system_a": lambda row, names: systems_of(row.comparison, names)[0],
    "system_b": lambda row, names: systems_of(row.comparison, names)[1],
    "response_a": lambda row, _: row.comparison.a.text,
    "response_b": lambda row, _: row.comparison.b.text,
    "rater": lambda row, _: row.rater.name,
    "rater_kind": lambda row, _: row.rater.kind.value,
    "choice": _noted("choice"),
    "preference_b": _judged(lambda row: f"{row.preference:g}"),
    "strength": _noted("strength"),
    "left": lambda row, _: left_of(row),
    "comment": _noted("comment"),
    "flagged": _noted("flagged"),
    "seconds": _judged(lambda row: "" if row.seconds is None else f"{row.seconds:.3f}"),
    "at": lambda row, _: row.at,
    "inherited": _judged(lambda row: row.inherited),
    "series": _noted("series"),
    "sample_a": lambda row, _: str(row.comparison.a.sample),
    "sample_b": lambda row, _: str(row.comparison.b.sample),
    "guess": _guessed(guessed_side),
    "sure": _guessed(lambda row: _words(row.sure)),
    **{one.attribute: _noted(one.attribute) for one in DETAILS if not isinstance(one.default, tuple)},
    "wrong_turn_a": _judged(lambda row: _words(dict(row.wrong_turns).get("a"))),
    "wrong_turn_b": _judged(lambda row: _words(dict(row.wrong_turns).get("b"))),
}
"""Value of each column; empty where unknown."""

_OF_GRADES: dict[str, Callable[[GradedRow, Mapping[SystemId, str]], str]] = {
    **_OF_PROMPT,
    "kind": lambda *_: RecordKind.GRADE.value,
    "prompt": lambda row, _: whole_prompt(row.prompt.spec.messages),
    "system": lambda row, names: names[row.response.system],
    "response": lambda row, _: row.response.text,
    "sample": lambda row, _: str(row.response.sample),
    "rater": lambda row, _: row.rater.name,
    "grade": lambda row, _: str(row.grade),
    "repeat": lambda row, _: _words(row.repeat_of is not None),
    "comment": lambda row, _: row.notes.comment,
    "flagged": lambda row, _: _words(row.notes.flagged),
    "seconds": lambda row, _: "" if row.seconds is None else f"{row.seconds:.3f}",
    "at": lambda row, _: row.at,
}
"""Value of each column where raters grade one answer at a time."""

COLUMNS = tuple(_CELLS)

_STARTERS = "=+\\-@＝＋－＠"
_FORMULA = re.compile(rf"[\t\r\n\0]|[\s\0\ufeff]*+[{_STARTERS}]")
# Read with another delimiter, a quote within a cell protects nothing: the cell ends there, or its line does.
# A list marker at the beginning of a line ("- milk") is left as it is. No blank of one place is looked at
# from another, so that the search stays linear.
_FORMULA_WITHIN = re.compile(
    rf"(?<=[;\t])(?=[^\S\r\n\t]*+[{_STARTERS}])"
    r"|(?<=[\r\n])(?=[^\S\r\n\t]*+(?:[=@＝＠]|[+\-＋－](?!\s)))"
)
# Apostrophes that stand where `safe_cell` may put one. No other apostrophe that it puts is looked at for it.
_APOSTROPHES = re.compile(rf"\A'+(?=[\s\0\ufeff{_STARTERS}])|(?<=[;\t\r\n])'+(?=[^\S\r\n\t]*+[{_STARTERS}])")


def write(path: Path, rows: Iterable[_Row | GradedRow], context: ExportContext) -> int:
    """Write every judgment and guess, or every grade; return their number.

    Each criterion of the scale gets a column with ``a``, ``b``, ``tie`` or ``both_bad``, or with a grade.
    Reasons share a column, with another one for reasons about ``a`` or ``b``. Each question that raters
    answered around their work gets a column ``rater: QUESTION``. These columns come last, and only if there
    are any.
    """
    count = 0
    with atomic_text(path, encoding="utf-8-sig") as handle:
        table = csv.writer(handle)
        table.writerow(columns(context) if context.raw_cells else map(safe_cell, columns(context)))
        for row in rows:
            table.writerow(to_object(row, context).values())
            count += 1
        require_rows(path, count, "judgments")
    return count


def safe_cell(text: str) -> str:
    """Put an apostrophe before anything that a spreadsheet would read as a formula."""
    inside = _FORMULA_WITHIN.sub("'", text)
    return f"'{inside}" if _FORMULA.match(text) else inside


def guarded_cell(text: str) -> str:
    """Return `safe_cell` in a form that `unguarded_cell` reverses.

    If the text itself has apostrophes at such a position, one more is added.
    """
    return safe_cell(_APOSTROPHES.sub(r"'\g<0>", text))


def unguarded_cell(cell: str) -> str:
    """Return the original text of a `guarded_cell`; it must not begin with white space."""
    return _APOSTROPHES.sub(lambda match: match[0][1:], cell)


def to_object(row: _Row | GradedRow, context: ExportContext) -> dict[str, str]:
    cells = raw_cells(row, context)
    return cells if context.raw_cells else {name: safe_cell(text) for name, text in cells.items()}


def raw_cells(row: _Row | GradedRow, context: ExportContext) -> dict[str, str]:
    criteria: Iterable[tuple[str, str | int]] = ()
    reasons: tuple[str, ...] = ()
    sides: tuple[tuple[str, str], ...] = ()
    if isinstance(row, GradedRow):
        cells = {name: cell(row, context.names) for name, cell in _OF_GRADES.items()}
        criteria, reasons = row.notes.grades, row.notes.reasons
    else:
        cells = {name: cell(row, context.names) for name, cell in _CELLS.items()}
        if isinstance(row, JudgedRow):
            criteria, reasons, sides = row.criteria, row.reasons, row.reason_sides
    if context.scale:
        given = {f"criterion: {name}": str(choice) for name, choice in criteria}
        cells |= {name: given.get(name, "") for name in columns(context)[len(cells) :]}
        if context.scale.reasons:
            cells["reasons"] = "; ".join(reasons)
        if context.scale.reasons and not context.scale.graded:
            cells["reason sides"] = "; ".join(f"{name}: {side}" for name, side in sides)
    answers = context.rater_answers.get(row.rater.id, {})
    return cells | {f"rater: {question}": answers.get(question, "") for question in _questions(context)}


def columns(context: ExportContext) -> tuple[str, ...]:
    asked = (f"rater: {question}" for question in _questions(context))
    scale = context.scale
    if scale is None:
        return (*COLUMNS, *asked)
    criteria = (f"criterion: {name}" for name in scale.criteria)
    reasons = ("reasons",) if scale.graded else ("reasons", "reason sides")
    fixed = tuple(_OF_GRADES) if scale.graded else COLUMNS
    return (*fixed, *criteria, *(reasons if scale.reasons else ()), *asked)


def _questions(context: ExportContext) -> dict[str, None]:
    return dict.fromkeys(question for answers in context.rater_answers.values() for question in answers)


EXPORT = ExportFormat(
    id="csv",
    title="Judgments (CSV table)",
    description="Every judgment or grade as a row, and the checks of raters, for a spreadsheet.",
    rows=RowKind.JUDGMENT,
    takes_grades=True,
    stem="judgments",
    to_object=to_object,
    writer=write,
    suffix=".csv",
    file_type="CSV",
    takes_raw_cells=True,
)
