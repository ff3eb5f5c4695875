"""Commands that write pairs: ``generate`` and ``demo``."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypedDict, Unpack

import click

from ftcompare.app import studies
from ftcompare.app.agreed_hosts import agree
from ftcompare.app.demo import DEMO_SETTINGS, demo_study
from ftcompare.app.generation import EngineRun, GenerationProgress, GenerationRun, drive
from ftcompare.cli.common import STUDY, NumberRange, fresh_rng, now, opened
from ftcompare.cli.progress import shown_progress
from ftcompare.cli.system_commands import has_display, open_window
from ftcompare.engine.installed import require_engine
from ftcompare.engine.process import EngineProcess, raise_fault
from ftcompare.engine.protocol import Coupling, GenerationSettings
from ftcompare.store.study_file import StudyFile

DEFAULTS = GenerationSettings()


class Chosen(TypedDict):
    """What the options of ``generate`` say of the settings."""

    max_new_tokens: int
    temperature: float
    top_p: float
    top_k: int
    min_p: float
    repetition_penalty: float
    stop: tuple[str, ...]
    coupling: Coupling
    seed: int
    batch_prompts: int
    strict: bool


EXIT_STOPPED = 130


@click.command("generate")
@STUDY
@click.option("--limit", type=click.IntRange(1), help="Write at most so many prompts' pairs.")
@click.option("--max-new-tokens", type=click.IntRange(1), default=DEFAULTS.max_new_tokens, show_default=True)
@click.option("--temperature", type=NumberRange(0), default=DEFAULTS.temperature, show_default=True)
@click.option(
    "--top-p", type=NumberRange(0, 1, min_open=True), default=DEFAULTS.top_p, show_default=True
)
@click.option("--top-k", type=click.IntRange(0), default=DEFAULTS.top_k, help="0: all tokens.")
@click.option("--min-p", type=NumberRange(0, 1), default=DEFAULTS.min_p, show_default=True)
@click.option(
    "--repetition-penalty",
    type=NumberRange(0, min_open=True),
    default=DEFAULTS.repetition_penalty,
    show_default=True,
)
@click.option("--stop", multiple=True, metavar="TEXT", help="A response ends before this text. Repeatable.")
@click.option(
    "--samples", type=click.IntRange(1), help="Responses to each prompt; by default as many as before, or 1."
)
@click.option(
    "--independent",
    "coupling",
    flag_value="independent",
    default=DEFAULTS.coupling,
    help="Draw for each system by itself; otherwise all share the draws, which lessens chance differences.",
)
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True)
@click.option(
    "--batch",
    "batch_prompts",
    type=click.IntRange(0),
    default=DEFAULTS.batch_prompts,
    help="Prompts written at a time; 0 (the default) goes by the memory.",
)
@click.option("--strict", is_flag=True, help="No response depends on what else is written beside it; slower.")
@click.option(
    "--server", metavar="URL", help="Have a server that serves this study's models write, not this machine."
)
@click.option(
    "--agree",
    "agreed",
    multiple=True,
    metavar="URL",
    help="Agree that prompts go to this server, which the study names. Repeatable; kept on this machine.",
)
def generate(
    study: Path,
    limit: int | None,
    samples: int | None,
    server: str | None,
    agreed: tuple[str, ...],
    **settings: Unpack[Chosen],
) -> int:
    """Write the pairs that are missing. It can be stopped (Ctrl-C) and run again."""
    agree(server or "", *agreed)
    with opened(study) as file:
        chosen = GenerationSettings(**settings, samples=samples or file.samples())
        progress = write_pairs(file, chosen, limit, server or "")
        info = studies.describe(file)
        click.echo(f"Next: {info.next_step}")
        if info.written:
            click.echo(f"In the window: ftcompare open {study}")
    return EXIT_STOPPED if progress.cancelled else 0


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@click.option("--prompts", "limit", type=click.IntRange(1), help="Write at most so many pairs.")
@click.option("--no-window", is_flag=True, help="Write the study and end.")
def demo(folder: Path, limit: int | None, *, no_window: bool) -> int:
    """Run the main job on the demo model that ships with FTCompare, then open the rating page."""
    require_engine()
    with demo_study(folder, rng=fresh_rng(), now=now()) as study:
        path = study.path
        progress = write_pairs(study, DEMO_SETTINGS, _still_to_write(study, limit))
        info = studies.describe(study)
    click.echo(f"{info.written} pairs of a demonstration model are ready in {path}. {info.study.notice}.")
    if progress.cancelled:
        return EXIT_STOPPED
    if no_window or not has_display():
        click.echo(f"To judge them, on a machine with a display: ftcompare open {path}")
        click.echo(f"To see what is in it:                      ftcompare info {path}")
        return 0
    open_window(path, page="rate")
    return 0


def _still_to_write(study: StudyFile, limit: int | None) -> int | None:
    """``--prompts N`` means N pairs in all, however often the demo is run."""
    return None if limit is None else max(limit - study.counts().pairs_written, 0)


def write_pairs(
    study: StudyFile, settings: GenerationSettings, limit: int | None, server: str = ""
) -> GenerationProgress:
    """Run the engine over a study, with its progress on the terminal.

    Raises:
        UserError, EnvironmentFault, BugError: as the engine's fault says; what was written is kept.
    """
    require_engine()
    run = GenerationRun(study, settings=settings, clock=now, limit=limit, server=server)
    progress = carry_out(run, "Stopping; what is written is kept.")
    for prompt, reason in study.failures().items():
        click.echo(f"Prompt {prompt} could not be answered: {reason}", err=True)
    return progress


def carry_out(run: EngineRun, stopping: str) -> GenerationProgress:
    """Carry work of the engine to its end, with its progress on the terminal.

    Args:
        run: not begun.
        stopping: what Ctrl-C is answered with.

    Raises:
        UserError, EnvironmentFault, BugError: as the engine's fault says.
    """
    with (
        EngineProcess() as engine,
        shown_progress() as show,
        _cancelled_by_interrupt(engine.cancel, stopping),
    ):
        progress = drive(run, engine, show)
    if progress.fault:
        raise_fault(progress.fault)
    return progress


@contextlib.contextmanager
def _cancelled_by_interrupt(cancel: Callable[[], None], stopping: str) -> Iterator[None]:
    """The first Ctrl-C asks the engine to stop; a second one ends this program."""

    def on_interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that signal asks for
        signal.signal(signal.SIGINT, before)
        click.echo(stopping, err=True)
        cancel()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


COMMANDS: tuple[click.Command, ...] = (generate, demo)
