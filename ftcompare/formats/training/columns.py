"""Chat messages, and the columns beside the texts, for all trainers' files.

A column has one type in all rows of a file: a number or a text, never null, because readers of tables take
the type of a column from its first rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import Message, PromptSpec, SystemId
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.record_fields import messages_json, plain_prompt, shown
from ftcompare.formats.training.exchange import asked, completion
from ftcompare.formats.training.rows import PreferenceRow, TrainingAnswer

CONVERSATION = "a conversation with several answers: the format holds one"
SEVERAL_TURNS = "several turns: use the conversational form"
_DIGITS = 6


def one_turn_alone(messages: tuple[Message, ...], *, conversational: bool) -> str:
    """Return why a prompt does not fit: as plain text it would lose the speakers."""
    return "" if conversational or plain_prompt(messages) is not None else SEVERAL_TURNS


def prompt_of(row: PreferenceRow | TrainingAnswer, context: ExportContext) -> Json:
    """Return the prompt as messages, or as text in the standard form."""
    if context.conversational:
        return messages_json(asked(row.prompt))
    prompt = None if row.prompt.later_turns else plain_prompt(asked(row.prompt))
    if prompt is None:
        what = f"The prompt {shown(row.prompt.key)} has a system turn or several turns."
        raise UserError(what, how="Use the conversational form.", code="several-turns")
    return prompt


def assistant(text: str) -> dict[str, Json]:
    return {"role": "assistant", "content": text}


def answer_of(prompt: PromptSpec, text: str, earlier: Sequence[str], context: ExportContext) -> Json:
    return completion(prompt, text, earlier) if context.conversational else text


def pair_columns(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    """Return the columns of a pair; with digests of the systems unless they are withheld."""
    said: dict[str, Json] = {
        **_of_prompt(row),
        "margin": round(row.margin, _DIGITS),
        "weight": round(row.weight, _DIGITS),
        "agreement": round(row.agreement, _DIGITS),
        "n_raters": row.raters,
    }
    if context.digests is not None:
        said["chosen_digest"] = _digest(row.chosen_system, context.digests)
        said["rejected_digest"] = _digest(row.rejected_system, context.digests)
    return said


def answer_columns(row: TrainingAnswer, context: ExportContext) -> dict[str, Json]:
    """Return the columns of an answer; with the digest of its system unless it is withheld."""
    weight = round(row.weight, _DIGITS)
    said: dict[str, Json] = {**_of_prompt(row), "weight": weight, "n_raters": row.raters}
    if context.digests is not None:
        said["digest"] = _digest(row.system, context.digests)
    return said


def _digest(system: SystemId | None, digests: Mapping[SystemId, str]) -> str:
    return "" if system is None else digests.get(system, "")


def _of_prompt(row: PreferenceRow | TrainingAnswer) -> dict[str, Json]:
    spec = row.prompt
    named: dict[str, Json] = {"prompt_id": spec.key, "category": spec.category, "split": spec.split.value}
    return {**named, "source": row.source.value}
