"""The table of measurements for the owner, and sentences on it, for window and command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftcompare.app.generate.answer_speed import FIRST_TOKEN, SPEED_MEASURES, TOKEN_RATE, SpeedMeasure
from ftcompare.app.generate.benchmark import COST_PROMPTS, OwnerRow, OwnerTable
from ftcompare.app.generate.prompt_savings import saving_lines
from ftcompare.app.generate.settings_history import settings_words
from ftcompare.app.setup.capabilities import memory_words
from ftcompare.core.study import FinishReason
from ftcompare.stats.timing import TypicalTime

NONE = "–"
MILLISECONDS = 1000


def owner_lines(table: OwnerTable) -> list[tuple[str, tuple[str, ...]]]:
    """Lines of the table: a label, and a cell for each system. A dash is an unknown value."""
    rows = table.rows
    lines = [
        ("Tokens read, a prompt", tuple(_each(row.speed.prompt_tokens, row) for row in rows)),
        ("Tokens written, a prompt", tuple(_each(row.speed.tokens, row) for row in rows)),
        ("To the first token", tuple(_first_token(row) for row in rows)),
        *_spread(FIRST_TOKEN, rows),
        ("Tokens a second after it", tuple(_token_rate(row) for row in rows)),
        *_spread(TOKEN_RATE, rows),
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


def speed_sentences(table: OwnerTable) -> Iterator[str]:
    """How each system's speed compares with that of the first; nothing where no interval shows it."""
    for row in table.rows[1:]:
        for measure in SPEED_MEASURES:
            found = measure.difference(table.rows[0].speed, row.speed)
            if found and (sentence := measure.sentence(found, row.name, table.rows[0].name)):
                yield sentence


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
    if found := FIRST_TOKEN.typical(row.speed):
        return _milliseconds(found.value)
    return NONE if seconds is None else _milliseconds(seconds)


def _token_rate(row: OwnerRow) -> str:
    if found := TOKEN_RATE.typical(row.speed):
        return f"{found.value:,.1f}"
    return _number(row.speed.tokens_per_second, ",.1f")


def _spread(measure: SpeedMeasure, rows: Sequence[OwnerRow]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines below a speed: its interval, and the value that 95% of answers are at least as fast as."""
    found = [measure.typical(row.speed) for row in rows]
    times = MILLISECONDS if measure is FIRST_TOKEN else 1
    title = "  95% of answers at least" if measure.faster_is_higher else "  95% of answers within"
    if any(one is not None and one.low is not None for one in found):
        yield "  95% interval", tuple(_span(one, times) for one in found)
    if any(found):
        yield title, tuple(NONE if one is None else f"{one.slow * times:,.0f}" for one in found)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * MILLISECONDS:,.0f} ms"


def _span(found: TypicalTime | None, times: float) -> str:
    if found is None or found.low is None or found.high is None:
        return NONE
    return f"{found.low * times:,.0f}–{found.high * times:,.0f}"


def _memory(row: OwnerRow) -> str:
    return NONE if row.speed.memory_bytes is None else memory_words(row.speed.memory_bytes)


def _cut(row: OwnerRow) -> str:
    if row.ends is None:
        return NONE
    return f"{row.ends.get(FinishReason.LENGTH, 0):,} / {sum(row.ends.values()):,}"
