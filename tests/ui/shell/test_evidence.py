"""“Save evidence…”: beside the report and in the menu, with a seal to copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app.report import evidence_file as saving
from ftcompare.app.report.evidence_check import check_evidence
from ftcompare.app.work_progress import stopped
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.results.report_button import EvidenceChoice, EvidenceDialog, ReportDialog
from ftcompare.ui.shell.window import MainWindow
from tests.app.report.evidence_studies import data_of, evidence_study
from tests.builders import of_kind
from tests.ui.page_driver import child
from tests.ui.shell.conftest import bar_words, opened


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the evidence is saved, with texts and without a signature."""
    path = tmp_path / "shared.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(EvidenceDialog, "ask", lambda _: EvidenceChoice(texts=True, key=None))
    return path


def shown(window: MainWindow, study: Path, qtbot: QtBot) -> ResultsPage:
    """The Results page of a study."""
    opened(window, study, qtbot, "results")
    page = of_kind(window.page_widget("results"), ResultsPage)
    qtbot.waitUntil(page.report_button.isVisible)
    return page


def test_it_is_offered_beside_the_report_and_verified(
    window: MainWindow, target: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def click(dialog: ReportDialog) -> bool:
        child(dialog, QPushButton, "report_evidence").click()
        return False

    monkeypatch.setattr(ReportDialog, "accepted_by_user", click)
    page = shown(window, evidence_study(tmp_path / "study.ftstudy"), qtbot)
    page.report_button.click()
    qtbot.waitUntil(lambda: "Saved shared.html. Seal: " in bar_words(window))
    assert all(one.ok for one in check_evidence(target))
    assert data_of(target)["study"]["texts"]
    copies = [one for one in window.bar.findChildren(QPushButton) if one.text().strip() == "Copy seal"]
    copies[0].click()
    assert f'<code id="evidence-digest">{QGuiApplication.clipboard().text()}</code>' in target.read_text(
        "utf-8"
    )


def test_a_blinded_study_says_why_there_is_no_evidence(
    window: MainWindow, target: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    shown(window, evidence_study(tmp_path / "study.ftstudy", unblinded=False), qtbot)
    window.trigger("study.evidence")
    qtbot.waitUntil(lambda: "Evidence is saved after unblinding." in bar_words(window))
    assert not target.exists()


def test_work_that_was_canceled_says_so(
    window: MainWindow, target: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(*_: object, **__: object) -> None:
        raise stopped()

    shown(window, evidence_study(tmp_path / "study.ftstudy"), qtbot)
    monkeypatch.setattr(saving, "gather", gather)
    window.trigger("study.evidence")
    qtbot.waitUntil(lambda: "Stopped. No file was saved." in bar_words(window))
    assert not target.exists()


def test_the_dialog_takes_a_key(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def accept(dialog: EvidenceDialog) -> bool:
        qtbot.addWidget(dialog)
        dialog.key.set_text(str(tmp_path / "key"))
        assert child(dialog, QCheckBox, "evidence_texts").isEnabled()
        return True

    monkeypatch.setattr(EvidenceDialog, "accepted_by_user", accept)
    assert EvidenceDialog.ask(None) == EvidenceChoice(texts=False, key=tmp_path / "key")
