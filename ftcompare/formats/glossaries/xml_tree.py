"""Read XML files as a tree whose elements know their lines; entities and external resources are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.text_files import BLOCK_BYTES, open_binary, place, printable

MAX_DEPTH = 100
MAX_ELEMENTS = 3_000_000
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


@dataclass(slots=True)
class XmlElement:
    """Element: its tag with the namespace, attributes, line, and content in order."""

    tag: str
    attributes: Mapping[str, str]
    line: int
    content: list[XmlElement | str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.tag.rpartition("}")[2]

    @property
    def children(self) -> Iterator[XmlElement]:
        return (part for part in self.content if isinstance(part, XmlElement))

    def below(self) -> Iterator[XmlElement]:
        """Yield all descendants, in the order of the file."""
        waiting = [self.children]
        while waiting:
            child = next(waiting[-1], None)
            if child is None:
                waiting.pop()
            else:
                yield child
                waiting.append(child.children)

    def text(self, *, without: frozenset[str] = frozenset()) -> str:
        """Return all text, with white space collapsed; without the text of elements named in ``without``."""
        return " ".join("".join(_texts(self, without)).split())

    def lines(self) -> str:
        """Return all text, line by line, with blanks around each line removed."""
        found = (line.strip() for line in "".join(_texts(self, frozenset())).splitlines())
        return "\n".join(found).strip()


def _texts(element: XmlElement, without: frozenset[str]) -> Iterator[str]:
    for part in element.content:
        if isinstance(part, str):
            yield part
        elif part.name not in without:
            yield from _texts(part, without)


class _Refused(Exception):
    """Raised for a construct that is refused."""


class _TreeBuilder:
    """Builds the tree from the parser's events; comments and processing instructions are ignored."""

    def __init__(self) -> None:
        self.parser: DefusedXMLParser | None = None
        self.root: XmlElement | None = None
        self._open: list[XmlElement] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise _Refused
        element = XmlElement(tag, attributes, line_of(self.parser))
        if self._open:
            self._open[-1].content.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def data(self, text: str, /) -> None:
        if self._open:
            self._open[-1].content.append(text)

    def end(self, _tag: str, /) -> None:
        self._open.pop()

    def close(self) -> None:
        """Finish; the parser calls this."""


def line_of(parser: object) -> int:
    """Return the parser's current line; the library's type stubs omit the underlying parser."""
    inner = getattr(parser, "parser", None)
    return int(getattr(inner, "CurrentLineNumber", 1))


def read_xml(path: Path, *, max_bytes: int, forbid_dtd: bool = False) -> XmlElement:
    """Read the root element with its content; ``forbid_dtd`` refuses every document type declaration."""
    builder = _TreeBuilder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=forbid_dtd)
    builder.parser = parser
    try:
        with open_binary(path, max_bytes=max_bytes) as handle:
            while block := handle.read(BLOCK_BYTES):
                parser.feed(block)
        parser.close()
    except DefusedXmlException:
        what = "The file defines entities or a document type, which can fill the memory or read other files."
        how = "Save it again without a DOCTYPE, or in another format."
        raise UserError(what, where=place(path, line_of(parser)), how=how, code="xml-entities") from None
    except _Refused:
        what = f"Elements are nested deeper than {MAX_DEPTH}, or there are more than {MAX_ELEMENTS:,}."
        how = "Check that this is a glossary, or split it."
        raise UserError(what, where=place(path, line_of(parser)), how=how, code="bad-xml") from None
    except (ParseError, LookupError, ValueError) as error:
        raise _malformed(path, error, line_of(parser)) from None
    if builder.root is None:
        raise _malformed(path, ValueError("no element found"), 1)
    return builder.root


def record_of(path: Path, element: XmlElement, **fields: str) -> Record:
    return Record(
        fields, f"{place(path, element.line)}, element {printable(element.name[:40])}", element.line
    )


def _malformed(path: Path, error: Exception, line: int) -> UserError:
    position = getattr(error, "position", None)
    at = position[0] if position else line
    told = printable(str(error).partition(":")[0])
    what = f"This is not well-formed XML: {told}."
    how = "Save the file again with the program that it came from."
    return UserError(what, where=place(path, at), how=how, code="bad-xml")


def wrong_root(path: Path, element: XmlElement, expected: str) -> UserError:
    what = f"The file begins with the element {shown(element.name)}; a glossary begins with {expected}."
    where = place(path, element.line)
    return UserError(what, where=where, how="Choose a glossary in TBX or SKOS.", code="bad-xml")
