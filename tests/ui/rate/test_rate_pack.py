"""Rating in a pack: nobody is asked who rates, and at the end stands what to do with the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from ftcompare.app.raters.packs import make_pack
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from tests.ui.conftest import START
from tests.ui.rate.conftest import REASONS, Bench, MakeBench, make_rated

Key = Qt.Key


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of three pairs for Cleo, with one question at the end."""
    path = make_rated(
        tmp_path / "study.ftstudy", Scale(reasons=REASONS), RatingDesign(end_guesses=1), pairs=3
    )
    with StudyFile.open(path, now=START) as study:
        made = make_pack(
            study, tmp_path / "Review – Cleo.ftpack", "Cleo", rng=Random(3), now=START + timedelta(minutes=1)
        )
    return made.made.path


@pytest.fixture(params=["", "Ada"])
def packed(request: pytest.FixtureRequest, make_bench: MakeBench, pack: Path) -> Bench:
    """Cleo's pack on a machine where nobody has rated, and on one where Ada has."""
    return make_bench(pack, rater=request.param).start()


def buttons(bench: Bench) -> set[str]:
    face = bench.page.view.done
    return {b.objectName() for b in face.findChildren(QPushButton) if b.isVisible()}


def test_nobody_is_asked_who_rates(packed: Bench) -> None:
    assert packed.page.state is RateState.READY
    rater = packed.page.view.rater
    assert rater.accessibleName() == "Cleo"
    assert not rater.isEnabled()
    assert packed.raters == []


def test_the_end_says_where_the_file_is(packed: Bench, pack: Path) -> None:
    shown: list[object] = []
    packed.page.view.done.show_file.connect(shown.append)
    packed.key(Key.Key_1)
    for _ in range(3):
        packed.judge()
        packed.until(RateState.READY, RateState.DONE)
    packed.guess(Key.Key_Left, Key.Key_2)
    assert packed.ended
    assert "Thank you, Cleo" in packed.words("done_title")
    assert packed.words("pack_path") == str(pack)
    assert buttons(packed) == {"pack_folder", "pack_copy", "done_mark"}
    packed.click("pack_folder")
    assert shown == [pack]
    packed.click("pack_copy")
    assert QApplication.clipboard().text() == str(pack)
    assert "Send it back" in " ".join(w.text() for w in packed.page.view.done.findChildren(QLabel))


def test_skipped_pairs_can_be_returned_to(packed: Bench) -> None:
    packed.key(Key.Key_S)
    packed.key(Key.Key_1)
    packed.at(1)
    packed.judge()
    packed.judge()
    packed.until(RateState.SKIPPED, RateState.DONE)
    # The question at the end may be about the skipped pair: then it is not asked as things are.
    packed.click("return_to_skipped" if packed.ended else "skipped_return")
    packed.at(2)


def test_a_pause_in_a_pack_leads_nowhere_else(packed: Bench) -> None:
    packed.key(Key.Key_Escape)
    assert packed.page.state is RateState.PAUSED
    shown = {b.objectName() for b in packed.page.view.pause.findChildren(QPushButton) if b.isVisible()}
    assert shown == {"pause_go_on"}


def test_undo_reaches_back_over_a_restart(packed: Bench, make_bench: MakeBench, pack: Path) -> None:
    first = packed.item
    packed.judge()
    packed.page.leave()
    packed.page.close()
    again = make_bench(pack, rater="").start()
    assert again.position == 1
    again.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    again.at(0)
    assert again.item.allocation == first.allocation


def test_the_time_of_this_sitting_is_told(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_rated(tmp_path / "t.ftstudy", pairs=6)).start()
    for _ in range(6):
        bench.clock.now += 30
        bench.judge()
    assert bench.ended
    assert "About 3 minutes" in bench.words("done_counts")
    assert buttons(bench) == {"done_answers", "done_results", "done_export", "done_change_rater"}
    assert "owner" in " ".join(w.text() for w in bench.page.view.done.findChildren(QLabel))
