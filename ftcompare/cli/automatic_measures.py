"""``ftcompare consistency``, ``calibration`` and ``judged-by-programs``: what stands beside people's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from ftcompare.app.results.answer_confidence import CorrectBy, calibration_json, study_calibration
from ftcompare.app.results.chosen_pairs import measured_pairs, require_systems
from ftcompare.app.results.consistency import consistency, consistency_json
from ftcompare.app.results.prediction_powered import powered_json, powered_rates
from ftcompare.app.results.presentation.blocks import Block
from ftcompare.app.results.presentation.calibration import calibration_blocks, pair_calibration_blocks
from ftcompare.app.results.presentation.consistency import (
    PairConsistency,
    consistency_blocks,
    pair_consistency_blocks,
)
from ftcompare.app.results.presentation.prediction_powered import powered_blocks
from ftcompare.app.study.shown_names import base_names
from ftcompare.cli.block_text import block_lines
from ftcompare.cli.command_support import JSON, STUDY, opened, print_json, proving, say

PAIR = click.option(
    "--pair",
    "named",
    type=(str, str),
    multiple=True,
    metavar="A B",
    help="Compare these two systems; may be given again for others.",
)
DETAILS = click.option("--details", is_flag=True, help="Name the method of each interval.")


@click.command("consistency")
@STUDY
@PAIR
@DETAILS
@JSON
@proving
def consistency_(study: Path, named: tuple[tuple[str, str], ...], *, details: bool, as_json: bool) -> None:
    """Show how far each system gives the same answer each time, from several samples of each prompt.

    Equal samples, the share of the most frequent answer, chrF between samples, distinct words, their paired
    differences, and the prompts on which one system wavers and another does not. After unblinding.
    """
    with opened(study) as file:
        require_systems(file, named)
        found, bases = consistency(file), base_names(file)
    if as_json:
        print_json(consistency_json(found))
        return
    print_blocks(consistency_blocks(found), details=details)
    for a, b in measured_pairs(found.systems, bases, named):
        print_blocks(pair_consistency_blocks(PairConsistency(found, a, b)), details=details, apart=True)


@click.command("calibration")
@STUDY
@PAIR
@click.option(
    "--correct",
    type=click.Choice([by.value for by in CorrectBy]),
    default=CorrectBy.HOLDS.value,
    show_default=True,
    help="An answer is correct if it holds, or equals, a reference answer, or passes its checks.",
)
@DETAILS
@JSON
@proving
def calibration_(
    study: Path, named: tuple[tuple[str, str], ...], *, correct: str, details: bool, as_json: bool
) -> None:
    """Show each system's confidence in its answers beside how often they are correct.

    Takes scores (`score`) and reference answers, or checks: calibration error, Brier score, their paired
    difference and the bins of the reliability diagram. After unblinding.
    """
    with opened(study) as file:
        require_systems(file, named)
        found, bases = study_calibration(file, CorrectBy(correct)), base_names(file)
    if as_json:
        print_json(calibration_json(found))
        return
    print_blocks(calibration_blocks(found), details=details)
    for a, b in measured_pairs([*found.systems], bases, named):
        print_blocks(pair_calibration_blocks(found, a, b), details=details, apart=True)


@click.command("judged-by-programs")
@STUDY
@PAIR
@DETAILS
@JSON
@proving
def judged_by_programs(
    study: Path, named: tuple[tuple[str, str], ...], *, details: bool, as_json: bool
) -> None:
    """Show the win rate among people over all prompts that a program judged and people judged in part.

    The program's judgments are corrected by how far they are from people's on the prompts that both judged
    (prediction-powered inference). Refused where people's prompts were chosen. After unblinding.
    """
    with opened(study) as file:
        require_systems(file, named)
        found = powered_rates(file, named)
    if as_json:
        print_json(powered_json(found))
        return
    print_blocks(powered_blocks(found), details=details)


def print_blocks(blocks: Iterable[Block], *, details: bool, apart: bool = False) -> None:
    """Blocks, below an empty line where they stand apart and there are any."""
    lines = list(block_lines(blocks, methods=details))
    for line in ("", *lines) if apart and lines else lines:
        say(line)
