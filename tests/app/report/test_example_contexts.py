"""The context of a prompt among the example pairs of a report."""

from __future__ import annotations

from pathlib import Path

from ftcompare.app.report import ReportForm, report_bytes
from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import WRITTEN
from tests.builders import judge_all
from tests.context_studies import BEDS, NOW, context_study


def judged(path: Path) -> StudyFile:
    study = context_study(path)
    judge_all(study, "Ann", Verdict(Choice.LEFT), NOW)
    study.settings.unblind("done", now=NOW)
    return study


def html_of(study: StudyFile, *, texts: bool) -> str:
    content = document(gather(study, now=WRITTEN, texts=texts))
    return report_bytes(content, ReportForm.HTML, now=WRITTEN).decode()


def test_example_pairs_show_the_context_that_the_answers_rest_on(tmp_path: Path) -> None:
    with judged(tmp_path / "s.ftstudy") as study:
        shown = html_of(study, texts=True)
        assert "Context" in shown
        assert BEDS in shown
        assert BEDS not in html_of(study, texts=False)
