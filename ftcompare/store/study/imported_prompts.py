"""Finds or adds the prompts that imported records refer to."""

from __future__ import annotations

from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.study import Message, PromptId, PromptSpec
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_list
from ftcompare.store.study.prompts import (
    insert_prompt,
    messages_digest,
    prompt_digest,
    question_digest,
    to_messages,
)

# A record tells messages alone, of which the digest does not consist where a prompt has further fields.
_KNOWN_PROMPTS = """SELECT id, key, kind, messages_digest, digest,
    CASE WHEN fields <> '{}' THEN messages END AS messages,
    json_extract(fields, '$.later_turns') AS later_turns FROM prompts ORDER BY id"""

LATER = "later"
"""The role under which a record's later turns are part of the digest by which its prompt is found."""


def _told(messages: str, later_turns: str | None) -> str:
    later = read_list(later_turns) if later_turns else []
    return messages_digest((*to_messages(messages), *(Message(LATER, turn) for turn in later)))


class ImportedPrompts:
    """The prompts that records name by id or, without one, by their messages."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._by_key: dict[str, tuple[PromptId, str]] = {}
        self._by_messages: dict[str, PromptId] = {}
        self.digests: dict[PromptId, str] = {}
        for row in db.rows(_KNOWN_PROMPTS):
            if row["kind"]:  # not the study's own: its id is taken, and no record is about it
                self._by_key[row["key"]] = (PromptId(row["id"]), "")
            else:
                own = row["messages"]
                told = row["messages_digest"] if own is None else _told(own, row["later_turns"])
                self._keep(PromptId(row["id"]), row["key"], told, row["digest"])
        self.last: int = db.value("SELECT COALESCE(MAX(id), 0) FROM prompts")

    def _keep(self, prompt: PromptId, key: str, messages: str, whole: str) -> None:
        self._by_key[key] = (prompt, messages)
        self._by_messages.setdefault(messages, prompt)
        self.digests[prompt] = whole

    def get(self, record: JudgmentRecord | OutputRecord) -> tuple[PromptId, bool]:
        """A record's prompt, and whether it was added just now."""
        later = (Message(LATER, turn) for turn in record.later_turns)
        messages = messages_digest((*record.messages, *later))
        key = record.prompt_id
        known = self._named(key, messages) if key else self._by_messages.get(messages)
        return (self._add(record, messages), True) if known is None else (known, False)

    def _named(self, key: str, messages: str) -> PromptId | None:
        prompt, expected = self._by_key.get(key, (None, messages))
        if messages != expected:
            what = f"The prompt with the id “{key}” reads differently in the study."
            raise UserError(what, how="Give it an id of its own, or leave the id out.", code="prompt-differs")
        return prompt

    def _add(self, record: JudgmentRecord | OutputRecord, messages: str) -> PromptId:
        reference = record.reference if isinstance(record, OutputRecord) else ""
        key = record.prompt_id or f"imported-{messages[:16]}"
        about = (record.messages, record.category, record.split, reference)
        spec = PromptSpec(key, *about, tags=record.tags, later_turns=record.later_turns)
        whole = prompt_digest(spec)
        prompt = insert_prompt(self._db, spec, question_digest(spec), whole).id
        self._keep(prompt, key, messages, whole)
        return prompt
