"""What a rater is told at the end."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt

from tests.ui.rate.conftest import STANDING, Bench, MakeBench, make_rated


def stands_at(bench: Bench, done: int) -> bool:
    return bench.position == done and bench.page.state in STANDING


def test_who_skipped_every_pair_is_told_so_and_can_return_to_them(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(make_rated(tmp_path / "skipped.ftstudy", pairs=3)).start()
    for done in (1, 2, 3):
        bench.key(Qt.Key.Key_S)
        bench.key(Qt.Key.Key_1)
        bench.qtbot.waitUntil(partial(stands_at, bench, done))
    assert bench.words("done_title") == "All 3 pairs were skipped; none is judged."
    assert "0 pairs judged, 3 skipped." in bench.words("done_counts")
    assert "Every judgment" not in bench.words("done_counts")
    bench.click("return_to_skipped")
    bench.at(0)
