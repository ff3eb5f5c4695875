"""``ftcompare measures``: every automatic measure of every system, in one matrix."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.results.chosen_pairs import require_system
from ftcompare.app.results.matrix_json import matrix_json
from ftcompare.app.results.presentation.matrix import matrix_blocks
from ftcompare.app.results.study_matrix import study_matrix
from ftcompare.cli.automatic_measures import print_blocks
from ftcompare.cli.command_support import JSON, STUDY, opened, print_json, proving


@click.command("measures")
@STUDY
@click.option("--against", metavar="SYSTEM", default="", help="Compare with this system, not with the base.")
@JSON
@proving
def measures_(study: Path, against: str, *, as_json: bool) -> None:
    """Show every automatic measure of every system: value, interval, and the difference to the base.

    Checks, consistency, confidence and whatever else has been measured; a group of which nothing has been
    says how to begin. They stand beside what people judged and are never part of it. While blinded, totals of
    all systems together.
    """
    with opened(study) as file:
        if against:
            require_system(file, against)
        found = study_matrix(file)
    if as_json:
        print_json(matrix_json(found))
    else:
        print_blocks(matrix_blocks(found, against, listed=True), details=False)
