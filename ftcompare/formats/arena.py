"""Arena battles as read by LMArena's ranking scripts: the winner, with both conversations.

Source: ``clean_battle_data.py`` and ``elo_analysis.py`` of github.com/lm-sys/FastChat. ``model_a`` was shown
left. Fields of FTCompare are added: ``left``, null where the sides are unknown; ``first``, which of the two
comes first in the study; ``rater_kind``, ``prompt_id``, ``category`` and ``study``. Arena's ``question_id``
identifies a battle and not a prompt, so it is not read as a prompt id.

Of conversations whose answers differ, the turns after the first difference are later turns. ``turn`` is the
judged one, as in MT-bench judgments. The rows of arena-human-preference-55k have ``prompt``, ``response_a``,
and ``response_b`` as JSON lists of texts, and a column for each winner.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ftcompare.core.conversation import chat_turns
from ftcompare.core.hashing import Json
from ftcompare.core.study import JudgedRow, PromptSpec, Response
from ftcompare.core.trace import of_tools
from ftcompare.formats.chat_records import asked_and_traced
from ftcompare.formats.export_format import STUDY, ExportContext, RowKind, evaluation_format
from ftcompare.formats.foreign_pairs import MAX_BYTES, ForeignPair, pair_import
from ftcompare.formats.json_files import parse
from ftcompare.formats.parquet_file import SUFFIX as PARQUET
from ftcompare.formats.record_fields import ImportNotes, Record, field_names, messages_json, shown
from ftcompare.formats.tables import SUFFIXES as TABLES
from ftcompare.formats.tables import raw_records

_WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "both_bad": "tie (bothbad)"}
_CHOICES = {
    **{winner.replace(" ", "_"): choice for choice, winner in _WINNERS.items()},
    "bothbad": "both_bad",
    "both_bad": "both_bad",
}
_TURNED = {"a": "b", "b": "a"}
_FIRST = {"model_a": False, "model_b": True}
_ONE_HOT = {"a": "winner_model_a", "b": "winner_model_b", "tie": "winner_tie"}
_FIELDS = field_names(
    "question_id model_a model_b winner judge conversation_a conversation_b turn anony language tstamp left "
    "first rater_kind prompt_id category study prompt response_a response_b"
) | {*_ONE_HOT.values()}
PARTED = "battles whose conversations differ in more than the answers"
MAX_TURNS = 1000
Turn = dict[str, Json]  # a message: its role and content


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
        "turn": sum(message.role == "user" for message in prompt.messages) + len(prompt.later_turns),
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
    for record in notes.reading(raw_records(path, max_bytes=MAX_BYTES, expected="a battle")):
        notes.note_unread(record, _FIELDS)
        talks = _conversations(record)
        turned = record.word("first", _FIRST, default=False)
        one, two = ("b", "a") if turned else ("a", "b")
        asked = _asked(talks[0], talks[1], one, two)
        if asked is None:
            notes.leave_out(PARTED)
            continue
        shared: dict[str, Json] = {
            **asked,
            f"system_{one}": record.required_label("model_a"),
            f"system_{two}": record.required_label("model_b"),
            f"response_{one}": talks[0][-1]["content"],
            f"response_{two}": talks[1][-1]["content"],
            "prompt_id": record.label("prompt_id"),
            "category": record.label("category"),
        }
        winner = _winner(record)
        votes = (_vote(record, winner, one, turned=turned),) if winner else ()
        yield ForeignPair(record, shared, votes)


def _conversations(record: Record) -> tuple[list[Turn], list[Turn]]:
    """Return both conversations, up to the answer of the judged ``turn`` where both are longer."""
    if record.has("response_a") and not record.has("conversation_a"):
        a, b = (_of_texts(record, side) for side in "ab")
    else:
        a, b = (
            [*_plain(asked), {"role": "assistant", "content": answer}]
            for asked, answer in (asked_and_traced(record, f"conversation_{side}") for side in "ab")
        )
    judged = record.whole("turn", 1, MAX_TURNS)
    if judged is not None and min(map(_users, (a, b))) > judged:
        return _until(a, judged), _until(b, judged)
    return a, b


def _of_texts(record: Record, side: str) -> list[Turn]:
    """Return a conversation of ``prompt`` and ``response_a``, JSON lists of texts in texts."""
    asked, answers = (_list(record, name) for name in ("prompt", f"response_{side}"))
    if len(asked) != len(answers):
        raise record.error(f"prompt has {len(asked)} turns and response_{side} {len(answers)}.")
    pairs = zip(asked, answers, strict=True)
    return [
        {"role": role, "content": text}
        for pair in pairs
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]


def _list(record: Record, name: str) -> list[str]:
    text = record.present_text(name)
    try:
        found = parse(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(one, str | None) for one in found):
        raise record.error(f"{name} must be a JSON list of texts, not {shown(text)}.")
    return [one if isinstance(one, str) else "" for one in found]


def _plain(messages: list[Json]) -> list[Turn]:
    return [
        one if of_tools(one) else {"role": str(one["role"]), "content": str(one["content"])}
        for one in messages
        if isinstance(one, dict)
    ]


def _users(talk: list[Turn]) -> int:
    return sum(turn["role"] == "user" for turn in talk)


def _until(talk: list[Turn], judged: int) -> list[Turn]:
    """Return a conversation up to the last answer before the user's turn ``judged + 1``."""
    users = [place for place, turn in enumerate(talk) if turn["role"] == "user"]
    return talk[: users[judged]]


def _asked(a: list[Turn], b: list[Turn], one: str, two: str) -> dict[str, Json] | None:
    """Return the prompt fields; None if the conversations differ in more than the answers.

    What both share up to a question is the prompt; then come later turns, each after an earlier answer.
    """
    if [turn["role"] for turn in a] != [turn["role"] for turn in b]:
        return None
    parted = next((n for n, (x, y) in enumerate(zip(a, b, strict=True)) if x != y), len(a) - 1)
    rest_a, rest_b = a[parted:], b[parted:]
    if [turn["role"] for turn in rest_a] != [("assistant", "user")[n % 2] for n in range(len(rest_a))]:
        return None
    later = [turn["content"] for turn in rest_a[1::2]]
    if later != [turn["content"] for turn in rest_b[1::2]]:
        return None
    found: dict[str, Json] = {"prompt": [dict(turn) for turn in a[:parted]]}
    if later:
        found |= {"later_turns": [*later]}
        found[f"earlier_{one}"] = [turn["content"] for turn in rest_a[:-1:2]]
        found[f"earlier_{two}"] = [turn["content"] for turn in rest_b[:-1:2]]
    return found


def _winner(record: Record) -> str:
    """Return the choice, also where each has a column of its own; empty for none."""
    if record.has("winner"):
        return record.word("winner", _CHOICES, "", named=_WINNERS.values())
    given = [choice for choice, name in _ONE_HOT.items() if record.fields.get(name) in (True, "1")]
    return given[0] if len(given) == 1 else ""


def _vote(record: Record, choice: str, model_a: str, *, turned: bool) -> dict[str, Json]:
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
    return [*messages_json(prompt.messages), *chat_turns(answer.earlier, prompt.later_turns, answer.text)]


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
    told_by=("model_a model_b winner conversation_a", "model_a model_b winner_model_a"),
    pairs=pairs,
    suffixes=(".json", ".jsonl", PARQUET, *TABLES),
)
