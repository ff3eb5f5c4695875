"""What a Markdown text consists of: blocks, and within them pieces of a line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Characters in one style.

    Args:
        text: the characters; no line ends.
        strong: in bold.
        emphasis: in italics.
        struck: struck through.
        code: as code within a line.
    """

    text: str
    strong: bool = False
    emphasis: bool = False
    struck: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """Where the words before it lead; empty where they are the address themselves."""

    address: str


@dataclass(frozen=True, slots=True)
class LinkWords:
    """Words of a link, in one style."""

    text: Text


@dataclass(frozen=True, slots=True)
class Formula:
    r"""Mathematics.

    Args:
        tex: LaTeX without the delimiters.
        source: as written, with them.
        display: set in a line of its own, with large operators.
    """

    tex: str
    source: str
    display: bool = False


@dataclass(frozen=True, slots=True)
class NoteMark:
    """Refers to a footnote by its label."""

    label: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A line ends here."""


Inline = Text | LinkWords | LinkAddress | Formula | NoteMark | LineBreak
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class TextParagraph:
    """Running text."""

    line: Line


@dataclass(frozen=True, slots=True)
class TextHeading:
    """A heading of level 1 to 6."""

    level: int
    line: Line


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code, as written; ``language`` as named by the text, or empty."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Blocks that are quoted."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item of a list.

    Args:
        blocks: what is in it.
        marker: what stands before it: ``•``, ``7.``, ``☐``, ``☑``.
    """

    blocks: tuple[Block, ...]
    marker: str


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list; ``tight`` where no blank lines stand between its items."""

    items: tuple[ListItem, ...]
    tight: bool


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table.

    Args:
        rows: cells row by row, the header first; all of one length.
        alignments: for each column ``left``, ``right``, ``center`` or empty.
    """

    rows: tuple[tuple[Line, ...], ...]
    alignments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the text."""


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote: its label and what it says. It stands where the text has it."""

    label: str
    blocks: tuple[Block, ...]


Block = TextParagraph | TextHeading | Code | Quote | ItemList | TableBlock | Rule | Footnote


def as_written(text: str) -> tuple[Block, ...]:
    """A text that is not Markdown: one paragraph, with its line ends."""
    pieces: list[Inline] = []
    for number, line in enumerate(text.split("\n")):
        pieces += [LineBreak(), Text(line)] if number else [Text(line)]
    return (TextParagraph(tuple(pieces)),)


def words(line: Line) -> str:
    """A line as plain text: mathematics as written, a link's address in brackets behind its words."""
    return "".join(map(_words, line))


def _words(piece: Inline) -> str:
    match piece:
        case Text(text=text) | LinkWords(text=Text(text=text)):
            return text
        case Formula(source=source):
            return source
        case LinkAddress(address=address):
            return f" ({address})" if address else ""
        case NoteMark(label=label):
            return f"[{label}]"
        case LineBreak():
            return "\n"
