"""The context on the rating page: folded, open, never; and the line on what a right answer does."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import effective_keys
from ftcompare.app.rate.word_differences import differing_words
from ftcompare.core.context import EXPECTED_WORDS, Expectation, Passage
from ftcompare.core.rating_design import ContextShown, RatingDesign, ReferenceShown
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterId
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.full_screens import Offer, key_groups
from ftcompare.ui.pages.rate.state import Intent, RateState
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.rating.prompt import ContextCard
from ftcompare.ui.theme.theme import Theme
from tests.context_studies import BEDS, context_study
from tests.store.pack.pack_studies import NOW, new_study
from tests.ui.page_driver import owned, visible_text
from tests.ui.rate.conftest import Bench, MakeBench
from tests.ui.rate.sample_texts import pair_study

Key = Qt.Key
HOSTILE = Passage("\u202e<b>id</b>", "<img src=x onerror=y> \u202egnp.exe\x1b[31m **bold**")


def bench_of(make_bench: MakeBench, folder: Path, design: RatingDesign | None = None) -> Bench:
    context_study(folder / "s.ftstudy", design).close()
    return make_bench(folder / "s.ftstudy").start()


def listed(keys: dict[str, str], offer: Offer) -> list[tuple[str, str]]:
    return [row for _, rows in key_groups(keys, offer) for row in rows]


def at_context(bench: Bench, passages: int) -> ContextCard:
    """Judge on to a pair whose prompt has so many passages."""
    while len(bench.item.context) != passages:
        bench.judge()
    return bench.page.view.pair.context


def test_it_is_folded_until_the_key_and_passages_stand_under_their_ids(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = bench_of(make_bench, tmp_path)
    card = at_context(bench, 2)
    assert card.button.isVisible()
    assert not card.text.isVisible()
    assert "Context (2 passages)" in visible_text(bench.page)
    bench.key(Key.Key_X)
    assert card.text.toPlainText().split("\n") == ["a", "The ward opened in 1988.", "Passage 2", BEDS]
    bench.page.view.tools.markdown.click()
    assert "**opened**" in card.text.toPlainText()
    bench.key(Key.Key_X)
    assert not card.text.isVisible()


def test_each_pair_begins_as_the_owner_chose(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path, RatingDesign(context=ContextShown.OPEN))
    card = at_context(bench, 1)
    assert card.text.toPlainText() == BEDS
    bench.key(Key.Key_X)
    bench.judge()
    at_context(bench, 2)
    assert card.text.isVisible()


def test_a_prompt_without_a_context_has_no_card(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path)
    card = at_context(bench, 0)
    for _ in range(2):
        assert (card.isVisible(), card.button.isVisible()) == (False, False)
        bench.key(Key.Key_X)
    assert bench.page.view.pair.prompt.note == ""


def test_never_shows_none(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path, RatingDesign(context=ContextShown.NEVER, expectation=False))
    for _ in range(6):
        assert bench.page.view.pair.context.isHidden()
        assert not bench.page.view.pair.context.button.isVisible()
        assert bench.page.view.pair.prompt.note == ""
        bench.judge()


def test_raters_are_told_what_a_right_answer_does(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path)
    for passages, expects in ((2, Expectation.ANSWER), (1, Expectation.ABSTAIN), (0, Expectation.NONE)):
        at_context(bench, passages)
        told = [words for words in EXPECTED_WORDS.values() if words and words in visible_text(bench.page)]
        assert told == ([EXPECTED_WORDS[expects]] if expects else [])


def test_it_is_there_when_an_answer_is_looked_at_again(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path)
    at_context(bench, 1)
    bench.judge()
    given = bench.stored(lambda log: log.judgments.given(RaterId(1)))
    (one,) = [one for one in given if len(one.item.context) == 1]
    bench.requests.send(Intent.LOOK, one.item.allocation)
    bench.settle()
    bench.key(Key.Key_X)
    assert bench.page.view.pair.context.text.toPlainText() == BEDS


def test_an_open_card_moves_neither_labels_nor_buttons(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path)
    bench.page.resize(1280, 720)
    view, places = bench.page.view, set()
    for passages in (2, 0, 1, 2):
        at_context(bench, passages)
        for key in (Key.Key_X, Key.Key_X, Key.Key_P, Key.Key_P):
            bench.key(key)
            bench.settle()
            QApplication.processEvents()
            parts = (view.pair.left, view.pair.right, *view.answers.buttons)
            places.add(tuple(part.mapTo(bench.page, QPoint()).toTuple() for part in parts))
        if passages:
            bench.judge()
    assert len(places) == 1


def test_the_texts_keep_their_share_of_a_small_window(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path, RatingDesign(context=ContextShown.OPEN))
    at_context(bench, 2)
    bench.page.resize(1024, 640)
    bench.settle()
    assert bench.page.view.pair.left.text.view.height() >= bench.page.height() / 5


def test_the_list_of_keys_has_it_where_there_is_one(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path)
    at_context(bench, 1)
    assert bench.page.shown is not None
    keys = {"rate.context": "X"}
    assert ("Context", "X") in listed(keys, Offer.of(bench.page.shown, second_press=False))
    assert ("Context", "X") not in listed(keys, Offer())


@pytest.mark.parametrize("markdown", [True, False])
def test_hostile_passages_are_shown_as_text(theme: Theme, qtbot: QtBot, markdown: bool) -> None:
    card = owned(ContextCard(theme), qtbot)
    card.set_markdown(markdown)
    card.set_context((HOSTILE,))
    card.set_opened(True)
    shown = card.text.toPlainText()
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert "<img src=x onerror=y>" in shown
    assert "⟨U+202E⟩gnp.exe" in shown


def test_what_is_too_long_says_how_much_is_not_shown(theme: Theme, qtbot: QtBot) -> None:
    card = owned(ContextCard(theme), qtbot)
    card.set_context((Passage("a", "word " * 4_000), Passage("b", "word " * 4_000)))
    card.set_opened(True)
    assert "16,000 more characters not shown" in card.text.toPlainText()
    card.refresh()
    assert "16,000 more characters not shown" in card.text.toPlainText()


# In a judged pair that is looked at again the differing words are marked; before the judgment never.


FIRST, SECOND = "The heart 🫀 beats **fast** today.", "The heart 🫀 beats slowly today, as ever."


@pytest.fixture
def bench(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(pair_study(tmp_path / "d.ftstudy", "How?", FIRST, SECOND)).start()


def look_again(bench: Bench) -> None:
    bench.click("done_answers")
    screen = bench.page.view.own_answers
    bench.qtbot.waitUntil(lambda: screen.table.model.rowCount() == 1)
    bench.key(Key.Key_Return)
    bench.qtbot.waitUntil(lambda: bench.page.shown is not None and bool(bench.page.shown.changing))
    bench.settle()


def marked(pair: PairView) -> set[str]:
    views = (pair.left.text.view, pair.right.text.view)
    return {mark.cursor.selectedText() for view in views for mark in view.extraSelections()}


def test_places_count_as_a_document_of_qt_counts() -> None:
    assert differing_words("🫀 fast it is", "🫀 slow it is") == (((3, 7),), ((3, 7),))
    assert differing_words("a b", "a b") == ((), ())


def test_before_the_judgment_the_key_does_nothing(bench: Bench) -> None:
    assert not bench.page.actions_by_id["rate.differences"].isEnabled()
    bench.key(Key.Key_D)
    assert marked(bench.page.view.pair) == set()


def test_a_key_and_a_click_mark_them_and_take_the_marks_away(bench: Bench) -> None:
    pair = bench.page.view.pair
    bench.judge()
    look_again(bench)
    bench.key(Key.Key_D)
    assert marked(pair) == {"fast", "slowly", "as ever"}
    bench.click("changing_second")
    assert marked(pair) == set()
    bench.click("changing_second")
    assert marked(pair) == {"fast", "slowly", "as ever"}
    bench.key(Key.Key_M)
    bench.qtbot.waitUntil(lambda: marked(pair) == {"fast", "slowly", "as ever"})


def test_they_are_gone_with_the_pair(bench: Bench) -> None:
    bench.judge()
    look_again(bench)
    bench.key(Key.Key_D)
    bench.key(Key.Key_Escape)
    bench.qtbot.waitUntil(lambda: bench.ended)
    bench.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    bench.at(0)
    assert marked(bench.page.view.pair) == set()
    assert not bench.page.view.pair.differences.on


def test_the_key_is_listed_where_it_acts() -> None:
    assert ("Highlight differing words (pair opened again)", "D") in listed(effective_keys({}), Offer())
    assert ("Highlight differing words", "D") not in listed(effective_keys({}), Offer())


# The reference answer on the rating page: never, on a key, always; and what a judgment says of it.


def study_with(path: Path, setting: ReferenceShown, **design: float) -> Path:
    """A study whose prompts all have a reference answer."""
    new_study(
        path, RatingDesign(reference=setting, guess_share=design.get("guess_share", 0)), Scale()
    ).close()
    return path


@pytest.fixture
def on_key(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(study_with(tmp_path / "key.ftstudy", ReferenceShown.ON_KEY)).start()


@pytest.fixture
def always(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(study_with(tmp_path / "always.ftstudy", ReferenceShown.ALWAYS)).start()


def seen(bench: Bench) -> list[bool]:
    return [row.reference_seen for row in bench.rows()]


def test_never_shows_no_card_and_offers_no_key(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(study_with(tmp_path / "never.ftstudy", ReferenceShown.NEVER)).start()
    assert bench.page.view.pair.reference.isHidden()
    bench.key(Key.Key_E)
    assert bench.page.view.pair.reference.isHidden()
    bench.judge()
    assert seen(bench) == [False]


def test_the_key_opens_it_and_the_judgment_says_so(on_key: Bench) -> None:
    card = on_key.page.view.pair.reference
    assert card.button.isVisible()
    assert not card.text.isVisible()
    on_key.key(Key.Key_E)
    assert card.text.isVisible()
    assert card.text.toPlainText() == on_key.item.reference
    on_key.judge()
    assert not card.text.isVisible()
    on_key.judge()
    assert seen(on_key) == [True, False]


def test_escape_closes_what_the_rater_opened_before_it_pauses(on_key: Bench) -> None:
    card = on_key.page.view.pair.reference
    on_key.key(Key.Key_E)
    on_key.key(Key.Key_Escape)
    assert (card.opened, on_key.page.state) == (False, RateState.READY)
    on_key.key(Key.Key_Escape)
    assert on_key.page.state is RateState.PAUSED
    on_key.key(Key.Key_Return)
    on_key.until(RateState.READY)
    on_key.key(Key.Key_E)
    on_key.click("rate.pause")
    assert (card.opened, on_key.page.state) == (True, RateState.PAUSED)


def test_escape_pauses_at_once_where_the_study_opens_it(always: Bench) -> None:
    always.key(Key.Key_Escape)
    assert always.page.state is RateState.PAUSED


def test_one_that_is_folded_again_was_opened_all_the_same(on_key: Bench) -> None:
    on_key.key(Key.Key_E)
    on_key.key(Key.Key_E)
    assert not on_key.page.view.pair.reference.text.isVisible()
    assert on_key.draft.reference_seen
    on_key.judge()
    assert seen(on_key) == [True]


def test_the_mouse_opens_it_too(on_key: Bench) -> None:
    on_key.page.view.pair.reference.button.click()
    on_key.settle()
    assert on_key.draft.reference_seen


def test_opening_is_remembered_when_the_answer_is_taken_back(on_key: Bench) -> None:
    on_key.key(Key.Key_E)
    on_key.judge()
    on_key.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    on_key.at(0)
    on_key.judge()
    assert seen(on_key) == [True]


def test_one_that_is_opened_while_an_answer_is_changed_counts_for_the_new_answer(on_key: Bench) -> None:
    on_key.judge()
    (given,) = on_key.stored(lambda log: log.judgments.given(RaterId(1)))
    on_key.requests.send(Intent.LOOK, given.item.allocation)
    on_key.settle()
    on_key.key(Key.Key_E)
    on_key.key(Key.Key_Right)
    on_key.settle()
    assert seen(on_key) == [True]


def test_always_it_stands_open_and_every_judgment_saw_it(always: Bench) -> None:
    card = always.page.view.pair.reference
    assert card.text.isVisible()
    always.key(Key.Key_E)
    assert not card.text.isVisible()
    always.judge()
    assert card.text.isVisible()
    assert seen(always) == [True]


def test_a_guess_is_asked_without_it(make_bench: MakeBench, tmp_path: Path) -> None:
    path = study_with(tmp_path / "guess.ftstudy", ReferenceShown.ALWAYS, guess_share=0.5)
    bench = make_bench(path).start()
    while bench.phase() == "judge":
        assert bench.page.view.pair.reference.isVisible()
        bench.key(Key.Key_Left)
        bench.settle()
        bench.until(RateState.READY)
    assert bench.phase() == "guess"
    assert bench.page.view.pair.reference.isHidden()


def test_a_pack_shows_it_as_the_study_does(make_bench: MakeBench, tmp_path: Path) -> None:
    path = study_with(tmp_path / "s.ftstudy", ReferenceShown.ON_KEY)
    with StudyFile.open(path, now=NOW) as study:
        pack = study.packs.hand_out("Ann", tmp_path / "ann.ftpack", rng=Random(1), now=NOW).path
    bench = make_bench(pack).start()
    bench.key(Key.Key_E)
    assert bench.page.view.pair.reference.text.toPlainText().startswith("reference answer to ")
    bench.judge()
    (given,) = bench.stored(lambda log: log.judgments.given(RaterId(1)))
    assert given.verdict.reference_seen


def test_the_texts_beside_a_reference_keep_their_share_of_a_small_window(always: Bench) -> None:
    view = always.page.view
    always.page.resize(1024, 640)
    always.settle()
    assert view.pair.left.text.view.height() >= always.page.height() / 5
    always.page.view.tools.markdown.click()
    assert view.pair.reference.text.toPlainText() == always.item.reference


def test_the_list_of_keys_has_it_where_it_can_be_opened(on_key: Bench) -> None:
    assert on_key.page.shown is not None
    offer = Offer.of(on_key.page.shown, second_press=False)
    assert ("Reference answer", "E") in listed({"rate.reference": "E"}, offer)
    assert ("Reference answer", "E") not in listed({"rate.reference": "E"}, Offer())
