"""Prompts during editing, before they are part of a study: rows, undo and errors.

Also guesses which column of a foreign file holds which field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.setup.undo_history import UndoHistory
from ftcompare.core.context import Passage
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats.file_columns import FileColumns
from ftcompare.formats.prompt_context import passages as read_passages
from ftcompare.formats.prompt_context import passages_json
from ftcompare.formats.prompt_contradictions import contradiction
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.prompts import ASKING, read_columns
from ftcompare.formats.record_fields import Record, plain_prompt

FIRST_WORDS = {
    "context_kind": ("context_kind", "context_type"),
    "more_references": ("more_references",),
    "later_turns": ("later_turns",),
    "id": ("id", "key", "prompt_id", "number", "no", "nr"),
    "prompt": ("prompt", "question", "instruction", "query", "input", "request", "user", "text"),
    "messages": ("messages", "conversation", "conversations", "chat"),
    "category": ("category", "topic", "subject", "domain", "type", "class"),
    "split": ("split", "set", "subset"),
    "reference": ("reference", "answer", "expected", "output", "response", "completion", "target"),
    "checks": ("checks",),
    "tags": ("tags", "tag", "keywords"),
    "context": ("context", "contexts", "passages", "retrieved_contexts", "documents", "passage"),
    "expects": ("expects", "expected_behaviour", "expected_behavior"),
    "task": ("task", "task_type"),
    "labels": ("labels", "choices", "options"),
    "turns": ("turns",),
}
"""Usual column names in other people's files, most likely first.

If a name matches two fields, the first field gets it.
"""


def columns_of(path: Path) -> FileColumns:
    """The columns of a file of prompts, with its first rows.

    Raises:
        UserError: with the line that is wrong.
    """
    return read_columns(path)


def guessed_columns(names: Sequence[str]) -> dict[str, str]:
    """For each field, the most likely column by its name; fields without one are left out."""
    found = likely_columns(names, FIRST_WORDS)
    asking = [name for name in ASKING if name in found]
    return {name: column for name, column in found.items() if name not in asking[1:]}


def likely_columns(names: Sequence[str], words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each field, the most likely column; fields without one are left out.

    Args:
        names: names of the columns.
        words: for each field its usual column names, most likely first. The first matching field takes a
            column.
    """
    whole = {name.casefold().replace(" ", "_"): name for name in reversed(names)}
    parts = {part: name for word, name in reversed(whole.items()) for part in word.split("_")}
    found: dict[str, str] = {}
    for field, called in words.items():
        taken = set(found.values())
        likely = (by_word.get(word, "") for by_word in (whole, parts) for word in called)
        name = next((name for name in likely if name and name not in taken), "")
        if name:
            found[field] = name
    return found


def save_prompts(path: Path, prompts: Sequence[PromptSpec], *, replace: bool = True) -> int:
    """Write prompts to a file in a lossless form, and return their number.

    Args:
        path: path of the file.
        prompts: all prompts.
        replace: whether an existing file may be replaced.

    Raises:
        UserError: as `require_output` and `write_prompts`.
        EnvironmentFault: ``disk-full``.
    """
    require_output(path, replace=replace)
    return write_prompts(path, prompts)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A prompt being edited.

    Args:
        number: identifies the row while its position and id may change.
        made: whether its id was generated.
    """

    number: int
    spec: PromptSpec
    made: bool = False

    @property
    def text(self) -> str | None:
        """The prompt if it is a single text that can be edited; None for a conversation."""
        return None if self.spec.later_turns else plain_prompt(self.spec.messages)

    @property
    def context(self) -> str | None:
        """The context if it is a single text that can be edited; None for several passages."""
        passages = self.spec.context
        alone = len(passages) == 1 and not passages[0].id
        return passages[0].text if alone else None if passages else ""


class PromptDraft:
    """Rows of prompts, with unlimited undo.

    Args:
        prompts: the initial prompts.
        made: their generated ids.
    """

    def __init__(self, prompts: Iterable[PromptSpec] = (), made: Collection[str] = ()) -> None:
        self.rows: tuple[DraftRow, ...] = tuple(
            DraftRow(number, spec, spec.key in made) for number, spec in enumerate(prompts, start=1)
        )
        self._last = len(self.rows)
        self._history = UndoHistory[tuple[DraftRow, ...]]()

    @property
    def undo_words(self) -> str:
        """Description of what undo would take back; empty for nothing."""
        return self._history.undo_words

    @property
    def redo_words(self) -> str:
        """Description of what redo would do again; empty for nothing."""
        return self._history.redo_words

    def copy(self) -> PromptDraft:
        """An independent copy of the rows, with the same undo and redo history."""
        copied = PromptDraft()
        copied.rows, copied._last = self.rows, self._last
        copied._history = self._history.copy()
        return copied

    @property
    def made(self) -> frozenset[str]:
        """The generated ids."""
        return frozenset(row.spec.key for row in self.rows if row.made)

    @property
    def changed(self) -> bool:
        """Whether there are changes that were not undone."""
        return bool(self._history)

    def row(self, number: int) -> DraftRow | None:
        """The row with this number; None if it was removed."""
        return next((row for row in self.rows if row.number == number), None)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a row: those of `PromptSpec`, or ``text`` for the prompt itself.

        ``context`` may be a text. If a reference answer is removed, the next accepted answer takes its place.
        """
        self._do("edit", tuple(_changed(r, fields) if r.number == number else r for r in self.rows))

    def add(self, after: int | None = None) -> int:
        """Add an empty row below another row or at the end; return its number."""
        spec = PromptSpec(self._free_key(), (Message("user", ""),))
        self._last += 1
        row = DraftRow(self._last, spec, made=True)
        places = [place for place, each in enumerate(self.rows, start=1) if each.number == after]
        place = places[0] if places else len(self.rows)
        self._do("add", (*self.rows[:place], row, *self.rows[place:]))
        return row.number

    def extend(self, prompts: Iterable[PromptSpec]) -> int:
        """Add prompts at the end as one action; return the number of the first, or 0 for none."""
        first = self._last + 1
        rows = tuple(DraftRow(number, spec) for number, spec in enumerate(prompts, start=first))
        self._last += len(rows)
        self._do("add", (*self.rows, *rows))
        return first if rows else 0

    def remove(self, numbers: Collection[int]) -> None:
        """Remove rows."""
        self._do("remove", tuple(row for row in self.rows if row.number not in numbers))

    def undo(self) -> None:
        """Undo the last action."""
        self.rows = self._history.undo(self.rows)

    def redo(self) -> None:
        """Redo the last undone action."""
        self.rows = self._history.redo(self.rows)

    def problems(self) -> dict[int, str]:
        """Errors that keep rows from being valid prompts, as sentences, by row number."""
        keys = Counter(row.spec.key for row in self.rows)
        found = ((row.number, _problem(row.spec, keys)) for row in self.rows)
        return {number: problem for number, problem in found if problem}

    def prompts(self) -> tuple[PromptSpec, ...]:
        """The present prompts."""
        return tuple(row.spec for row in self.rows)

    def _do(self, words: str, rows: tuple[DraftRow, ...]) -> None:
        if rows != self.rows:
            self._history.note(words, self.rows)
            self.rows = rows

    def _free_key(self) -> str:
        taken = {row.spec.key for row in self.rows}
        keys = (f"p{number:04d}" for number in count(len(self.rows) + 1))
        return next(key for key in keys if key not in taken)


def tags_of(text: str) -> tuple[str, ...]:
    """Tags from a typed text: separated by ``|`` or commas, without repetitions."""
    parts = (part.strip() for part in text.replace(",", "|").split("|"))
    return tuple(dict.fromkeys(filter(None, parts)))


def labels_of(text: str) -> tuple[str, ...]:
    """Labels from a typed text: separated by ``|``, without repetitions."""
    return tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))


def _changed(row: DraftRow, fields: Mapping[str, Any]) -> DraftRow:
    values = dict(fields)
    text = values.pop("text", None)
    if text is not None and row.text is not None:
        values["messages"] = (Message("user", str(text)),)
    if isinstance(context := values.get("context"), str):
        values["context"] = (Passage("", context),) if context.strip() else ()
    if values.get("reference") == "" and row.spec.more_references:
        values["reference"], *rest = row.spec.more_references
        values["more_references"] = tuple(rest)
    made = row.made and "key" not in values
    spec = replace(row.spec, **values)
    return replace(row, spec=spec, made=made)


def _problem(spec: PromptSpec, keys: Counter[str]) -> str:
    if not spec.text.strip():
        return "The prompt is empty."
    if not spec.key:
        return "It has no id."
    if keys[spec.key] > 1:
        return f"The id {spec.key} stands {keys[spec.key]} times."
    if spec.context_kind and not any(one.text.strip() for one in spec.context):
        return "It has a kind of context and no context."
    if found := contradiction(spec):
        return found.what
    fields: dict[str, Json] = {
        "id": spec.key,
        "category": spec.category,
        "tags": [*spec.tags],
        "labels": [*spec.labels],
        "task": spec.task,
        "context": passages_json(spec.context),
    }
    record = Record(fields, "", 0)
    try:
        for name in ("id", "category", "task"):
            record.label(name)
        record.tags()
        record.parted("labels")
        read_passages(record)
    except UserError as error:
        return error.what
    return ""


SPLITS = (Split.NONE, Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)
"""The possible roles of a prompt in the fine-tuning data; the first is unspecified."""
