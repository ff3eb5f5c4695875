"""SKOS (https://www.w3.org/TR/skos-reference/) in RDF/XML and Turtle, with rdflib.

``prefLabel`` is *preferred*, ``altLabel`` *admitted*, ``hiddenLabel`` *deprecated*; ``note`` and
``scopeNote`` of a concept become the note of its terms. SKOS has no equivalent of *superseded*, which is
written as ``hiddenLabel``, and allows one ``prefLabel`` per language: others become ``altLabel``.

rdflib is imported in the functions that use it, because loading it takes time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.sax import SAXException

from ftcompare.core.errors import UserError
from ftcompare.core.grouping import grouped
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossaries import entries
from ftcompare.formats.glossaries.xml_tree import read_xml
from ftcompare.formats.record_fields import Record
from ftcompare.formats.text_files import MIB, open_binary, place, printable, xml_text

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

MAX_BYTES = 16 * MIB  # rdflib holds a file as a graph in memory, and needs about a minute for this size
OWN = "urn:ftcompare:concept:"  # prefix of the quoted name of a concept that FTCompare wrote
BASE = "http://file.invalid/"  # base for relative addresses; nothing is ever fetched

_LABELS = {
    "prefLabel": TermStatus.PREFERRED,
    "altLabel": TermStatus.ADMITTED,
    "hiddenLabel": TermStatus.DEPRECATED,
}
_NOTES = ("note", "scopeNote")

# All exceptions that the library is known to raise for damaged files; nothing was imported by then.
_DAMAGED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    SyntaxError,
    SAXException,
)


def read_rdf_xml(path: Path) -> tuple[GlossaryTerm, ...]:
    """Read the labels of all concepts, by concept. A document type declaration is refused."""
    read_xml(path, max_bytes=MAX_BYTES, forbid_dtd=True)
    return _terms(path, _graph(path, "xml"))


def read_turtle(path: Path) -> tuple[GlossaryTerm, ...]:
    return _terms(path, _graph(path, "turtle"))


def _graph(path: Path, form: str) -> Graph:
    from rdflib import Graph
    from rdflib.exceptions import Error

    logging.getLogger("rdflib").setLevel(logging.ERROR)  # it warns about addresses that contain blanks
    graph = Graph(bind_namespaces="none")
    with open_binary(path, max_bytes=MAX_BYTES) as handle:
        data = handle.read().removeprefix(b"\xef\xbb\xbf")
    try:
        return graph.parse(data=data, format=form, publicID=BASE)
    except (*_DAMAGED, Error) as error:
        line = getattr(error, "lines", None)
        where = place(path, line + 1) if isinstance(line, int) else printable(path.name)
        if hasattr(error, "getLineNumber"):
            where = place(path, error.getLineNumber() or 1)
        how = "Save it again with the program that it came from."
        raise UserError("This is not readable RDF.", where=where, how=how, code="bad-rdf") from None


def _terms(path: Path, graph: Graph) -> tuple[GlossaryTerm, ...]:
    from rdflib.namespace import SKOS

    labels = grouped(
        (concept, (status, label))
        for name, status in _LABELS.items()
        for concept, label in graph.subject_objects(SKOS[name])
    )
    names = entries.ConceptNames()
    concepts = sorted(labels, key=str)
    return tuple(
        term for concept in concepts for term in _concept(path, graph, concept, labels[concept], names)
    )


def _concept(
    path: Path,
    graph: Graph,
    concept: Node,
    labels: list[tuple[TermStatus, Node]],
    names: entries.ConceptNames,
) -> Iterator[GlossaryTerm]:
    from rdflib.namespace import SKOS

    where = f"{printable(path.name)}, concept {printable(str(concept)[:120])}"
    found_notes = (str(note) for name in _NOTES for note in graph.objects(concept, SKOS[name]))
    note = "\n".join(sorted(dict.fromkeys(found_notes)))
    found = [_read(where, status, label, note) for status, label in labels]
    found.sort(
        key=lambda term: ([*TermStatus].index(term.status or TermStatus.PREFERRED), term.language, term.term)
    )
    iri = str(concept)
    told = unquote(iri.removeprefix(OWN)) if iri.startswith(OWN) else ""
    own = Record({"concept": told}, where, 0).label("concept")
    yield from entries.with_statuses(
        found, names.name(own, found, iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2][:100])
    )


def _read(where: str, status: TermStatus, label: Node, note: str) -> entries.ReadTerm:
    from rdflib import Literal

    if not isinstance(label, Literal):
        what = "A label of this concept is not text."
        raise UserError(
            what, where=where, how="Save the glossary as plain SKOS, not as SKOS-XL.", code="bad-line"
        )
    fields = {"term": " ".join(str(label).split()), "language": label.language or entries.LANGUAGE}
    record = Record(fields, where, 0)
    return entries.ReadTerm(record.required_label("term"), status, entries.language_of(record), note)


def skos_bytes(terms: Iterable[GlossaryTerm], form: str) -> bytes:
    """Write a glossary as SKOS; ``form`` is ``turtle`` or ``pretty-xml``."""
    from rdflib import Graph, Literal, URIRef
    from rdflib.namespace import RDF, SKOS

    fitting = xml_text if form == "pretty-xml" else str
    graph = Graph(bind_namespaces="none")
    graph.bind("rdf", RDF)
    graph.bind("xml", "http://www.w3.org/XML/1998/namespace")
    graph.bind("skos", SKOS)
    for concept, listed in entries.by_concept(terms).items():
        subject = URIRef(OWN + quote(concept, safe=""))
        graph.add((subject, RDF.type, SKOS.Concept))
        for name, term in _labelled(listed):
            graph.add((subject, SKOS[name], Literal(fitting(term.term), lang=term.language)))
        for note in dict.fromkeys(filter(None, (term.note for term in listed))):
            graph.add((subject, SKOS.note, Literal(fitting(note))))
    return bytes(graph.serialize(format=form, encoding="utf-8"))


def _labelled(terms: Iterable[GlossaryTerm]) -> Iterator[tuple[str, GlossaryTerm]]:
    """Yield each term with its property; only the first preferred one of a language is its ``prefLabel``."""
    preferred: set[str] = set()
    for term in terms:
        if term.status is TermStatus.PREFERRED and term.language not in preferred:
            preferred.add(term.language)
            yield "prefLabel", term
        elif term.status in (TermStatus.PREFERRED, TermStatus.ADMITTED):
            yield "altLabel", term
        else:
            yield "hiddenLabel", term
