"""The glossary of a study: changed, merged with a file, saved, added to, and edited as a draft."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ftcompare.app.setup.glossary import (
    add_candidate,
    change_from_file,
    change_json,
    change_of,
    effect_words,
    save_glossary,
    set_glossary,
    study_glossary,
    usual_language,
)
from ftcompare.app.setup.row_draft import GlossaryDraft
from ftcompare.app.setup.study_content import set_glossary as set_and_look
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossary import read_glossary
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import GLOSSARY

P, A, D = TermStatus.PREFERRED, TermStatus.ADMITTED, TermStatus.DEPRECATED
AF = GlossaryTerm("AF", A, "AF")


def test_a_change_is_in_the_audit_log_with_its_numbers_and_the_study_stays_whole(
    study: StudyFile, now: datetime
) -> None:
    set_glossary(study, [GLOSSARY[0], AF], now=now)
    assert study.glossary.terms() == (GLOSSARY[0], AF)
    line = next(line for line in audit_view(study).lines if line.what == "Glossary changed")
    assert line.detail.startswith("1 added, 1 removed; seal ")
    set_glossary(study, [GLOSSARY[0], AF], now=now)
    assert sum(line.what == "Glossary changed" for line in audit_view(study).lines) == 2
    assert study.verify().ok


def test_a_term_that_cannot_be_stored_changes_nothing(study: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError, match="term is missing or empty"):
        set_glossary(study, [AF, GlossaryTerm(" ", P, "x")], now=now)
    assert study.glossary.terms() == GLOSSARY


def test_a_file_is_merged_or_put_in_the_place_of_all(study: StudyFile, tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text(
        "term,status,concept\nAF,admitted,AF\nirregular heartbeat,superseded,AF\n", encoding="utf-8"
    )
    merge = change_from_file(study, path, merge=True)
    assert merge.diff.counts == {"added": 1, "changed": 1, "removed": 0}
    assert change_from_file(study, path, merge=False).diff.counts == {"added": 1, "changed": 1, "removed": 1}
    told = change_json(merge)
    assert told["added"] == [
        {"term": "AF", "status": "admitted", "concept": "AF", "language": "en", "note": ""}
    ]
    assert study.glossary.terms() == GLOSSARY


def test_conflicts_of_what_would_be_are_told(study: StudyFile) -> None:
    change = change_of(study, [*GLOSSARY, GlossaryTerm("irregular heartbeat", P, "other")])
    conflicts: Any = change_json(change)["conflicts"]
    assert [conflict["kind"] for conflict in conflicts] == ["preferred and deprecated at once"]


def test_a_candidate_is_admitted_in_the_usual_language(study: StudyFile, now: datetime) -> None:
    set_glossary(study, [*GLOSSARY, GlossaryTerm("migotanie", P, "AF", "pl")], now=now)
    found = add_candidate(study, "  palpitations ", now=now)
    assert found == GlossaryTerm("palpitations", A, "palpitations", "en", "Candidate")
    assert add_candidate(study, "FA", now=now, concept="AF", language="pl").language == "pl"
    assert [term.term for term in study.glossary.terms()][2:] == ["migotanie", "FA", "palpitations"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("Atrial Fibrillation", "already has “atrial fibrillation”, as preferred"),
        (" ", "term is missing or empty"),
        ("a\nb", "term contains a line break"),
        ("a" * 501, "longer than 500"),
    ],
)
def test_a_word_that_is_no_candidate_is_refused(
    study: StudyFile, now: datetime, word: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        add_candidate(study, word, now=now)
    assert study.glossary.terms() == GLOSSARY


def test_the_language_of_no_terms_is_english() -> None:
    assert usual_language(()) == "en"


def test_a_glossary_is_saved_and_nothing_is_replaced_unasked(study: StudyFile, tmp_path: Path) -> None:
    path = tmp_path / "g.tbx"
    assert save_glossary(GLOSSARY, path, replace=False).id == "tbx"
    assert read_glossary(path) == GLOSSARY
    with pytest.raises(UserError, match="already a file"):
        save_glossary(GLOSSARY, path, replace=False)
    with pytest.raises(UserError, match="study is never replaced"):
        save_glossary(GLOSSARY, study.path, form="csv", replace=True)
    with pytest.raises(UserError, match="has no terms"):
        save_glossary((), path, replace=True)


def test_what_a_change_does_to_judgments_is_told(study: StudyFile) -> None:
    assert study_glossary(study).judgments == 0
    assert effect_words(0) == ""
    assert effect_words(1).startswith("All judgments stay unchanged. Tables of terms")


def test_the_window_gets_the_content_that_follows(study: StudyFile, now: datetime) -> None:
    assert set_and_look(study, [AF], now=now).glossary.terms == 1


# --- the draft -----------------------------------------------------------------------------------


def test_terms_are_changed_added_and_removed_and_all_of_it_is_undone() -> None:
    draft = GlossaryDraft(GLOSSARY)
    first, second = (row.number for row in draft.rows)
    draft.change(second, status=TermStatus.SUPERSEDED, note="lay")
    added = draft.add(first, of_concept=True)
    assert draft.problems == {added: "Term is missing or empty."}
    draft.change(added, term="AF", concept="")
    draft.remove([first])
    assert draft.values == (AF, GlossaryTerm("irregular heartbeat", TermStatus.SUPERSEDED, "AF", "en", "lay"))
    assert draft.diff.counts == {"added": 1, "changed": 1, "removed": 1}
    while draft.undo_words:
        draft.undo()
    assert draft.values == GLOSSARY
    assert not draft.diff
    while draft.redo_words:
        draft.redo()
    assert draft.values[0] == AF
    draft.undo()
    draft.change(first, note="x")
    assert not draft.redo_words


def test_a_term_of_its_own_concept_is_preferred_and_stands_at_the_end() -> None:
    draft = GlossaryDraft(GLOSSARY)
    number = draft.add()
    assert draft.rows[-1].number == number
    assert draft.values[-1] == GlossaryTerm("", P, "")
    assert draft.concepts == ("AF",)
    draft.change(number, term="")
    assert draft.undo_words == "add"


def test_other_terms_are_taken_as_one_act() -> None:
    draft = GlossaryDraft(GLOSSARY)
    kept = draft.rows[1]
    draft.take([AF, GLOSSARY[1]], "merge")
    assert draft.values == (AF, GLOSSARY[1])
    assert draft.rows[1] == kept
    draft.undo()
    assert draft.values == GLOSSARY
    draft.redo()
    draft.undo()
    draft.redo()
    assert draft.redo_words == ""


def test_rows_in_conflict_are_known() -> None:
    draft = GlossaryDraft([*GLOSSARY, GlossaryTerm("AF", P, "AF")])
    assert [bool(draft.conflicts_of(row.number)) for row in draft.rows] == [True, False, True]
    assert draft.conflicts_of(99) == ()
    assert draft.conflicts[0].sentence.startswith("The concept AF has 2 preferred terms")
