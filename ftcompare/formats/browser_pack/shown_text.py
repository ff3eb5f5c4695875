"""The characters that a page shows of HTML by `HtmlWriter`: among them it finds what is selected."""

from __future__ import annotations

from html.parser import HTMLParser


def shown_text(html: str) -> str:
    """The text content; of a formula, which the page draws, its source."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._within = 0
        """Elements that are open from a formula on; 0 outside of one."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._within:
            self._within += tag == "span"
        elif tag == "span" and "formula" in (given.get("class") or "").split():
            self._within = 1
            self.parts.append(given.get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._within and tag == "span":
            self._within -= 1

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.parts.append(data)
