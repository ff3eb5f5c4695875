"""The reference answer on the rating page: never, on a key, always; and what a judgment says of it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt

from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterId
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.key_list import Offer, listed_keys
from ftcompare.ui.pages.rate.requests import Intent
from ftcompare.ui.pages.rate.state import RateState
from tests.store.pack.pack_studies import NOW, new_study
from tests.ui.rate.conftest import Bench, MakeBench

Key = Qt.Key


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
    assert card.isVisible()
    assert not card.text.isVisible()
    on_key.key(Key.Key_E)
    assert card.text.isVisible()
    assert card.text.toPlainText() == on_key.item.reference
    on_key.judge()
    assert not card.text.isVisible()
    on_key.judge()
    assert seen(on_key) == [True, False]


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


def test_the_texts_keep_their_share_of_a_small_window(always: Bench) -> None:
    view = always.page.view
    always.page.resize(1024, 640)
    always.settle()
    assert view.pair.left.text.view.height() >= always.page.height() / 5
    always.page.view.tools.markdown.click()
    assert view.pair.reference.text.toPlainText() == always.item.reference


def test_the_list_of_keys_has_it_where_it_can_be_opened(on_key: Bench) -> None:
    assert on_key.page.shown is not None
    offer = Offer.of(on_key.page.shown, second_press=False)
    assert ("Reference answer", "E") in listed_keys({"rate.reference": "E"}, offer)
    assert ("Reference answer", "E") not in listed_keys({"rate.reference": "E"}, Offer())
