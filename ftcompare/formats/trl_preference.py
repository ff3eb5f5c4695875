"""TRL's preference data with explicit prompts, as JSON Lines: standard and conversational.

Source: TRL's "Dataset formats and types", preference. A row names no system.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.jsonl import write_objects
from ftcompare.formats.preference_rows import PreferenceRow
from ftcompare.formats.record_fields import messages_json, plain_prompt, shown


def to_object(row: PreferenceRow, conversational: bool) -> dict[str, Json]:
    """A row as one line's object: ``prompt``, ``chosen``, ``rejected``.

    Raises:
        UserError: code ``several-turns``, for the standard form and a prompt that is not one user turn.
    """
    if conversational:
        return {
            "prompt": messages_json(row.prompt.messages),
            "chosen": [{"role": "assistant", "content": row.chosen}],
            "rejected": [{"role": "assistant", "content": row.rejected}],
        }
    prompt = plain_prompt(row.prompt.messages)
    if prompt is None:
        raise UserError(
            f"The prompt {shown(row.prompt.key)} has a system turn or several turns.",
            how="Use the conversational form.",
            code="several-turns",
        )
    return {"prompt": prompt, "chosen": row.chosen, "rejected": row.rejected}


def write(path: Path, rows: Iterable[PreferenceRow], *, conversational: bool) -> int:
    """Write training rows, selected for the same form by `preference_rows`; the number written.

    Raises:
        UserError: code ``no-rows``, where there is none; code ``several-turns`` as for `to_object`.
    """
    return write_objects(path, (to_object(row, conversational) for row in rows), what="training rows")
