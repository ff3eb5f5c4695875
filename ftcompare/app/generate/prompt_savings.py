"""Savings of a fine-tune over a prompted base, as measured: tokens, time, money.

Told of the prompt alone, with the time to the first token, which reading the prompt takes; and of the whole
answer: a fine-tune that writes more can cost more than its shorter prompt saves. The training is paid for
when whole answers have saved as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.engine.protocol import SystemSpeed

PER = 1000
"""Answers that savings are told for, beside one."""
MILLION = 1_000_000
_MILLISECONDS = 1000
_DIGITS = 15
"""After the point: what is less of a price is what rounding leaves."""


@dataclass(frozen=True, slots=True)
class PromptSaving:
    """A fine-tune beside a prompted base, for one answer; what is below 0 is lost.

    Args:
        fine_tune: by the owner's name; ``base`` so too.
        tokens: of a prompt that the fine-tune reads, on average.
        base_tokens: that the prompted base reads.
        seconds: by which its first token comes sooner; None where that was not measured.
        money: that the prompt alone saves, at the owner's price of tokens read; None without one.
        written: tokens that the fine-tune writes, on average; None where not counted.
        base_written: that the prompted base writes.
        whole_money: that prompt and answer together save; None without prices, or where not counted.
        break_even: answers after which the training is paid for; None without its cost, or where the
            fine-tune is not cheaper.
    """

    fine_tune: str
    base: str
    tokens: float
    base_tokens: float
    seconds: float | None = None
    money: float | None = None
    written: float | None = None
    base_written: float | None = None
    whole_money: float | None = None
    break_even: int | None = None

    @property
    def fewer(self) -> float:
        """Tokens of a prompt that are saved."""
        return self.base_tokens - self.tokens

    @property
    def fewer_written(self) -> float | None:
        """Tokens of an answer that are saved; None where not counted."""
        if self.written is None or self.base_written is None:
            return None
        return self.base_written - self.written


def prompt_saving(
    fine_tune: str,
    base: str,
    speeds: tuple[SystemSpeed, SystemSpeed],
    prices: tuple[float, float] | None = None,
    training: float = 0.0,
) -> PromptSaving | None:
    """What was measured of the two, the fine-tune first; None where their prompts were not counted.

    Args:
        fine_tune: its name.
        base: the other's.
        speeds: of the two.
        prices: of a million tokens read, and of a million written; None where they are not known.
        training: what the fine-tuning cost once; 0 where that is not said.
    """
    own, other = (_each(speed.prompt_tokens, speed) for speed in speeds)
    if own is None or other is None:
        return None
    wrote, base_wrote = (_each(speed.tokens, speed) for speed in speeds)
    money = None if prices is None else (other - own) * prices[0] / MILLION
    whole = None
    if prices is not None and money is not None and wrote is not None and base_wrote is not None:
        whole = money + (base_wrote - wrote) * prices[1] / MILLION
    return PromptSaving(
        fine_tune=fine_tune,
        base=base,
        tokens=own,
        base_tokens=other,
        seconds=_sooner(*speeds),
        money=money,
        written=wrote,
        base_written=base_wrote,
        whole_money=whole,
        break_even=_break_even(whole, training),
    )


def _each(tokens: int | None, speed: SystemSpeed) -> float | None:
    return None if tokens is None or not speed.prompts else tokens / speed.prompts


def _sooner(own: SystemSpeed, other: SystemSpeed) -> float | None:
    if own.first_token_seconds is None or other.first_token_seconds is None:
        return None
    return other.first_token_seconds - own.first_token_seconds


def _break_even(saved: float | None, training: float) -> int | None:
    """``saved``: money, by each answer."""
    if not training or saved is None or round(saved, _DIGITS) <= 0:
        return None
    # of 400,000.0000001 answers, which is what rounding makes of 400,000, none is one more
    return ceil(round(training / saved, 4))


def saving_lines(saving: PromptSaving, currency: str = "", training: float = 0.0) -> Iterator[str]:
    """In sentences: tokens, time, and at the owner's prices money and when the training is paid for."""
    yield from _token_lines(saving)
    if saving.seconds is not None:
        sooner = "sooner" if saving.seconds >= 0 else "later"
        each = f"{abs(saving.seconds) * _MILLISECONDS:,.1f} ms"
        yield (
            f"Its first token comes {each} {sooner}: {abs(saving.seconds) * PER:,.1f} s on {PER:,} answers, "
            "one after another."
        )
    if saving.money is not None:
        unit = f" {currency}" if currency else ""
        yield _money("The prompt alone", saving.money, unit)
        if saving.whole_money is not None:
            yield _money(f"With the tokens written {saving.fine_tune}", saving.whole_money, unit)
        if training:
            yield _paid(saving, f"{training:,.2f}{unit}")


def _token_lines(saving: PromptSaving) -> Iterator[str]:
    tuned, base = saving.fine_tune, saving.base
    reads = f"{tuned} reads {saving.tokens:,.1f} tokens of prompt an answer, {base} {saving.base_tokens:,.1f}"
    yield f"{reads}: {_fewer(saving.fewer)}"
    if saving.fewer_written is not None:
        writes = f"It writes {saving.written:,.1f} tokens an answer, {base} {saving.base_written:,.1f}"
        yield f"{writes}: {_fewer(saving.fewer_written)}"


def _fewer(tokens: float) -> str:
    way = "fewer" if tokens >= 0 else "more"
    return f"{abs(tokens):,.1f} {way}, {abs(tokens) * PER:,.0f} on {PER:,} answers."


def _money(what: str, saved: float, unit: str) -> str:
    """Takes what it is that saves, or costs, so much."""
    does, more = ("saves", "") if saved >= 0 else ("costs", " more")
    each = abs(saved)
    return f"{what} {does} {each:,.6f}{unit}{more} an answer, {each * PER:,.4f}{unit} on {PER:,} answers."


def _paid(saving: PromptSaving, training: str) -> str:
    cost = f"A training cost of {training}"
    if saving.whole_money is None:
        return f"When {cost[0].lower()}{cost[1:]} is paid for is not known: tokens written were not counted."
    if saving.break_even is None:
        tuned, base = saving.fine_tune, saving.base
        return f"{cost} is never paid for: an answer of {tuned} is not cheaper than one of {base}."
    return f"{cost} is paid for after {counted(saving.break_even, 'answer')}."


def saving_json(saving: PromptSaving) -> dict[str, Json]:
    """One of ``savings`` in ``measure --json``."""
    per_answer: dict[str, Json] = {
        "prompt_tokens": saving.fewer,
        "written_tokens": saving.fewer_written,
        "seconds": saving.seconds,
        "money": saving.money,
        "whole_money": saving.whole_money,
    }
    per_1000: dict[str, Json] = {
        name: value * PER if isinstance(value, float) else None for name, value in per_answer.items()
    }
    return {
        "fine_tune": saving.fine_tune,
        "base": saving.base,
        "prompt_tokens": saving.tokens,
        "base_prompt_tokens": saving.base_tokens,
        "written_tokens": saving.written,
        "base_written_tokens": saving.base_written,
        "saved_per_answer": per_answer,
        "saved_per_1000_answers": per_1000,
        "break_even_answers": saving.break_even,
    }
