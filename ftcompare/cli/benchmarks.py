"""``measures benchmarks``: benchmark results before and after fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ftcompare.app.application_paths import to_type
from ftcompare.app.generate import retention
from ftcompare.app.generate.engine_run import require_engine
from ftcompare.app.measures.retention.kind import pair_retention_blocks, retention_blocks, total_blocks
from ftcompare.app.measures.retention.task_results import (
    RetentionTotals,
    choose_run,
    retention_json,
    retention_told,
    task_runs,
    totals_json,
)
from ftcompare.app.results.chosen_pairs import require_systems
from ftcompare.cli.block_text import print_blocks
from ftcompare.cli.command_support import command, flag, now, opened, print_json, say, setting_option
from ftcompare.cli.generate import EXIT_STOPPED, carry_out
from ftcompare.cli.measures import Pairs, showing
from ftcompare.core.fields import fields_of
from ftcompare.core.language import counted

_SETTINGS = fields_of(retention.RetentionSettings)


@command("run", "review.ftstudy --tasks facts.yaml --limit 50")
@click.option("--limit", type=click.IntRange(1), help=_SETTINGS["limit"].help)
@setting_option(_SETTINGS["fewshot"])
@setting_option(_SETTINGS["seed"])
@flag("--chat", _SETTINGS["chat"].help)
@flag("--allow-network", _SETTINGS["allow_network"].help)
@flag("--allow-code", _SETTINGS["allow_code"].help)
@flag("--again", fields_of(retention.BenchmarkAnswer)["again"].help)
def run(study: Path, named: tuple[str, ...], *, again: bool, **settings: Any) -> int:
    """Run tasks on every model on this machine. Tasks that were run with the same settings are skipped.

    The results of a task are stored when a system has finished it. You can stop (Ctrl+C) and run the command
    again. Nothing is downloaded, and no code of a task runs, unless you allow it.
    """
    tasks = retention.read_tasks(named, allow_code=settings["allow_code"])
    require_engine()
    retention.require_harness()
    chosen = retention.RetentionSettings(
        **{key: value for key, value in settings.items() if value is not None}
    )
    with opened(study) as file:
        progress = carry_out(
            retention.RetentionRun(file, tasks, chosen, clock=now, again=again),
            "Stopping. Finished tasks are kept; the current one starts from its beginning next time.",
        )
        if retention.DONE_BEFORE in progress.notes:
            say("Use --again to run them again.", err=True)
        say(f"To see the results: {to_type('measures benchmarks show', study)}", err=True)
    return EXIT_STOPPED if progress.cancelled else 0


@showing("show")
def show(study: Path, named: Pairs, *, details: bool, as_json: bool) -> None:
    """Show each task before and after fine-tuning: means, paired differences, answers lost and gained.

    Lists every run of every task, and which one counts. A --pair is shown as before and after. Before
    unblinding, `show` gives only totals over all systems.
    """
    with opened(study) as file:
        require_systems(file, named)
        found = retention_told(file)
    if isinstance(found, RetentionTotals):
        print_json(totals_json(found)) if as_json else print_blocks(total_blocks(found), details=details)
        return
    if as_json:
        print_json(retention_json(found))
        return
    print_blocks(retention_blocks(found), details=details)
    for before, after in named or found.pairs():
        print_blocks(pair_retention_blocks(found, before, after), details=details, apart=True)


@command("import", "review.ftstudy tuned samples_*.jsonl")
def import_(study: Path, system: str, files: tuple[Path, ...]) -> None:
    """Import results of SYSTEM from logs of lm-evaluation-harness (samples_TASK_TIME.jsonl).

    The harness writes them with --log_samples. All FILES are imported or none. FTCompare cannot verify that
    they belong to this system, so a verified run of the same task still counts. `choose` selects
    another run.
    """
    with opened(study) as file:
        logs = retention.import_logs(file, system, files, now=now())
        idle = {run.stored.about.get("digest"): run.number for run in task_runs(file) if not run.counts}
    for log in logs:
        say(f"{log.task}: {counted(len(log.items), 'item')} of {system}{_left_out(log.left_out)}")
        if log.digest in idle:
            choose = f"{to_type('measures benchmarks choose', study)} {idle[log.digest]}"
            say(f"Another run of {log.task} counts. To use this log after unblinding: {choose}", err=True)


@command("choose", 'review.ftstudy 3 --reason "final weights"')
def choose(study: Path, number: int | None, reason: str, *, default: bool) -> None:
    """Use RUN for its task and system, by its number in `show`. The audit log records the choice.

    By default the newest verified run counts, and a log only if there is no verified run.
    """
    if (number is None) != default:
        raise click.UsageError("Give the number of a run, or --default.")
    with opened(study) as file:
        for run in choose_run(file, number, reason, now=now()):
            say(f"Run {run.number} counts for {run.task} and {run.system}.")


def _left_out(lines: int) -> str:
    if not lines:
        return ""
    holds = "it holds" if lines == 1 else "they hold"
    return f"; {counted(lines, 'line')} left out, for {holds} NaN, an infinity or a number too large"
