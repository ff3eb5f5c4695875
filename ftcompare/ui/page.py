"""What the window expects of a page. Knows of no study, so that the rating page can stand on it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


class Page(QWidget):
    """A page of the window. The window calls `enter` each time it comes to the front."""

    def enter(self) -> None:
        """Fetch afresh what the page shows."""

    def leave(self) -> bool:
        """Make ready to go; False keeps the page in front (work is under way)."""
        return True

    def find_text(self) -> None:
        """Put the cursor into the page's search field, where it has one."""
