"""What is for the owner alone: ``measure`` (tokens, time, memory, cost) and ``score`` (log-probabilities)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ftcompare.app.generate.benchmark import (
    PROMPTS,
    REPEATS,
    MeasuringRun,
    OwnerTable,
    Prices,
    owner_table,
    owner_table_json,
)
from ftcompare.app.generate.engine_run import GenerationProgress, require_engine
from ftcompare.app.generate.generation_state import last_settings
from ftcompare.app.generate.owner_texts import measured_words, owner_lines, savings_words, speed_sentences
from ftcompare.app.generate.scoring import ScoringRun, mean_logprobs
from ftcompare.app.results.presentation.blocks import Column, Table
from ftcompare.app.review.likelihood import likelihood_json
from ftcompare.app.study.opening import StudyFile
from ftcompare.cli.block_text import table_lines
from ftcompare.cli.command_support import JSON, STUDY, NumberRange, now, opened, print_json, say
from ftcompare.cli.generate import EXIT_STOPPED, carry_out
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.minus_sign import true_minus


@click.command("measure")
@STUDY
@click.option(
    "--prompts",
    type=click.IntRange(1),
    default=PROMPTS,
    show_default=True,
    help="Number of prompts to measure on.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1),
    help=f"Number of answers of each system to each prompt. Default: {REPEATS}; 1 for served systems.",
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
    repeats: int | None,
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
        if not last and not _measured(file, prompts, repeats, max_new_tokens):
            return EXIT_STOPPED
        table = owner_table(file, paid)
    if as_json:
        print_json(owner_table_json(table))
    else:
        _print(table)
    return 0


def _measured(study: StudyFile, prompts: int, repeats: int | None, max_new_tokens: int | None) -> bool:
    """Whether it was measured to the end."""
    require_engine()
    settings = last_settings(study)
    settings = replace(settings, max_new_tokens=max_new_tokens or settings.max_new_tokens)
    run = MeasuringRun(study, settings=settings, prompts=prompts, repeats=repeats, clock=now)
    return not carry_out(run, "Stopping; nothing is kept of what was measured.").cancelled


def _prices(read: float | None, written: float | None, currency: str, training: float) -> Prices | None:
    if read is not None and written is not None:
        return Prices(read, written, currency, training)
    given = {
        "A training cost": bool(training),
        "--price-in": read is not None,
        "--price-out": written is not None,
        "A currency": bool(currency),
    }
    for name, is_given in given.items():
        if is_given:
            what = f"{name} needs the prices of tokens read and written."
            how = "Add --price-in and --price-out; what costs nothing has the price 0."
            raise UserError(what, how=how, code="no-price")
    return None


def _print(table: OwnerTable) -> None:
    say(measured_words(table))
    systems = (Column(row.name, numbers=True) for row in table.rows)
    lines = tuple((head, *cells) for head, cells in owner_lines(table))
    for line in (*table_lines(Table("", (Column(""), *systems), lines)), *speed_sentences(table)):
        say(line)
    if table.savings:
        say("")
        say(savings_words(table))


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
