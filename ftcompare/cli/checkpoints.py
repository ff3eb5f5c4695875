"""``ftcompare ledger``: checkpoints of one base, in one study or across several."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.overwrite_guard import require_output, write_output
from ftcompare.app.release.checkpoint_history import (
    Ledger,
    LedgerRow,
    StudyEntries,
    distinct_names,
    ledger,
    study_entries,
)
from ftcompare.app.release.history_document import (
    difference_lines,
    ledger_json,
    speed_sentences,
    step_sentence,
)
from ftcompare.app.release.history_sources import require_distinct
from ftcompare.app.release.presentation import checkpoint_chart
from ftcompare.app.release.suite_history import suite_chart, suite_run_lines, suite_runs_json
from ftcompare.app.release.suite_ledger import runs_of
from ftcompare.app.results.claim_sentences import headline
from ftcompare.app.results.presentation.chart_data import CheckpointChart
from ftcompare.app.results.presentation.trust import agreement_words, alpha_words
from ftcompare.cli.block_text import rate_words
from ftcompare.cli.command_support import JSON, REPLACE, OutputPath, opened, print_json, print_pairs, say
from ftcompare.cli.release import STUDIES
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.formats.csv_reader import unknown_suffix

DATE = len("2026-11-20")
CHART_WIDTH = 720
"""Pixels of a chart that is written to a file."""


@click.command("ledger")
@STUDIES
@click.option("--base", default="", metavar="NAME", help="The base, where none or several are known.")
@click.option("--as-given", is_flag=True, help="Keep the order given instead of that of the names' numbers.")
@click.option("--chart", type=OutputPath(), metavar="FILE", help="Draw it: PNG or SVG.")
@REPLACE
@JSON
def ledger_(
    studies: tuple[Path, ...], base: str, chart: Path | None, *, as_given: bool, replace: bool, as_json: bool
) -> int:
    """Show how checkpoints fare against their base, and each against the one before it.

    Of a folder of a suite's runs, or of one of them, it tells the share of prompts that each run passes and
    whether its gate held; --chart draws these where no study is named. Exit 1 where a study was altered.
    """
    require_distinct(studies)
    if chart:
        require_output(chart, inputs=studies, replace=replace)
    runs = runs_of(path for path in studies if path.is_dir())
    files = [path for path in studies if not path.is_dir()]
    found = ledger([_entries(study, base) for study in files], as_given=as_given)
    if chart:
        drawn = checkpoint_chart(_drawn_rows(found)) if files else suite_chart(runs)
        _draw(drawn, chart, studies, replace=replace)
        say(f"Wrote {chart}.", err=as_json)
    if as_json:
        print_json({**ledger_json(found), "suite_runs": suite_runs_json(runs)})
    else:
        if files:
            _print(found)
        for line in suite_run_lines(runs):
            say(line)
    return 0 if found.integrity.ok else 1


def _entries(study: Path, base: str) -> StudyEntries:
    with opened(study, reads=True) as file:
        return study_entries(file, base=base)


def _drawn_rows(found: Ledger) -> list[LedgerRow]:
    """People's rows, or where nobody judged, those of the automatic raters."""
    kind = found.rows[0].rater_kind if found.rows else RaterKind.HUMAN
    return [row for row in found.rows if row.rater_kind is kind]


def _draw(chart: CheckpointChart, path: Path, inputs: tuple[Path, ...], *, replace: bool) -> None:
    # matplotlib is only loaded where it draws
    from ftcompare.app.results.charts import PAPER, figure, png, svg

    forms = {".png": png, ".svg": svg}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise unknown_suffix(path, forms)
    write_output(path, form(figure(chart, PAPER, CHART_WIDTH)), inputs=inputs, replace=replace)


def _print(found: Ledger) -> None:
    if not found.rows:
        click.echo("No checkpoint was judged against a base yet.")
    steps = {step.after: step for step in found.steps}
    for place, row in enumerate(found.rows):
        if place:
            click.echo("")
        programs = " (automatic raters)" if row.rater_kind is RaterKind.AUTOMATIC else ""
        say(f"{row.system} against {row.base}{programs}, in {row.study} ({row.file})")
        print_pairs([(f"  {name}", value) for name, value in _lines(row)])
        for line in (headline(row.pair), *speed_sentences(row)):
            say(f"  {line}")
        if place in steps:
            print_pairs(difference_lines(steps[place], found.rows[steps[place].before].system))
            names = distinct_names((found.rows[steps[place].before], row))
            say(f"  {step_sentence(steps[place], *names)}")
    for note in found.notes:
        say(f"Note: {note}", err=True)


def _lines(row: LedgerRow) -> list[tuple[str, str]]:
    found = row.agreement
    ends = found.alpha_ordinal_interval
    judged = f"{counted(row.judgments, 'judgment')} on {counted(row.prompts, 'prompt')}"
    judged += f" by {counted(row.raters, 'rater')}"
    lines = [("Judged", f"{judged}, the last on {row.judged_at[:DATE]}" if row.judged_at else judged)]
    lines.append(("Win rate", rate_words(row.win_rate, row.prompts)))
    if row.rate is not row.win_rate:
        lines.append(("  for raters like these", rate_words(row.rate, row.prompts)))
    alpha, told = found.alpha_ordinal, "not defined"
    if alpha is not None:
        told = f"{agreement_words(alpha, ends.low if ends else None)} ({alpha_words(alpha)})"
    lines.append(("Raters agree", told))
    return lines
