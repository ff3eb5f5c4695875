"""``ftcompare gate``: whether studies hold to the conditions of a release."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from ftcompare.app.overwrite_guard import require_output, write_output
from ftcompare.app.release.gate import Gate
from ftcompare.app.release.gate_file import EXAMPLE, read_gate_file
from ftcompare.app.release.gate_report import GateReport, apply_gate, gate_json, write_gate_junit
from ftcompare.app.release.presentation import condition_mark, gate_verdict
from ftcompare.cli.command_support import (
    FILE,
    JSON,
    REPLACE,
    NumberRange,
    OutputPath,
    opened,
    print_json,
    say,
)
from ftcompare.stats.non_inferiority import MOST_MARGIN

STUDIES = click.argument("studies", metavar="STUDY...", nargs=-1, required=True, type=FILE)


@click.command("gate")
@click.argument("studies", metavar="STUDY...", nargs=-1, type=FILE)
@click.option(
    "--example",
    type=OutputPath(),
    metavar="FILE.toml",
    help="Write an example of such a file, and do nothing else.",
)
@click.option("--gate", "file", type=FILE, metavar="FILE.toml", help="The conditions. See docs/owner.md.")
@click.option("--system", default="", metavar="NAME", help="The system that is to be released.")
@click.option("--against", default="", metavar="NAME", help="What it is held against; else the only base.")
@click.option(
    "--min-win-rate", type=NumberRange(0, 1), metavar="X", help="The lower end of its interval is above this."
)
@click.option(
    "--not-worse-than",
    type=NumberRange(0, MOST_MARGIN, min_open=True, max_open=True),
    metavar="X",
    help="Worse by this margin is ruled out: 0.05 is 5 points below 50%.",
)
@click.option("--min-agreement", type=NumberRange(-1, 1), metavar="X", help="At least, for Krippendorff's α.")
@click.option("--tier", default="", metavar="NAME", help="Hold them to this tier of the file; else to all.")
@click.option("--allow-unfinished", is_flag=True, default=None, help="Also while planned judgments are open.")
@JSON
@click.option("--junit", type=OutputPath(), metavar="FILE", help="Write JUnit XML for CI.")
@REPLACE
def gate(
    studies: tuple[Path, ...],
    example: Path | None,
    file: Path | None,
    system: str,
    against: str,
    min_win_rate: float | None,
    not_worse_than: float | None,
    min_agreement: float | None,
    tier: str,
    junit: Path | None,
    *,
    allow_unfinished: bool | None,
    replace: bool,
    as_json: bool,
) -> int:
    """Hold studies to the conditions of a release. Exit 1 where one does not hold.

    An option of the command line takes the place of the same setting in the file.
    """
    inputs = (*studies, *([file] if file else []))
    if example:
        write_output(example, EXAMPLE, inputs=inputs, replace=replace)
        say(f"Wrote {example.name}. Change what it asks for, then hold a study to it with --gate.")
        return 0
    if not studies:
        raise click.MissingParameter(param_hint="'STUDY...'", param_type="argument")
    if junit:
        require_output(junit, inputs=inputs, replace=replace)
    given: dict[str, Any] = {"system": system or None, "against": against or None}
    given |= {"min_win_rate": min_win_rate, "not_worse_than": not_worse_than}
    given |= {"min_agreement": min_agreement, "allow_unfinished": allow_unfinished}
    asked = dataclasses.replace(
        read_gate_file(file) if file else Gate(),
        **{name: value for name, value in given.items() if value is not None},
    )
    asked.of_tier(tier)  # a wrong one is told before a study is opened
    reports = [_report(study, asked, tier) for study in studies]
    if junit:
        write_gate_junit(junit, reports, inputs=inputs, replace=replace)
    if as_json:
        print_json(gate_json(reports))
    else:
        for report in reports:
            print_gate(report)
    return 0 if all(report.holds for report in reports) else 1


def _report(study: Path, asked: Gate, tier: str) -> GateReport:
    with opened(study, reads=True) as file:
        return apply_gate(file, asked, tier=tier)


def print_gate(report: GateReport) -> None:
    """The conditions, a line each, those of each tier below its name."""
    pair = f": {report.system} against {report.against}" if report.system else ""
    say(f"{report.title} ({report.file}){pair}")
    for tier in ("", *report.tiers):
        if tier:
            say(f"  Tier {tier}: {'holds' if report.tier_holds(tier) else 'does not hold'}")
        for found in report.conditions:
            if found.tier == tier:
                say(f"  {condition_mark(found):<7} {found.name}: {found.words}")
    if report.by_default:
        say(f"  Asked by default, and so: {'; '.join(report.by_default)}.")
    say(f"  {gate_verdict(report)}")
