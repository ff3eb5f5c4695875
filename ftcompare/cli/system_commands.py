"""Commands about this machine and the window: ``open``, ``doctor``, ``self-test``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ftcompare.app.doctor import examine
from ftcompare.cli.common import JSON, fresh_rng, now, print_json, print_pairs
from ftcompare.core.errors import UserError


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return bool(platform or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_window(study: Path | None, *, page: str = "") -> None:
    """Show the window until it is closed.

    Raises:
        EnvironmentFault: there is no display, or Qt's system libraries are missing.
    """
    # Qt is imported only where a window is shown: the other commands run without it.
    from ftcompare.ui.application import run

    code = run(study, page=page)
    if code:
        raise SystemExit(code)


@click.command("open")
@click.argument("file", type=click.Path(path_type=Path))
def open_(file: Path) -> None:
    """Open the window on a study."""
    if not file.exists():
        raise UserError("There is no such file.", where=str(file), code="study-missing")
    open_window(file)


@click.command("doctor")
@JSON
def doctor(*, as_json: bool) -> int:
    """Say what this machine offers, what is missing and how to get it. Exit 3 if something is."""
    found = examine(has_display=has_display())
    if as_json:
        print_json({"facts": dict(found.facts), "missing": list(found.missing)})
    else:
        print_pairs(list(found.facts))
        for line in found.missing:
            click.echo(f"Missing: {line}")
        if not found.missing:
            click.echo("Nothing is missing.")
    return 3 if found.missing else 0


@click.command("self-test")
def self_test() -> int:
    """Try this installation: resources, a study, an engine round trip, the window. Exit 3 if one fails."""
    from ftcompare.app.self_test import self_test_steps

    failed = 0
    for step in self_test_steps(rng=fresh_rng(), clock=now):
        click.echo(f"{'ok' if step.ok else 'FAILED':<7} {step.name}: {step.detail}")
        failed += not step.ok
    failed += not _window_step()
    return 3 if failed else 0


def _window_step() -> bool:
    from ftcompare.ui.application import self_test_window

    detail = self_test_window()
    click.echo(f"{'ok' if detail.ok else 'FAILED':<7} Window: {detail.detail}")
    return detail.ok


COMMANDS: tuple[click.Command, ...] = (open_, doctor, self_test)
