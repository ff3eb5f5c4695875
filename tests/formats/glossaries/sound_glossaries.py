"""Sound glossary files of every form, by their names, and files with entities that must be refused."""

from __future__ import annotations

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossary import GLOSSARY_FORMATS

TERMS = (
    GlossaryTerm("zawał serca", TermStatus.PREFERRED, "infarction", "pl", "nie „atak”"),
    GlossaryTerm("heart attack", TermStatus.DEPRECATED, "infarction", "en", "lay"),
    GlossaryTerm("心筋梗塞", TermStatus.ADMITTED, "infarction", "ja"),
    GlossaryTerm("stent", TermStatus.PREFERRED, "stent 2"),
    GlossaryTerm("tube", TermStatus.SUPERSEDED, "stent 2"),
)
VERSION_2 = """<?xml version='1.0'?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en"><text><body>
<termEntry id="c1"><langSet xml:lang="en"><ntig><termGrp><term>a <hi>heart</hi> <!-- x -->attack</term>
<termNote type="usageStatus">preferred</termNote></termGrp></ntig></langSet><langSet xml:lang="de"/>
</termEntry></body></text></martif>
"""
FIRST_MIN = """<TBX dialect="TBX-Min"><body><entry id="C1"><langGroup xml:lang="de"><termGroup>
<term>Hund</term><termStatus>notRecommended</termStatus></termGroup></langGroup></entry></body></TBX>
"""
SOUND = {
    **{f"{form.id}{form.suffix}": form.data(TERMS) for form in GLOSSARY_FORMATS},
    "of version 2.tbx": VERSION_2.encode(),
    "of version 2 in UTF-16.tbx": VERSION_2.replace("'1.0'", "'1.0' encoding='UTF-16'").encode("utf-16"),
    "first min.xml": FIRST_MIN.encode(),
}

_TERM = '<conceptEntry><langSec xml:lang="en"><termSec><term>&z;</term></termSec></langSec></conceptEntry>'
_LAUGHS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghiz", strict=True))
_RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&z;</rdf:RDF>'


def _bomb(entities: str, content: str, root: str) -> bytes:
    return f"<!DOCTYPE {root} [{entities}]>{content}".encode()


ENTITIES = {
    "laughs": f'<!ENTITY a "laughs">{_LAUGHS}',
    "quadratic": f'<!ENTITY z "{"x" * 100_000}">',
    "file": '<!ENTITY z SYSTEM "file:///etc/hostname">',
    "server": '<!ENTITY z SYSTEM "http://127.0.0.1:9/z">',
    "parameter": '<!ENTITY % p SYSTEM "http://127.0.0.1:9/z"> %p; <!ENTITY z "">',
}
BOMBS = {
    **{f"{name}.tbx": _bomb(entities, f"<tbx>{_TERM}</tbx>", "tbx") for name, entities in ENTITIES.items()},
    **{f"{name}.rdf": _bomb(entities, _RDF, "rdf:RDF") for name, entities in ENTITIES.items()},
}
