"""The Ranking tab on real studies: scores, every pair, automatic raters and raters beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from ftcompare.app.results import charts
from ftcompare.app.results.presentation.blocks import Cell
from ftcompare.app.results.presentation.ranking_scores import Measure
from ftcompare.app.results.study_results import detailed_results
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import RaterKind
from ftcompare.stats.ranking import Scores
from ftcompare.stats.summary import Summary
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.results.ranking.tab import RankingTab
from ftcompare.ui.pages.results.tabs import ResultsTab
from tests.app.report.report_studies import CHECKS, judged_study
from tests.app.voted_study import voted, voted_study
from tests.ui.conftest import START, RecordingBar
from tests.ui.page_driver import enter, every_word, press, settle, visible_text

ROOM = 760
"""For a tab at 1280 pixels, with an explanation beside it."""

STRENGTH = {"plain": 1.0, "small": 2.0, "large": 4.0}


def drawn(prompts: int = 20, raters: str = "AB", *, skip: tuple[str, ...] = ()) -> Iterator[JudgmentRecord]:
    """Votes drawn from known strengths, one in ten a tie.

    Args:
        skip: a pair of systems that nobody judges.
    """
    rng, names = Random(3), [*STRENGTH]
    for number in range(prompts):
        for place, a in enumerate(names):
            for b in names[place + 1 :]:
                for rater in raters if (a, b) != skip else "":
                    wins = rng.random() < STRENGTH[a] / (STRENGTH[a] + STRENGTH[b])
                    choice = "tie" if rng.random() < 0.1 else "a" if wins else "b"
                    yield voted(f"p{number}", rater, choice, a=a, b=b)


def judge(prompts: int = 10) -> Iterator[JudgmentRecord]:
    """A program that always prefers the later system, but for two prompts on which it takes the left."""
    for number in range(prompts):
        for side in "ab":
            yield voted(
                f"p{number}",
                "judge",
                side if number < 2 else "b",
                a="plain",
                b="large",
                left=side,
                rater_kind=RaterKind.AUTOMATIC,
            )


def stored(path: Path, records: Iterator[JudgmentRecord] | list[JudgmentRecord]) -> Path:
    voted_study(path, records, Random(1), START).close()
    return path


def ranking_of(context: PageContext, qtbot: QtBot, path: Path) -> tuple[ResultsPage, RankingTab]:
    page = enter(ResultsPage(context), context, qtbot, path)
    page.tabs.choose("ranking")
    settle(context, qtbot)
    tab = page.findChild(RankingTab)
    assert isinstance(tab, RankingTab)
    return page, tab


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "three.ftstudy", [*drawn(), *judge()])


@pytest.fixture
def summary(path: Path) -> Summary:
    """Computed before a page has the study open."""
    with StudyFile.open(path, now=START) as study:
        return detailed_results(study).results.summary


@pytest.fixture
def opened(
    context: PageContext, path: Path, summary: Summary, qtbot: QtBot
) -> tuple[ResultsPage, RankingTab]:
    return ranking_of(context, qtbot, path)


@pytest.fixture
def tab(opened: tuple[ResultsPage, RankingTab]) -> RankingTab:
    return opened[1]


def chart_of(tab: RankingTab) -> charts.ForestPlot:
    chart = tab.chart.view.chart
    assert isinstance(chart, charts.ForestPlot)
    return chart


def said(grid: FigureGrid) -> dict[str, list[tuple[str, str]]]:
    cells = {str(name): cells for name, *cells in grid.table.rows}
    return {
        name: [(cell.value, cell.detail) for cell in shown if isinstance(cell, Cell)]
        for name, shown in cells.items()
    }


def missing(grid: FigureGrid) -> set[tuple[str, str]]:
    """The reasons of the dashes, by row."""
    return {(row, detail) for row, cells in said(grid).items() for value, detail in cells if value == "—"}


def explanation(page: ResultsPage, about: str) -> str:
    tab = page.findChild(RankingTab)
    assert isinstance(tab, RankingTab)
    buttons = [
        button
        for button in tab.findChildren(QAbstractButton)
        if f"({about})" in button.accessibleName() and button.isVisible()
    ]
    QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    QApplication.processEvents()  # the words of another explanation appear with the next layout
    return visible_text(page)


def test_the_systems_are_ranked_by_bradley_terry(tab: RankingTab, summary: Summary) -> None:
    scores = summary.ranking.bradley_terry
    assert tab.headline.text() == "large ranks first of 3 systems, then small."
    assert tab.line.text().startswith(f"Bradley-Terry: large {scores['large']:.1%} (")
    assert tab.line.text().endswith("so their order may be chance.")
    assert tab.whose.text() == "Of 120 judgments by people; automatic raters are kept apart."
    rows = chart_of(tab).rows
    assert [row.label for row in rows] == ["large", "small", "plain"]
    assert [row.value for row in rows] == [scores[row.name] for row in rows]
    assert all(row.low is not None and row.high is not None for row in rows)
    assert [row.n for row in rows] == [80, 80, 80]


@pytest.mark.parametrize("measure", list(Measure))
def test_each_measure_can_be_drawn(tab: RankingTab, summary: Summary, measure: Measure, qtbot: QtBot) -> None:
    press(tab, f"measure_{measure.value}", qtbot)
    found: Scores = getattr(summary.ranking, measure.value)
    chart = chart_of(tab)
    assert {row.name: row.value for row in chart.rows} == found
    assert chart.end >= max(row.high or 0 for row in chart.rows)
    assert chart.middle == (0.5 if measure is Measure.AVERAGE else None)
    assert "95% intervals over prompts and raters" in visible_text(tab)


def test_the_scores_stand_in_a_table_with_their_intervals(tab: RankingTab, summary: Summary) -> None:
    ranking = summary.ranking
    assert ranking.intervals is not None
    end = ranking.intervals.bradley_terry["large"]
    assert end.low is not None
    assert end.high is not None
    rows = said(tab.scores)
    assert [*rows] == ["large", "small", "plain"]
    assert rows["large"][0] == (
        f"{ranking.bradley_terry['large']:.1%}",
        f"{100 * end.low:.1f}–{100 * end.high:.1f}%",
    )
    assert rows["large"][1][0] == f"{ranking.davidson['large']:.1%}"
    assert rows["large"][2][0] == f"{ranking.average_win_rate['large']:.1%}"
    assert ranking.davidson_tie is not None
    assert tab.tie.text().startswith(f"Davidson's ν is {ranking.davidson_tie:.2f} (")


def test_every_pair_has_its_win_rate_seen_from_both_sides(tab: RankingTab, summary: Summary) -> None:
    rows = said(tab.matrix)
    pair = next(p for p in summary.comparisons if (p.a, p.b) == ("plain", "large"))
    rate = pair.win_rate_over_raters
    assert rate is not None
    large, plain = rows["large"][2], rows["plain"][0]
    assert large[0] == f"{rate.value:.0%}"
    assert plain[0] == f"{1 - rate.value:.0%}"
    assert large[1].endswith("n = 20")
    assert rows["large"][0] == ("", "")


def test_a_pair_that_nobody_judged_is_a_dash_with_the_reason(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    votes = [*drawn(skip=("small", "large")), *judge()]
    votes += [voted("p0", "judge", "a", a="small", b="large", rater_kind=RaterKind.AUTOMATIC)]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "gap.ftstudy", votes))
    assert missing(tab.matrix) == {("small", "automatic raters only"), ("large", "automatic raters only")}
    assert "ranks first of 3 systems" in tab.headline.text()  # linked by the third
    _, other = ranking_of(
        context, qtbot, stored(tmp_path / "none.ftstudy", [*drawn(skip=("small", "large"))])
    )
    assert missing(other.matrix) == {("small", "not judged"), ("large", "not judged")}


def test_systems_whose_short_names_are_alike_are_numbered(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    names = [f"checkpoint-{step}-of-the-medical-run" for step in (100, 200, 300)]
    pairs = [(names[0], names[1]), (names[0], names[2]), (names[1], names[2])]
    votes = [voted(f"p{n}", "A", "aab"[n % 3], a=a, b=b) for n in range(6) for a, b in pairs]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "steps.ftstudy", votes))
    assert [head.title for head in tab.matrix.table.columns[1:]] == ["1", "2", "3"]
    assert [head.whole for head in tab.matrix.table.columns[1:]] == names
    assert [*said(tab.matrix)] == [f"{place}  {name}" for place, name in enumerate(names, 1)]


def test_with_two_systems_the_ranking_is_the_win_rate(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = judged_study(tmp_path / "two.ftstudy", prompts=12)
    _, tab = ranking_of(context, qtbot, path)
    assert tab.headline.text() == "With two systems the ranking is the win rate."
    assert tab.line.text().startswith("Win rate of cardiology against base: ")
    assert tab.line.text().endswith("n = 12 prompts.")
    assert not tab.chart.isVisible()
    assert not tab.matrix.isVisible()
    assert tab.scores.isVisible()


def test_a_system_that_never_wins_has_no_finite_score(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    votes = [voted(f"p{n}", r, "b", a=a, b=b) for n in range(6) for r in "AB" for a, b in PAIRS]
    page, tab = ranking_of(context, qtbot, stored(tmp_path / "sweep.ftstudy", votes))
    assert tab.headline.text() == "large ranks first of 3 systems, then small."
    assert tab.line.text() == (
        "Average win rate: large 100.0%, small 50.0%. There is no interval, so their order may be chance."
    )
    assert "every resample gives the same scores, which is not certainty" in visible_text(tab)
    assert said(tab.scores)["plain"][0] == ("—", "no finite score")
    assert not tab.tie.isVisible()
    press(tab, "measure_bradley_terry", qtbot)
    assert not tab.chart.view.isVisible()
    assert "No finite scores: a system, or a group of them, won or lost everything" in visible_text(tab)
    assert "Go by the average win rate" in explanation(page, "Bradley-Terry")


PAIRS = (("plain", "small"), ("plain", "large"), ("small", "large"))


def test_equals_rank_equally_high(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    votes = [voted(f"p{n}", r, "tie", a=a, b=b) for n in range(4) for r in "AB" for a, b in PAIRS]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "even.ftstudy", votes))
    assert tab.headline.text() == "plain and small rank equally high among 3 systems."


def test_systems_that_were_never_compared_have_no_common_order(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    apart = (("a1", "a2"), ("b1", "b2"))
    votes = [
        voted(f"p{n}", r, "a" if n % 3 else "b", a=a, b=b) for n in range(9) for r in "AB" for a, b in apart
    ]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "apart.ftstudy", votes))
    assert tab.headline.text().startswith("There is no common order")


def test_a_single_prompt_gives_scores_without_intervals(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    votes = [voted("p", r, c, a=a, b=b) for r, c in (("A", "a"), ("B", "b")) for a, b in PAIRS]
    page, tab = ranking_of(context, qtbot, stored(tmp_path / "one.ftstudy", votes))
    assert "No intervals: only one prompt was judged." in visible_text(tab)
    assert said(tab.scores)["plain"][0][1] == "no interval"
    assert "no interval, n = 1" in said(tab.matrix)["plain"][1][1]
    assert "No interval: only one prompt was judged." in explanation(page, "Davidson")


def test_resamples_that_were_set_aside_are_counted(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    votes = [*drawn(prompts=8, raters="A")]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "few.ftstudy", votes))
    assert "resamples were set aside: a system never won, or never lost, in them." in visible_text(tab)


def test_where_most_resamples_have_no_scores_there_is_no_interval(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    """Each prompt alone links the circle of who beats whom: a resample needs all three."""
    circle = (("plain", "small", "a"), ("small", "large", "a"), ("plain", "large", "b"))
    votes = [voted(f"p{n}", "A", choice, a=a, b=b) for n, (a, b, choice) in enumerate(circle)]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "circle.ftstudy", votes))
    assert "No intervals: more than half of the resamples have no finite scores." in visible_text(tab)
    assert said(tab.scores)["plain"][0] == ("33.3%", "no interval")
    assert tab.line.text().endswith("There is no interval, so their order may be chance.")


def test_systems_far_apart_have_intervals_apart(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    """The best loses one prompt in twenty."""
    votes = [
        voted(f"p{n}", "A", "a" if n % every == 0 else "b", a=a, b=b)
        for n in range(40)
        for (a, b), every in zip(PAIRS, (3, 20, 20), strict=True)
    ]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "apart.ftstudy", votes))
    assert tab.line.text().endswith("Their 95% intervals do not overlap.")


def test_automatic_raters_stand_beside_people(
    opened: tuple[ResultsPage, RankingTab], summary: Summary
) -> None:
    page, tab = opened
    (found,) = summary.automatic
    assert found.agreement is not None
    (cells,) = said(tab.automatic).values()
    assert cells[0] == ("20", "")
    assert cells[1][0] == f"{found.agreement.value:.0%}"
    assert cells[1][1].endswith("n = 10 pairs")
    assert cells[3][0] == "80%"
    told = explanation(page, "Alike with sides swapped")
    assert "Pairs answered alike in both orders: 8 of 10 = 80.0%." in told
    assert "judge took the left answer both times on 2 pairs, the right one both times on 0 pairs." in told


def test_what_an_automatic_rater_shares_with_nobody_is_a_dash(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    votes = [voted(f"p{n}", "judge", "a", rater_kind=RaterKind.AUTOMATIC) for n in range(3)]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "alone.ftstudy", votes))
    (cells,) = said(tab.automatic).values()
    assert cells[1:] == [
        ("—", "no pair judged by both"),
        ("—", "no such pair"),
        ("—", "no pair judged in both orders"),
    ]
    assert tab.whose.text() == "Of 3 judgments by automatic raters: no person has judged."


def test_raters_have_their_repeats_and_their_agreement(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = judged_study(tmp_path / "checked.ftstudy", prompts=12, design=CHECKS, excluded="Cleo")
    page, tab = ranking_of(context, qtbot, path)
    rows = [row.cells for row in tab.raters.model.shown]
    assert {row[0] for row in rows} == {"Ada", "Ben", "Cleo – left out"}
    assert [row[2] for row in rows] == [12, 12, 12]
    assert all(str(row[3]).endswith("of 6") for row in rows)
    pairs = [row.cells for row in tab.kappas.model.shown]
    assert [set(cells[:2]) for cells in pairs] == [{"Ada", "Cleo"}, {"Ada", "Ben"}, {"Cleo", "Ben"}]
    assert [cells[3] for cells in pairs] == [12, 12, 12]
    assert "No automatic rater. Where the judgments of a program" in visible_text(tab)
    told = explanation(page, "Cohen's κ")
    assert "Ada and Cleo: κ = " in told
    assert "over 12 pairs." in told
    assert "agrees with themselves" in explanation(page, "Repeats alike")


def test_before_unblinding_no_rater_is_told_from_another(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = judged_study(tmp_path / "blind.ftstudy", prompts=12, design=CHECKS, unblinded=False)
    _, tab = ranking_of(context, qtbot, path)
    assert [column.title for column in tab.raters.model.columns] == ["Rater", "Kind", "Judgments"]
    assert tab.kappas.model.shown == ()
    assert "shown after unblinding" in visible_text(tab)
    words = every_word(tab)
    assert "System X" in words
    assert "cardiology" not in words


def test_one_rater_has_nobody_to_agree_with(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    votes = [*drawn(raters="A")]
    _, tab = ranking_of(context, qtbot, stored(tmp_path / "single.ftstudy", votes))
    assert "No pair was judged by two people yet." in visible_text(tab)
    assert not tab.kappas.isVisible()
    assert "95% intervals over prompts." in visible_text(tab)


def test_the_scores_are_explained_with_the_numbers_put_in(
    opened: tuple[ResultsPage, RankingTab], summary: Summary
) -> None:
    scores = summary.ranking.bradley_terry
    large, small = scores["large"] or 0, scores["small"] or 0
    told = explanation(opened[0], "Bradley-Terry")
    assert f"= {large / (large + small):.0%}" in told
    assert "prompts and raters are drawn anew 1,000 times" in told
    assert "ν / (2 + ν)" in explanation(opened[0], "Davidson's ν")
    assert "n counts prompts" in explanation(opened[0], "Every pair")


def test_tables_are_copied_as_text(tab: RankingTab, bar: RecordingBar) -> None:
    button = next(
        b for b in tab.findChildren(QAbstractButton) if b.accessibleName() == "Copy Every pair as a table"
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0] == ["Row preferred to column", "large", "", "small", "", "plain", ""]
    assert [line[0] for line in lines[1:]] == ["large", "small", "plain"]
    assert all(len(line) == 7 for line in lines)
    assert bar.good == ["Copied as a table"]


@pytest.mark.parametrize("tab", ["cost", "ranking"])
def test_long_names_do_not_push_the_tab_out_of_the_window(
    context: PageContext, tmp_path: Path, qtbot: QtBot, tab: str
) -> None:
    long = [f"/models/{'n' * 40}/checkpoint-{number} with a long name" for number in range(3)]
    pairs = [(long[0], long[1]), (long[0], long[2]), (long[1], long[2])]
    votes = [
        voted(f"p{n}", r, "ab"[n % 2], a=a, b=b, category="a category with a long name " * 4)
        for n in range(6)
        for r in "AB"
        for a, b in pairs
    ]
    page = enter(ResultsPage(context), context, qtbot, stored(tmp_path / "long.ftstudy", votes))
    page.tabs.choose(tab)
    settle(context, qtbot)
    (shown,) = (made for made in page.findChildren(ResultsTab) if made.isVisible())
    assert shown.minimumSizeHint().width() <= ROOM
