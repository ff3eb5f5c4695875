"""A conversation as one document: each turn under the name of its speaker."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.markup.blocks import as_written
from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.text.markdown_document import MarkdownWriter
from ftcompare.ui.text.safe_document import SafeDocument
from ftcompare.ui.theme.theme import Theme


def write_turns(
    document: SafeDocument, theme: Theme, turns: Sequence[tuple[str, str]], *, markdown: bool
) -> list[int]:
    """Write the turns into an empty document.

    Args:
        turns: name of the speaker, and text.

    Returns:
        The place in the document where each turn begins.
    """
    document.writer = writer = MarkdownWriter(document, theme)
    starts = []
    for name, text in turns:
        starts.append(writer.write_name(name))
        shown = safe_text.visible(safe_text.beginning(text, markdown=markdown))
        writer.write(parse(shown) if markdown else as_written(shown))
    writer.finish()
    return starts
