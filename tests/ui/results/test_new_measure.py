"""A measure is one function that counts and one that says it: every renderer then shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.report import ReportForm, write_report
from ftcompare.app.results.presentation.blocks import Explanation, Figure
from ftcompare.app.results.presentation.pair_results import MEASURES, Group, PairResults, measure
from ftcompare.cli.main import run
from ftcompare.stats.summary import PairSummary
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from tests.ui.conftest import START
from tests.ui.page_driver import enter, every_word
from tests.ui.results.judged_study import written
from tests.ui.results.results_driver import asks_of, card_of, explained, overview_of

LABEL = "Share of decided judgments"


def decided_share(pair: PairSummary) -> float:
    """What a module of `ftcompare.stats` would compute."""
    return (pair.wins_a + pair.wins_b) / pair.judgments


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {group: list(makers) for group, makers in MEASURES.items()}
    monkeypatch.setattr("ftcompare.app.results.presentation.pair_results.MEASURES", kept)
    monkeypatch.setattr("ftcompare.app.results.presentation.overview.MEASURES", kept)

    @measure(Group.RATES)
    def decided(told: PairResults) -> Iterator[Figure]:
        pair = told.pair
        numbers = f"({pair.wins_a} + {pair.wins_b}) / {pair.judgments}."
        how = Explanation(LABEL, ("Judgments that prefer one of the two.",), numbers=(numbers,))
        yield Figure("decided_share", LABEL, decided_share(pair), how)


@pytest.mark.usefixtures("registered")
def test_a_registered_measure_stands_in_window_report_and_command_line(
    context: PageContext, tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "acme.ftstudy", prompts=4)
    assert run(["results", str(path), "--details"]) == 0
    assert any(line.split(LABEL)[1].split() == ["100%"] for line in said(capsys) if line.startswith(LABEL))
    page, pdf = tmp_path / "r.html", tmp_path / "r.pdf"
    with StudyFile.open(path, now=START) as study:
        write_report(study, [(page, ReportForm.HTML), (pdf, ReportForm.PDF)], now=START)
    for told in (page.read_text(encoding="utf-8"), pdf_text(pdf)):
        assert told.count(LABEL) == 2  # among the figures, and how it is computed
        assert "(2 + 6) / 8." in told
    view = enter(ResultsPage(context), context, qtbot, path)
    assert f"{LABEL}: 100%" in every_word(card_of(overview_of(view), "evidence"))
    assert "(2 + 6) / 8." in explained(view, asks_of(overview_of(view))["Evidence"])


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def pdf_text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
