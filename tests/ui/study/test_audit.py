"""The audit log in the window: every entry in words, nothing that unblinds, findings beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.study.audit_page import AuditPage
from tests.store.pack.pack_studies import tamper
from tests.ui.conftest import START, RecordingBar
from tests.ui.page_driver import enter, every_word, press, settle, visible_text


@pytest.fixture
def page(study_context: PageContext, qtbot: QtBot) -> AuditPage:
    return enter(AuditPage(study_context), study_context, qtbot)


def cells(page: AuditPage) -> list[str]:
    return [" | ".join(map(str, row.cells)) for row in page.table.model.shown]


def test_the_log_stands_newest_first_with_times_and_words(page: AuditPage) -> None:
    shown = cells(page)
    assert "Study made" in shown[-1]
    assert "2026-11-20 09:00:00" in shown[-1]
    assert any("Order and sides drawn | 12 pairs for Ada; commitment " in line for line in shown)
    numbers = [row.cells[0] for row in page.table.model.shown]
    assert numbers == sorted(numbers, key=lambda n: -int(n or 0))


def test_words_of_an_entry_are_found(page: AuditPage) -> None:
    page.find_text()
    QTest.keyClicks(page.table.field, "sides ada")
    assert len(cells(page)) == 1


def test_the_log_is_copied_as_a_table(page: AuditPage, qtbot: QtBot, bar: RecordingBar) -> None:
    press(page, "audit_copy", qtbot)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["No.", "Time (UTC)", "What", "Detail"]
    assert len(lines) == len(cells(page)) + 1
    assert bar.good == ["Copied as tab-separated text"]


def test_a_check_shows_its_findings_beside_the_log(
    page: AuditPage, study_context: PageContext, qtbot: QtBot
) -> None:
    assert not page.findings.isVisible()
    press(page, "audit_check", qtbot)
    assert not page.check_button.isEnabled()
    settle(study_context, qtbot)
    told = visible_text(page.findings)
    assert "Everything is in order." in told
    assert "Judgments of Ada" in told
    assert page.check_button.isEnabled()


def test_what_was_altered_behind_our_back_is_told_first(
    context: PageContext, study_path: Path, qtbot: QtBot
) -> None:
    tamper(study_path, "UPDATE events SET comment = 'x' WHERE id = 1")
    page = enter(AuditPage(context), context, qtbot, study_path)
    press(page, "audit_check", qtbot)
    settle(context, qtbot)
    told = visible_text(page.findings).splitlines()
    assert any("not in order" in line for line in told)
    first = next(line for line in told if line in ("in order", "wrong"))
    assert first == "wrong"


def test_while_blinded_no_word_of_the_page_tells_the_systems_apart(
    page: AuditPage, study_context: PageContext, qtbot: QtBot
) -> None:
    press(page, "audit_check", qtbot)
    settle(study_context, qtbot)
    said = "\n".join((every_word(page), *cells(page))).casefold()
    assert "until the study is unblinded" in said
    for name in ("base", "cardiology"):
        assert name not in said.replace("cardiology review", "")


def test_after_unblinding_the_reason_is_told(context: PageContext, study_path: Path, qtbot: QtBot) -> None:
    with StudyFile.open(study_path, now=START) as study:
        study.settings.unblind("all are in", now=START)
    page = enter(AuditPage(context), context, qtbot, study_path)
    assert any("Unblinded | reason: all are in" in line for line in cells(page))
    assert "until the study" not in visible_text(page).casefold()


def test_the_order_can_be_turned_by_a_click_on_its_title(page: AuditPage) -> None:
    page.table.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert page.table.model.shown[0].cells[0] == 1
