"""“Save report…” on the Results page."""

from __future__ import annotations

import threading
from pathlib import Path

import pypdf
import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from ftcompare.core.study import IntegrityFinding
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.dialogs.frames import WorkDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.results.report_button import ReportDialog
from tests.app.report.report_studies import judged_study
from tests.ui.conftest import START, RecordingBar
from tests.ui.layout.layout_faults import layout_faults
from tests.ui.page_driver import child, enter, on_screen, press, settle, visible_text
from tests.ui.results.judged_study import written


@pytest.fixture(autouse=True)
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the dialog proposed at each asking; it is accepted as it stands."""
    proposed: list[bool] = []

    def ask(_: object, *, texts: bool, evidence: object) -> bool:
        proposed.append(texts)
        return texts

    monkeypatch.setattr(ReportDialog, "ask", ask)
    return proposed


@pytest.fixture
def page(context: PageContext, tmp_path: Path, qtbot: QtBot) -> ResultsPage:
    study = judged_study(tmp_path / "study.ftstudy", prompts=12)
    return enter(ResultsPage(context), context, qtbot, study)


def choose(monkeypatch: pytest.MonkeyPatch, path: str, kind: str = "PDF (*.pdf)") -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, kind))


@pytest.mark.parametrize(("name", "begins"), [("r.html", b"<!DOCTYPE html>"), ("r.pdf", b"%PDF-")])
def test_the_suffix_says_what_is_written(
    page: ResultsPage,
    context: PageContext,
    bar: RecordingBar,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    begins: bytes,
) -> None:
    choose(monkeypatch, str(tmp_path / name))
    press(page, "save_report", qtbot)
    settle(context, qtbot)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert bar.good == [f"Saved {name}"]
    assert page.report_button.isEnabled()
    assert page.report_button.text().strip() == "Save report…"


@pytest.mark.parametrize("cancels", [False, True])
def test_the_progress_is_shown_and_can_be_canceled(
    page: ResultsPage,
    context: PageContext,
    bar: RecordingBar,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    cancels: bool,
) -> None:
    seen = threading.Event()
    checked = StudyFile.check

    def check(study: StudyFile) -> tuple[IntegrityFinding, ...]:
        seen.wait(20)
        return checked(study)

    monkeypatch.setattr(StudyFile, "check", check)
    page.report_button.save(tmp_path / "r.html")
    dialog = child(page, WorkDialog)
    qtbot.waitUntil(dialog.isVisible)
    qtbot.waitUntil(lambda: "Checking the study…" in visible_text(dialog))
    if cancels:
        press(dialog, "work_cancel", qtbot)
    seen.set()
    settle(context, qtbot)
    assert (tmp_path / "r.html").exists() is not cancels
    assert (bar.notes, bar.good) == (
        (["Stopped. No file was saved."], []) if cancels else ([], ["Saved r.html"])
    )


def test_a_name_without_suffix_gets_that_of_the_kind_chosen(
    page: ResultsPage,
    context: PageContext,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose(monkeypatch, str(tmp_path / "r"))
    press(page, "save_report", qtbot, context)
    assert (tmp_path / "r.pdf").exists()


def test_a_refusal_is_told_in_the_bar(
    page: ResultsPage,
    context: PageContext,
    bar: RecordingBar,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose(monkeypatch, str(tmp_path / "r.docx"))
    press(page, "save_report", qtbot, context)
    assert [error.code for error in bar.errors] == ["report-form"]
    assert page.report_button.isEnabled()


def test_nothing_chosen_writes_nothing(
    page: ResultsPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, "")
    before = set(tmp_path.iterdir())
    press(page, "save_report", qtbot)
    assert page.report_button.isEnabled()
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("unblinded", [False, True])
def test_without_judgments_only_what_is_computed_can_be_reported(
    context: PageContext, tmp_path: Path, qtbot: QtBot, unblinded: bool
) -> None:
    study = judged_study(tmp_path / "empty.ftstudy", at_most=0, unblinded=unblinded)
    page = enter(ResultsPage(context), context, qtbot, study)
    assert page.report_button.isVisible() is unblinded


def test_a_pdf_is_on_the_paper_of_the_country(
    page: ResultsPage,
    context: PageContext,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LC_ALL", "LC_PAPER", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("en_US"))
    page.report_button.save(tmp_path / "r.pdf")
    settle(context, qtbot)
    assert round(float(pypdf.PdfReader(tmp_path / "r.pdf").pages[0].mediabox.width)) == 612


def test_a_report_is_proposed_beside_its_study_and_the_focus_stays(
    page: ResultsPage,
    context: PageContext,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proposed: list[str] = []

    def ask(_parent: object, _title: str, path: str, _kinds: str) -> tuple[str, str]:
        proposed.append(path)
        return path, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    settle(context, qtbot)
    page.report_button.setFocus()
    press(page, "save_report", qtbot)
    settle(context, qtbot)
    assert proposed == [str(tmp_path / "study-report.html")]
    assert (tmp_path / "study-report.html").exists()
    assert page.window().focusWidget() is page.report_button


def test_a_report_replaces_no_other_study(
    page: ResultsPage,
    context: PageContext,
    bar: RecordingBar,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = judged_study(tmp_path / "other.ftstudy", at_most=0).rename(tmp_path / "r.pdf")
    before = other.read_bytes()
    choose(monkeypatch, str(other))
    press(page, "save_report", qtbot, context)
    assert [error.code for error in bar.errors] == ["over-study"]
    assert other.read_bytes() == before


def test_texts_are_left_out_where_the_box_is_not_ticked_and_that_is_remembered(
    page: ResultsPage,
    context: PageContext,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def ask(_: object, *, texts: bool, evidence: object) -> bool:
        asked.append(texts)
        return False

    monkeypatch.setattr(ReportDialog, "ask", ask)
    choose(monkeypatch, str(tmp_path / "r.html"))
    for _ in range(2):
        press(page, "save_report", qtbot, context)
    assert asked == [True, False]
    assert "comments are left out of this report" in (tmp_path / "r.html").read_text("utf-8")


def test_while_blinded_there_are_no_texts_to_ask_about(
    context: PageContext,
    asked_for: list[bool],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = enter(ResultsPage(context), context, qtbot, written(tmp_path / "blind.ftstudy", unblinded=False))
    choose(monkeypatch, str(tmp_path / "r.html"))
    press(page, "save_report", qtbot, context)
    assert asked_for == []
    assert "comments are left out of this report" in (tmp_path / "r.html").read_text("utf-8")
    context.tasks.run(lambda study: study.settings.unblind("all judgments are in", now=START), lambda _: None)
    page.enter()
    settle(context, qtbot)
    press(page, "save_report", qtbot, context)
    assert asked_for == [True]


def test_with_a_thought_better_of_it_nothing_is_asked_or_written(
    page: ResultsPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReportDialog, "ask", lambda *_, **__: None)
    choose(monkeypatch, str(tmp_path / "r.html"))
    press(page, "save_report", qtbot)
    assert not (tmp_path / "r.html").exists()


def test_the_dialog_can_be_answered_by_keyboard(
    qtbot: QtBot,
) -> None:
    dialog = on_screen(ReportDialog(), qtbot)
    dialog.texts.setFocus()
    QTest.keyClick(dialog.texts, Qt.Key.Key_Space)
    assert not dialog.texts.isChecked()
    assert list(layout_faults(dialog)) == []
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted
