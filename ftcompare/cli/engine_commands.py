"""Commands that write pairs: ``generate`` and ``demo``."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import click

from ftcompare.app import studies
from ftcompare.app.demo import DEMO_SETTINGS, demo_study
from ftcompare.app.generation import GenerationProgress, GenerationRun, drive, uses_hub
from ftcompare.cli.common import STUDY, NumberRange, fresh_rng, now, opened
from ftcompare.cli.progress import shown_progress
from ftcompare.cli.system_commands import has_display, open_window
from ftcompare.engine.installed import require_engine
from ftcompare.engine.process import EngineProcess, raise_fault
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study_file import StudyFile

DEFAULTS = GenerationSettings()
EXIT_STOPPED = 130


@click.command("generate")
@STUDY
@click.option("--limit", type=click.IntRange(1), help="Write at most so many prompts' pairs.")
@click.option("--max-new-tokens", type=click.IntRange(1), default=DEFAULTS.max_new_tokens, show_default=True)
@click.option("--temperature", type=NumberRange(0), default=DEFAULTS.temperature, show_default=True)
@click.option("--top-p", type=NumberRange(0, 1, min_open=True), default=DEFAULTS.top_p, show_default=True)
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=DEFAULTS.batch_prompts, show_default=True)
def generate(
    study: Path,
    limit: int | None,
    max_new_tokens: int,
    temperature: float,
    top_p: float,
    seed: int,
    batch: int,
) -> int:
    """Write the pairs that are missing. It can be stopped (Ctrl-C) and run again."""
    settings = GenerationSettings(
        max_new_tokens=max_new_tokens, temperature=temperature, top_p=top_p, seed=seed, batch_prompts=batch
    )
    with opened(study) as file:
        progress = write_pairs(file, settings, limit)
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


def write_pairs(study: StudyFile, settings: GenerationSettings, limit: int | None) -> GenerationProgress:
    """Run the engine over a study, with its progress on the terminal.

    Raises:
        UserError, EnvironmentFault, BugError: as the engine's fault says; what was written is kept.
    """
    require_engine()
    run = GenerationRun(study, settings=settings, clock=now, limit=limit, allow_hub=uses_hub(study))
    with EngineProcess() as engine, shown_progress() as show, _cancelled_by_interrupt(engine.cancel):
        progress = drive(run, engine, show)
    if progress.fault:
        raise_fault(progress.fault)
    for prompt, reason in study.failures().items():
        click.echo(f"Prompt {prompt} could not be answered: {reason}", err=True)
    return progress


@contextlib.contextmanager
def _cancelled_by_interrupt(cancel: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C asks the engine to stop; a second one ends this program."""

    def on_interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that signal asks for
        signal.signal(signal.SIGINT, before)
        click.echo("Stopping; what is written is kept.", err=True)
        cancel()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


COMMANDS: tuple[click.Command, ...] = (generate, demo)
