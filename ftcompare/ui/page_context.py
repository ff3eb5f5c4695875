"""What every page is given, and what the window expects of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ftcompare.core.errors import FTCompareError
from ftcompare.ui.page import Page
from ftcompare.ui.settings_keeper import SettingsKeeper
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import Theme

__all__ = ["Bar", "Page", "PageContext", "PageSpec"]


class Bar(Protocol):
    """The bar at the bottom of the window: one message at a time, with a way to close it."""

    def show_error(self, error: FTCompareError) -> None:
        """Say what, where and what to do."""

    def show_good(self, text: str) -> None:
        """Say that something is done; goes away by itself."""

    def show_saved(
        self,
        text: str,
        path: Path,
        open_it: Callable[[], object] | None = None,
        more: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Say that a file was written, and offer to open it, to show its folder, and maybe something more."""

    def show_note(self, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        """Say something worth knowing, with one optional act."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a page may use.

    Args:
        theme: colours, sizes and fonts.
        tasks: the way to the open study.
        bar: where to say something.
        trigger: runs a command by its id (`ftcompare.app.commands_and_keys`).
        study_changed: to be called by a page that changed what other pages show.
        remembered: the user's settings.
    """

    theme: Theme
    tasks: StudyTasks
    bar: Bar
    trigger: Callable[[str], None]
    study_changed: Callable[[], None]
    remembered: SettingsKeeper


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page of the registry.

    Args:
        id: names the page in commands and settings.
        title: what the navigation calls it; empty for a page that is reached by a command alone.
        make: makes the page when it is first entered; its libraries are imported inside. None for a page
            that the window itself makes.
    """

    id: str
    title: str
    make: Callable[[PageContext], Page] | None
