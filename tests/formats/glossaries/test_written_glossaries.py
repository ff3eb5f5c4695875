"""Glossaries are read back as they were written; damaged files are refused in words, entities always."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossaries.tbx import concept_of_id, id_of
from ftcompare.formats.glossary import GLOSSARY_FORMATS, glossary_format, read_glossary
from tests.builders import refusal_code
from tests.formats.damaged_files import mutant
from tests.formats.glossaries.sound_glossaries import BOMBS, SOUND

P, A, D, S = TermStatus.PREFERRED, TermStatus.ADMITTED, TermStatus.DEPRECATED, TermStatus.SUPERSEDED
TERMS = (
    GlossaryTerm("myocardial infarction", P, "the infarction (2)", "en", "first line\nsecond <line> & more"),
    GlossaryTerm("heart attack", D, "the infarction (2)", "en", "lay"),
    GlossaryTerm("zawał serca", P, "the infarction (2)", "pl"),
    GlossaryTerm("心筋梗塞", P, "the infarction (2)", "ja"),
    GlossaryTerm("stent", P, "stent", "en"),
    GlossaryTerm("-itis", A, "=inflammation", "en-GB"),
    GlossaryTerm("tube", S, "stent", "en"),
)
WHOLE = ("csv", "tsv", "xlsx", "tbx", "tbx-dct", "tbx-min", "tbx-2")


def again(folder: Path, terms: Iterable[GlossaryTerm], name: str) -> tuple[GlossaryTerm, ...]:
    form = next(form for form in GLOSSARY_FORMATS if form.id == name)
    path = folder / f"g{form.suffix}"
    path.write_bytes(form.data(tuple(terms)))
    return read_glossary(path)


@pytest.mark.parametrize("name", WHOLE)
def test_what_a_form_can_hold_is_read_back(tmp_path: Path, name: str) -> None:
    assert {*again(tmp_path, TERMS, name)} == {*TERMS}


@pytest.mark.parametrize("name", ["skos-turtle", "skos-rdf"])
def test_skos_keeps_all_but_superseded_and_whose_note_it_is(tmp_path: Path, name: str) -> None:
    second = GlossaryTerm("cardiac infarction", P, "the infarction (2)", "en")
    found = {replace(term, note="") for term in again(tmp_path, (*TERMS, second), name)}
    kept = {replace(t, note="", status=D if t.status is S else t.status) for t in TERMS}
    assert found == {*kept, replace(second, status=A)}


def test_tbx_core_keeps_words_languages_and_notes(tmp_path: Path) -> None:
    found = {(t.term, t.concept, t.language, t.note) for t in again(tmp_path, TERMS, "tbx-core")}
    assert found == {(t.term, t.concept, t.language, t.note) for t in TERMS}


def test_omegat_keeps_the_words_and_says_which_are_not_to_be_used(tmp_path: Path) -> None:
    path = tmp_path / "g.txt"
    path.write_bytes(glossary_format("omegat", path).data(TERMS))
    assert path.read_text(encoding="utf-8").splitlines() == [
        "# Glossary in tab-separated format -*- coding: utf-8 -*-",
        "myocardial infarction\theart attack\tdeprecated; lay",
        "myocardial infarction\tzawał serca\t",
        "myocardial infarction\t心筋梗塞\t",
        "stent\ttube\tsuperseded",
        "-itis\t\t",
    ]
    assert {t.term for t in read_glossary(path)} == {t.term for t in TERMS}


def test_no_cell_of_a_table_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_bytes(glossary_format("", path).data(TERMS))
    assert "'-itis,admitted,'=inflammation,en-GB," in path.read_text(encoding="utf-8-sig")
    book = tmp_path / "g.xlsx"
    book.write_bytes(glossary_format("", book).data(TERMS))
    cells = [cell for row in openpyxl.load_workbook(book)["glossary"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


def test_a_form_is_chosen_by_its_id_or_by_the_name_of_the_file() -> None:
    assert glossary_format("", Path("g.TTL")).id == "skos-turtle"
    assert glossary_format("tbx-2", Path("g.tbx")).id == "tbx-2"
    with pytest.raises(UserError, match="no glossary format called 'doc'"):
        glossary_format("doc", Path("g.tbx"))
    with pytest.raises(UserError, match=r"It must end in \.csv, \.tsv"):
        glossary_format("", Path("g.doc"))


def test_more_terms_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("judgments_xlsx", "glossaries.tables"):
        monkeypatch.setattr(f"ftcompare.formats.{module}.MAX_ROWS", 4)
    with pytest.raises(UserError, match="at most 3 terms"):
        glossary_format("xlsx", Path("g.xlsx")).data(TERMS)


def test_characters_that_xml_cannot_hold_stand_as_escapes(tmp_path: Path) -> None:
    noted = GlossaryTerm("stent", P, "stent", "en", "a\x0b\r\nb")
    assert again(tmp_path, [noted], "tbx")[0].note == "a\\x0b\nb"


LABELS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs", "M")), min_size=1, max_size=12).map(
    lambda text: " ".join(text.split())
)
NAMES = LABELS.filter(bool)
GUARDED = (";=", ";'=", "=;'=", "'=", "''=", "-;-", "a; '=b", "'tis", "x;' y")
"""Labels with what a spreadsheet would run, or with apostrophes where such a cell is given one."""


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_apostrophes_beside_what_a_spreadsheet_would_run_are_read_back(tmp_path: Path, name: str) -> None:
    terms = [GlossaryTerm(text, A, f"{text} again", note=f"so\n{text}") for text in GUARDED]
    assert {*again(tmp_path, terms, name)} == {*terms}
    text = (tmp_path / f"g.{name}").read_text(encoding="utf-8-sig")
    assert not any(line.lstrip().startswith("=") for line in re.split(r"[\r\n;,]+", text))


@settings(max_examples=150)
@given(NAMES)
def test_the_id_of_a_concept_says_its_name(name: str) -> None:
    assert concept_of_id(id_of(name)) == name
    assert not any(character.isspace() or character in "<>&\"'" for character in id_of(name))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES, st.sampled_from(TermStatus)), min_size=1, max_size=5))
def test_any_words_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, TermStatus]]
) -> None:
    terms = {
        (term, concept): GlossaryTerm(term, status, concept)
        for term, concept, status in rows
        if "|" not in term
    }.values()
    if terms:
        for name in ("csv", "tbx", "tbx-dct"):
            assert {*again(tmp_path_factory.mktemp("g"), terms, name)} == {*terms}


MUTANTS = 60


@pytest.mark.parametrize("name", SOUND)
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert refusal(path, SOUND[name]) is None
    rng = Random(name)
    refusals = [error for _ in range(MUTANTS) if (error := refusal(path, mutant(SOUND[name], rng)))]
    assert refusals
    for error in refusals:
        assert error.what
        assert error.how
        assert error.where.startswith(name)
        assert str(error).isprintable()


def refusal(path: Path, data: bytes) -> UserError | None:
    """The refusal of a file; None where something was read from it."""
    path.write_bytes(data)
    try:
        assert read_glossary(path)
    except UserError as error:
        return error
    return None


@pytest.mark.parametrize("name", BOMBS)
def test_entities_are_refused_whatever_they_hold(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name])
    assert refusal_code(lambda: read_glossary(path)) == "xml-entities"
