"""Preference rows of Axolotl, LLaMA-Factory and OpenAI.

Sources: axolotl, ``prompt_strategies/dpo/chat_template.py``, with the strategy ``chat_template.default``:
``messages``, and ``chosen`` and ``rejected`` as one message each. LLaMA-Factory, ``data/README.md`` and
``data/converter.py``: after a system turn the user and the assistant must take turns, and the last is the
user's; another row is skipped there with a warning. OpenAI's guide "Direct preference optimization":
``input`` with ``messages``, ``tools`` and ``parallel_tool_calls``, and one assistant message a side; further
columns are refused there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.core.study import Message
from ftcompare.formats.atomic_write import atomic_text
from ftcompare.formats.export_format import ExportContext, ExportFormat, FormatGroup, RowKind
from ftcompare.formats.jsonl import write_objects
from ftcompare.formats.record_fields import messages_json
from ftcompare.formats.training import exchange
from ftcompare.formats.training.columns import assistant, pair_columns
from ftcompare.formats.training.exchange import asked
from ftcompare.formats.training.rows import PreferenceRow


def axolotl_row(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    return {
        "messages": messages_json(asked(row.prompt)),
        "chosen": assistant(row.chosen),
        "rejected": assistant(row.rejected),
        **pair_columns(row, context),
    }


AXOLOTL = ExportFormat(
    id="axolotl",
    title="Axolotl (DPO)",
    description="Pairs with a clear winner for Axolotl, with type: chat_template.default.",
    group=FormatGroup.TRAINING,
    task="text-generation",
    rows=RowKind.PREFERENCE,
    stem="axolotl preferences",
    to_object=axolotl_row,
    names_systems=False,
)


NOT_IN_TURN = "user and assistant do not take turns"

_FROM = {"system": "system", "user": "human", "assistant": "gpt"}


def not_in_turn(messages: tuple[Message, ...], *, conversational: bool) -> str:
    """Return why LLaMA-Factory would skip a prompt; empty if it would not."""
    del conversational  # there is one form
    turns = [message.role for message in messages if message.role != "system"]
    wanted = [("user", "assistant")[place % 2] for place in range(len(turns))]
    return "" if turns == wanted else NOT_IN_TURN


def llama_factory_row(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    return {
        "conversations": [_turn(message.role, message.content) for message in asked(row.prompt)],
        "chosen": _turn("assistant", row.chosen),
        "rejected": _turn("assistant", row.rejected),
        **pair_columns(row, context),
    }


def write(path: Path, rows: Iterable[PreferenceRow], context: ExportContext) -> int:
    """Write JSON Lines, and beside them ``<file>.dataset_info.json`` with the entry for LLaMA-Factory."""
    count = write_objects(path, (llama_factory_row(row, context) for row in rows), what="training rows")
    entry: dict[str, Json] = {
        "file_name": path.name,
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
    }
    with atomic_text(path.with_name(f"{path.name}.dataset_info.json")) as handle:
        json.dump({path.stem: entry}, handle, ensure_ascii=False, indent=2)
        handle.write("\n")
    return count


def _turn(role: str, text: str) -> dict[str, Json]:
    return {"from": _FROM[role], "value": text}


LLAMA_FACTORY = ExportFormat(
    id="llama-factory",
    title="LLaMA-Factory (ShareGPT)",
    description="Pairs with a clear winner in the ShareGPT form; beside them the entry for "
    "dataset_info.json.",
    group=FormatGroup.TRAINING,
    task="text-generation",
    rows=RowKind.PREFERENCE,
    stem="llama-factory preferences",
    to_object=llama_factory_row,
    writer=write,
    names_systems=False,
    unfit=not_in_turn,
)


def openai_row(row: PreferenceRow, _context: ExportContext) -> dict[str, Json]:
    asked = messages_json(exchange.asked(row.prompt))
    return {
        "input": {"messages": asked, "tools": [], "parallel_tool_calls": True},
        "preferred_output": [assistant(row.chosen)],
        "non_preferred_output": [assistant(row.rejected)],
    }


OPENAI = ExportFormat(
    id="openai",
    title="OpenAI preference",
    description="Pairs with a clear winner as OpenAI's fine-tuning takes them, without columns on raters.",
    group=FormatGroup.TRAINING,
    task="text-generation",
    rows=RowKind.PREFERENCE,
    stem="openai preferences",
    to_object=openai_row,
    names_systems=False,
)
