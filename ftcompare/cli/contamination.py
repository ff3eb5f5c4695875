"""``ftcompare leakage``: which prompts of a study stand in a training file."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.results.presentation.contamination import (
    SPLITS,
    LeakageReport,
    PromptLeak,
    find_leakage,
    keep_leakage,
    leakage_json,
)
from ftcompare.checks.contamination import Duplicate, DuplicateKind
from ftcompare.cli.command_support import (
    FILE,
    JSON,
    STUDY,
    flag,
    now,
    one_line,
    opened,
    print_json,
    print_pairs,
    say,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import Split

SHOWN = 160


@click.command("leakage")
@STUDY
@click.argument("training_file", type=FILE)
@JSON
@flag("--keep", "Store the findings in the study, for its results.")
def leakage(study: Path, training_file: Path, *, as_json: bool, keep: bool) -> None:
    """Search a training file for a study's prompts. Reads JSONL, CSV, TSV, XLSX, and plain text.

    The output is about prompts and never about systems, so it is safe before unblinding.
    """
    with opened(study) as file:
        report = find_leakage(file, training_file, show=lambda read: say(f"{read:,} records read", err=True))
        if keep:
            keep_leakage(file, training_file, report, now=now())
    if as_json:
        print_json(leakage_json(report))
        return
    _print(report)
    if keep:
        click.echo("The finding is kept in the study; its texts are not.")


def _print(report: LeakageReport) -> None:
    say(f"{counted(report.records, 'record')} in {report.file}")
    print_pairs([_split_line(report, split) for split in SPLITS if report.of(split)])
    for sentence in report.summary:
        say(sentence)
    leaks = {leak.prompt.id: leak for leak in (*report.leaked, *report.repeated)}
    for leak in leaks.values():
        _print_leak(leak)


_NAMES = {DuplicateKind.QUESTION: "by the question alone"}


def _split_line(report: LeakageReport, split: Split) -> tuple[str, str]:
    leaks = report.of(split)
    kinds = [leak.found.kind for leak in leaks if leak.found]
    parts = [f"{kinds.count(kind)} {_NAMES.get(kind, kind)}" for kind in DuplicateKind if kind in kinds]
    name = split.value.replace("_", "-") or "without a split"
    detail = f" ({', '.join(parts)})" if parts else ""
    return f"  {name}", f"{sum(leak.whole for leak in leaks)} of {len(leaks)} found{detail}"


def _print_leak(leak: PromptLeak) -> None:
    if leak.found is None:
        return
    spec = leak.prompt.spec
    click.echo("")
    say(f"{spec.key}, {spec.split.value.replace('_', '-')}: {_how(leak.found)}")
    print_pairs([("  prompt", one_line(spec.text, SHOWN)), ("  training", one_line(leak.found.text, SHOWN))])


def _how(found: Duplicate) -> str:
    near = f" ({found.similarity:.0%} alike)" if found.kind is DuplicateKind.NEAR else ""
    more = f", and {found.records - 1:,} more" if found.records > 1 else ""
    return f"{found.kind}{near}, line {found.line:,}{more}"
