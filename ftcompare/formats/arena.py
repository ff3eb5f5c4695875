"""Arena battles as read by LMArena's ranking scripts: the winner, with both conversations.

Source: ``clean_battle_data.py`` and ``elo_analysis.py`` of github.com/lm-sys/FastChat. ``model_a`` was shown
left. Fields of FTCompare are added: ``left``, null where the sides are unknown; ``first``, which of the two
comes first in the study; ``rater_kind``, ``prompt_id``, ``category`` and ``study``. Arena's ``question_id``
identifies a battle and not a prompt, so it is not read as a prompt id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ftcompare.core.conversation import whole_conversation
from ftcompare.core.hashing import Json
from ftcompare.core.study import JudgedRow, PromptSpec, Response
from ftcompare.formats.chat_records import asked_and_answered
from ftcompare.formats.export_format import STUDY, ExportContext, RowKind, evaluation_format
from ftcompare.formats.foreign_pairs import MAX_BYTES, ForeignPair, pair_import
from ftcompare.formats.json_files import read_objects
from ftcompare.formats.record_fields import ImportNotes, Record, field_names, messages_json, shown

_WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "both_bad": "tie (bothbad)"}
_CHOICES = {
    **{winner.replace(" ", "_"): choice for choice, winner in _WINNERS.items()},
    "bothbad": "both_bad",
    "both_bad": "both_bad",
}
_TURNED = {"a": "b", "b": "a"}
_FIRST = {"model_a": False, "model_b": True}
_FIELDS = field_names(
    "question_id model_a model_b winner judge conversation_a conversation_b turn anony language tstamp left "
    "first rater_kind prompt_id category study"
)
PARTED = "battles whose conversations differ before the last answer"


def to_object(row: JudgedRow, context: ExportContext) -> dict[str, Json]:
    pair, prompt = row.comparison, row.prompt.spec
    turned = row.left == "b"
    a, b = (pair.b, pair.a) if turned else (pair.a, pair.b)
    choice = _TURNED.get(row.choice, row.choice) if turned else row.choice
    return {
        "question_id": prompt.key,
        "model_a": context.names[a.system],
        "model_b": context.names[b.system],
        "winner": _WINNERS[choice],
        "judge": row.rater.name,
        "conversation_a": _conversation(prompt, a),
        "conversation_b": _conversation(prompt, b),
        "turn": sum(message.role == "user" for message in prompt.messages),
        "anony": True,
        "tstamp": datetime.fromisoformat(row.at).timestamp() if row.at else None,
        "left": "model_a" if row.left else None,
        "first": "model_b" if turned else "model_a",
        "rater_kind": row.rater.kind.value,
        "prompt_id": prompt.key,
        "category": prompt.category,
        **context.origin,
    }


def pairs(path: Path, notes: ImportNotes) -> Iterator[ForeignPair]:
    for record in notes.reading(read_objects(path, max_bytes=MAX_BYTES, expected="a battle")):
        notes.note_unread(record, _FIELDS)
        (asked, a), (other, b) = (asked_and_answered(record, f"conversation_{side}") for side in "ab")
        if asked != other:
            notes.leave_out(PARTED)
            continue
        turned = record.word("first", _FIRST, default=False)
        one, two = ("b", "a") if turned else ("a", "b")
        shared: dict[str, Json] = {
            "prompt": asked,
            f"system_{one}": record.required_label("model_a"),
            f"system_{two}": record.required_label("model_b"),
            f"response_{one}": a,
            f"response_{two}": b,
            "prompt_id": record.label("prompt_id"),
            "category": record.label("category"),
        }
        votes = (_vote(record, one, turned=turned),) if record.has("winner") else ()
        yield ForeignPair(record, shared, votes)


def _vote(record: Record, model_a: str, *, turned: bool) -> dict[str, Json]:
    choice = record.word("winner", _CHOICES, "", named=_WINNERS.values())
    return {
        "rater": record.label("judge") or "judge",
        "rater_kind": record.label("rater_kind"),
        "choice": _TURNED.get(choice, choice) if turned else choice,
        "left": model_a if "left" not in record.fields or record.has("left") else "",
        "at": _time(record),
        STUDY: record.fields.get(STUDY),
    }


def _time(record: Record) -> str:
    seconds = record.number("tstamp")
    if seconds is None:
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise record.error(f"tstamp is {shown(seconds)}, which is not a time in seconds.") from None


def _conversation(prompt: PromptSpec, answer: Response) -> list[Json]:
    return messages_json(whole_conversation(prompt.messages, prompt.later_turns, answer.answers))


EXPORT = evaluation_format(
    id="arena",
    title="Arena battles",
    description="Every judgment as a battle with its winner, for rankings. Without strength and comment.",
    rows=RowKind.VOTE,
    stem="battles",
    to_object=to_object,
)
IMPORT = pair_import(
    id="arena",
    title="Arena battles",
    description="Two models, their conversations, the winner, and the judge; model_a was on the left.",
    told_by=("model_a model_b winner",),
    pairs=pairs,
)
