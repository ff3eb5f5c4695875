"""The context on the rating page: folded, open, never; and the line on what a right answer does."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ftcompare.core.context import EXPECTED_WORDS, Expectation, Passage
from ftcompare.core.rating_design import ContextShown, RatingDesign
from ftcompare.core.study import RaterId
from ftcompare.ui.pages.rate.key_list import Offer, listed_keys
from ftcompare.ui.pages.rate.requests import Intent
from ftcompare.ui.rating.prompt import ContextCard
from ftcompare.ui.theme.theme import Theme
from tests.context_studies import BEDS, context_study
from tests.ui.page_driver import visible_text
from tests.ui.rate.conftest import Bench, MakeBench

Key = Qt.Key
HOSTILE = Passage("\u202e<b>id</b>", "<img src=x onerror=y> \u202egnp.exe\x1b[31m **bold**")


def bench_of(make_bench: MakeBench, folder: Path, design: RatingDesign | None = None) -> Bench:
    context_study(folder / "s.ftstudy", design).close()
    return make_bench(folder / "s.ftstudy").start()


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
    assert card.isVisible()
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
    assert card.isHidden()
    bench.key(Key.Key_X)
    assert card.isHidden()
    assert bench.page.view.ask.expected.isHidden()


def test_never_shows_none(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = bench_of(make_bench, tmp_path, RatingDesign(context=ContextShown.NEVER, expectation=False))
    for _ in range(6):
        assert bench.page.view.pair.context.isHidden()
        assert bench.page.view.ask.expected.isHidden()
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
    assert ("Context", "X") in listed_keys(keys, Offer.of(bench.page.shown, second_press=False))
    assert ("Context", "X") not in listed_keys(keys, Offer())


@pytest.mark.parametrize("markdown", [True, False])
def test_hostile_passages_are_shown_as_text(theme: Theme, qtbot: QtBot, markdown: bool) -> None:
    card = ContextCard(theme)
    qtbot.addWidget(card)
    card.set_markdown(markdown)
    card.set_context((HOSTILE,))
    card.set_opened(True)
    shown = card.text.toPlainText()
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert "<img src=x onerror=y>" in shown
    assert "⟨U+202E⟩gnp.exe" in shown


def test_what_is_too_long_says_how_much_is_not_shown(theme: Theme, qtbot: QtBot) -> None:
    card = ContextCard(theme)
    qtbot.addWidget(card)
    card.set_context((Passage("a", "word " * 4_000), Passage("b", "word " * 4_000)))
    card.set_opened(True)
    assert "16,000 more characters not shown" in card.text.toPlainText()
    card.refresh()
    assert "16,000 more characters not shown" in card.text.toPlainText()
