"""Groups of commands. The module of a command is imported when the command is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import click
from click.shell_completion import CompletionItem

from ftcompare.app.application_paths import SUFFIXES
from ftcompare.cli.command_support import OwnHelp
from ftcompare.core.errors import UserError

MOVED = {
    "add": "prompts add",
    "make-contexts": "prompts contexts",
    "safety-probes": "prompts safety",
    "leakage": "prompts leakage",
    "recipe": "prompts instructions",
    "raters": "raters list",
    "exclude": "raters exclude",
    "letter": "raters letter",
    "terms": "terms compare",
    "glossary": "terms glossary",
    "measures": "measures show",
    "checks": "measures checks",
    "safety": "measures safety",
    "consistency": "measures consistency",
    "calibration": "measures calibration",
    "label-likelihood": "measures labels",
    "score": "measures likelihood",
    "measure": "measures speed",
    "run-code": "measures code",
    "attribute": "measures attribution",
    "retention": "measures benchmarks",
    "judge": "judges run",
    "judges": "judges list",
    "judged-by-programs": "judges combine",
    "answers": "answers list",
    "remarks": "answers remarks",
    "marks": "answers marks",
    "error-scheme": "answers scheme",
    "correct": "answers correct",
    "corrections": "answers corrections",
    "adjudications": "answers disagreements",
    "ledger": "suite checkpoints",
    "doctor": "info --machine",
    "self-test": "check --installation",
}
"""Old names of commands, with the new ones. A group may have the name of an old command."""


Entries: TypeAlias = Mapping[str, tuple[str, str]]


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
        """Return the names of all commands, in the order of ``--help``."""
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
        """List the commands by heading."""
        widest = max(map(len, self.entries))
        for title, entries in self.headings.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{widest}}", summary) for name, (_, summary) in entries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """Complete the name of a command or an option."""
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
