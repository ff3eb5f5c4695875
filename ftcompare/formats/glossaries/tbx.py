"""TBX (ISO 30042), read: version 3 and version 2, both styles, with any dialect.

Version 3 has ``conceptEntry`` / ``langSec`` / ``termSec``, version 2 ``termEntry`` / ``langSet`` / ``tig`` or
``ntig``, and the first TBX-Min ``entry`` / ``langGroup`` / ``termGroup``. The status stands in a ``termNote``
whose ``type`` names it (style DCA), or in an element of that name (style DCT). Other categories, and language
sections without terms, are passed over; markup in a term gives its text, and comments nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossaries.entries import (
    LANGUAGE,
    ConceptNames,
    ReadTerm,
    language_of,
    status_of,
    with_statuses,
)
from ftcompare.formats.glossaries.xml_tree import LANG, XML_ID, XmlElement, record_of, wrong_root
from ftcompare.formats.record_fields import Record

ROOTS = frozenset({"tbx", "martif", "TBX"})
CONCEPTS = frozenset({"conceptEntry", "termEntry", "entry"})
LANGUAGES = frozenset({"langSec", "langSet", "langGroup"})
TERMS = frozenset({"termSec", "tig", "ntig", "termGroup"})
STATUS_TYPES = frozenset(
    {"administrativeStatus", "normativeAuthorization", "usageStatus", "termStatus", "administrative-status"}
)
CODES = frozenset({"bpt", "ept", "ph", "it", "ec", "sc"})
"""Markup of other programs in a term: it is no part of its words."""

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4,6})_")
_NAMED_NOWHERE = re.compile("[0-9]")
"""An id with a number is one that a program gave; names that have one are written with an escape."""


def read_tbx(path: Path, root: XmlElement) -> tuple[GlossaryTerm, ...]:
    """The terms of a TBX file, in its order.

    Raises:
        UserError: with the line and the element.
    """
    if root.name not in ROOTS:
        raise wrong_root(path, root, "tbx or martif (TBX), or RDF (SKOS)")
    names = ConceptNames()
    default = root.attributes.get(LANG) or root.attributes.get("lang") or LANGUAGE
    entries = [element for element in root.below() if element.name in CONCEPTS]
    return tuple(
        term for n, entry in enumerate(entries, 1) for term in _concept(path, entry, names, default, n)
    )


def _concept(
    path: Path, entry: XmlElement, names: ConceptNames, default: str, number: int
) -> Iterator[GlossaryTerm]:
    found: list[ReadTerm] = []
    for section in entry.children:
        if section.name in LANGUAGES:
            told = section.attributes.get(LANG) or section.attributes.get("lang") or default
            language = language_of(record_of(path, section, language=told))
            found += [_term(path, each, language) for each in section.children if each.name in TERMS]
    if not found:
        return
    key = entry.attributes.get("id") or entry.attributes.get(XML_ID) or f"{number}"
    own = record_of(path, entry, concept=concept_of_id(key)).label("concept")
    yield from with_statuses(found, names.name(own, found, key[:100]))


def concept_of_id(key: str) -> str:
    """The name of a concept that its id is; empty for an id with a number, which a program gave."""
    if _ESCAPED.search(key):
        return _ESCAPED.sub(_unescaped, key)
    return "" if _NAMED_NOWHERE.search(key) else key


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]


def _term(path: Path, section: XmlElement, language: str) -> ReadTerm:
    parts = list(section.below())
    words = [part for part in parts if part.name == "term"]
    if len(words) != 1:
        record = record_of(path, section)
        raise record.error(f"It has {len(words) or 'no'} elements term; it must have one.")
    record = record_of(path, words[0], term=words[0].text(without=CODES))
    notes = [note.lines() for note in section.children if note.name == "note"]
    return ReadTerm(
        term=record.required_label("term"),
        status=_status(path, parts),
        language=language,
        note="\n".join(filter(None, notes)),
    )


def _status(path: Path, parts: list[XmlElement]) -> TermStatus | None:
    """The administrative status; where a term has several, the first that says anything."""
    for part in parts:
        if part.name in STATUS_TYPES or part.attributes.get("type") in STATUS_TYPES:
            record: Record = record_of(path, part, status=part.text())
            status = status_of(record)
            if status is not None:
                return status
    return None
