"""What the window expects of a page. Knows of no study, so that the rating page can stand on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from ftcompare.ui.shell.page_context import PageContext


class Page(QWidget):
    """A page of the window. The window calls `enter` each time it comes to the front."""

    def enter(self) -> None:
        """Fetch afresh what the page shows."""

    def leave(self) -> bool:
        """Make ready to go; False keeps the page in front (work is under way)."""
        return True

    def find_text(self) -> None:
        """Put the cursor into the page's search field, where it has one."""


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
