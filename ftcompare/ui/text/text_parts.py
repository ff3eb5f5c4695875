"""A text too long to be shown as a whole, split lazily into parts."""

from __future__ import annotations

from ftcompare.ui import safe_text


class TextParts:
    """The parts of one text, computed on demand: splitting a megabyte at once would delay the window.

    Args:
        text: the text; an empty text has no parts.
        markdown: whether it will be shown as Markdown.
    """

    def __init__(self, text: str = "", *, markdown: bool = False) -> None:
        self._rest = safe_text.each_part(text, markdown=markdown)
        self._found: list[str] = []
        self.complete = False
        """Whether all are found."""

    def __getitem__(self, part: int) -> str:
        """A part that was reached."""
        return self._found[part]

    @property
    def found(self) -> int:
        """Number of parts found so far."""
        return len(self._found)

    def reach(self, part: int) -> bool:
        """Find parts up to this one, counted from 0; whether there is such a part."""
        while len(self._found) <= part and not self.complete:
            self._find_next()
        return 0 <= part < len(self._found)

    def count(self) -> int:
        """Total number of parts."""
        while not self.complete:
            self._find_next()
        return len(self._found)

    def before(self, part: int) -> str:
        """The text before a part that has been found."""
        return "".join(self._found[:part])

    def _find_next(self) -> None:
        part = next(self._rest, None)
        if part is None:
            self.complete = True
        else:
            self._found.append(part)
