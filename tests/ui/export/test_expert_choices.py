"""On the Export page: corrected answers and adjudicated pairs, once experts have left some."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from ftcompare.core.annotations import Adjudicated, Adjudication, Correction
from ftcompare.core.study import Split
from ftcompare.formats.training.filters import Corrections, Decision
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.page import ExportPage
from tests.ui.conftest import START, make_study
from tests.ui.export.test_export import choose_format, count, new_page, push

CORRECTION = "As an expert would have it."


def study_with_experts(path: Path) -> Path:
    """Nine of twelve pairs judged; one answer corrected and one pair adjudicated."""
    made = make_study(path, judged=9)
    with StudyFile.open(made, now=START) as study:
        eve = study.annotations.expert("Eve").id
        rows = study.judgments.standing()
        pair = next(row for row in rows if row.prompt.spec.split is not Split.HELD_OUT).comparison
        study.annotations.add(eve, Correction(pair.a.id, CORRECTION), now=START)
        study.annotations.add(eve, Adjudication(pair.id, Adjudicated.B), now=START)
    return made


def test_without_experts_nothing_is_offered(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    page = new_page(context, make_study(tmp_path / "plain.ftstudy", judged=9), qtbot)
    qtbot.waitUntil(lambda: "row" in count(page))
    assert not page.filters.experts.isVisible()
    assert page.request.filters.corrections is Corrections.ADD
    assert page.request.filters.decided_by is Decision.MAJORITY


def test_corrections_are_rows_until_they_are_left_out(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = new_page(context, study_with_experts(tmp_path / "e.ftstudy"), qtbot)
    qtbot.waitUntil(lambda: "row" in count(page))
    with_it, experts = int(count(page).split()[0]), page.filters.experts
    assert experts.corrections.currentText() == "add 1 row"
    QTest.keyClick(experts.corrections, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: int(count(page).split()[0]) == with_it - 1)
    QTest.keyClick(experts.corrections, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: count(page) == "1 row")
    assert page.preview.pairs.chosen.text == CORRECTION
    said, box = page.findChild(QLabel, "export_pair_source"), page.findChild(QCheckBox, "export_pair_written")
    assert isinstance(said, QLabel)
    assert isinstance(box, QCheckBox)
    assert said.text() == "An expert's correction against the answer"
    assert not box.isVisible()


def test_an_adjudication_decides_once_that_is_chosen_and_it_is_remembered(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = new_page(context, study_with_experts(tmp_path / "e.ftstudy"), qtbot)
    qtbot.waitUntil(lambda: "row" in count(page))
    QTest.keyClick(page.filters.experts.decision, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.request.filters.decided_by is Decision.ADJUDICATED)
    qtbot.waitUntil(lambda: "adjudicated" in {row.source for row in page.preview.pairs._pairs})
    again = ExportPage(context)
    qtbot.addWidget(again)
    again.show()
    again.enter()
    qtbot.waitUntil(lambda: again.request.filters.decided_by is Decision.ADJUDICATED)


def test_a_format_that_holds_no_corrections_offers_none(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = new_page(context, study_with_experts(tmp_path / "e.ftstudy"), qtbot)
    qtbot.waitUntil(lambda: "row" in count(page))
    QTest.keyClick(page.filters.experts.corrections, Qt.Key.Key_Down)
    choose_format(page, "trl-unpaired")
    assert not page.filters.experts.corrections.isVisible()
    assert page.filters.experts.decision.isVisible()
    assert page.request.filters.corrections is Corrections.ADD
    push(page, "export_more")
