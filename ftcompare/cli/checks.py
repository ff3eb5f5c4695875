"""``ftcompare checks``: which answers pass the checks of their prompts."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.results.check_json import checks_json, totals_json
from ftcompare.app.results.checks import CheckTotals, checks_told
from ftcompare.app.results.chosen_pairs import measured_pairs, require_systems
from ftcompare.app.results.presentation.checks import (
    PairChecks,
    check_blocks,
    pair_check_blocks,
    total_blocks,
)
from ftcompare.app.study.shown_names import base_names
from ftcompare.cli.automatic_measures import DETAILS, PAIR, print_blocks
from ftcompare.cli.command_support import JSON, STUDY, opened, print_json, proving


@click.command("checks")
@STUDY
@PAIR
@DETAILS
@JSON
@proving
def checks_(study: Path, named: tuple[tuple[str, str], ...], *, details: bool, as_json: bool) -> None:
    """Hold every answer against the checks, reference answers and labels of its prompt.

    Passed checks, exact match, contained reference, token F1, ROUGE-1, ROUGE-L, chrF, BLEU and right labels
    by system; paired differences with intervals and McNemar's exact test, also by category, split and kind
    of context; and the prompts that one system passes and another fails. While blinded, totals of all
    systems together.
    """
    with opened(study) as file:
        require_systems(file, named)
        found, bases = checks_told(file), base_names(file)
    if isinstance(found, CheckTotals):
        print_json(totals_json(found)) if as_json else print_blocks(total_blocks(found), details=details)
        return
    if as_json:
        print_json(checks_json(found))
        return
    print_blocks(check_blocks(found), details=details)
    for a, b in measured_pairs(found.systems, bases, named):
        print_blocks(pair_check_blocks(PairChecks(found, a, b)), details=details, apart=True)
