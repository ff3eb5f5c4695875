"""``ftcompare error-scheme``: by which scheme experts mark errors."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.review.error_schemes import error_scheme, error_scheme_toml, set_error_scheme
from ftcompare.cli.command_support import FILE, STUDY, now, opened, say
from ftcompare.core.plurals import counted


@click.command("error-scheme", short_help="Show or set the kinds of errors that experts mark.")
@STUDY
@click.option("--set", "file", type=FILE, metavar="FILE.toml", help="Take the scheme of this file.")
@click.option("--mqm", is_flag=True, help="Go back to the scheme of a new study, MQM core.")
def scheme(study: Path, *, file: Path | None, mqm: bool) -> None:
    """Print the error scheme of a study as the TOML file that --set takes, or set it.

    A scheme is refused as long as marks stand whose type or severity it does not have.
    """
    if file and mqm:
        raise click.UsageError("--set and --mqm are two schemes: give one.")
    with opened(study) as present:
        if not (file or mqm):
            click.echo(error_scheme_toml(error_scheme(present)), nl=False)
            return
        chosen = set_error_scheme(present, file, now=now())
    types = counted(len(chosen.types), "type of error", "types of errors")
    severities = counted(len(chosen.severities), "severity", "severities")
    say(f"{study}: {chosen.name}, {types}, {severities}.")


COMMANDS: tuple[click.Command, ...] = (scheme,)
