"""Prompts edited before they are part of a study."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from ftcompare.app.setup.prompt_draft import PromptDraft, columns_of, guessed_columns, tags_of
from ftcompare.app.setup.study_content import prompts_in
from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, PromptSpec, Split


def spec(key: str, text: str = "Why?") -> PromptSpec:
    return PromptSpec(key, (Message("user", text),))


def test_rows_are_changed_added_and_removed_and_all_of_it_is_undone() -> None:
    draft = PromptDraft([spec("a"), spec("b")])
    first = draft.rows[0].number
    draft.change(first, text="How?", category="heart", split=Split.TRAINED)
    added = draft.add(after=first)
    draft.change(added, text="When?")
    draft.remove([draft.rows[-1].number])
    assert [row.spec.text for row in draft.rows] == ["How?", "When?"]
    assert draft.prompts()[0].category == "heart"
    while draft.undo_words:
        draft.undo()
    assert draft.prompts() == (spec("a"), spec("b"))
    assert not draft.changed
    while draft.redo_words:
        draft.redo()
    assert [row.spec.text for row in draft.rows] == ["How?", "When?"]


def test_which_ids_nobody_gave_is_known_until_they_are_typed() -> None:
    draft = PromptDraft([spec("p0001"), spec("b")], made=("p0001",))
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
    assert copy.prompts() == (spec("a"), spec("b"))
    assert draft.prompts() == (spec("b"),)
    assert draft.undo_words == "remove"


def test_a_change_that_changes_nothing_is_no_act() -> None:
    draft = PromptDraft([spec("a")])
    draft.change(draft.rows[0].number, text="Why?")
    assert not draft.undo_words


def test_what_is_wrong_with_a_row_is_said() -> None:
    draft = PromptDraft([spec("a"), spec("a"), spec("", "x"), spec("c", " "), spec("d\ne")])
    assert list(draft.problems().values()) == [
        "The id a stands 2 times.",
        "The id a stands 2 times.",
        "It has no id.",
        "The prompt is empty.",
        r"id holds a line break or another control character: 'd\ne'.",
    ]
    draft.change(draft.rows[0].number, category="x" * 501)
    assert "longer than 500 characters" in PromptDraft([draft.prompts()[0]]).problems()[1]


def test_a_conversation_keeps_its_turns() -> None:
    turns = (Message("system", "Be brief."), Message("user", "Why?"))
    draft = PromptDraft([PromptSpec("a", turns)])
    assert draft.rows[0].text is None
    draft.change(draft.rows[0].number, category="x")
    assert draft.prompts()[0].messages == turns


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
    found = columns_of(path)
    assert found.names == ("Question", "prompt", "Gold")
    assert found.rows[1] == ("How?", "older", "Thus.")
    overview = prompts_in(path, {"prompt": "Question", "reference": "Gold"})
    assert [(s.text, s.reference) for s in overview.specs] == [("Why?", "So."), ("How?", "Thus.")]
    assert "'prompt'" in overview.note


def test_plain_text_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("Why?\n", "utf-8")
    with pytest.raises(UserError, match=r"must be \.jsonl"):
        columns_of(tmp_path / "q.txt")


def test_tags_are_parted_as_people_type_them() -> None:
    assert tags_of("heart | short, heart,") == ("heart", "short")
