"""In a study that is unblinded, nobody is asked for a name first: rating is closed, and that is told."""

from __future__ import annotations

from pathlib import Path

from ftcompare.store.study.study_file import StudyFile
from tests.ui.conftest import START
from tests.ui.rate.conftest import MakeBench, make_rated


def test_that_rating_is_closed_is_told_before_anybody_is_asked_who_rates(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = make_rated(tmp_path / "closed.ftstudy", pairs=3)
    with StudyFile.open(path, now=START) as study:
        study.settings.unblind("done", now=START)
    bench = make_bench(path, rater="Nobody known")
    bench.page.enter()
    bench.qtbot.waitUntil(bench.page.view.closed.isVisible)
    assert not bench.page.view.who.isVisible()
    assert bench.stored(lambda log: log.raters.all()) == ()
