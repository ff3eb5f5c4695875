r"""The ``ftcompare`` command: what a user typed, its output, and the exit code that comes of it.

A module is imported when one of its commands runs, so that the others start fast.

Output into a file or a pipe is UTF-8 on every system, unless ``PYTHONIOENCODING`` names another encoding: the
default encoding of Windows lacks most characters. Where an encoding lacks a sign of the program, a plain
substitute is written, such as ``->`` for an arrow; any other character is written as ``\uXXXX``.

A reader may go away before the end, as in ``ftcompare judges STUDY | head -1``. What nobody reads is dropped,
and the command goes on, so that no work is lost and its exit status is what it finds, also under ``set -o
pipefail``.
"""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import traceback
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import click

import ftcompare
from ftcompare.app.unfinished_files import keep_unfinished_files
from ftcompare.cli.command_support import say
from ftcompare.cli.window import Window, open_window
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError, from_system

ESCAPED = "ftcompare-escaped"  # name of the error handler of `_escaped`

_PLAIN = {
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’", "'"),
    "→": "->",
    "…": "...",
    "·": "-",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "±": "+/-",
    "²": "^2",
    "½": "1/2",
    "α": "alpha",
    "κ": "kappa",
    "Δ": "Delta",
    "✓": "yes",
    "✗": "no",
    "█": "#",
    "░": ".",
}
"""The signs that the program itself writes, with their plain substitutes."""


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


GROUPS = {
    "Get started": {
        "demo": ("generate", "Run the main job on the demo model, then rate."),
        "new": ("setup", "Create a study from models and a file of prompts."),
        "open": ("machine", "Open a study or rater pack in the window."),
        "add": ("setup", "Add systems or prompts to a study."),
        "doctor": ("machine", "Show what this machine offers and what is missing."),
        "self-test": ("machine", "Test this installation, from the engine to the window."),
    },
    "Generate": {
        "generate": ("generate", "Generate the missing pairs."),
        "recipe": ("setup", "Show or set the system prompt and messages that systems receive."),
        "make-contexts": ("prompt_makers", "Create prompts with other kinds of context."),
        "safety-probes": ("prompt_makers", "Write prompts for the safety screen."),
        "score": ("benchmark", "Compute each system's likelihood of each response."),
        "measure": ("benchmark", "Measure each system's tokens, time, memory, and cost."),
    },
    "Raters": {
        "pack": ("packs", "Create a pack with the pairs for one rater."),
        "letter": ("raters", "Print the letter to send with a rater's pack."),
        "merge": ("packs", "Merge the judgments from rater packs."),
        "raters": ("raters", "List raters and their progress."),
        "exclude": ("raters", "Exclude a rater from the results, or include one again."),
    },
    "Results": {
        "unblind": ("study", "Show the systems by name from now on."),
        "results": ("results", "Show the win rates, or write a report."),
        "terms": ("review", "Compare the terms and words that the systems use."),
        "ledger": ("release", "Compare the results of successive checkpoints."),
    },
    "Automatic measures": {
        "measures": ("automatic_measures", "Show all automatic measures of each system."),
        "checks": ("automatic_measures", "Show which answers pass the checks of their prompts."),
        "safety": ("automatic_measures", "Show which prompts the systems refuse, and which no longer."),
        "consistency": ("automatic_measures", "Show how often a system repeats the same answer."),
        "calibration": ("automatic_measures", "Compare the systems' confidence with their accuracy."),
        "label-likelihood": ("benchmark", "Show the label that each system finds most likely."),
        "run-code": ("benchmark", "Run the code in answers with their tests (pass@k)."),
        "retention": ("retention", "Compare benchmark results before and after fine-tuning."),
        "attribute": ("benchmark", "Show which words of the prompt a passage of an answer depends on."),
        "leakage": ("contamination", "Search a training file for a study's prompts."),
    },
    "Judge models": {
        "judge": ("judges", "Have a model judge a study's answers."),
        "judges": ("judges", "List a study's judges and their verdicts."),
        "judged-by-programs": (
            "automatic_measures",
            "Combine a program's additional judgments with people's.",
        ),
    },
    "Review": {
        "answers": ("answers", "List every answer, or send their prompts to raters."),
        "remarks": ("review", "List the pairs that raters flagged, commented on, or skipped."),
        "marks": ("marks", "List, export, or import the errors that experts marked."),
        "error-scheme": ("marks", "Show or set the kinds of errors that experts mark."),
        "correct": ("marks", "Save the corrected text of an answer."),
        "corrections": ("marks", "List the answers that experts corrected."),
        "adjudications": ("marks", "List the pairs that a senior rater decided or still has to decide."),
        "glossary": ("glossary", "List, replace, merge, or save a study's glossary."),
    },
    "Release": {
        "gate": ("release", "Check studies against the conditions of a release."),
        "suite": ("release", "Test a new adapter on a fixed set of prompts."),
    },
    "Data": {
        "import": ("export", "Import judgments or responses made elsewhere."),
        "export": ("export", "Export training rows, judgments, responses, or the whole study."),
    },
    "Study": {
        "info": ("study", "Describe a study, pack, or result."),
        "check": ("study", "Verify that a study or pack has not been altered."),
    },
}
"""By heading of ``--help``, the commands with their module and summary."""

COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}


class LazyGroup(click.Group):
    """A group that imports the module of a command of `COMMANDS` when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Return the names of all commands, as ``--help`` lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        """Import a command; None if there is no command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, summary = COMMANDS[cmd_name]
        members = vars(import_module(f"ftcompare.cli.{module}")).values()
        command = next(one for one in members if isinstance(one, click.Command) and one.name == cmd_name)
        command.short_help = summary
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click calls it
        """List the commands by group, without importing them."""
        widest = max(map(len, COMMANDS))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{widest}}", about) for name, (_, about) in commands.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest one with a similar name."""
        if args[0] not in COMMANDS and (similar := get_close_matches(args[0], COMMANDS, 1)):
            ctx.fail(f"There is no command {args[0]!r}. Did you mean {similar[0]!r}?")
        return super().resolve_command(ctx, args)


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
    """Run one command; `window` shows a study, None where no command is to show one.

    Returns 0 for done, 1 if a check did not hold, 2 for what the user can mend, 3 for a failure of the
    environment, 70 for a bug.
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
    """Refuse what no file, name or reason can be: the system's functions would fail on it."""
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
