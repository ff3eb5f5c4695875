"""``ftcompare gate``: whether studies hold to the conditions of a release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ftcompare.app import paths
from ftcompare.app.release.gate import GateReport, apply_gate, gate_json, write_gate_junit
from ftcompare.app.release.gate_example import write_example
from ftcompare.app.release.gate_file import Gate, read_gate_file
from ftcompare.cli.common import JSON, NumberRange, opened, print_json, say
from ftcompare.core.errors import UserError

STUDIES = click.argument(
    "studies", metavar="STUDY...", nargs=-1, required=True, type=click.Path(path_type=Path)
)


def _example(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Writes the example and is done: it needs no study."""
    if path is None:
        return
    if paths.is_there(path):
        raise UserError(
            "There is already a file of this name.",
            where=str(path),
            how="Choose another name or move the file away.",
            code="file-exists",
        )
    write_example(path)
    say(f"Wrote {path.name}. Change what it asks for, then hold a study to it with --gate.")
    context.exit()


@click.command("gate")
@STUDIES
@click.option(
    "--example",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    is_eager=True,
    expose_value=False,
    callback=_example,
    help="Write an example of such a file, and do nothing else.",
)
@click.option(
    "--gate",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="The conditions. See docs/owner.md.",
)
@click.option("--system", default="", metavar="NAME", help="The system that is to be released.")
@click.option("--against", default="", metavar="NAME", help="What it is held against; else the only base.")
@click.option(
    "--min-win-rate",
    type=NumberRange(0, 1),
    metavar="X",
    help="At least, for the lower end of its interval.",
)
@click.option("--min-agreement", type=NumberRange(-1, 1), metavar="X", help="At least, for Krippendorff's α.")
@JSON
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML for CI.")
def gate(
    studies: tuple[Path, ...],
    file: Path | None,
    system: str,
    against: str,
    min_win_rate: float | None,
    min_agreement: float | None,
    junit: Path | None,
    *,
    as_json: bool,
) -> int:
    """Hold studies to the conditions of a release. Exit 1 where one does not hold.

    An option of the command line takes the place of the same setting in the file.
    """
    asked = read_gate_file(file) if file else Gate()
    asked = replace(asked, system=system or asked.system, against=against or asked.against)
    asked = asked if min_win_rate is None else replace(asked, min_win_rate=min_win_rate)
    asked = asked if min_agreement is None else replace(asked, min_agreement=min_agreement)
    reports = [_report(study, asked) for study in studies]
    if junit:
        write_gate_junit(junit, reports)
    if as_json:
        print_json(gate_json(reports))
    else:
        for report in reports:
            _print(report)
    return 0 if all(report.holds for report in reports) else 1


def _report(study: Path, asked: Gate) -> GateReport:
    with opened(study) as file:
        return apply_gate(file, asked)


def _print(report: GateReport) -> None:
    pair = f": {report.system} against {report.against}" if report.system else ""
    say(f"{report.title} ({report.file}){pair}")
    for found in report.conditions:
        say(f"  {'ok' if found.holds else 'NOT OK':<7} {found.name}: {found.words}")
    failed, asked = len(report.failed), len(report.conditions)
    wrong = f"{failed} of {asked} conditions {'does' if failed == 1 else 'do'} not hold"
    if asked == 1:
        wrong = "its condition does not"
    say(f"  {'The gate holds.' if report.holds else f'The gate does not hold: {wrong}.'}")


COMMANDS: tuple[click.Command, ...] = (gate,)
