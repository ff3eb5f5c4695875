"""The audit log in the window: entries in words, findings, and the question before unblinding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.study.unblinding import BeforeUnblinding, OpenJudging, PackState
from ftcompare.core.study import Rater, RaterId, RaterKind
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.study import unblind_dialog
from ftcompare.ui.pages.study.audit_page import AuditPage
from ftcompare.ui.pages.study.unblind_dialog import UnblindDialog
from ftcompare.ui.theme.theme import Theme
from tests.builders import of_kind
from tests.store.pack.pack_studies import tamper
from tests.ui.conftest import START, RecordingBar
from tests.ui.page_driver import enter, every_word, on_screen, press, settle, visible_text


@pytest.fixture
def page(study_context: PageContext, qtbot: QtBot) -> AuditPage:
    return enter(AuditPage(study_context), study_context, qtbot)


def cells(page: AuditPage) -> list[str]:
    return [" | ".join(map(str, row.cells)) for row in page.table.model.shown]


def test_the_log_stands_newest_first_with_times_and_words(page: AuditPage) -> None:
    shown = cells(page)
    assert "Study made" in shown[-1]
    assert "2026-11-20 09:00:00" in shown[-1]
    assert any("Order and sides drawn | 12 pairs for Ada; seal " in line for line in shown)
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
    press(page, "audit_check", qtbot, context)
    told = visible_text(page.findings).splitlines()
    assert any("problem" in line for line in told)
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


def before(judgments: int, missing: int = 0, *packs: PackState) -> BeforeUnblinding:
    left = OpenJudging(360, 2, missing, missing // 2, packs, (("Ada", 4), ("Ben", 2)), sealed=True)
    return BeforeUnblinding(judgments, 0, left)


def test_unblinding_wants_a_reason(theme: Theme, qtbot: QtBot) -> None:
    dialog = on_screen(UnblindDialog(None, before(354, 6)), qtbot)
    assert not dialog.confirm.isEnabled()
    QTest.keyClicks(dialog.reason_field, "   ")
    assert not dialog.confirm.isEnabled()
    dialog.accept()
    assert dialog.isVisible()
    QTest.keyClicks(dialog.reason_field, "all are in ")
    assert dialog.confirm.isEnabled()
    dialog.confirm.click()
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.reason == "all are in"


def test_enter_unblinds_once_there_is_a_reason_and_escape_does_not(theme: Theme, qtbot: QtBot) -> None:
    for key, answer in (
        (Qt.Key.Key_Return, QDialog.DialogCode.Accepted),
        (Qt.Key.Key_Escape, QDialog.DialogCode.Rejected),
    ):
        dialog = on_screen(UnblindDialog(None, before(354, 6)), qtbot)
        QTest.keyClick(dialog.reason_field, Qt.Key.Key_Return)
        assert dialog.isVisible()
        QTest.keyClicks(dialog.reason_field, "all are in")
        QTest.keyClick(dialog.reason_field, key)
        assert not dialog.isVisible()
        assert dialog.result() == answer


def test_judgments_that_no_result_counts_are_told_apart(theme: Theme, qtbot: QtBot) -> None:
    dialog = on_screen(UnblindDialog(None, replace(before(1354), checks=54)), qtbot)
    told = "1,354 judgments were made blind: 1,300 that count, plus 54 hidden repeats and checks."
    assert told in visible_text(dialog)


def test_unblinding_says_what_it_does(theme: Theme, qtbot: QtBot) -> None:
    dialog = on_screen(UnblindDialog(None, before(354, 6)), qtbot)
    said = visible_text(dialog)
    for words in (
        "cannot undo",
        "Judging ends permanently",
        "recorded",
        "354 judgments",
        "6 of 360 planned judgments are open",
        "Ada: 4 pairs left\nBen: 2 pairs left",
        "results describe only the raters who took part.",
        "The sealed plan is not complete. Its hypotheses will not be confirmed.",
    ):
        assert words in said
    assert "evidence" not in visible_text(on_screen(UnblindDialog(None, before(360)), qtbot))


@pytest.mark.parametrize(
    ("judgments", "words"), [(0, "Nothing has been judged yet."), (1, "One judgment was")]
)
def test_small_numbers_are_said_in_words(theme: Theme, qtbot: QtBot, judgments: int, words: str) -> None:
    dialog = on_screen(UnblindDialog(None, before(judgments)), qtbot)
    assert words in visible_text(dialog)
    assert "still" not in visible_text(dialog)
    assert "not completely merged" not in visible_text(dialog)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (1, ("1 rater pack is out", "Ada 0: 3 of 1,200 pairs merged (pack K7Q-0)")),
        (9, ("9 rater packs are out", "Ada 5: 3 of 1,200", "and 3 more")),
    ],
)
def test_packs_that_are_out_are_named_and_lost_to_the_study(
    theme: Theme, qtbot: QtBot, out: int, words: tuple[str, ...]
) -> None:
    raters = [Rater(RaterId(n), f"Ada {n}", RaterKind.HUMAN) for n in range(out)]
    packs = [PackState(f"K7Q-{r.id}", r, "", 1200, 3, merged_events=3, finished=False) for r in raters]
    dialog = on_screen(UnblindDialog(None, before(12, 0, *packs)), qtbot)
    said = visible_text(dialog)
    assert all(word in said for word in (*words, "can no longer be merged"))
    assert "Ada 6" not in said


@pytest.mark.parametrize(("press_yes", "answer"), [(True, "a good reason"), (False, None)])
def test_ask_gives_the_reason_or_nothing(theme: Theme, press_yes: bool, answer: str | None) -> None:
    def press() -> None:
        dialog = of_kind(QApplication.activeModalWidget(), UnblindDialog)
        dialog.reason_field.setText("a good reason")
        (dialog.confirm if press_yes else dialog.cancel).click()

    QTimer.singleShot(0, press)
    back: list[bool] = []
    assert unblind_dialog.ask(None, before(2, 1), lambda: back.append(True)) == answer
    assert bool(back) is not press_yes, "Back to rating opens its page"
