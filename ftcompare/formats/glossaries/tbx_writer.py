"""Write TBX (ISO 30042): version 3 in the styles DCA and DCT, its dialect Min, and version 2.

A concept's id is its name, with escapes such as ``_x0020_`` for characters that ids must not contain, as
SQL/XML (ISO 9075-14, 9.1) encodes names; `tbx` decodes the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent, register_namespace

from ftcompare.core.study import GlossaryTerm
from ftcompare.formats.glossaries.entries import by_concept, by_language
from ftcompare.formats.text_files import xml_text

NAMESPACE = "urn:iso:std:iso:30042:ed-2"
MIN = "http://www.tbxinfo.net/ns/min"
SOURCE = "Written by FTCompare"
_XML_LANG = "xml:lang"
_DOCTYPE = '<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">\n'

_LATIN = r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff"
_LETTERS = rf"{_LATIN}\u0370-\u037d\u0400-\u1fff\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3"
_NO_ID = re.compile(f"^[-.]|_(?=x[A-Fa-f]{{4,6}}_)|[^{_LETTERS}_.-]")
"""Characters to escape in an id; also digits, since `tbx` ignores ids with digits."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names of the elements in one kind of TBX.

    Args:
        dct: whether categories are elements of their own, in a namespace.
        statuses: whether it has a category for the status; TBX-Core has none.
    """

    type: str
    version: int = 3
    dct: bool = False
    statuses: bool = True


def tbx_bytes(terms: Iterable[GlossaryTerm], dialect: Dialect) -> bytes:
    """A glossary as a TBX file."""
    register_namespace("min", MIN)
    root, body = (_version_3 if dialect.version > 2 else _version_2)(dialect)
    for concept, listed in by_concept(terms).items():
        entry = SubElement(body, "conceptEntry" if dialect.version > 2 else "termEntry", id=id_of(concept))
        for language, synonyms in by_language(listed).items():
            section = SubElement(
                entry, "langSec" if dialect.version > 2 else "langSet", {_XML_LANG: language}
            )
            for term in synonyms:
                _add_term(section, term, dialect)
    indent(root)
    return _serialised(root, dialect)


def _version_3(dialect: Dialect) -> tuple[Element, Element]:
    style = "dct" if dialect.dct else "dca"
    root = Element("tbx", {"xmlns": NAMESPACE, "type": dialect.type, "style": style, _XML_LANG: "en"})
    description = SubElement(SubElement(SubElement(root, "tbxHeader"), "fileDesc"), "sourceDesc")
    SubElement(description, "p").text = SOURCE
    return root, SubElement(SubElement(root, "text"), "body")


def _version_2(dialect: Dialect) -> tuple[Element, Element]:
    root = Element("martif", {"type": dialect.type, _XML_LANG: "en"})
    header = SubElement(root, "martifHeader")
    SubElement(SubElement(SubElement(header, "fileDesc"), "sourceDesc"), "p").text = SOURCE
    coded = SubElement(SubElement(header, "encodingDesc"), "p", type="XCSURI")
    coded.text = "http://www.ttt.org/oscarstandards/tbx/TBXBasic.xcs"
    return root, SubElement(SubElement(root, "text"), "body")


def _add_term(section: Element, term: GlossaryTerm, dialect: Dialect) -> None:
    place = SubElement(section, "termSec" if dialect.version > 2 else "tig")
    SubElement(place, "term").text = xml_text(term.term)
    if dialect.statuses:
        _add_status(place, f"{term.status.value}Term-admn-sts", dialect)
    if term.note:
        SubElement(place, "note").text = xml_text(term.note)


def _add_status(place: Element, status: str, dialect: Dialect) -> None:
    if dialect.dct:
        SubElement(place, f"{{{MIN}}}administrativeStatus").text = status
    else:
        SubElement(place, "termNote", type="administrativeStatus").text = status


def id_of(concept: str) -> str:
    """An id from which `tbx.concept_of_id` decodes the concept's name."""
    return _NO_ID.sub(lambda found: f"_x{ord(found[0]):04X}_", concept)


def _serialised(root: Element, dialect: Dialect) -> bytes:
    target = BytesIO()
    target.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    if dialect.version == 2:
        target.write(_DOCTYPE.encode())
    ElementTree(root).write(target, encoding="UTF-8", xml_declaration=False)
    target.write(b"\n")
    return target.getvalue()
