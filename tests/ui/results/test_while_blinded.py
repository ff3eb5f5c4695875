"""The Overview while a study is blinded: what may be watched, and that all of it comes with unblinding."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.results.claim_sentences import headline
from ftcompare.app.results.presentation.evidence import amount_words, evidence_sentence
from ftcompare.app.results.presentation.number_format import range_words
from ftcompare.app.results.presentation.pair_results import pair_results
from ftcompare.app.results.study_results import DetailedResults
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.overview.tab import OverviewTab
from ftcompare.ui.pages.results.page import ResultsPage
from tests.ui.conftest import START
from tests.ui.page_driver import enter, settle, visible_text
from tests.ui.results.judged_study import computed, written
from tests.ui.results.results_driver import asks_of, click_tab, overview_of

TOLD_LATER = {
    "Win rate",
    "Left chosen",
    "At equal length",
    "At equal length and style",
    "Sign test",
    "Prompts still needed",
    "Rater ability modelled",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three raters who prefer the fine-tuned system but for general topics; blinded."""
    return written(tmp_path / "b.ftstudy", prompts=32, raters=("Ada", "Ben", "Cleo"), unblinded=False)


@pytest.fixture
def blinded(path: Path) -> DetailedResults:
    """What the operation tells of it."""
    return computed(path)


@pytest.fixture
def overview(context: PageContext, blinded: DetailedResults, path: Path, qtbot: QtBot) -> OverviewTab:
    return overview_of(enter(ResultsPage(context), context, qtbot, path))


def unblinded(context: PageContext, path: Path, qtbot: QtBot) -> tuple[OverviewTab, DetailedResults]:
    context.tasks.close_study()
    settle(context, qtbot)
    with StudyFile.open(path, now=START) as study:
        study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    found = computed(path)
    return overview_of(enter(ResultsPage(context), context, qtbot, path)), found


def per_cents(tab: OverviewTab) -> set[str]:
    """Everything on it that ends in %."""
    return set(re.findall(r"[\d.–]+%", visible_text(tab)))


def test_while_blinded_the_overview_has_the_evidence_and_no_win_rate(
    overview: OverviewTab, blinded: DetailedResults
) -> None:
    pair = blinded.results.summary.comparisons[0]
    assert not overview.forest.isVisible()
    assert not overview.lost.link.isVisible()
    assert overview.line.text() == ""
    assert overview.evidence.isVisible()
    assert overview.headline.text() == headline(pair)
    assert overview.headline.text() == (
        "96 judgments by 3 raters so far. Which system is preferred is told after unblinding."
    )
    assert overview.settled.text() == evidence_sentence(pair_results(blinded, pair))
    assert overview.settled.text().startswith(f"Evidence so far: {amount_words(pair)}")
    said = visible_text(overview)
    assert "96" in said.splitlines()
    for word in ("Wins of", "System X", "System Y", "acme", "Win rate of", *TOLD_LATER - {"Win rate"}):
        assert word not in said
    watched = range_words(*pair.confidence_sequence)
    assert per_cents(overview) == {"100.0%", "0.0%", watched}, "shares of answers, the interval to watch"
    assert set(asks_of(overview)) == {"Evidence", "Judgments", "Can they be trusted?"}


def test_after_unblinding_the_overview_has_it_all(
    overview: OverviewTab, context: PageContext, path: Path, qtbot: QtBot
) -> None:
    assert not overview.forest.isVisible()
    told, found = unblinded(context, path, qtbot)
    pair = found.results.summary.comparisons[0]
    both = pair.win_rate_over_raters
    assert both is not None
    assert told.forest.isVisible()
    assert told.evidence.isVisible()
    assert told.headline.text() == headline(pair)
    assert told.headline.text().startswith("Raters preferred acme-tuned over acme-plain: acme-tuned won 75%")
    interval = range_words(both.low, both.high)
    assert told.line.text().startswith(
        f"Win rate of acme-tuned: 95% interval {interval} for raters like these"
    )
    said = visible_text(told)
    assert "Chance of being better" in said
    assert all(word in said for word in TOLD_LATER)
    assert {"72", "75.0%", "24", "25.0%"} <= set(said.splitlines())
    assert "What got worse: on “general” raters preferred acme-plain" in told.lost.text()


@pytest.mark.parametrize("tab", ["overview", "agreement", "automatic", "checkpoints"])
def test_what_is_said_above_every_tab_is_true_of_each(
    context: PageContext, path: Path, qtbot: QtBot, tab: str
) -> None:
    """Totals of judgments, of checks and by rater are shown as well as the evidence."""
    page = enter(ResultsPage(context), context, qtbot, path)
    click_tab(page, tab)
    settle(context, qtbot)
    shown = visible_text(page)
    assert "Only figures that do not say which system is preferred are shown, and “Is it enough?”" in shown
    assert "only “Is it enough?”" not in shown
