"""The ``ftcompare`` command: what a user typed, and the exit code that comes of it."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

import click

import ftcompare
from ftcompare.app.unfinished_files import keep_unfinished_files
from ftcompare.cli.closed_output import outlive_readers
from ftcompare.cli.command_support import say
from ftcompare.cli.registry import LazyGroup
from ftcompare.cli.window import Window, open_window
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError, from_system

EXIT_USER = 2
EXIT_ENVIRONMENT = 3
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

_LEAVE_OUT = "Leave it out."


@click.group(
    cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(ftcompare.__version__, prog_name="ftcompare")
@click.pass_context
def cli(context: click.Context) -> None:
    """Compare a language model with its fine-tunes by blind human judgment.

    Without a command, the window opens on its welcome page.
    """
    keep_unfinished_files()
    if context.invoked_subcommand is None:
        open_window(None)


def main(window: Window) -> None:
    """Run the command line; every failure is one clear line and a documented exit code."""
    outlive_readers()
    code = run(sys.argv[1:], window)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interpreter's own end has nothing to interrupt
    sys.exit(code)


def run(arguments: list[str], window: Window | None = None) -> int:
    """Run one command.

    Args:
        window: what shows a study; None where no command is to show one.

    Returns:
        0 done, 1 a check did not hold, 2 the user can mend it, 3 the environment failed, 70 a bug.
    """
    try:
        _require_texts(arguments)
        outcome = cli.main(arguments, prog_name="ftcompare", standalone_mode=False, obj=window)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        return _explain_usage(error)
    except FTCompareError as error:
        return _explain(error)
    except OSError as error:
        return _explain(from_system(error))
    except MemoryError:
        return _explain(EnvironmentFault("The machine ran out of memory.", how="Close other programs."))
    except Exception as error:  # noqa: BLE001 - the last stop: what arrives here is a bug of this program
        return _explain_bug(error)


def _require_texts(arguments: list[str]) -> None:
    """Refuse what no file, name or reason can be: which the system's functions take for a bug."""
    for argument in arguments:
        if "\0" in argument:
            raise UserError("This holds a NUL character.", where=argument, how=_LEAVE_OUT, code="no-text")
        try:
            os.fsencode(argument)
        except UnicodeEncodeError:
            what = "This holds half of a character (a lone surrogate)."
            raise UserError(what, where=argument, how=_LEAVE_OUT, code="no-text") from None


def _explain_usage(error: click.ClickException) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "ftcompare"
    what = " ".join(error.format_message().split())
    say(f"{command}: {what} `{command} --help` says more.", err=True)
    return EXIT_USER


def _explain(error: FTCompareError) -> int:
    if isinstance(error, BugError):
        return _explain_bug(error)
    if error.code == "file-exists":
        error.how = "Choose another name, or give --replace."
    say(f"ftcompare: {error}", err=True)
    return EXIT_USER if isinstance(error, UserError) else EXIT_ENVIRONMENT


def _explain_bug(error: Exception) -> int:
    if os.environ.get("FTCOMPARE_DEBUG"):
        traceback.print_exception(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = f" {error}" if isinstance(error, BugError) else ""
    say(
        f"ftcompare: a bug in FTCompare: {type(error).__name__} in "
        f"{Path(place.filename).name}, line {place.lineno}.{words} Nothing that was saved is lost. "
        "Run the command again with FTCOMPARE_DEBUG=1 and report what it prints.",
        err=True,
    )
    return EXIT_BUG
