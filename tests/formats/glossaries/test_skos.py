"""SKOS in Turtle and RDF/XML, and what a bad file gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossary import read_glossary

P, A, D = TermStatus.PREFERRED, TermStatus.ADMITTED, TermStatus.DEPRECATED

TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <https://example.org/c/> .
# a comment
ex:s a skos:ConceptScheme .
ex:1 a skos:Concept ;
  skos:prefLabel "atrial fibrillation"@en, "migotanie przedsionków"@pl ;
  skos:altLabel "AF"@en ;
  skos:hiddenLabel "irregular   heartbeat"@en ;
  skos:scopeNote "not in letters" ; skos:note "b"@en .
<relative> skos:prefLabel "stent" .
ex:3 skos:prefLabel "stent"@en .
"""
NOTE = "b\nnot in letters"
FOUND = {
    GlossaryTerm("atrial fibrillation", P, "atrial fibrillation", "en", NOTE),
    GlossaryTerm("migotanie przedsionków", P, "atrial fibrillation", "pl", NOTE),
    GlossaryTerm("AF", A, "atrial fibrillation", "en", NOTE),
    GlossaryTerm("irregular heartbeat", D, "atrial fibrillation", "en", NOTE),
    GlossaryTerm("stent", P, "stent", "en"),
}
XML = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:k="http://www.w3.org/2004/02/skos/core#">
 <!-- one --><k:Concept rdf:about="https://example.org/c#1"><k:prefLabel xml:lang="en">sten<!--
-->t</k:prefLabel>
 <k:altLabel xml:lang="pt-BR">endoprótese</k:altLabel></k:Concept></rdf:RDF>"""


def read(folder: Path, content: str | bytes, name: str) -> tuple[GlossaryTerm, ...]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_glossary(path)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_turtle(tmp_path: Path, mark: bytes) -> None:
    found = read(tmp_path, mark + TURTLE.encode(), "g.ttl")
    named_apart = [term for term in found if term.concept == "stent (3)"]
    assert named_apart == [GlossaryTerm("stent", P, "stent (3)", "en")]
    assert {*found} - {*named_apart} == FOUND
    assert found[1:3] == (
        GlossaryTerm("atrial fibrillation", P, "atrial fibrillation", "en", NOTE),
        GlossaryTerm("migotanie przedsionków", P, "atrial fibrillation", "pl", NOTE),
    )


@pytest.mark.parametrize("name", ["g.rdf", "g.xml", "g.owl"])
def test_rdf_xml(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, XML, name) == (
        GlossaryTerm("stent", P, "stent", "en"),
        GlossaryTerm("endoprótese", A, "stent", "pt-BR"),
    )


PREFIX = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"


@pytest.mark.parametrize(
    ("name", "content", "where", "said"),
    [
        (
            "g.ttl",
            f"{PREFIX}<a> skos:prefLabel <b> .",
            "g.ttl, concept http://file.invalid/a",
            "A label of this concept is not text",
        ),
        (
            "g.ttl",
            f"{PREFIX}<a> skos:prefLabel '' .",
            "g.ttl, concept http://file.invalid/a",
            "term is missing or empty",
        ),
        ("g.ttl", f"{PREFIX}\n<a> skos:prefLabel ", "g.ttl, line 3", "not readable RDF"),
        ("g.ttl", f"{PREFIX}{'[' * 20000}", "g.ttl", "not readable RDF"),
        ("g.ttl", b"\xff\xfe", "g.ttl", "not readable RDF"),
        ("g.ttl", "", "g.ttl", "The file is empty"),
        ("g.rdf", XML.replace("</rdf:RDF>", ""), "g.rdf, line 6", "not well-formed XML"),
        (
            "g.rdf",
            XML.replace("<rdf:RDF", "<!DOCTYPE a [<!ENTITY s 'x'>]><rdf:RDF"),
            "g.rdf, line 2",
            "defines entities",
        ),
        (
            "g.rdf",
            XML.replace('rdf:about="', 'rdf:ID="1 ').replace(
                "</k:Concept>", "<rdf:li rdf:ID='a'/></k:Concept>"
            ),
            "g.rdf",
            "",
        ),
    ],
)
def test_a_bad_file_is_named_with_its_place_and_reason(
    tmp_path: Path, name: str, content: str | bytes, where: str, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, content, name)
    assert caught.value.where.startswith(where)
    assert said in caught.value.what
    assert caught.value.how
