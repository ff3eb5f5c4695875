"""``ftcompare suite``: fixed prompts that every new adapter must answer, in one command for scripts."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.application_paths import to_type
from ftcompare.app.generate.engine_run import require_engine
from ftcompare.app.overwrite_guard import require_output, write_output
from ftcompare.app.release.suite_carrying import SuiteWork, finish_suite, prepare_suite
from ftcompare.app.release.suite_document import suite_json, write_suite_junit
from ftcompare.app.release.suite_file import EXAMPLE, read_suite
from ftcompare.app.release.suite_run import engine_work, require_agreed
from ftcompare.app.release.suite_words import suite_lines, suite_told
from ftcompare.cli.command_support import FILE, JSON, REPLACE, OutputPath, fresh_rng, now, print_json, say
from ftcompare.cli.generate import EXIT_STOPPED, agree, carry_out

SUITE = click.argument("file", metavar="SUITE.toml", type=FILE)
STOPPING = "Stopping; what is written is kept, and the same command goes on with it."


@click.group("suite")
def suite() -> None:
    """Catch regressions: fixed prompts, checks, settings and conditions for every new adapter of a base.

    Each run has a folder with a study of its own. It is compared, prompt by prompt, with the last run that
    passed with the same prompts and settings.
    """


@suite.command("run", short_help="Have a new adapter answer the suite, and hold it to the suite's gate.")
@SUITE
@click.option("--adapter", required=True, metavar="PLACE", help="Folder or hub id of the new adapter.")
@click.option("--name", default="", help="What to call it; by default as its folder.")
@click.option("--against", type=FILE, metavar="FOLDER", help="The run to compare with; else it is found.")
@click.option("--out", type=FILE, metavar="FOLDER", help="The run's folder; else one beside the suite.")
@click.option("--tier", default="", metavar="NAME", help="The tier of the gate; else as the suite says.")
@click.option(
    "--agree",
    "agreed",
    multiple=True,
    metavar="URL|OWNER/MODEL",
    help="Agree that prompts go to this server, or that this model is downloaded. Repeatable.",
)
@click.option("--junit", type=OutputPath(), metavar="FILE", help="Write JUnit XML for CI, too.")
@REPLACE
@JSON
def run_(
    file: Path,
    adapter: str,
    name: str,
    against: Path | None,
    out: Path | None,
    tier: str,
    agreed: tuple[str, ...],
    junit: Path | None,
    *,
    replace: bool,
    as_json: bool,
) -> int:
    """Have a new adapter answer the prompts of a suite, check the answers, compare, and hold it to the gate.

    Exit 1 where the gate does not hold, or more prompts than the suite allows passed in the last run and
    fail now. It can be stopped (Ctrl-C) and run again: the same run goes on. Its folder keeps the study,
    result.json and junit.xml.
    """
    found = read_suite(file)
    if junit:
        require_output(junit, inputs=found.read, replace=replace)
    agree(agreed)
    require_agreed(found)
    require_engine()
    work = prepare_suite(
        found, adapter, name=name, out=out, against=against, tier=tier, rng=fresh_rng(), now=now()
    )
    with work.study:
        told = "Going on with" if work.folder.resumed else "Run"
        say(f"{told} {work.folder.path}", err=True)
        if not _written(work):
            return EXIT_STOPPED
        result = finish_suite(work)
    if junit:
        write_suite_junit(junit, result, replace=replace)
    if as_json:
        print_json(suite_json(result))
    else:
        for line in suite_lines(result):
            say(line)
    return 0 if result.report.holds else 1


def _written(work: SuiteWork) -> bool:
    """Have the engine do what is missing; whether it was done to the end."""
    for words, run in engine_work(work.suite, work.study, now):
        say(words, err=True)
        if carry_out(run, STOPPING).cancelled:
            return False
    return True


@suite.command("check", short_help="Say whether a suite file can be run.")
@SUITE
def check_(file: Path) -> None:
    """Read a suite file with all that it names, and say what is wrong with it. Nothing is written."""
    for line in suite_told(read_suite(file)):
        say(line)


@suite.command("example", short_help="Write an example of a suite file.")
@click.argument("file", metavar="FILE.toml", type=OutputPath())
@REPLACE
def example_(file: Path, *, replace: bool) -> None:
    """Write a suite file with every setting and what it means."""
    write_output(file, EXAMPLE, replace=replace)
    say(f"Wrote {file.name}. Change what it names and asks for, then: {to_type('suite check', file)}")
