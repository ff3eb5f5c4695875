"""Finds or adds the prompts and responses that imported records refer to, with bounded caches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from ftcompare.core.errors import UserError
from ftcompare.core.records import ABOUT_PROMPT, JudgmentRecord, OutputRecord
from ftcompare.core.study import Message, PromptId, PromptSpec, ResponseId
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_list
from ftcompare.store.study.prompts import (
    insert_prompt,
    messages_digest,
    prompt_digest,
    question_digest,
    to_messages,
    to_prompt,
)

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class RecentlyUsed(Generic[_Key, _Value]):
    """A cache that keeps at least the `most` keys used last (1 or more), and at most twice as many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._new: dict[_Key, _Value] = {}
        self._old: dict[_Key, _Value] = {}
        self.forgot = False
        """Whether a value was discarded."""

    def get(self, key: _Key) -> _Value | None:
        found = self._new.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: _Key, value: _Value) -> None:
        if len(self._new) >= self._most and key not in self._new:
            self.forgot = self.forgot or bool(self._old)
            self._old, self._new = self._new, {}
        self._new[key] = value


class StoredSample(NamedTuple):
    id: ResponseId
    digest: str


class StoredSamples:
    """One system's responses to one prompt; equal texts are one unless the file numbers them differently."""

    __slots__ = ("_by_number", "_by_text", "_named")

    def __init__(self, named: set[ResponseId]) -> None:
        """Share `named`, the ids of responses whose sample number the file gives, by all prompts."""
        self._by_number: dict[int, tuple[bytes, StoredSample]] = {}
        self._by_text: dict[bytes, StoredSample] = {}
        self._named = named

    def add(self, text: bytes, number: int, sample: StoredSample, *, named: bool = False) -> None:
        """Add a response; of equal texts `find` returns the first; `named` if the file has its number."""
        self._by_number[number] = (text, sample)
        self._by_text.setdefault(text, sample)
        if named:
            self._named.add(sample.id)

    def find(self, text: bytes, number: int | None) -> StoredSample | None:
        """Return the response with this text and, if the record has one, this sample number."""
        known = self._by_text.get(text)
        if number is None:
            return known
        there = self._by_number.get(number)
        if there is None:
            return None if known and known.id in self._named else known
        if there[0] != text:
            return known
        self._named.add(there[1].id)
        return there[1]

    def free(self, number: int | None) -> int:
        """Return a sample number for a new response: `number` if free, else one above the highest."""
        if number is not None and number not in self._by_number:
            return number
        return max(self._by_number, default=-1) + 1


# Records contain only the messages of a prompt. If a prompt has further fields, its ``messages_digest``
# covers these as well, so its messages are read to compute the digest of the messages alone.
_KNOWN_PROMPTS = """SELECT id, key, kind, messages_digest, digest,
    CASE WHEN fields <> '{}' THEN messages END AS messages,
    json_extract(fields, '$.later_turns') AS later_turns, json_extract(fields, '$.context') AS context
    FROM prompts ORDER BY id"""

_KEPT = ("category", "split", "tags", "reference", *ABOUT_PROMPT)  # an import does not change them
MAX_QUESTION = 60  # maximum number of characters shown of a prompt
LATER, CONTEXT = "later", "context"  # roles of later turns and passages in the digest of a prompt


@dataclass(frozen=True, slots=True)
class _LookupKeys:
    """The lookup keys of a prompt: digests of messages and later turns, and of these with the context."""

    messages: str
    whole: str


def _keys_by(
    messages: Iterable[Message], later_turns: Iterable[str] = (), context: Iterable[tuple[str, str]] = ()
) -> _LookupKeys:
    turns = (*messages, *(Message(LATER, turn) for turn in later_turns))
    question = messages_digest(turns)
    passages = [Message(CONTEXT, part) for passage in context for part in passage]
    return _LookupKeys(question, messages_digest((*turns, *passages)) if passages else question)


def _keys_of(row: sqlite3.Row) -> _LookupKeys:
    if row["messages"] is None:
        return _LookupKeys(row["messages_digest"], row["messages_digest"])
    later, context = (read_list(row[name] or "[]") for name in ("later_turns", "context"))
    return _keys_by(to_messages(row["messages"]), later, context)


class ImportedPrompts:
    """Finds the prompts that records name by id or, without an id, by their messages and context.

    ``kept`` holds the prompts of the study for which a record gives different data, each with a sentence on
    the first difference; the study's data stay.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._by_key: dict[str, tuple[PromptId, _LookupKeys]] = {}
        self._by_digest: dict[str, PromptId] = {}
        self._compared: set[tuple[object, ...]] = set()
        self.kept: dict[PromptId, str] = {}
        self.digests: dict[PromptId, str] = {}
        for row in db.rows(_KNOWN_PROMPTS):
            if row["kind"]:  # not the study's own: its id is taken, but no record refers to it
                self._by_key[row["key"]] = (PromptId(row["id"]), _LookupKeys("", ""))
            else:
                self._keep(PromptId(row["id"]), row["key"], _keys_of(row), row["digest"])
        self.last: int = db.value("SELECT COALESCE(MAX(id), 0) FROM prompts")

    def _keep(self, prompt: PromptId, key: str, keys: _LookupKeys, whole: str) -> None:
        self._by_key[key] = (prompt, keys)
        self._by_digest.setdefault(keys.messages, prompt)
        self._by_digest.setdefault(keys.whole, prompt)
        self.digests[prompt] = whole

    def get(self, record: JudgmentRecord | OutputRecord) -> tuple[PromptId, bool]:
        """Return the prompt of a record, and whether this call added it."""
        spec = record.prompt if isinstance(record, OutputRecord) else _spec_of(record)
        keys = _keys_by(spec.messages, spec.later_turns, ((one.id, one.text) for one in spec.context))
        known = self._named(spec.key, keys) if spec.key else self._by_digest.get(keys.whole)
        if known is None:
            return self._add(spec, keys), True
        if known <= self.last and known not in self.kept:
            self._compare(known, spec)
        return known, False

    def _named(self, key: str, keys: _LookupKeys) -> PromptId | None:
        prompt, expected = self._by_key.get(key, (None, keys))
        with_context = keys.whole != keys.messages
        same = keys.whole == expected.whole if with_context else keys.messages == expected.messages
        if not same:
            what = f"The prompt with the id “{key}” has another text in the study."
            raise UserError(what, how="Give it a different id, or remove the id.", code="prompt-differs")
        return prompt

    def _compare(self, prompt: PromptId, spec: PromptSpec) -> None:
        """Note a prompt of the study in ``kept`` if a record gives different data for it."""
        given = tuple((name, value) for name in _KEPT if (value := getattr(spec, name)))
        if not given or (prompt, given) in self._compared:
            return
        self._compared.add((prompt, given))
        stored = to_prompt(self._db.rows("SELECT * FROM prompts WHERE id = ?", (prompt,))[0]).spec
        question = " ".join(stored.text.split())[:MAX_QUESTION]
        for name, value in given:
            if (here := getattr(stored, name)) != value:
                both = f" (“{value}” in the file, “{here}” in the study)" if isinstance(value, str) else ""
                self.kept.setdefault(prompt, f"For “{question}”, {name} differs{both}.")

    def _add(self, spec: PromptSpec, keys: _LookupKeys) -> PromptId:
        spec = replace(spec, key=spec.key or f"imported-{keys.whole[:16]}")
        whole = prompt_digest(spec)
        prompt = insert_prompt(self._db, spec, question_digest(spec), whole).id
        self._keep(prompt, spec.key, keys, whole)
        return prompt


def _spec_of(vote: JudgmentRecord) -> PromptSpec:
    about = (vote.messages, vote.category, vote.split)
    return PromptSpec(vote.prompt_id, *about, tags=vote.tags, later_turns=vote.later_turns)
