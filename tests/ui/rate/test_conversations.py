"""Conversations of several turns as raters and adjudicators see them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
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
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.theme.theme import Theme
from tests.builders import drawn_rater, present
from tests.ui.conftest import START
from tests.ui.page_driver import on_screen, owned

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
        "Answer\nA mesh tube.\nUser\nWho gets one?\nAnswer\nMany people.\nUser\nAnd after that?\n"
        "Answer to turn 3, the last one\nThey rest.",
        "Answer\nA scaffold.\nUser\nWho gets one?\nAnswer\nEmpty answer\nUser\nAnd after that?\n"
        "Answer to turn 3, the last one\nTwo drugs.",
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
    view.set_item(BlindItem(item.allocation, (FIRST,), "a", "b"), ConversationJudged.LAST)
    assert view.prompt.note == ""
    assert told(view) == ["a", "b"]


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
