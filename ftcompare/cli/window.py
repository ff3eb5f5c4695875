"""The window as the command line knows it: passed in, so that no command imports Qt."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

import click

from ftcompare.core.errors import EnvironmentFault


class Window(Protocol):
    """A window that shows a study; its errors are those of the machine."""

    def show(self, study: Path | None, page: str = "") -> int:
        """Show the window until it is closed; return its exit status."""

    def self_test(self, pack: Path | None) -> str:
        """Open the window, show a rater pack if given, and close it; return how it went."""


def window() -> Window:
    """Return the window of the command; `EnvironmentFault` ``no-window`` if started without one."""
    found: Window | None = click.get_current_context().find_root().obj
    if found is None:
        raise EnvironmentFault("There is no window here.", how="Start `ftcompare`.", code="no-window")
    return found


def open_window(study: Path | None, *, page: str = "") -> None:
    """Show the window until it is closed; `EnvironmentFault` without a display or Qt's libraries."""
    code = window().show(study, page=page)
    if code:
        raise SystemExit(code)


def has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return bool(platform or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
