r"""The ``ftcompare`` command: what a user typed, its output, and its exit code.

A module is imported when one of its commands runs, so that the others start fast.

Output into a file or a pipe is UTF-8 on every system, unless ``PYTHONIOENCODING`` names another encoding: the
default encoding of Windows lacks most characters. If an encoding lacks a sign of the program, a plain
substitute is written, such as ``->`` for an arrow; any other character is written as ``\uXXXX``.

A reader may go away before the end, as in ``ftcompare judges list STUDY | head -1``. The command drops
output that nobody reads and continues, so that no work is lost. Its exit status reports what it finds, also
under ``set -o pipefail``.
"""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeAlias

import click
from click.shell_completion import CompletionItem

from ftcompare.app.application_paths import SUFFIXES
from ftcompare.app.unfinished_files import keep_unfinished_files
from ftcompare.cli.command_support import COMMANDS, OwnHelp, say
from ftcompare.cli.window import Window, open_window
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError, from_system
from ftcompare.core.version import VERSION

Entries: TypeAlias = Mapping[str, tuple[str, str]]
GROUPS: Mapping[str, Entries] = COMMANDS["headings"]
"""By heading of ``--help``, the commands with their module and summary. A group of commands has no module."""
MOVED: dict[str, str] = COMMANDS["moved"]
"""Old names of commands, with the new ones. A group may have the name of an old command."""


class LazyGroup(OwnHelp, click.Group):
    """A group that imports the module of a command when the command is looked up, not for help or completion.

    `headings` has, by heading, the module and the summary of each command. Those of a group within this one
    have its name before theirs.
    """

    def __init__(self, *, headings: Mapping[str, Entries], **options: Any) -> None:
        super().__init__(**options)
        self.every = {name: entry for entries in headings.values() for name, entry in entries.items()}
        self.headings = {title: _outer(entries) for title, entries in headings.items()}
        self.entries = _outer(self.every)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        """Import a command, or make a group; None if there is no command of this name."""
        if cmd_name not in self.entries:
            return None
        module, summary = self.entries[cmd_name]
        if not module:
            start = f"{cmd_name} "
            inner = {
                name.removeprefix(start): one for name, one in self.every.items() if name.startswith(start)
            }
            return LazyGroup(name=cmd_name, headings={"Commands": inner}, help=summary)
        members = vars(import_module(f"ftcompare.cli.{module}"))
        commands = (*members.get("MADE", ()), *members.values())
        command = next(one for one in commands if isinstance(one, click.Command) and one.name == cmd_name)
        command.short_help = summary
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click calls it
        widest = max(map(len, self.entries))
        for title, entries in self.headings.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{widest}}", summary) for name, (_, summary) in entries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        begun = [name for name in self.entries if name.startswith(incomplete)]
        commands = [CompletionItem[Any](name, help=self.entries[name][1]) for name in begun]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the group's own options; an option of the old command of this name leads to the new one."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption:
            if self.name in MOVED:
                _refuse_old_name(self.name)
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command. For an unknown one, name its new name or a similar one."""
        if not ctx.parent and Path(args[0]).suffix.casefold() in SUFFIXES:  # `ftcompare review.ftstudy`
            args = ["open", *args]
        name, old = args[0], {} if ctx.parent else MOVED
        if name not in self.entries and not ctx.resilient_parsing:
            if name in old:
                _refuse_old_name(name)
            if self.name in MOVED and "." in name:  # `ftcompare raters review.ftstudy`
                _refuse_old_name(self.name)
            known = {**old, **{entry: entry for entry in self.entries}}
            similar = "".join(f" Did you mean {known[one]!r}?" for one in get_close_matches(name, known, 1))
            ctx.fail(f"There is no command {name!r}.{similar}")
        return super().resolve_command(ctx, args)


def _outer(entries: Entries) -> Entries:
    """Leave out the commands of groups within a group."""
    return {name: entry for name, entry in entries.items() if " " not in name}


def _refuse_old_name(name: str) -> NoReturn:
    raise UserError(f"`ftcompare {name}` is now `ftcompare {MOVED[name]}`.", code="command-moved")


ESCAPED = "ftcompare-escaped"  # name of the error handler of `_escaped`

_PLAIN: Mapping[str, str] = COMMANDS["plain_signs"]


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Replace characters that an encoding lacks by `_PLAIN`, others by ``\uXXXX`` as JSON reads them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character) or _spelled(character) for character in lacking), error.end


def _spelled(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


codecs.register_error(ESCAPED, _escaped)


class _DroppedUnread(io.FileIO):
    """A pipe into which writing never fails because its other end is closed."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            if isinstance(error, BrokenPipeError):
                return memoryview(data).nbytes
            raise  # told once; what is left in the buffer is dropped when the program ends


def outliving_its_reader(stream: TextIO) -> TextIO:
    """Return the stream; for a pipe or file, one that takes all that is written to it."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    if stream.isatty():
        stream.reconfigure(errors=ESCAPED)
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_DroppedUnread(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding if os.environ.get("PYTHONIOENCODING") else "utf-8",
        errors=ESCAPED,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def outlive_readers() -> None:
    """Let this process go on where nobody reads its output any more."""
    sys.stdout, sys.stderr = map(outliving_its_reader, (sys.stdout, sys.stderr))


EXIT_USER = 2
EXIT_ENVIRONMENT = 3
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

_LEAVE_OUT = "Leave it out."


@click.group(
    cls=LazyGroup,
    headings=GROUPS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(VERSION, prog_name="ftcompare")
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
    """Run one command; `window` shows a study, None where no command can show one.

    Returns 0 for success, 1 if a check failed, 2 for an error that the user can correct, 3 for a problem of
    the environment, 70 for a bug.
    """
    try:
        _require_texts(arguments)
        outcome = cli.main(arguments, prog_name="ftcompare", standalone_mode=False, obj=window)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return EXIT_INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        say(*error.format_message().splitlines(), err=True)
        return EXIT_USER
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        command = context.command_path if context else "ftcompare"
        what = " ".join(error.format_message().split())
        say(f"{command}: {what} See `{command} --help`.", err=True)
        return EXIT_USER
    except FTCompareError as error:
        return _explain(error)
    except OSError as error:
        return _explain(from_system(error))
    except MemoryError:
        return _explain(EnvironmentFault("The machine ran out of memory.", how="Close other programs."))
    except Exception as error:  # noqa: BLE001 - the last stop: what arrives here is a bug of this program
        return _explain_bug(error)


def _require_texts(arguments: list[str]) -> None:
    """Refuse what no file, name or reason can be: the system's functions would fail on it."""
    for argument in arguments:
        if "\0" in argument:
            raise UserError("This contains a NUL character.", where=argument, how=_LEAVE_OUT, code="no-text")
        try:
            os.fsencode(argument)
        except UnicodeEncodeError:
            what = "This contains half of a character (a lone surrogate)."
            raise UserError(what, where=argument, how=_LEAVE_OUT, code="no-text") from None


def _explain(error: FTCompareError) -> int:
    if isinstance(error, BugError):
        return _explain_bug(error)
    if error.code in ("file-exists", "pack-exists"):
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
