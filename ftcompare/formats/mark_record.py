"""A mark as stored in a file: identified by the text, so that any copy of the study can import it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

CONTEXT = 32
"""Number of characters stored before and after a passage."""


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """A mark of one expert, or a record that an expert has looked through an answer.

    Args:
        where: its position in the file that was read; empty for writing.
        prompt_id: the owner's id of the prompt.
        answer: `text_digest` of the answer.
        system: name of the system that wrote it; empty while withheld.
        reviewed: whether it records a looked-through answer; then ``start`` to ``suggestion`` are unused.
        start: first character of the passage, from 0, in the stored answer.
        end: character after the last one.
        prefix: up to `CONTEXT` characters before the passage; ``suffix`` those after it.
        at: time of the mark, ISO 8601 UTC.
        escaped: whether its texts are cells protected against formulas (`judgments_csv.safe_cell`).
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
    """The text before and after a passage."""
    return text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
