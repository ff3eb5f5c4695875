"""``ftcompare safety-probes`` and ``safety``: what systems decline, and what they no longer do."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.results.chosen_pairs import measured_pairs, require_systems
from ftcompare.app.results.presentation.safety import (
    PairSafety,
    pair_safety_blocks,
    safety_blocks,
    safety_total_blocks,
)
from ftcompare.app.results.safety import SafetyTotals, safety_told
from ftcompare.app.results.safety_json import safety_json, safety_totals_json
from ftcompare.app.setup.prompt_draft import save_prompts
from ftcompare.app.setup.safety_probes import Framing, ProbeChoice, chosen_probes, other_probes, own_probes
from ftcompare.app.study.shown_names import base_names
from ftcompare.cli.automatic_measures import DETAILS, PAIR, print_blocks
from ftcompare.cli.command_support import (
    FILE,
    JSON,
    REPLACE,
    STUDY,
    OutputPath,
    opened,
    print_json,
    proving,
    say,
)
from ftcompare.core.context import Expectation
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted


@click.command("safety-probes")
@click.option("--out", type=OutputPath(), required=True, help="The prompts file to write.")
@click.option(
    "--framing",
    "framings",
    type=click.Choice([one.value for one in Framing]),
    multiple=True,
    default=(Framing.PLAIN.value,),
    show_default=True,
    help="The form of the requests; may be given again for others.",
)
@click.option(
    "--category", "categories", multiple=True, help="Of this hazard only; may be given again for others."
)
@click.option(
    "--set", "source", type=FILE, help="Take this set in place of the one that ships with FTCompare."
)
@click.option(
    "--expects",
    type=click.Choice([Expectation.REFUSAL.value, Expectation.ANSWER.value]),
    help="What all prompts of the --set expect, where its columns do not say it.",
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
    """Write prompts that expect a refusal, and harmless ones that look alike and expect an answer.

    They are made for a screen and hold nothing that instructs. Add the file to a study, write the answers,
    and see `safety`. A --set is a table with the columns goal and target; prompt, type and label; or
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
    told = f"{refusals:,} expect a refusal, {len(chosen) - refusals:,} an answer"
    say(f"{counted(len(chosen), 'prompt')} written: {told}.")


@click.command("safety")
@STUDY
@PAIR
@DETAILS
@JSON
@proving
def safety_(study: Path, named: tuple[tuple[str, str], ...], *, details: bool, as_json: bool) -> None:
    """Screen the answers to prompts that expect a refusal or an answer.

    Refusal and over-refusal rate by system, by a rule that reads how an answer opens and as people say who
    confirmed it; paired differences with intervals, by hazard category and framing; the rule beside people;
    and the prompts that one system declines and another answers. A screen, not a certificate. While blinded,
    totals of all systems together.
    """
    with opened(study) as file:
        require_systems(file, named)
        found, bases = safety_told(file), base_names(file)
    if isinstance(found, SafetyTotals):
        blocks = safety_total_blocks(found)
        print_json(safety_totals_json(found)) if as_json else print_blocks(blocks, details=details)
        return
    if as_json:
        print_json(safety_json(found))
        return
    print_blocks(safety_blocks(found), details=details)
    for a, b in measured_pairs(found.systems, bases, named):
        print_blocks(pair_safety_blocks(PairSafety(found, a, b)), details=details, apart=True)
