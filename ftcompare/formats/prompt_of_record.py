"""Build a prompt from a record of a file of prompts, or of answers with prompts."""

from __future__ import annotations

from pathlib import Path

from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats.prompt_checks import read_checks
from ftcompare.formats.prompt_context import with_context
from ftcompare.formats.prompt_contradictions import contradiction
from ftcompare.formats.record_fields import Record


def prompt_of(record: Record, key: str, messages: tuple[Message, ...], path: Path) -> PromptSpec:
    """The prompt with this id, these messages and the record's further fields.

    ``path`` is the path of the record's file, beside which schemas of checks may be.

    Raises:
        UserError: a field is invalid, or contradicts another.
    """
    spec = PromptSpec(
        key=key,
        messages=messages,
        category=record.label("category"),
        split=record.split(),
        checks=read_checks(record, path),
        tags=record.tags(),
    )
    spec = with_context(spec, record)
    if found := contradiction(spec):
        raise record.error(found.what, found.how)
    return spec
