"""``ftcompare label-likelihood`` and ``run-code``: measures for which models, or their code, are run."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from ftcompare.app.generate.code_run import agree_to_code, run_code_tests
from ftcompare.app.generate.engine_run import GenerationProgress, require_engine
from ftcompare.app.generate.label_scoring import LabelScoringRun
from ftcompare.app.measures import code_tests, labels
from ftcompare.app.measures.code_tests import study_code
from ftcompare.app.results.chosen_pairs import require_systems
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import STOPPED, ProgressCallback, stopped
from ftcompare.cli.automatic_measures import DETAILS, PAIR, show_results
from ftcompare.cli.command_support import JSON, STUDY, now, opened, proving, say
from ftcompare.cli.generate import EXIT_STOPPED, carry_out
from ftcompare.core.errors import UserError

LAST = click.option("--last", is_flag=True, help="Show what was found before, and run nothing.")
LINE_EVERY = 0.1
"""Share of the work between two lines of progress."""


@click.command("label-likelihood")
@STUDY
@PAIR
@click.option("--served", is_flag=True, help="Have systems behind servers score, too; not every server can.")
@LAST
@DETAILS
@JSON
@partial(proving, reads=False)
def label_likelihood(
    study: Path, named: tuple[tuple[str, str], ...], *, served: bool, last: bool, details: bool, as_json: bool
) -> int:
    """Have each model score the labels of prompts, and show how often the right one is likeliest.

    Of prompts with `labels` and the right one as `reference`: multiple choice by log-likelihood, raw and per
    character, paired differences with intervals and McNemar's exact test, also by category, split and kind of
    context, and confusion matrices. It can be stopped and run again. Figures come after unblinding.
    """
    with opened(study) as file:
        require_systems(file, named)
        progress = None if last else _scored(file, served=served)
        show_results(file, labels.RESULTS, named, details=details, as_json=as_json)
    return EXIT_STOPPED if progress and progress.cancelled else 0


def _scored(file: StudyFile, *, served: bool) -> GenerationProgress:
    run = LabelScoringRun(file, clock=now, served=served)
    if run.progress.total:
        require_engine()
    return carry_out(run, "Stopping; what is scored is kept.")


@click.command("run-code")
@STUDY
@PAIR
@click.option(
    "--i-consent-to-running-code",
    "consented",
    is_flag=True,
    help="Agree, once for this study on this machine, that code of models is run; kept in the audit log.",
)
@click.option("--k", "ks", type=click.IntRange(2), multiple=True, help="Show pass@k for this k. Repeatable.")
@LAST
@DETAILS
@JSON
@partial(proving, reads=False)
def run_code_(
    study: Path,
    named: tuple[tuple[str, str], ...],
    ks: tuple[int, ...],
    *,
    consented: bool,
    last: bool,
    details: bool,
    as_json: bool,
) -> int:
    """Run the code of answers with the tests of their prompts (`python_tests` in `checks`), and show pass@k.

    The code is shut off from this machine: no network, no files, limits of time, memory and processes; where
    that cannot be had (only Linux can), nothing is run. It can be stopped and run again. While blinded,
    totals of all systems together.
    """
    with opened(study) as file:
        require_systems(file, named)
        if consented:
            agree_to_code(file, now=now())
        whole = last or _run(file)
        collect = partial(study_code, ks=ks)
        show_results(
            file, replace(code_tests.RESULTS, collect=collect), named, details=details, as_json=as_json
        )
    return 0 if whole else EXIT_STOPPED


def _run(file: StudyFile) -> bool:
    """Whether it was run to the end."""
    with _told_until_interrupt() as told:
        try:
            say(run_code_tests(file, told, clock=now).words, err=True)
        except UserError as error:
            if error.code != STOPPED:
                raise
            say("Stopped; what was found is kept.", err=True)
            return False
    return True


@contextlib.contextmanager
def _told_until_interrupt() -> Iterator[ProgressCallback]:
    """Lines of progress; the first Ctrl-C stops the work where it next tells of itself."""
    stopping, last = threading.Event(), [("", -1.0)]

    def told(name: str, share: float | None) -> None:
        if stopping.is_set():
            raise stopped()
        words, before = last[0]
        begun = name.partition(":")[0] != words.partition(":")[0]
        if begun or (share is not None and share >= before + LINE_EVERY):
            say(name, err=True)
            last[0] = (name, share or 0.0)

    before = signal.signal(signal.SIGINT, lambda *_: stopping.set())
    try:
        yield told
    finally:
        signal.signal(signal.SIGINT, before)
