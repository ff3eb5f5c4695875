"""Texts on measurements: pure functions from the owner's table to cells and sentences."""

from __future__ import annotations

from ftcompare.app.generate.benchmark import COST_PROMPTS, OwnerRow, OwnerTable
from ftcompare.app.generate.prompt_savings import saving_lines
from ftcompare.app.generate.settings_history import settings_words
from ftcompare.core.study import FinishReason
from ftcompare.ui.pages.setup.folder_texts import size_words

NONE = "–"
MILLISECONDS = 1000


def owner_lines(table: OwnerTable) -> list[tuple[str, tuple[str, ...]]]:
    """Lines of the table: a label, and a cell for each system. A dash is an unknown value."""
    rows = table.rows
    lines = [
        ("Tokens read, a prompt", tuple(_each(row.speed.prompt_tokens, row) for row in rows)),
        ("Tokens written, a prompt", tuple(_each(row.speed.tokens, row) for row in rows)),
        ("To the first token", tuple(_first_token(row) for row in rows)),
        ("Tokens a second after it", tuple(_number(row.speed.tokens_per_second, ",.1f") for row in rows)),
        ("Memory while writing", tuple(_memory(row) for row in rows)),
        ("Ended by itself", tuple(f"{row.speed.ended} / {row.speed.prompts}" for row in rows)),
    ]
    if any(row.ends is not None for row in rows):
        lines.append(("Cut in the study", tuple(_cut(row) for row in rows)))
    if table.prices is not None:
        currency = f" ({table.prices.currency})" if table.prices.currency else ""
        title = f"Cost of {COST_PROMPTS:,} such prompts" + currency
        lines.append((title, tuple(_number(row.cost, ",.2f") for row in rows)))
    return lines


def savings_words(table: OwnerTable) -> str:
    """What the shorter prompts of fine-tunes save, a paragraph for each; empty if there is none."""
    paid = (table.prices.currency, table.prices.training) if table.prices else ()
    return "\n".join(" ".join(saving_lines(saving, *paid)) for saving in table.savings)


def measured_words(table: OwnerTable) -> str:
    """When, on which device and with which settings it was measured."""
    day, _, time = table.at.partition("T")
    prompts = "1 prompt" if table.prompts == 1 else f"{table.prompts} prompts"
    parts = (
        f"Measured {day} {time[:5]} UTC",
        prompts,
        settings_words(table.settings),
        *dict.fromkeys(device for device in table.devices if device),
    )
    return " · ".join(parts)


def _each(total: int | None, row: OwnerRow) -> str:
    return NONE if total is None or not row.speed.prompts else f"{total / row.speed.prompts:,.1f}"


def _number(value: float | None, form: str) -> str:
    return NONE if value is None else format(value, form)


def _first_token(row: OwnerRow) -> str:
    seconds = row.speed.first_token_seconds
    return NONE if seconds is None else f"{seconds * MILLISECONDS:,.0f} ms"


def _memory(row: OwnerRow) -> str:
    return NONE if row.speed.memory_bytes is None else size_words(row.speed.memory_bytes)


def _cut(row: OwnerRow) -> str:
    if row.ends is None:
        return NONE
    return f"{row.ends.get(FinishReason.LENGTH, 0):,} / {sum(row.ends.values()):,}"
