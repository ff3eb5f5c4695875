"""Prompts edited before they are part of a study."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import openpyxl
import pytest

from ftcompare.app.setup.new_study import StudyPlan, create_study
from ftcompare.app.setup.row_draft import (
    PromptDraft,
    editable_context,
    editable_text,
    labels_of,
    tags_of,
)
from ftcompare.app.setup.study_content import add_prompt_rows, prompts_in
from ftcompare.core.context import ContextKind, Passage
from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats.prompts import guessed_columns, read_columns, read_prompt_file
from ftcompare.store.study.study_file import StudyFile
from tests.builders import refuses, text_file

ASKED = (Message("user", "Why?"),)


def spec(key: str, text: str = "Why?") -> PromptSpec:
    return PromptSpec(key, (Message("user", text),))


def test_rows_are_changed_added_and_removed_and_all_of_it_is_undone() -> None:
    draft = PromptDraft([spec("a"), spec("b")])
    first = draft.rows[0].number
    draft.change(first, text="How?", category="heart", split=Split.TRAINED)
    added = draft.add(after=first)
    draft.change(added, text="When?")
    draft.remove([draft.rows[-1].number])
    assert [row.value.text for row in draft.rows] == ["How?", "When?"]
    assert draft.values[0].category == "heart"
    while draft.undo_words:
        draft.undo()
    assert draft.values == (spec("a"), spec("b"))
    while draft.redo_words:
        draft.redo()
    assert [row.value.text for row in draft.rows] == ["How?", "When?"]


def test_which_ids_nobody_gave_is_known_until_they_are_typed() -> None:
    draft = PromptDraft([spec("p0001"), spec("b")], generated=("p0001",))
    draft.change(draft.add(), text="When?")
    assert draft.made == {"p0001", "p0003"}
    draft.change(draft.rows[0].number, key="p0001")
    draft.change(draft.rows[2].number, key="c")
    assert draft.made == frozenset()
    draft.undo()
    assert draft.made == {"p0003"}


def test_a_copy_has_the_same_acts_and_goes_its_own_way() -> None:
    draft = PromptDraft([spec("a"), spec("b")])
    draft.remove([1])
    copy = draft.copy()
    assert copy.add() not in (row.number for row in draft.rows)
    copy.undo()
    copy.undo()
    assert copy.values == (spec("a"), spec("b"))
    assert draft.values == (spec("b"),)
    assert draft.undo_words == "remove"


def test_a_change_that_changes_nothing_is_no_act() -> None:
    draft = PromptDraft([spec("a")])
    draft.change(draft.rows[0].number, text="Why?")
    assert not draft.undo_words


def test_what_is_wrong_with_a_row_is_said() -> None:
    draft = PromptDraft([spec("a"), spec("a"), spec("", "x"), spec("c", " "), spec("d\ne")])
    assert list(draft.problems.values()) == [
        "The id a appears 2 times.",
        "The id a appears 2 times.",
        "It has no id.",
        "The prompt is empty.",
        r"id contains a line break or another control character: 'd\ne'.",
    ]
    long = (
        PromptSpec("a", ASKED, task="x\ny"),
        PromptSpec("b", ASKED, context=(Passage("", "x" * 1_000_001),)),
    )
    assert list(PromptDraft(long).problems.values()) == [
        r"task contains a line break or another control character: 'x\ny'.",
        "context has 1,000,001 characters. The maximum is 1,000,000.",
    ]
    draft.change(draft.rows[0].number, category="x" * 501)
    assert "longer than 500 characters" in PromptDraft([draft.values[0]]).problems[1]


def test_a_conversation_keeps_its_turns() -> None:
    turns = (Message("system", "Be brief."), Message("user", "Why?"))
    draft = PromptDraft([PromptSpec("a", turns)])
    assert editable_text(draft.values[0]) is None
    draft.change(draft.rows[0].number, category="x")
    assert draft.values[0].messages == turns


def test_columns_of_other_tools_are_guessed() -> None:
    names = ["No", "Question", "Expected", "Topic", "Reviewer"]
    assert guessed_columns(names) == {
        "prompt": "Question", "id": "No", "category": "Topic", "reference": "Expected"
    }  # fmt: skip
    assert guessed_columns(["messages", "answer"]) == {"messages": "messages", "reference": "answer"}
    assert guessed_columns(["Expected answer", "User question"]) == {
        "prompt": "User question",
        "reference": "Expected answer",
    }
    assert guessed_columns(["a", "b"]) == {}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["user_input", "retrieved_contexts", "reference"],
         {"prompt": "user_input", "context": "retrieved_contexts", "reference": "reference"}),
        (["question", "documents", "task"], {"prompt": "question", "context": "documents", "task": "task"}),
        (["query", "context_kind"], {"prompt": "query", "context_kind": "context_kind"}),
        (["Passages", "Context type", "prompt", "choices", "expects"],
         {"context": "Passages", "context_kind": "Context type", "prompt": "prompt", "labels": "choices",
          "expects": "expects"}),
        (["turns", "category", "question_id"],
         {"turns": "turns", "category": "category", "id": "question_id"}),
        (["turns", "prompt"], {"prompt": "prompt"}),
    ],
)  # fmt: skip
def test_columns_of_contexts_and_turns_are_guessed(names: list[str], found: dict[str, str]) -> None:
    assert guessed_columns(names) == found


def test_a_context_of_one_text_is_edited_and_passages_stay() -> None:
    passages = (Passage("a", "One."), Passage("b", "Two."))
    draft = PromptDraft([PromptSpec("a", ASKED), PromptSpec("b", ASKED, context=passages)])
    assert [editable_context(spec) for spec in draft.values] == ["", None]
    draft.change(1, context="It was built.")
    assert draft.values[0].context == (Passage("", "It was built."),)
    assert editable_context(draft.values[0]) == "It was built."
    draft.change(1, context=" ")
    assert [editable_context(spec) for spec in draft.values] == ["", None]
    draft.change(2, context_kind=ContextKind.CONFLICTING)
    assert draft.values[1].context == passages


def test_a_prompt_with_later_turns_is_a_conversation() -> None:
    draft = PromptDraft([PromptSpec("a", ASKED, later_turns=("And?",))])
    assert editable_text(draft.values[0]) is None
    draft.change(1, text="Other")
    assert draft.values[0].messages == ASKED


def test_the_next_accepted_answer_follows_a_reference_that_is_taken_away() -> None:
    draft = PromptDraft([PromptSpec("a", ASKED, reference="1", more_references=("one", "I"))])
    draft.change(1, reference="")
    spec = draft.values[0]
    assert (spec.reference, spec.more_references) == ("one", ("I",))


def test_labels_are_parted_by_a_bar_and_tags_as_people_type_them() -> None:
    assert labels_of("yes, always | no || no") == ("yes, always", "no")
    assert tags_of("heart | short, heart,") == ("heart", "short")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl"])
def test_a_file_is_read_by_the_columns_that_were_chosen(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"q{suffix}"
    if suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in (("Question", "prompt", "Gold"), ("Why?", "old", "So."), ("How?", "older", "Thus.")):
            book.worksheets[0].append(row)
        book.save(path)
    elif suffix == ".csv":
        path.write_text("Question,prompt,Gold\nWhy?,old,So.\nHow?,older,Thus.\n", "utf-8")
    else:
        path.write_text(
            '{"Question": "Why?", "prompt": "old", "Gold": "So."}\n'
            '{"Question": "How?", "prompt": "older", "Gold": "Thus."}\n',
            "utf-8",
        )
    found = read_columns(path)
    assert found.names == ("Question", "prompt", "Gold")
    assert found.rows[1] == ("How?", "older", "Thus.")
    overview = prompts_in(path, {"prompt": "Question", "reference": "Gold"})
    assert [(s.text, s.reference) for s in overview.specs] == [("Why?", "So."), ("How?", "Thus.")]
    assert not overview.note  # the window shows beside each column what it is used for


def test_plain_text_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("Why?\n", "utf-8")
    with pytest.raises(UserError, match=r"must be \.jsonl"):
        read_columns(tmp_path / "q.txt")


def test_what_contradicts_itself_or_lacks_a_context_is_said_while_it_is_edited() -> None:
    draft = PromptDraft([PromptSpec("a", ASKED, context_kind=ContextKind.KNOWN)])
    assert draft.problems == {1: "It has a kind of context but no context."}
    draft.change(1, context="It was built.")
    assert not draft.problems
    draft = PromptDraft([PromptSpec("a", ASKED, labels=("mild", "severe"), reference="sevre")])
    assert "not one of the labels" in draft.problems[1]
    draft.change(1, reference="severe")
    assert not draft.problems


# Prompts added to a study that is there: which ids they get, and what is said of equal ones.


def lines(folder: Path, name: str, *rows: str) -> Path:
    return text_file(folder / name, "\n".join(rows) + "\n")


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> StudyFile:
    plan = StudyPlan("Heart", prompts=lines(tmp_path, "first.txt", "What is AF?", "What is MI?"))
    return create_study(tmp_path / "s.ftstudy", plan, rng=Random(1), now=now)


def added(study: StudyFile, file: Path) -> str:
    found = read_prompt_file(file)
    return add_prompt_rows(study, found.prompts, found.made).note


def prompts_of(study: StudyFile) -> list[tuple[str, str]]:
    return [(prompt.spec.key, prompt.spec.text) for prompt in study.prompts.all()]


def test_prompts_without_ids_get_the_next_free_ones(study: StudyFile, tmp_path: Path) -> None:
    assert not added(study, lines(tmp_path, "more.txt", "What is PE?", "What is DVT?", "What is BP?"))
    assert not added(study, lines(tmp_path, "last.txt", "What is HF?"))
    assert prompts_of(study) == [
        ("p0001", "What is AF?"),
        ("p0002", "What is MI?"),
        ("p0003", "What is PE?"),
        ("p0004", "What is DVT?"),
        ("p0005", "What is BP?"),
        ("p0006", "What is HF?"),
    ]
    study.close()


def test_ids_that_were_given_stay_and_are_kept_clear_of(study: StudyFile, tmp_path: Path) -> None:
    assert not added(study, lines(tmp_path, "more.csv", "id,prompt", "p0003,What is PE?", ",What is BP?"))
    assert [key for key, _ in prompts_of(study)] == ["p0001", "p0002", "p0003", "p0004"]
    study.close()


def test_an_id_that_was_given_and_is_there_is_refused(study: StudyFile, tmp_path: Path) -> None:
    with refuses("prompt-exists"):
        added(study, lines(tmp_path, "more.csv", "id,prompt", "p0002,What is PE?", ",What is BP?"))
    assert len(prompts_of(study)) == 2
    study.close()


def test_made_ids_that_are_free_stay_as_they_are(study: StudyFile, tmp_path: Path) -> None:
    added(study, lines(tmp_path, "more.csv", "id,prompt", "a,What is PE?", "b,What is BP?", ",What is HF?"))
    assert [key for key, _ in prompts_of(study)] == ["p0001", "p0002", "a", "b", "p0003"]
    study.close()


def test_equal_prompts_are_added_and_noted_as_when_a_study_is_made(study: StudyFile, tmp_path: Path) -> None:
    told = added(study, lines(tmp_path, "more.txt", "What is AF?", "What is PE?"))
    assert told == (
        "1 prompt is word for word the same as one that was in the study: it is answered and judged "
        "separately."
    )
    told = added(study, lines(tmp_path, "all.txt", "What is AF?", "What is PE?"))
    assert told.startswith("2 prompts are word for word the same as one that was in the study: each is")
    assert len(prompts_of(study)) == 6
    study.close()
