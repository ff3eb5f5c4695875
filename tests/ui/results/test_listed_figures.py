"""Every figure of the overview leads to the judgments it is made of, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.widgets.controls import LinkButton
from tests.ui.conftest import START
from tests.ui.page_driver import enter, press, settle, visible_text
from tests.ui.rated_study import rated
from tests.ui.results.results_driver import asks_of, explained, overview_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two raters with every check; Ben is left out, two answers name themselves."""
    path = rated(tmp_path_factory.mktemp("listed") / "r.ftstudy", telling=2)
    with StudyFile.open(path, now=START) as study:
        study.raters.exclude(study.raters.all()[1].id, "too fast", now=START)
    return path


@pytest.fixture
def page(context: PageContext, whole: Path, tmp_path: Path, qtbot: QtBot) -> ResultsPage:
    copy = tmp_path / "r.ftstudy"
    copy.write_bytes(whole.read_bytes())
    return enter(ResultsPage(context), context, qtbot, copy)


def link(page: ResultsPage, name: str) -> LinkButton:
    (found,) = [b for b in overview_of(page).findChildren(LinkButton) if b.text() == name and b.isVisible()]
    return found


def rows_of(page: ResultsPage) -> list[tuple[str, ...]]:
    return [tuple(map(str, row.cells)) for row in page.comparisons.table.model.shown]


def detail_of(page: ResultsPage, figure: str) -> int:
    """The n that a figure says it is of."""
    labels = [label.accessibleName() for label in overview_of(page).findChildren(QLabel)]
    (said,) = [name for name in labels if name.startswith(f"{figure}: ")]
    found = re.search(r"n = (\d+)", said)
    assert found is not None, said
    return int(found[1])


def test_controls_are_listed_with_what_was_preferred(
    page: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    n = detail_of(page, "Same answer twice: one preferred")
    link(page, "Same answer twice: one preferred").click()
    settle(context, qtbot)
    rows = rows_of(page)
    assert "Same answer twice: pairs of one system" in visible_text(page)
    assert len(rows) == n
    assert {(row[2], row[5]) for row in rows} == {
        ("About equal", "none preferred"),
        ("Left is better", "false preference"),
    }
    review = page.comparisons.review
    assert review.left.system.text() == review.right.system.text()


def test_gold_items_are_listed_by_keyboard(page: ResultsPage, context: PageContext, qtbot: QtBot) -> None:
    n = detail_of(page, "Known-answer checks right")
    asked = link(page, "Known-answer checks right")
    asked.setFocus()
    QTest.keyClick(asked, Qt.Key.Key_Return)
    settle(context, qtbot)
    rows = rows_of(page)
    assert len(rows) == n
    right = sum(row[5] == "right" for row in rows)
    assert {row[5] for row in rows} == {"right", "wrong"}
    systems = {page.comparisons.review.left.system.text(), page.comparisons.review.right.system.text()}
    assert systems == {"known to be better", "the other answer"}
    press(page, "back_to_results", qtbot)
    assert f"{right / n:.0%}" in visible_text(overview_of(page).trust)


def test_a_repeat_is_listed_beside_the_judgment_that_it_repeats(
    page: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    n = detail_of(page, "Asked again: same answer")
    link(page, "Asked again: same answer").click()
    settle(context, qtbot)
    rows = rows_of(page)
    assert len(rows) == 2 * n
    assert [row[5] for row in rows[::2]] == ["first"] * n
    assert {row[5] for row in rows[1::2]} == {"alike", "otherwise"}
    assert [row[0] for row in rows[::2]] == [row[0] for row in rows[1::2]]


def test_guesses_are_listed_with_how_they_went(page: ResultsPage, context: PageContext, qtbot: QtBot) -> None:
    link(page, "Which was fine-tuned? (Bang's index)").click()
    settle(context, qtbot)
    found = Counter(row[5] for row in rows_of(page))
    press(page, "back_to_results", qtbot)
    told = explained(page, asks_of(overview_of(page).blind)["Could raters tell which is which?"])
    assert set(found) == {"guessed right", "unsure"}
    assert f"({found['guessed right']} − 0) / {found.total()}" in told


def test_position_lists_the_judgments_for_a_side_and_agreement_what_two_judged(
    page: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    link(page, "Left chosen").click()
    settle(context, qtbot)
    rows = rows_of(page)
    assert {row[2].split()[0] for row in rows} == {"acme-tuned", "acme-plain"}
    assert {row[2].split()[1] for row in rows} == {"(left)", "(right)"}
    told = f"{sum(row[2].endswith('(left)') for row in rows) / len(rows):.0%}"
    assert page.comparisons.table.view.isColumnHidden(5)
    press(page, "back_to_results", qtbot)
    assert told in visible_text(overview_of(page).trust)
    link(page, "Raters agree").click()
    settle(context, qtbot)
    assert len(rows_of(page)) == 2 * 16


@pytest.mark.parametrize(
    ("row", "judgments"),
    [
        ("Everything", 32),
        ("Without 1 rater left out", 16),
        ("Without 2 prompts with self-naming", 28),
        ("Without both", 14),
        ("Answers that name their model", 4),
        ("Evidence so far", 32),
        ("Sign test", 32),
    ],
)
def test_each_row_lists_the_judgments_it_is_made_of(
    page: ResultsPage, context: PageContext, qtbot: QtBot, row: str, judgments: int
) -> None:
    link(page, row).click()
    settle(context, qtbot)
    assert len(rows_of(page)) == judgments
    if row.startswith("Without"):
        assert f"acme-tuned against acme-plain: {row}" in visible_text(page)


def test_while_blinded_what_checks_the_raters_is_not_listed(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = rated(tmp_path / "r.ftstudy", unblinded=False, telling=2, prompts=8)
    page = enter(ResultsPage(context), context, qtbot, path)
    names = {b.text() for b in overview_of(page).findChildren(LinkButton) if b.isVisible()}
    assert not names & {
        "Same answer twice: one preferred",
        "Known-answer checks right",
        "Asked again: same answer",
        "Answers that name their model",
    }
    assert not any(name.startswith("Guesses") for name in names)
    assert not names & {"Left chosen", "At equal length", "Sign test"}
    assert {"Evidence so far", "Raters agree"} <= names
    link(page, "Evidence so far").click()
    settle(context, qtbot)
    assert len(rows_of(page)) == 2 * 8
    assert "acme" not in visible_text(page)


def test_alphas_explanation_has_both_terms(page: ResultsPage) -> None:
    told = explained(page, asks_of(overview_of(page).trust)["Can they be trusted?"])
    terms = re.search(
        r"observed disagreement is ([\d.,]+) and the expected ([\d.,]+): α = 1 − \S+ / \S+ = (\S+)\. ", told
    )
    assert terms is not None, told
    observed, expected = (float(text.replace(",", "")) for text in terms.groups()[:2])
    assert f"{1 - observed / expected:.2f}" == terms[3].replace("−", "-")
    assert terms[3] in visible_text(overview_of(page).trust)
