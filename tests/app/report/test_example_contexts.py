"""The context of a prompt among the example pairs of a report."""

from __future__ import annotations

from pathlib import Path
from random import Random

from ftcompare.app.report import ReportForm, report_bytes
from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, PromptSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import WRITTEN
from tests.builders import answer_elsewhere, import_systems, judge_all
from tests.context_studies import BEDS, NOW, context_study
from tests.structured_answers import CLOSE, FAR, spelled


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


def test_example_pairs_of_structured_answers_have_a_table_of_fields(tmp_path: Path) -> None:
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="Letters", scale=Scale(), rng=Random(7), now=NOW) as study:
        import_systems(study, "base", "tuned")
        (prompt,) = study.prompts.add([PromptSpec("p", (Message("user", "Extract."),))])
        answer_elsewhere(study, prompt, (spelled(CLOSE), spelled({**FAR, "note": "<b>a|b</b>"})))
        judge_all(study, "Ann", Verdict(Choice.LEFT), NOW)
        study.settings.unblind("done", now=NOW)
        shown = html_of(study, texts=True)
        assert "Fields (2 of 16 the same)" in shown
        assert "patient.age" in shown
        assert "<b>a|b</b>" not in shown
        assert "patient.age" not in html_of(study, texts=False)
        content = document(gather(study, now=WRITTEN))
        assert report_bytes(content, ReportForm.PDF, now=WRITTEN).startswith(b"%PDF")
