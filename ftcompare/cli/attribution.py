"""``ftcompare attribute``: on which words of its prompt a passage of an answer rests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click

from ftcompare.app.generate.engine_run import require_engine
from ftcompare.app.results.presentation.blocks import Column, Table
from ftcompare.app.review.attribution import (
    METHOD,
    MOST_PARTS,
    UNKNOWN,
    WORDS_UP_TO,
    Attribution,
    AttributionRun,
    PartContribution,
    PartKind,
    attribution_json,
    attribution_notes,
    nats_words,
    question_in_words,
)
from ftcompare.cli.block_text import table_lines
from ftcompare.cli.command_support import JSON, STUDY, altered_status, now, one_line, opened, print_json, say
from ftcompare.cli.generate import EXIT_STOPPED, carry_out
from ftcompare.core.plurals import counted

_SHOWN = 60  # characters of a sentence in the table


@click.command("attribute")
@STUDY
@click.argument("prompt")
@click.option(
    "--answer", required=True, metavar="NAME", help="Its system; “NAME, sample 2” where it has several."
)
@click.option("--words", required=True, metavar="WORDS", help="The passage, as it is written in the answer.")
@click.option(
    "--occurrence", type=click.IntRange(1), default=None, help="Which, where it stands there several times."
)
@click.option(
    "--by",
    type=click.Choice(["word", "sentence"]),
    help=f"What is left out of the prompt: by default words; sentences of a prompt of more than "
    f"{WORDS_UP_TO} words. At most {MOST_PARTS}.",
)
@JSON
def attribute(
    study: Path,
    prompt: str,
    *,
    answer: str,
    words: str,
    occurrence: int | None,
    by: str | None,
    as_json: bool,
) -> int:
    """Compute which words of a prompt, given by its id, a passage of an answer to it rests on.

    Each word is left out in turn, and the log-probability of the passage is computed again under every system
    of this machine: how far it falls is the word's contribution. That is evidence by likelihood; attention
    is not looked at. Only after unblinding. Nothing is kept; Ctrl-C stops it. Exit 1 where the study was
    altered.
    """
    kind = cast("PartKind | None", by)
    with opened(study) as file:
        question = question_in_words(file, prompt, answer, words, occurrence=occurrence or 0, kind=kind)
        require_engine()
        run = AttributionRun(file, question, clock=now)
        carry_out(run, "Stopping; nothing is kept.")
        status = altered_status(file)
    if run.result is None:
        return EXIT_STOPPED
    if as_json:
        print_json(attribution_json(run.result))
    else:
        _print(run.result, answer)
    return status


def _print(found: Attribution, answer: str) -> None:
    question = found.question
    say(f"“{question.words}” in the answer of {answer} to {question.prompt.spec.key}")
    say(METHOD)
    columns = (Column("under"), Column("log p", numbers=True), Column("tokens", numbers=True), Column("of"))
    rows = (
        (one.system, nats_words(one.logprob), f"{one.tokens:,}", _quoted(one.scored)) for one in found.systems
    )
    _say_table(columns, tuple(rows))
    systems = (Column(one.system, numbers=True) for one in found.systems)
    heads = (Column(f"{question.kind} left out"), Column("in"), *systems)
    _say_table(heads, tuple(map(_row, found.strongest)))
    say("")
    for line in _notes(found):
        say(line)


def _notes(found: Attribution) -> Iterator[str]:
    question = found.question
    writer = next(one.system for one in found.systems if one.wrote)
    yield from attribution_notes(found)
    parts, arithmetic = counted(len(found.parts), question.kind), " and ".join(found.arithmetic)
    yield f"{parts}, the largest change under {writer} first; computed in {arithmetic}."


def _say_table(columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...]) -> None:
    say("")
    for line in table_lines(Table("", columns, rows)):
        say(line)


def _row(one: PartContribution) -> tuple[str, ...]:
    changes = (UNKNOWN if change is None else nats_words(change, sign="+") for change in one.changes)
    return (one_line(one.part.text, _SHOWN), f"{one.role} {one.part.message + 1}", *changes)


def _quoted(text: str) -> str:
    return f"“{one_line(text, _SHOWN)}”"
