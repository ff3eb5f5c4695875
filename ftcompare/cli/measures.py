"""``measures`` of all systems. `model_measures` has the commands that run models or code first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from ftcompare.app.measures import confidence
from ftcompare.app.measures.confidence import CorrectBy, study_calibration
from ftcompare.app.measures.kind import AnyResults
from ftcompare.app.measures.matrix import study_matrix
from ftcompare.app.measures.matrix_blocks import matrix_blocks, matrix_json
from ftcompare.app.measures.registry import KINDS
from ftcompare.app.results.chosen_pairs import measured_pairs, require_system, require_systems
from ftcompare.app.results.presentation.prediction_powered import powered_blocks, powered_json, powered_rates
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.study.shown_names import base_names
from ftcompare.app.work_progress import ignore_progress
from ftcompare.cli.block_text import print_blocks
from ftcompare.cli.command_support import command, flag, opened, print_json, proving
from ftcompare.core.disclosure import Subject

Pairs = tuple[tuple[str, str], ...]
HOLDS = {"holds": "contains"}
CORRECT = {HOLDS.get(by.value, by.value): by for by in CorrectBy}

PAIR = click.option(
    "--pair",
    "named",
    type=(str, str),
    multiple=True,
    metavar="A B",
    help="Compare these two systems. Repeatable.",
)
DETAILS = flag("--details", "Show the method behind each interval.")


def showing(
    name: str,
    *options: Callable[..., object],
    reads: bool = True,
    example: str = "review.ftstudy --pair base tuned",
    old: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a command with pairs, options, and details; `reads` as in `proving`, `old` as in `command`."""

    def decorate(function: Callable[..., int | None]) -> click.Command:
        decorated: Callable[..., object] = proving(function, reads=reads)
        for option in (DETAILS, *reversed(options), PAIR):
            decorated = option(decorated)
        return command(name, example, old)(decorated)

    return decorate


def _made(results: AnyResults) -> click.Command:
    def show_kind(study: Path, named: Pairs, *, details: bool, as_json: bool) -> None:
        _show(results, study, named, details=details, as_json=as_json)

    show_kind.__doc__ = results.help
    return showing(results.key)(show_kind)


MADE = tuple(_made(kind.results) for kind in KINDS if kind.results and kind.results.help)
"""The commands of kinds with a `help`. `GROUPS` has their summaries, so lists of commands import no kind."""


@showing(
    "calibration",
    click.option(
        "--correct",
        type=click.Choice(list(CORRECT)),
        default=next(iter(CORRECT)),
        help="When an answer counts as correct: if it contains a reference answer, equals one, or passes "
        "its checks.",
    ),
    old=HOLDS,
)
def calibration_(study: Path, named: Pairs, *, correct: str, details: bool, as_json: bool) -> None:
    """Compare each system's confidence in its answers with how often they are correct.

    Needs scores (run `measures likelihood` first), and reference answers or checks. Shows the calibration
    error, the Brier score, their paired differences, and the bins of the reliability diagram. Available
    after unblinding.
    """
    collect = partial(study_calibration, by=CORRECT[correct])
    results = replace(confidence.RESULTS, collect=lambda file, progress: collect(file, progress=progress))
    _show(results, study, named, details=details, as_json=as_json)


@showing("combine")
def combine(study: Path, named: Pairs, *, details: bool, as_json: bool) -> None:
    """Combine a program's judgments with people's to estimate people's win rate more precisely.

    The program judged all prompts, and people judged a random part of them. Prediction-powered inference
    corrects the program's judgments by their difference from people's on the prompts that both judged.
    Refused if the prompts that people judged were not drawn at random. Available after unblinding.
    """
    with opened(study) as file:
        require_systems(file, named)
        found = powered_rates(file, named)
    if as_json:
        print_json(powered_json(found))
    else:
        print_blocks(powered_blocks(found), details=details)


@command("show", "review.ftstudy --against tuned")
@click.option("--against", metavar="SYSTEM", default="", help="Compare with this system instead of the base.")
@proving
def show(study: Path, against: str, *, as_json: bool) -> None:
    """Show all automatic measures of each system: value, interval, and difference from the base.

    A group without values shows the command that computes them. Automatic measures are never combined with
    people's judgments. Before unblinding, shows totals across all systems.
    """
    with opened(study) as file:
        if against:
            require_system(file, against)
        found = study_matrix(file)
    if as_json:
        print_json(matrix_json(found))
    else:
        print_blocks(matrix_blocks(found, against, listed=True), details=False)


def _show(results: AnyResults, study: Path, named: Pairs, *, details: bool, as_json: bool) -> None:
    with opened(study) as file:
        require_systems(file, named)
        show_results(file, results, named, details=details, as_json=as_json)


def show_results(file: StudyFile, results: AnyResults, named: Pairs, *, details: bool, as_json: bool) -> None:
    """Print one kind of measures: all systems, then the named pairs; or totals while it is blinded."""
    totals = results.totals
    if totals and not file.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES):
        together = totals.collect(file, ignore_progress)
        if as_json:
            print_json(totals.document(together))
        else:
            print_blocks(totals.blocks(together), details=details)
        return
    found, bases = results.collect(file, ignore_progress), base_names(file)
    if as_json:
        print_json(results.document(found))
        return
    print_blocks(results.blocks(found), details=details)
    for a, b in measured_pairs(found.systems, bases, named):
        print_blocks(results.pair_blocks(found, a, b), details=details, apart=True)
