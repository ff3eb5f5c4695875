"""A mark as a file holds it: by the text that it is on, so that any copy of the study can take it in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

CONTEXT = 32
"""Characters before and behind a passage that are written beside it."""


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """One mark of one expert, or an answer that an expert has looked through.

    Args:
        where: its place in a file that was read; empty where it is to be written.
        prompt_id: the owner's id of the prompt.
        answer: `text_digest` of the answer.
        system: that wrote it; empty while that is not told.
        reviewed: it is an answer that was looked through, and ``start`` to ``suggestion`` say nothing.
        start: first character of the passage, from 0, in the answer as it is stored.
        end: the character behind the last.
        prefix: up to `CONTEXT` characters before the passage; ``suffix`` those behind it.
        at: ISO 8601 UTC.
        escaped: its texts are cells that a spreadsheet takes for no formula (`judgments_csv.safe_cell`).
    """

    expert: str
    prompt_id: str
    answer: str
    system: str = ""
    reviewed: bool = False
    start: int = 0
    end: int = 0
    quote: str = ""
    prefix: str = ""
    suffix: str = ""
    error_type: str = ""
    severity: str = ""
    comment: str = ""
    suggestion: str = ""
    at: str = ""
    where: str = ""
    escaped: bool = False


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and behind a passage."""
    return text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
