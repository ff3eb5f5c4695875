"""The charts of the Results page: drawn, saved, copied; and how the evidence grew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

from PySide6.QtGui import QGuiApplication, QImage

from ftcompare.app.results.study_results import DetailedResults
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    RaterKind,
)
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.theme.theme import Theme
from tests.ui.conftest import START, RecordingBar
from tests.ui.results.judged_study import computed, written
from tests.ui.results.results_driver import overview_of


def test_one_prompt_is_one_step_of_the_evidence(found: DetailedResults) -> None:
    (path_of_pair,) = found.evidence.values()
    assert len(path_of_pair.prompts) == found.results.summary.comparisons[0].prompts
    assert found.tuned == {"acme-tuned"}
    assert set(found.evidence) == {("acme-plain", "acme-tuned", RaterKind.HUMAN)}


def test_blinded_results_do_not_tell_who_is_tuned(tmp_path: Path) -> None:
    found = computed(written(tmp_path / "b.ftstudy", unblinded=False, prompts=2))
    assert found.tuned == frozenset()


def test_figures_are_saved_and_copied(page: ResultsPage, bar: RecordingBar, tmp_path: Path) -> None:
    card = overview_of(page).forest
    card.save(tmp_path / "forest.svg")
    card.save(tmp_path / "forest.png")
    assert "acme-tuned preferred →" in (tmp_path / "forest.svg").read_text(encoding="utf-8")
    picture = QImage(str(tmp_path / "forest.png"))
    assert picture.width() == 1720
    assert bar.good == ["Saved forest.svg", "Saved forest.png"]
    card.view.copy()
    assert QGuiApplication.clipboard().image().size() == picture.size()


def test_a_figure_that_cannot_be_saved_leaves_nothing(
    page: ResultsPage, bar: RecordingBar, tmp_path: Path
) -> None:
    overview_of(page).forest.save(tmp_path / "no such folder" / "forest.svg")
    assert [error.code for error in bar.errors] == ["folder-missing"]
    assert not (tmp_path / "no such folder").exists()


def test_saved_figures_are_light_whatever_the_theme(page: ResultsPage, theme: Theme) -> None:
    figure = overview_of(page).forest.view
    before = figure.saved("svg")
    theme.set_mode("dark")
    theme.set_zoom(1.5)
    assert figure.saved("svg") == before


def test_the_chart_is_drawn_anew_for_another_theme_and_size(page: ResultsPage, theme: Theme) -> None:
    figure = overview_of(page).forest.view
    light, tall = figure.grab().toImage(), figure.height()
    theme.set_mode("dark")
    assert figure.grab().toImage() != light
    theme.set_zoom(1.5)
    assert figure.height() > tall


def test_the_pages_load_no_heavy_library_before_they_are_entered() -> None:
    code = (
        "import sys, ftcompare.ui.pages.results.page, ftcompare.ui.pages.review.page; "
        "loaded = {m.split('.')[0] for m in sys.modules}; "
        "sys.exit(bool(loaded & {'matplotlib', 'scipy', 'numpy', 'rapidfuzz'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_figure_replaces_no_study(page: ResultsPage, bar: RecordingBar, tmp_path: Path) -> None:
    other = tmp_path / "forest.svg"
    StudyFile.create(other, title="T", scale=Scale(), rng=Random(1), now=START).close()
    before = other.read_bytes()
    overview_of(page).forest.save(other)
    assert [error.code for error in bar.errors] == ["over-study"]
    assert other.read_bytes() == before
