"""The window and this machine: ``open``, ``info --machine``, ``check --installation``."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.application_paths import is_there
from ftcompare.app.doctor import examine
from ftcompare.app.raters.packs import require_study_or_pack
from ftcompare.app.self_test.steps import PartMissingError, self_test_steps
from ftcompare.app.setup import capabilities
from ftcompare.cli.command_support import command, fresh_rng, now, opened, print_json, print_pairs, say
from ftcompare.cli.window import has_display, open_window, window
from ftcompare.core.errors import EnvironmentFault, UserError


@command("open", "review.ftstudy")
def open_(file: Path | None) -> None:
    """Open a study or rater pack in the window.

    Without a file, opens the welcome page.
    """
    if file is not None:
        if not is_there(file):
            raise UserError("There is no such file.", where=str(file), code="study-missing")
        require_study_or_pack(file)
    open_window(file)


def show_machine(study: Path | None, *, as_json: bool) -> int:
    """Show what this machine offers and what is missing; return 3 if something is missing, else 0.

    With a study, also show what each of its systems, by the owner's names, can do here.
    """
    known = table = None
    if study:
        with opened(study, reads=True) as file:
            known = file.systems.all(), capabilities.last_verifications(file)
    found = examine(has_display=has_display(), progress=_say_step)
    if known:
        _say_step("Reading the study's models")
        table = capabilities.capability_table(known[0], found.survey, known[1])
    unreadable = [f"{one.name}: {one.unreadable}" for one in table.systems if one.unreadable] if table else []
    missing = [*found.missing, *unreadable]
    if as_json:
        document: dict[str, object] = {"facts": dict(found.facts), "missing": missing}
        if table:
            document["study"] = capabilities.capability_json(table)
        print_json(document)
        return 3 if missing else 0
    print_pairs(list(found.facts))
    for line in missing:
        say(f"Missing: {line}")
    if not missing:
        click.echo("Nothing is missing.")
    if table:
        _print_table(table)
    return 3 if missing else 0


def _say_step(step: str, _share: float | None = None) -> None:
    say(f"{step}…", err=True)


def _print_table(table: capabilities.CapabilityTable) -> None:
    for one in table.systems:
        click.echo()
        say(one.name)
        print_pairs([(f"  {c.aspect}", c.told) for c in one.capabilities])
    if table.memory:
        click.echo()
        say("Memory")
        print_pairs([(f"  {', '.join(group.names)}", group.words) for group in table.memory])
    if table.together:
        say(table.together)


def check_installation() -> int:
    good = True
    for step in self_test_steps(rng=fresh_rng(), clock=now, window=_window):
        say(f"{step.outcome:<7} {step.name}: {step.detail}")
        good = good and step.ok
    return 0 if good else 3


def _window(pack: Path | None) -> str:
    """Test the window; without a display, Qt's system libraries are not needed."""
    try:
        return window().self_test(pack)
    except EnvironmentFault as fault:
        if fault.code != "qt-libraries" or has_display():
            raise
        what = f"there is no display here, and all other commands work. {fault}"
        raise PartMissingError(what) from fault
