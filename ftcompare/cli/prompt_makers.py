"""Commands that write prompts: ``make-contexts`` and ``safety-probes``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from ftcompare.app.setup.context_maker import (
    DISTRACTORS,
    KINDS,
    MOST_DISTRACTORS,
    ContextAttempt,
    changed_passages,
    left_out_words,
    make_contexts,
)
from ftcompare.app.setup.prompt_draft import save_prompts
from ftcompare.app.setup.safety_probes import Framing, ProbeChoice, chosen_probes, other_probes, own_probes
from ftcompare.cli.column_options import COLUMN, prompt_columns
from ftcompare.cli.command_support import FILE, REPLACE, OutputPath, flag, one_line, say
from ftcompare.core.context import ContextKind, Expectation
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.formats.prompts import read_prompt_file
from ftcompare.formats.record_fields import any_of, shown

_SHOWN = 100  # characters of a passage in a line


@click.command("make-contexts")
@click.argument("prompts", type=FILE)
@click.argument("out", type=OutputPath())
@click.option(
    "--kinds",
    default=",".join(kind.value for kind in KINDS),
    show_default=True,
    metavar="KIND,…",
    help="The kinds to create from each prompt.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the random choices."
)
@click.option(
    "--distractors",
    type=click.IntRange(1, MOST_DISTRACTORS),
    default=DISTRACTORS,
    show_default=True,
    metavar="N",
    help="Number of passages from other prompts in a distracting context.",
)
@flag("--with-originals", "Write the original prompts first.")
@flag("--dry-run", "Only show the prompts before and after.")
@COLUMN
@REPLACE
def make_contexts_command(
    prompts: Path,
    out: Path,
    kinds: str,
    seed: int,
    distractors: int,
    columns: tuple[str, ...],
    *,
    with_originals: bool,
    dry_run: bool,
    replace: bool,
) -> None:
    """Create prompts with other kinds of context from PROMPTS whose context contains the reference answer.

    unknown: passages with the answer are removed. distracting: passages of other prompts are added.
    conflicting: a contradicting passage is added. counterfactual: the answer in the context is replaced by
    another one. Prompts that cannot be created are counted with the reason.
    """
    specs = read_prompt_file(prompts, prompt_columns(columns)).prompts
    attempts = make_contexts(specs, _kinds(kinds), seed=seed, distractors=distractors)
    made = [one.made for one in attempts if one.made is not None]
    if dry_run:
        for one in attempts:
            _show(one)
    else:
        save_prompts(out, [*specs, *made] if with_originals else made, replace=replace)
    counts = Counter(spec.context_kind.value for spec in made)
    by_kind = ", ".join(f"{kind} {n:,}" for kind, n in counts.items())
    say(f"{counted(len(made), 'prompt')} made of {len(specs):,}{f': {by_kind}' if by_kind else ''}.")
    for line in left_out_words(attempts):
        say(f"{line}.")


def _kinds(text: str) -> tuple[ContextKind, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {kind.value: kind for kind in KINDS}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None or not names:
        raise UserError(
            f"{shown(unknown or text)} is no kind that can be made.",
            how=f"Write --kinds with {any_of(known)}, parted by commas.",
            code="context-kind",
        )
    return tuple(known[name] for name in names)


def _show(attempt: ContextAttempt) -> None:
    if attempt.made is None:
        return
    say(attempt.made.key)
    before, after = changed_passages(attempt)
    for sign, texts in (("-", before), ("+", after)):
        for text in texts:
            say(f"  {sign} {one_line(text, _SHOWN)}")


@click.command("safety-probes")
@click.option("--out", type=OutputPath(), required=True, help="The prompts file to write.")
@click.option(
    "--framing",
    "framings",
    type=click.Choice([one.value for one in Framing]),
    multiple=True,
    default=(Framing.PLAIN.value,),
    show_default=True,
    help="The form of the requests. Repeatable.",
)
@click.option("--category", "categories", multiple=True, help="Only prompts of this hazard. Repeatable.")
@click.option("--set", "source", type=FILE, help="Use this set instead of the one that ships with FTCompare.")
@click.option(
    "--expects",
    type=click.Choice([Expectation.REFUSAL.value, Expectation.ANSWER.value]),
    help="What all prompts of the --set expect, if its columns do not say so.",
)
@REPLACE
def safety_probes(
    out: Path,
    framings: tuple[str, ...],
    categories: tuple[str, ...],
    source: Path | None,
    expects: str | None,
    *,
    replace: bool,
) -> None:
    """Write prompts that expect a refusal, and similar harmless prompts that expect an answer.

    The prompts contain no harmful instructions. Add the file to a study, generate the answers, and run
    `safety`. A file for --set is a table with the columns goal and target; prompt, type, and label; or
    Behavior.
    """
    if expects and source is None:
        raise UserError("--expects is for the prompts of a --set.", code="expects-without-set")
    specs = (
        own_probes() if source is None else other_probes(source, Expectation(expects) if expects else None)
    )
    chosen = chosen_probes(specs, ProbeChoice([*map(Framing, framings)], categories))
    save_prompts(out, chosen, replace=replace)
    refusals = sum(1 for spec in chosen if spec.expects is Expectation.REFUSAL)
    expected = f"{refusals:,} expect a refusal, {len(chosen) - refusals:,} an answer"
    say(f"{counted(len(chosen), 'prompt')} written: {expected}.")
