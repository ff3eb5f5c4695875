"""TRL's preference data with explicit prompts, as JSON Lines: standard and conversational.

Source: TRL's "Dataset formats and types", preference. A row names no system.
"""

from __future__ import annotations

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.export_format import ExportContext, ExportFormat, RowKind
from ftcompare.formats.preference_rows import PreferenceRow
from ftcompare.formats.record_fields import messages_json, plain_prompt, shown


def to_object(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    """A row as one line's object: ``prompt``, ``chosen``, ``rejected``.

    Raises:
        UserError: code ``several-turns``, for the standard form and a prompt that is not one user turn.
    """
    if context.conversational:
        return {
            "prompt": messages_json(row.prompt.messages),
            "chosen": [{"role": "assistant", "content": row.chosen}],
            "rejected": [{"role": "assistant", "content": row.rejected}],
        }
    prompt = plain_prompt(row.prompt.messages)
    if prompt is None:
        what = f"The prompt {shown(row.prompt.key)} has a system turn or several turns."
        raise UserError(what, how="Use the conversational form.", code="several-turns")
    return {"prompt": prompt, "chosen": row.chosen, "rejected": row.rejected}


EXPORT = ExportFormat(
    id="trl-preference",
    title="Training rows (TRL preference)",
    description="Prompt, chosen and rejected answer of each pair with a clear winner. For DPO.",
    rows=RowKind.PREFERENCE,
    stem="preferences",
    to_object=to_object,
    names_systems=False,
    plain_form=True,
)
