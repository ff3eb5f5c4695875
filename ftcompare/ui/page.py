"""The base class of the window's pages. It does not import studies, so that the rating page can use it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


class Page(QWidget):
    """A page of the window. The window calls `enter` each time the page is shown."""

    def enter(self) -> None:
        """Load again what the page shows."""

    def leave(self) -> bool:
        """Prepare to leave the page; False keeps the page (work is in progress)."""
        return True

    def find_text(self) -> None:
        """Focus the page's search field, if it has one."""
