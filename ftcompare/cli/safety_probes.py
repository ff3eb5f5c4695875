"""``ftcompare safety-probes``: prompts for the safety screen."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.setup.prompt_draft import save_prompts
from ftcompare.app.setup.safety_probes import Framing, ProbeChoice, chosen_probes, other_probes, own_probes
from ftcompare.cli.command_support import FILE, REPLACE, OutputPath, say
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
