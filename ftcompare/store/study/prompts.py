"""The prompts of a study, including the hidden prompts of gold items and of the live page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from json.encoder import encode_basestring_ascii as quoted

from ftcompare.core.context import Expectation, Passage
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest, digest_spelled
from ftcompare.core.recipe import AS_TURN
from ftcompare.core.study import Message, Prompt, PromptId, PromptSpec
from ftcompare.core.typed_json import AS_LIST, STORED, fields_reader, record_json
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_list, read_object, read_row, to_json

_VALID = "CASE WHEN json_valid(p.fields) THEN json_extract(p.fields, '$.%s') END"
TASK_AND_KIND = f"COALESCE({_VALID % 'task'}, ''), COALESCE({_VALID % 'context_kind'}, '')"
"""SQL of a prompt's task and kind of context; invalid JSON counts as empty, verification reports it."""

TURNS = f"1 + COALESCE(json_array_length({_VALID % 'later_turns'}), 0)"
"""SQL of the number of turns of a prompt that a response answers."""

_LAST = "(SELECT json_extract(rating, '$.conversations') FROM study WHERE id = 1) IS 'last'"
JUDGED_EARLIER = ", ".join(f"CASE WHEN {_LAST} THEN '[]' ELSE {side}.earlier END" for side in "ab")
"""SQL of both sides' answers to earlier turns; ``[]`` if only the last answers are judged."""

SHOWN_BESIDE = """CASE (SELECT COALESCE(json_extract(rating, '$.reference'), 'never') FROM study)
        WHEN 'never' THEN '' ELSE p.reference END AS reference,
    CASE (SELECT COALESCE(json_extract(rating, '$.context'), 'folded') FROM study)
        WHEN 'never' THEN '[]' ELSE COALESCE(json_extract(p.fields, '$.context'), '[]') END AS context,
    CASE (SELECT COALESCE(json_extract(rating, '$.expectation'), 1) FROM study)
        WHEN 0 THEN '' ELSE COALESCE(json_extract(p.fields, '$.expects'), '') END AS expects,
    json_extract(p.fields, '$.later_turns') AS later_turns"""
"""SQL of what raters see of a prompt ``p`` besides its messages; empty where the settings hide it."""


PROMPT_FORM = replace(STORED, parts=((Message, AS_TURN), (Passage, AS_LIST)))
_OPTIONAL = replace(
    PROMPT_FORM,
    only=("task", "context", "context_kind", "expects", "labels", "later_turns", "more_references"),
)


def fields_json(spec: PromptSpec) -> dict[str, Json]:
    return record_json(spec, _OPTIONAL)


def to_passages(text: str) -> tuple[Passage, ...]:
    return tuple(Passage(key, passage) for key, passage in read_list(text))


class Prompts(Repository):
    """The study's own prompts in the order they were added."""

    def all(self) -> tuple[Prompt, ...]:
        rows = self._db.rows("SELECT * FROM prompts WHERE kind = '' ORDER BY id")
        return tuple(to_prompt(row) for row in rows)

    def messages(self) -> Iterator[tuple[Message, ...]]:
        """Return the messages of all prompts in the file, with those of gold items and the live page."""
        return (to_messages(text) for (text,) in self._db.each("SELECT messages FROM prompts"))

    def checks(self) -> Iterator[tuple[str, ...]]:
        rows = self._db.each("SELECT DISTINCT checks FROM prompts WHERE kind = '' AND checks <> '[]'")
        return (tuple(read_list(text)) for (text,) in rows)

    def expectations(self) -> frozenset[Expectation]:
        """Return the distinct expectations that the prompts have of right answers."""
        rows = self._db.each(
            """SELECT DISTINCT CASE WHEN json_valid(fields) THEN json_extract(fields, '$.expects') END
                FROM prompts WHERE kind = ''"""
        )
        return frozenset(Expectation(text) for (text,) in rows if text in set(Expectation))

    def add(self, specs: Iterable[PromptSpec]) -> tuple[Prompt, ...]:
        """Add prompts: all of them or, if one is refused, none."""
        with self._db.atomic():
            return tuple(self._add(spec) for spec in specs)

    def _add(self, spec: PromptSpec) -> Prompt:
        if self._db.first("SELECT 1 FROM prompts WHERE key = ?", (spec.key,)):
            what = f"The study already has a prompt with the id “{spec.key}”."
            how = "Give each prompt a different id."
            raise UserError(what, where=spec.key, how=how, code="prompt-exists")
        return insert_prompt(self._db, spec, question_digest(spec), prompt_digest(spec))

    def add_hidden(
        self, kind: str, messages: tuple[Message, ...], later_turns: tuple[str, ...] = ()
    ) -> Prompt:
        number: int = self._db.value("SELECT COUNT(*) FROM prompts WHERE kind = ?", (kind,)) + 1
        while self._db.first("SELECT 1 FROM prompts WHERE key = ?", (f"{kind}-{number}",)):
            number += 1
        spec = PromptSpec(f"{kind}-{number}", messages, later_turns=later_turns)
        return insert_prompt(self._db, spec, question_digest(spec), prompt_digest(spec), kind=kind)


def insert_prompt(db: Connection, spec: PromptSpec, messages: str, whole: str, *, kind: str = "") -> Prompt:
    """Add a row; `messages` is the digest of the question, `whole` that of the prompt."""
    fields = {name: getattr(spec, name) for name in ("key", "category", "split", "reference")}
    fields["fields"] = to_json(fields_json(spec))
    lists = {"checks": to_json(list(spec.checks)), "tags": to_json(list(spec.tags))}
    turns = to_json(_messages_json(spec.messages))
    digests = {"messages_digest": messages, "digest": whole}
    prompt = db.insert("prompts", **fields, **lists, messages=turns, **digests, kind=kind)
    return Prompt(PromptId(prompt), spec)


def to_prompt(row: sqlite3.Row) -> Prompt:
    more = fields_reader(PromptSpec, _OPTIONAL)(read_object(row["fields"])) if row["fields"] != "{}" else {}
    return Prompt(PromptId(row["id"]), read_row(PromptSpec, row, PROMPT_FORM, **more))


def to_messages(text: str) -> tuple[Message, ...]:
    return tuple(Message(*turn) for turn in read_list(text))


def messages_digest(messages: Iterable[Message]) -> str:
    """Digest the canonical JSON of messages, formatted directly: an import needs it for every line.

    The ids of calls are not part of a question, because every run has its own.
    """
    spelled = ",".join([f"[{quoted(message.role)},{quoted(message.content)}]" for message in messages])
    return digest_spelled("messages", f"[{spelled}]".encode("ascii"))


def question_digest(spec: PromptSpec) -> str:
    """Digest a prompt's question; `messages_digest` if there are only messages."""
    whole = fields_json(spec)
    asked: dict[str, Json] = {name: whole[name] for name in ASKED if name in whole}
    if not asked:
        return messages_digest(spec.messages)
    return digest("messages", [[[one.role, one.content] for one in spec.messages], asked])


ASKED = ("context", "later_turns")  # fields of a prompt that are part of its question


def prompt_digest(spec: PromptSpec) -> str:
    return digest("prompt", prompt_content(spec))


def prompt_content(spec: PromptSpec) -> list[Json]:
    """Return all fields; without tags and optional fields as in versions that did not have these."""
    value: list[Json] = [spec.key, _messages_json(spec.messages), spec.category, spec.split, spec.reference]
    value.append(list(spec.checks))
    if more := fields_json(spec):
        return [*value, list(spec.tags), more]
    return [*value, list(spec.tags)] if spec.tags else value


def _messages_json(messages: Iterable[Message]) -> list[Json]:
    return [[*record_json(message, AS_TURN).values()] for message in messages]
