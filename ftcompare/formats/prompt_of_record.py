"""A prompt as the record of a file tells it: of prompts alone, or of answers with their prompts."""

from __future__ import annotations

from pathlib import Path

from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats.prompt_checks import read_checks
from ftcompare.formats.prompt_context import with_context
from ftcompare.formats.prompt_contradictions import contradiction
from ftcompare.formats.record_fields import Record


def prompt_of(record: Record, key: str, messages: tuple[Message, ...], path: Path) -> PromptSpec:
    """The prompt with that id and those messages, with all that its record says beside them.

    ``path`` is of the record's file, beside which schemas of checks may stand.

    Raises:
        UserError: a field is not of its form, or says the opposite of another.
    """
    spec = PromptSpec(
        key=key,
        messages=messages,
        category=record.label("category"),
        split=record.split(),
        checks=read_checks(record, record.parted("labels"), path),
        tags=record.tags(),
    )
    spec = with_context(spec, record)
    if found := contradiction(spec):
        raise record.error(found.what, found.how)
    return spec
