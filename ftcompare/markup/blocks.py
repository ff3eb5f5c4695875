"""Elements of a parsed Markdown text: blocks, and inline pieces within a line; and its visible form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """Characters in one style."""

    text: str  # the characters; no line ends
    strong: bool = False  # in bold
    emphasis: bool = False  # in italics
    struck: bool = False  # struck through
    code: bool = False  # as code within a line


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """Address of the link whose words precede it; empty where the words are the address itself."""

    address: str


@dataclass(frozen=True, slots=True)
class LinkWords:
    """Words of a link, in one style."""

    text: Text


@dataclass(frozen=True, slots=True)
class Formula:
    tex: str  # LaTeX without the delimiters
    source: str  # the source text, including the delimiters
    display: bool = False  # whether it is set on its own line, with large operators


@dataclass(frozen=True, slots=True)
class NoteMark:
    """Reference to a footnote by its label."""

    label: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """End of a line."""


Inline = Text | LinkWords | LinkAddress | Formula | NoteMark | LineBreak
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class TextParagraph:
    line: Line


@dataclass(frozen=True, slots=True)
class TextHeading:
    level: int
    line: Line


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code, as written; ``language`` is the language named in the text, or empty."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListItem:
    blocks: tuple[Block, ...]  # its content
    marker: str  # the text before it: ``•``, ``7.``, ``☐``, ``☑``


@dataclass(frozen=True, slots=True)
class ItemList:
    """List; ``tight`` where no blank lines separate its items."""

    items: tuple[ListItem, ...]
    tight: bool


@dataclass(frozen=True, slots=True)
class TableBlock:
    rows: tuple[tuple[Line, ...], ...]  # cells row by row, the header first; all rows have the same length
    alignments: tuple[str, ...]  # for each column ``left``, ``right``, ``center`` or empty


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line across the text."""


@dataclass(frozen=True, slots=True)
class Footnote:
    label: str
    blocks: tuple[Block, ...]


Block = TextParagraph | TextHeading | Code | Quote | ItemList | TableBlock | Rule | Footnote


def as_written(text: str) -> tuple[Block, ...]:
    """Return a text that is not Markdown as one paragraph, with its line ends."""
    pieces: list[Inline] = []
    for number, line in enumerate(text.split("\n")):
        pieces += [LineBreak(), Text(line)] if number else [Text(line)]
    return (TextParagraph(tuple(pieces)),)


def words(line: Line) -> str:
    """Return a line as plain text: mathematics as in the source, addresses in brackets after link words."""
    return "".join(map(_words, line))


def plain_words(blocks: Sequence[Block]) -> str:
    """Return the paragraphs, headings, quotes, and list items as plain text."""
    return " ".join(_block_words(blocks))


def _block_words(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case TextParagraph(line=line) | TextHeading(line=line):
                yield words(line)
            case Quote(blocks=inner):
                yield from _block_words(inner)
            case ItemList(items=items):
                for item in items:
                    yield from _block_words(item.blocks)


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


def mapped(structure: Any, change: Callable[[str], str]) -> Any:
    """Return the same tuples, dictionaries and dataclasses with ``change`` applied to all texts but keys."""
    if isinstance(structure, Enum):
        return structure
    if isinstance(structure, str):
        return change(structure)
    if isinstance(structure, tuple):
        return tuple(mapped(part, change) for part in structure)
    if isinstance(structure, dict):
        return {key: mapped(value, change) for key, value in structure.items()}
    if is_dataclass(structure) and not isinstance(structure, type):
        return replace(
            structure, **{f.name: mapped(getattr(structure, f.name), change) for f in fields(structure)}
        )
    return structure


_KEPT = "\n\t\u200c\u200d\u00ad\u00a0\u202f\u2009\u3000"


def visible_text(text: str) -> str:
    """Replace every invisible character except line ends by its code."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _KEPT else spelled(c) for c in text.replace("\r\n", "\n"))


def spelled(character: str) -> str:
    """Return the code of an invisible character: ``⟨U+202E⟩``."""
    return f"⟨U+{ord(character):04X}⟩"


def without_middle(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    tail = limit // 2
    return f"{line[: limit - tail - 1].rstrip()}…{line[-tail:].lstrip()}"
