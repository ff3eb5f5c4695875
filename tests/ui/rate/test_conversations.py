"""Conversations of several turns as raters and adjudicators see them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ftcompare.app.review.adjudication import contested_pairs, pair_to_decide
from ftcompare.app.review.answers import answered_prompt
from ftcompare.app.review.terminology import review, reviewed_alone
from ftcompare.core.blinding import BlindItem
from ftcompare.core.conversation import turns_before, whole_conversation
from ftcompare.core.rating_design import ConversationJudged, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    AllocationId,
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.pair_view import SidePanel
from ftcompare.ui.rating.controls import KeyButton
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.theme.theme import Theme
from tests.builders import drawn_rater, present
from tests.ui.conftest import START
from tests.ui.page_driver import child, on_screen, owned
from tests.ui.rate.conftest import MakeBench, make_rated

FIRST = Message("user", "What is a stent?")
LATER = ("Who gets one?", "And *after* that?")
ANSWERS = {"base": ("A mesh tube.", "Many people.", "They rest."), "tuned": ("A scaffold.", "", "Two drugs.")}


@pytest.fixture
def study(tmp_path: Path) -> StudyFile:
    made = StudyFile.create(tmp_path / "c.ftstudy", title="", scale=Scale(), rng=Random(1), now=START)
    (prompt,) = made.prompts.add([PromptSpec("p1", (FIRST,), later_turns=LATER)])
    for name, (*earlier, last) in ANSWERS.items():
        system = made.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id
        draft = ResponseDraft(system, last, FinishReason.IMPORTED, earlier=tuple(earlier))
        made.responses.store(prompt.id, [draft], run=None)
    return made


def item_for(study: StudyFile, rater: str) -> BlindItem:
    known = drawn_rater(study, rater, rng=Random(len(rater)), now=START).id
    return present(study.judgments.next_item(known))


def test_a_rater_gets_both_histories_and_each_side_shows_its_turns_one_below_the_other(
    study: StudyFile, view: PairView
) -> None:
    item = item_for(study, "Ada")
    sides = {(*item.left_earlier, item.left), (*item.right_earlier, item.right)}
    assert sides == set(ANSWERS.values())
    assert (item.messages, item.later_turns) == ((FIRST,), LATER)
    assert item.characters == sum(len(text) for answers in ANSWERS.values() for text in answers)
    assert not item.identical
    view.set_item(item)
    expected = [
        "Answer to turn 1\nA mesh tube.\nUser\nWho gets one?\nAnswer to turn 2\nMany people.\nUser\n"
        "And after that?\nAnswer to turn 3, the last one\nThey rest.",
        "Answer to turn 1\nA scaffold.\nUser\nWho gets one?\nAnswer to turn 2\nEmpty answer\nUser\n"
        "And after that?\nAnswer to turn 3, the last one\nTwo drugs.",
    ]
    assert sorted(told(view)) == sorted(expected)
    assert "judge all answers" in view.prompt.note
    view.refresh()
    assert sorted(told(view)) == sorted(expected)
    view.set_markdown(False)
    assert all("And *after* that?" in text for text in told(view))


def test_answers_of_conversations_are_the_same_where_all_turns_are() -> None:
    first = BlindItem(
        AllocationId(1),
        (FIRST,),
        "So. ",
        "So.",
        later_turns=LATER[:1],
        left_earlier=("A",),
        right_earlier=("A ",),
    )
    assert first.identical
    assert not replace(first, right_earlier=("B",)).identical
    assert whole_conversation((FIRST,), LATER, ("a", "b", "c")) == (
        FIRST,
        *turns_before(("a", "b"), LATER),
        Message("assistant", "c"),
    )


@pytest.fixture
def view(theme: Theme, qtbot: QtBot) -> PairView:
    shown = owned(PairView(theme, "", markdown=True), qtbot)
    shown.resize(1200, 800)
    return shown


def told(view: PairView) -> list[str]:
    return [panel.text.view.toPlainText() for panel in (view.left, view.right)]


def test_the_last_answer_alone_may_be_judged(view: PairView, study: StudyFile) -> None:
    item = item_for(study, "Ada")
    view.set_item(item, ConversationJudged.LAST)
    assert "Judge the answer to turn 3" in view.prompt.note
    view.show()
    long = replace(item, allocation=AllocationId(77), left_earlier=("line\n\n" * 99, "b"))
    view.set_item(long, ConversationJudged.LAST)  # the question of the last turn is in view
    bar = view.left.text.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    view.set_item(BlindItem(item.allocation, (FIRST,), "a", "b"), ConversationJudged.LAST)
    assert view.prompt.note == ""
    assert told(view) == ["a", "b"]


Q, W = Qt.Key.Key_Q, Qt.Key.Key_W


@pytest.mark.parametrize(
    ("keys", "wrong", "marked"),
    [
        ((), {}, ""),
        ((Q,), {"left": 1}, "Answer to turn 1 · goes wrong here"),
        ((Q, Q, W), {"left": 2, "right": 1}, "Answer to turn 2 · goes wrong here"),
        ((Q, Q, Q), {"left": 3}, "Answer to turn 3, the last one · goes wrong here"),
        ((Q, Q, Q, Q, W, W), {"right": 2}, ""),
    ],
)
def test_a_key_says_at_which_turn_a_side_goes_wrong(
    study: StudyFile,
    make_bench: MakeBench,
    keys: tuple[Qt.Key, ...],
    wrong: dict[str, int],
    marked: str,
) -> None:
    study.close()
    bench = make_bench(study.path).start()
    for key in keys:
        bench.key(key)
    left = bench.page.view.pair.left.text.view.toPlainText()
    assert [line for line in left.split("\n") if "goes wrong" in line] == ([marked] if marked else [])
    assert dict(bench.draft.wrong_turns) == wrong
    bench.judge()
    (row,) = bench.rows()
    sides = {"left": row.left, "right": "ab".replace(row.left, "")}
    assert dict(row.wrong_turns) == {sides[side]: turn for side, turn in wrong.items()}


def test_a_button_says_it_too_and_the_list_of_answers_shows_it(
    study: StudyFile, make_bench: MakeBench
) -> None:
    study.close()
    bench = make_bench(study.path).start()
    button = child(bench.page, KeyButton, "rate.wrong_right")
    assert button.words == "Right goes wrong"
    button.click()
    button.click()
    assert button.words == "Right goes wrong at turn 2"
    bench.judge()
    bench.key(Qt.Key.Key_L)
    bench.settle()
    table = bench.page.view.own_answers.table
    assert "Right goes wrong at turn 2" in table.model.shown[0].cells


def test_answers_to_one_turn_have_no_such_key(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_rated(tmp_path / "s.ftstudy")).start()
    assert not bench.page.actions_by_id["rate.wrong_left"].isEnabled()
    assert child(bench.page, KeyButton, "rate.wrong_left").isHidden()
    bench.key(Q)
    assert bench.draft.wrong_turns == ()


def test_an_adjudicator_sees_the_conversation_too(study: StudyFile) -> None:
    study.settings.set_rating(Scale(), RatingDesign(conversations=ConversationJudged.LAST), now=START)
    for rater, wanted in (("Ada", "They rest."), ("Bob", "Two drugs.")):
        item = item_for(study, rater)
        choice = Choice.LEFT if item.left == wanted else Choice.RIGHT
        study.judgments.judge(item.allocation, Verdict(choice), now=START)
    (pair,) = contested_pairs(study, "Eve")
    shown = pair_to_decide(study, "Eve", pair)
    assert shown.conversations is ConversationJudged.LAST
    sides = {(*shown.item.left_earlier, shown.item.left), (*shown.item.right_earlier, shown.item.right)}
    assert sides == set(ANSWERS.values())


def test_experts_read_the_turns_before_an_answer(study: StudyFile) -> None:
    item = item_for(study, "Ada")
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=START)
    wanted = {
        "Answer: A mesh tube.\n\nUser: Who gets one?\n\nAnswer: Many people.\n\nUser: And *after* that?",
        "Answer: A scaffold.\n\nUser: Who gets one?\n\nAnswer: \n\nUser: And *after* that?",
    }
    pair = review(study, item.allocation)
    assert {pair.left.before, pair.right.before} == wanted
    (prompt,) = study.prompts.all()
    assert {one.reviewed.before for one in answered_prompt(study, prompt.id).answers} == wanted


def test_a_panel_of_review_shows_the_turns_before(context: PageContext, qtbot: QtBot) -> None:
    panel = on_screen(SidePanel(context, "Left"), qtbot)
    panel.show_side(replace(reviewed_alone("So.", ()), before="User: Why?"), "", glossary=False)
    assert panel.before.text.toPlainText() == "User: Why?"
    panel.show_side(reviewed_alone("So.", ()), "", glossary=False)
    assert panel.before.isHidden()


def test_length_is_that_of_what_is_judged(study: StudyFile) -> None:
    item = item_for(study, "Ada")
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=START)
    whole = [len("\n\n".join(answers)) for answers in ANSWERS.values()]
    (vote,) = study.judgments.votes()
    assert [vote.pair.length_a, vote.pair.length_b] == whole
    # set before the first judgment, in a study of its own
    study._db.execute("UPDATE study SET rating = json_set(rating, '$.conversations', 'last')")
    (vote,) = study.judgments.votes()
    assert [vote.pair.length_a, vote.pair.length_b] == [len(answers[-1]) for answers in ANSWERS.values()]
