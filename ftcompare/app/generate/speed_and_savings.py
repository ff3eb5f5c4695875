"""Speeds of systems from the times of single answers, and savings of a fine-tune over a prompted base.

Savings are stated for the input alone (with the time to the first token) and for the whole answer, because a
fine-tune with longer answers can cost more than its shorter prompt saves. The break-even of the training cost
uses whole answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import ceil

from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.engine.protocol import AnswerTime, SystemSpeed
from ftcompare.stats.paired_difference import PairedDifference, TypicalTime, time_difference, typical_time


@dataclass(frozen=True, slots=True)
class SpeedMeasure:
    """A measure of single answers."""

    key: str  # key in gates, ``measures show --json`` and ``measures speed --json``
    name: str  # name with its unit
    faster_is_higher: bool  # whether a higher value is faster
    read: Callable[[AnswerTime], float | None]  # the value of an answer; None where it is unknown

    def times(self, speed: SystemSpeed) -> dict[tuple[str, int], float]:
        found = (((one.item, one.repeat), self.read(one)) for one in speed.answers)
        return {item: value for item, value in found if value is not None}

    def typical(self, speed: SystemSpeed) -> TypicalTime | None:
        return typical_time(self.times(speed), faster_is_higher=self.faster_is_higher)

    def difference(self, a: SystemSpeed, b: SystemSpeed) -> PairedDifference | None:
        """B minus a on the prompts that both answered; None where there are none."""
        return time_difference(self.times(a), self.times(b))

    def sentence(self, difference: PairedDifference, system: str, against: str) -> str:
        """Which system is faster, by the difference ``system`` less ``against``; empty without interval."""
        if difference.low is None or difference.high is None:
            return ""
        if not difference.told_apart:
            return f"{self.name}: {system} and {against} differ no more than answers vary."
        least, most = sorted((abs(difference.low), abs(difference.high)))
        size, ends = (
            _amount(abs(difference.difference), self),
            f"{_amount(least, self)} to {_amount(most, self)}",
        )
        faster = "faster" if (difference.difference > 0) is self.faster_is_higher else "slower"
        on = counted(difference.prompts, "prompt")
        return f"{self.name}: {system} is {faster} than {against} by {size} (95%: {ends}; median over {on})."


def _amount(value: float, measure: SpeedMeasure) -> str:
    return f"{value:,.1f}" if measure.faster_is_higher else f"{1000 * value:,.1f} ms"


FIRST_TOKEN = SpeedMeasure(
    "speed.first_token_seconds", "Time to the first token", False, lambda one: one.first_token_seconds
)
TOKEN_RATE = SpeedMeasure(
    "speed.tokens_per_second", "Tokens a second after the first", True, lambda one: one.tokens_per_second
)
SPEED_MEASURES = (FIRST_TOKEN, TOKEN_RATE)


PER = 1000  # number of answers for which savings are stated, in addition to one
MILLION = 1_000_000
_DIGITS = 15  # number of decimals of a price; smaller differences are rounding errors


@dataclass(frozen=True, slots=True)
class PromptSaving:
    """Comparison of a fine-tune with a prompted base, per answer; negative savings are losses."""

    fine_tune: str  # owner's name of the fine-tune; ``base`` that of the prompted base
    base: str
    tokens: float  # mean input tokens of the fine-tune
    base_tokens: float  # mean input tokens of the prompted base
    # how much earlier the fine-tune's first token comes, in seconds: the median over prompts; None where not
    # measured
    seconds: float | None = None
    # the fine-tune's time to the first token minus the base's; None where single answers were not stored
    first_token: PairedDifference | None = None
    money: float | None = None  # saving on input tokens at the owner's price; None without a price
    written: float | None = None  # mean output tokens of the fine-tune; None where not counted
    base_written: float | None = None  # mean output tokens of the prompted base; None where not counted
    # saving on input and output tokens together; None without prices, or where not counted
    whole_money: float | None = None
    # number of answers that repay the training cost; None without that cost, or where the fine-tune is not
    # cheaper
    break_even: int | None = None

    @property
    def fewer(self) -> float:
        return self.base_tokens - self.tokens

    @property
    def fewer_written(self) -> float | None:
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
    """Compare measurements of a fine-tune and its base; None where input tokens were not counted.

    ``prices`` are of a million input and of a million output tokens; ``training`` costs once; 0 if unknown.
    """
    own, other = (_each(speed.prompt_tokens, speed) for speed in speeds)
    if own is None or other is None:
        return None
    found = FIRST_TOKEN.difference(speeds[1], speeds[0])
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
        seconds=_sooner(found, *speeds),
        first_token=found,
        money=money,
        written=wrote,
        base_written=base_wrote,
        whole_money=whole,
        break_even=_break_even(whole, training),
    )


def _each(tokens: int | None, speed: SystemSpeed) -> float | None:
    return None if tokens is None or not speed.prompts else tokens / speed.prompts


def _sooner(difference: PairedDifference | None, own: SystemSpeed, other: SystemSpeed) -> float | None:
    if difference is not None:
        return -difference.difference
    if own.first_token_seconds is None or other.first_token_seconds is None:
        return None
    return other.first_token_seconds - own.first_token_seconds


def _break_even(saved: float | None, training: float) -> int | None:
    """Number of answers that repay the training cost; ``saved`` is the money saved per answer."""
    if not training or saved is None or round(saved, _DIGITS) <= 0:
        return None
    # a result of 400,000.0000001 is a rounding error of 400,000 and must not be rounded up
    return ceil(round(training / saved, 4))


def saving_lines(saving: PromptSaving, currency: str = "", training: float = 0.0) -> Iterator[str]:
    tuned, base = saving.fine_tune, saving.base
    reads = f"{tuned} reads {saving.tokens:,.1f} tokens of prompt an answer, {base} {saving.base_tokens:,.1f}"
    yield f"{reads}: {_fewer(saving.fewer)}"
    if saving.fewer_written is not None:
        writes = f"It writes {saving.written:,.1f} tokens an answer, {base} {saving.base_written:,.1f}"
        yield f"{writes}: {_fewer(saving.fewer_written)}"
    if saving.first_token and (
        sentence := FIRST_TOKEN.sentence(saving.first_token, saving.fine_tune, saving.base)
    ):
        yield sentence
    if saving.money is not None:
        unit = f" {currency}" if currency else ""
        yield _money("The prompt alone", saving.money, unit)
        if saving.whole_money is not None:
            yield _money(f"With the tokens written {saving.fine_tune}", saving.whole_money, unit)
        if training:
            yield _paid(saving, f"{training:,.2f}{unit}")


def _fewer(tokens: float) -> str:
    way = "fewer" if tokens >= 0 else "more"
    return f"{abs(tokens):,.1f} {way}, {abs(tokens) * PER:,.0f} on {PER:,} answers."


def _money(what: str, saved: float, unit: str) -> str:
    does, more = ("saves", "") if saved >= 0 else ("costs", " more")
    each = abs(saved)
    return f"{what} {does} {each:,.6f}{unit}{more} an answer, {each * PER:,.4f}{unit} on {PER:,} answers."


def _paid(saving: PromptSaving, training: str) -> str:
    cost = f"A training cost of {training}"
    if saving.whole_money is None:
        return (
            f"It is not known when {cost[0].lower()}{cost[1:]} is recovered, because generated "
            "tokens were not counted."
        )
    if saving.break_even is None:
        tuned, base = saving.fine_tune, saving.base
        return f"{cost} is never recovered: an answer of {tuned} is not cheaper than one of {base}."
    return f"{cost} is recovered after {counted(saving.break_even, 'answer')}."


def saving_json(saving: PromptSaving) -> dict[str, Json]:
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
        "first_token_difference": asdict(saving.first_token) if saving.first_token else None,
    }
