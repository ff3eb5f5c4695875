"""Prompts during editing, and which column of a foreign file holds which field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.setup.row_draft import RowDraft
from ftcompare.core.context import Passage
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import tr
from ftcompare.core.message_texts import translated_message
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.prompts import ASKING, contradiction, passages_json
from ftcompare.formats.prompts import passages as read_passages
from ftcompare.formats.record_fields import Record, plain_prompt
from ftcompare.formats.tables import likely_columns

FIRST_WORDS = {
    "context_kind": ("context_kind", "context_type"),
    "more_references": ("more_references",),
    "later_turns": ("later_turns",),
    "id": ("id", "key", "prompt_id", "number", "no", "nr"),
    "prompt": ("prompt", "question", "instruction", "query", "input", "request", "user", "text"),
    "messages": ("messages", "conversation", "conversations", "chat"),
    "category": ("category", "topic", "subject", "domain", "area", "type", "class"),
    "split": ("split", "set", "subset"),
    "reference": ("reference", "answer", "expected", "output", "response", "completion", "target", "gold"),
    "checks": ("checks",),
    "tags": ("tags", "tag", "keywords"),
    "context": ("context", "contexts", "passages", "retrieved_contexts", "documents", "passage"),
    "expects": ("expects", "expected_behaviour", "expected_behavior"),
    "task": ("task", "task_type"),
    "labels": ("labels", "choices", "options"),
    "turns": ("turns",),
}
"""Usual column names, most likely first; a name that matches two fields is the first one's."""


def guessed_columns(names: Sequence[str]) -> dict[str, str]:
    found = likely_columns(names, FIRST_WORDS)
    asking = [name for name in ASKING if name in found]
    return {name: column for name, column in found.items() if name not in asking[1:]}


def save_prompts(path: Path, prompts: Sequence[PromptSpec], *, replace: bool = True) -> int:
    """Write prompts to a file in a lossless form, and return their number."""
    require_output(path, replace=replace)
    return write_prompts(path, prompts)


def editable_text(spec: PromptSpec) -> str | None:
    return None if spec.later_turns else plain_prompt(spec.messages)


def editable_context(spec: PromptSpec) -> str | None:
    passages = spec.context
    alone = len(passages) == 1 and not passages[0].id
    return passages[0].text if alone else None if passages else ""


class PromptDraft(RowDraft[PromptSpec]):
    """Rows of prompts: ``fields`` are the numbers of rows whose id was typed, ``made`` the generated ids."""

    def __init__(self, prompts: Iterable[PromptSpec] = (), generated: Collection[str] = ()) -> None:
        super().__init__(prompts, frozenset())
        self._made = {row.number for row in self.rows if row.value.key in generated}

    @property
    def made(self) -> frozenset[str]:
        made = self._made - self.fields
        return frozenset(row.value.key for row in self.rows if row.number in made)

    def change(self, number: int, **fields: Any) -> None:
        typed = {number} if "key" in fields else set()
        self.do("edit", self.edited(number, fields), self.fields | typed)

    def add(self, after: int | None = None) -> int:
        taken = {spec.key for spec in self.values}
        keys = (f"p{number:04d}" for number in count(len(self.rows) + 1))
        key = next(key for key in keys if key not in taken)
        number = self.insert(PromptSpec(key, (Message("user", ""),)), after)
        self._made.add(number)
        return number

    def extend(self, prompts: Iterable[PromptSpec]) -> int:
        rows = self.numbered(prompts)
        self.do("add", (*self.rows, *rows))
        return rows[0].number if rows else 0

    def changed(self, value: PromptSpec, fields: dict[str, Any]) -> PromptSpec:
        """Return a prompt with other fields: those of `PromptSpec`, or ``text`` for the prompt itself.

        ``context`` may be a text. If a reference answer is removed, the next accepted answer takes its place.
        """
        values = dict(fields)
        text = values.pop("text", None)
        if text is not None and editable_text(value) is not None:
            values["messages"] = (Message("user", str(text)),)
        if isinstance(context := values.get("context"), str):
            values["context"] = (Passage("", context),) if context.strip() else ()
        if values.get("reference") == "" and value.more_references:
            values["reference"], *rest = value.more_references
            values["more_references"] = tuple(rest)
        return replace(value, **values)

    def problem(self, value: PromptSpec) -> str:
        return _problem(value, self._keys)

    def check(self) -> None:
        self._keys = Counter(spec.key for spec in self.values)
        super().check()


def tags_of(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in text.replace(",", "|").split("|"))
    return tuple(dict.fromkeys(filter(None, parts)))


def labels_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))


def _problem(spec: PromptSpec, keys: Counter[str]) -> str:
    if not spec.text.strip():
        return tr("The prompt is empty.")
    if not spec.key:
        return tr("It has no id.")
    if keys[spec.key] > 1:
        return tr("The id {id} appears {times} times.", spec.key, keys[spec.key])
    if spec.context_kind and not any(one.text.strip() for one in spec.context):
        return tr("It has a kind of context but no context.")
    if found := contradiction(spec):
        return translated_message(found.what)
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
