"""Glossaries with a header row, OmegaT's without one, and what a bad line gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossary import read_glossary

P, A, D, S = TermStatus.PREFERRED, TermStatus.ADMITTED, TermStatus.DEPRECATED, TermStatus.SUPERSEDED


def file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_bytes(content.encode())
    return path


def test_a_table_with_synonyms_and_defaults(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "g.csv",
        "Term,Status,Concept,Language,Note,Owner\n"
        "myocardial infarction| MI ,preferred,infarction,en-GB,not in letters,me\n"
        '"heart attack|coronary, acute",Deprecated,infarction,,,\n'
        "stent,,,,,\n",
    )
    assert read_glossary(path) == (
        GlossaryTerm("myocardial infarction", P, "infarction", "en-GB", "not in letters"),
        GlossaryTerm("MI", A, "infarction", "en-GB", "not in letters"),
        GlossaryTerm("heart attack", D, "infarction"),
        GlossaryTerm("coronary, acute", D, "infarction"),
        GlossaryTerm("stent", P, "stent"),
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("superseded", S),
        ("obsolete", S),
        ("forbidden", D),
        ("notRecommended", D),
        ("deprecatedTerm-admn-sts", D),
        ("admitted", A),
    ],
)
def test_the_words_of_other_tools_for_a_status(tmp_path: Path, word: str, status: TermStatus) -> None:
    terms = read_glossary(file(tmp_path, "g.tsv", f"status\tterm\n{word}\tdropsy\n"))
    assert terms == (GlossaryTerm("dropsy", status, "dropsy"),)


def test_terms_that_name_no_language_are_english(tmp_path: Path) -> None:
    path = file(tmp_path, "g.csv", "term,language\nzawał,pl\nstent,\n")
    assert [term.language for term in read_glossary(path)] == ["pl", "en"]


def test_the_same_word_may_stand_for_two_concepts(tmp_path: Path) -> None:
    path = file(tmp_path, "g.csv", "term,concept\nblock,bundle branch block\nblock,nerve block\n")
    assert len(read_glossary(path)) == 2


def test_omegat_glossary_without_header(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "g.txt",
        "# Glossary in tab-separated format -*- coding: utf-8 -*-\n"
        "stent\tproteza naczyniowa\tnot „rurka”\n"
        "stent\tstent\n"
        "stent\tstent\n\n"
        "MI\tzawał\t\n"
        "stent\trusztowanie\t\n"
        '"lead"\t\n',
    )
    assert read_glossary(path) == (
        GlossaryTerm("stent", P, "stent", "en", "not „rurka”"),
        GlossaryTerm("proteza naczyniowa", P, "stent", "en", "not „rurka”"),
        GlossaryTerm("MI", P, "MI", "en"),
        GlossaryTerm("zawał", P, "MI", "en"),
        GlossaryTerm("rusztowanie", A, "stent", "en"),
        GlossaryTerm('"lead"', P, '"lead"', "en"),
    )


@pytest.mark.parametrize(
    ("name", "content", "where", "said"),
    [
        ("g.csv", "word,status\nx,preferred\n", "g.csv, line 1", "no column term; it has 'word', 'status'"),
        ("g.tsv", "status\tconcept\nx\ty\n", "g.tsv, line 1", "no column term"),
        (
            "g.csv",
            "term,status\na,preferred\nb,best\n",
            "g.csv, line 3",
            "status is 'best'; it must be preferred, admitted, deprecated or superseded.",
        ),
        ("g.csv", "term,status\n,preferred\n", "g.csv, line 2", "term is missing or empty"),
        ("g.csv", "term\na||b\n", "g.csv, line 2", "term holds an empty synonym"),
        ("g.csv", 'term\n"a\nb"\n', "g.csv, line 2", "term holds a line break"),
        ("g.csv", "term,language\na,English (UK)\n", "g.csv, line 2", "language is 'English (UK)'"),
        (
            "g.csv",
            "term,concept\na,x\n\nb|a,x\n",
            "g.csv, line 4",
            "The term 'a' stands here and at line 2, in the same concept",
        ),
        ("g.tsv", "a\tb\nc\n", "g.tsv, line 2", "The line has 1 columns and no header row"),
        ("g.tsv", "a\tb\tc\td\n", "g.tsv, line 1", "The line has 4 columns"),
        ("g.tsv", "a\tb\n\tb\tc\n", "g.tsv, line 2", "columns"),
        ("g.tsv", "a\t" + "b" * 600, "g.tsv, line 1", "target is longer than 500 characters"),
        ("g.csv", "", "g.csv", "The file is empty"),
        ("g.csv", "term\n", "g.csv", "The file has no records"),
        ("g.txt", "# nothing\n\n", "g.txt", "The file has no records"),
        ("g.pdf", "<tbx/>", "g.pdf", "The suffix is '.pdf'; it must be .csv, .tsv, .tab, .txt, .xlsx"),
    ],
)
def test_a_bad_glossary_is_named_with_its_line_and_reason(
    tmp_path: Path, name: str, content: str, where: str, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        read_glossary(file(tmp_path, name, content))
    assert caught.value.where == where
    assert said in caught.value.what
    assert caught.value.how
