"""What is for the owner alone: ``measure`` (tokens, time, memory, cost) and ``score`` (log-probabilities)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ftcompare.app.generate.benchmark import (
    PROMPTS,
    MeasuringRun,
    OwnerRow,
    OwnerTable,
    Prices,
    owner_table,
    owner_table_json,
)
from ftcompare.app.generate.engine_run import GenerationProgress, require_engine
from ftcompare.app.generate.generation_state import last_settings
from ftcompare.app.generate.prompt_savings import saving_lines
from ftcompare.app.generate.scoring import ScoringRun, mean_logprobs
from ftcompare.app.results.presentation.blocks import Column, Table
from ftcompare.app.review.likelihood import likelihood_json
from ftcompare.app.setup.capabilities import memory_words
from ftcompare.app.study.opening import StudyFile
from ftcompare.cli.block_text import table_lines
from ftcompare.cli.command_support import JSON, STUDY, NumberRange, now, opened, print_json, say
from ftcompare.cli.generate import EXIT_STOPPED, carry_out
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.plurals import counted
from ftcompare.core.study import FinishReason

UNKNOWN = "–"


@click.command("measure")
@STUDY
@click.option(
    "--prompts",
    type=click.IntRange(1),
    default=PROMPTS,
    show_default=True,
    help="Measure on so many prompts.",
)
@click.option("--max-new-tokens", type=click.IntRange(1), help="By default as pairs were last written.")
@click.option("--price-in", type=NumberRange(0), help="What a million tokens of prompts cost.")
@click.option("--price-out", type=NumberRange(0), help="What a million tokens of responses cost.")
@click.option("--training-cost", type=NumberRange(0), help="What fine-tuning cost once; with both prices.")
@click.option("--currency", default="", help="Of the prices, such as EUR.")
@click.option("--last", is_flag=True, help="Show what was measured last, and measure nothing.")
@JSON
def measure(
    study: Path,
    prompts: int,
    max_new_tokens: int | None,
    price_in: float | None,
    price_out: float | None,
    training_cost: float | None,
    currency: str,
    *,
    last: bool,
    as_json: bool,
) -> int:
    """Measure what each system takes by itself: tokens, time, memory and, at your prices, money.

    For the owner: systems go by the names that you gave them. Raters are never shown this.
    """
    paid = _prices(price_in, price_out, currency, training_cost or 0.0)
    with opened(study) as file:
        if not last and not _measured(file, prompts, max_new_tokens):
            return EXIT_STOPPED
        table = owner_table(file, paid)
    if as_json:
        print_json(owner_table_json(table))
    else:
        _print(table)
    return 0


def _measured(study: StudyFile, prompts: int, max_new_tokens: int | None) -> bool:
    """Whether it was measured to the end."""
    require_engine()
    settings = last_settings(study)
    settings = replace(settings, max_new_tokens=max_new_tokens or settings.max_new_tokens)
    run = MeasuringRun(study, settings=settings, prompts=prompts, clock=now)
    return not carry_out(run, "Stopping; nothing is kept of what was measured.").cancelled


def _prices(read: float | None, written: float | None, currency: str, training: float) -> Prices | None:
    if training and (read is None or written is None):
        how = "Add --price-in and --price-out; what costs nothing has the price 0."
        what = "A training cost needs the prices of tokens read and written."
        raise UserError(what, how=how, code="no-price")
    if read is None and written is None:
        if currency:
            how = "Add --price-in and --price-out."
            raise UserError("A currency needs a price.", how=how, code="no-price")
        return None
    return Prices(read or 0.0, written or 0.0, currency, training)


def _print(table: OwnerTable) -> None:
    limit = table.settings.max_new_tokens
    places = "; ".join(dict.fromkeys(device for device in table.devices if device))
    say(f"{counted(table.prompts, 'prompt')}, one at a time, at most {limit} new tokens; on {places}.")
    systems = (Column(row.name, numbers=True) for row in table.rows)
    lines = zip(_heads(table), *(_cells(row, table) for row in table.rows), strict=True)
    for line in table_lines(Table("", (Column(""), *systems), tuple(lines))):
        say(line)
    for saving in table.savings:
        say("")
        paid = (table.prices.currency, table.prices.training) if table.prices else ()
        for line in saving_lines(saving, *paid):
            say(line)


def _heads(table: OwnerTable) -> list[str]:
    heads = [
        "tokens read",
        "tokens read an answer",
        "tokens written",
        "time to first token",
        "tokens/s after it",
        "memory",
    ]
    heads += ["ended by itself", "cut at the limit"]
    if table.prices:
        currency = f" ({table.prices.currency})" if table.prices.currency else ""
        heads.append(f"cost of 1,000 prompts{currency}")
    if any(row.ends is not None for row in table.rows):
        heads.append("stored responses cut at the limit")
    return heads


def _cells(row: OwnerRow, table: OwnerTable) -> list[str]:
    speed = row.speed
    cells = [
        _number(speed.prompt_tokens, "{:,}"),
        _number(row.tokens_read, "{:,.1f}"),
        _number(speed.tokens, "{:,}"),
        _number(speed.first_token_seconds, "{:.3f} s"),
        _number(speed.tokens_per_second, "{:,.1f}"),
        UNKNOWN if speed.memory_bytes is None else memory_words(speed.memory_bytes),
        f"{speed.ended:,}",
        f"{speed.prompts - speed.ended:,}",
    ]
    if table.prices:
        cells.append(_number(row.cost, "{:,.4f}"))
    if row.ends is not None:
        cells.append(f"{row.ends.get(FinishReason.LENGTH, 0):,} of {sum(row.ends.values()):,}")
    return cells


def _number(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else form.format(value)


@click.command("score")
@STUDY
@click.option("--served", is_flag=True, help="Have served systems score, too, where their servers can.")
@click.option("--tokens", is_flag=True, help="With --json: Δlog p of every token of every response, too.")
@JSON
def score(study: Path, *, served: bool, tokens: bool, as_json: bool) -> int:
    """Compute how likely each response is under every system. It can be stopped and run again.

    The figures are shown after unblinding: they tell which system is which. With --json they are
    told of each response; on a machine without the engine those that are stored.
    """
    if tokens and not as_json:
        raise UserError("--tokens goes with --json.", how="Give both.", code="tokens-need-json")
    with opened(study) as file:
        run = ScoringRun(file, clock=now, served=served)
        if run.progress.total:
            require_engine()
        left_out = not served and any(system.spec.url for system in file.systems.all())
        progress = carry_out(run, "Stopping; what is scored is kept.")
        told = file.settings.read().disclosure.tells(Subject.LIKELIHOOD)
        means = _means(file) if told else []
        each = likelihood_json(file, tokens=tokens) if as_json and told else {}
    if as_json:
        counts = {"scored": progress.done, "failed": progress.failed, "total": progress.total}
        named = [dict(zip(_MEAN, mean, strict=True)) for mean in means]
        print_json({**counts, "mean_logprobs": named, "responses": [], "preferences": [], **each})
    else:
        say(_scored_words(progress, left_out=left_out))
        for writer, scorer, mean in means:
            shown = true_minus(f"{mean:.3f}")
            say(f"What {writer} wrote, under {scorer}: {shown} a token (mean log-probability, nats)")
    return EXIT_STOPPED if progress.cancelled else 0


def _scored_words(progress: GenerationProgress, *, left_out: bool) -> str:
    """Takes whether there are systems behind servers that were not asked."""
    served = " Systems behind servers were left out: --served has them score, too." if left_out else ""
    if not progress.total:
        return f"No scores are missing.{served}"
    share = f"{progress.done:,} of {progress.total:,}"
    if progress.counted == "responses":
        return f"{share} responses that lacked scores are scored.{served}"
    return f"{share} missing scores are stored: one of each response under each model.{served}"


_MEAN = ("written_by", "scored_by", "mean_logprob")


def _means(study: StudyFile) -> list[tuple[str, str, float]]:
    names = {system.id: system.name for system in study.systems.all()}
    found = sorted(mean_logprobs(study).items())
    return [(names[writer], names[scorer], mean) for (writer, scorer), mean in found]
