"""Results: the card “By criterion”."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.stats.win_rate import WILSON_OVER_PROMPTS
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from tests.builders import answer, built_once
from tests.ui.conftest import NOTICE, START
from tests.ui.page_driver import enter, settle, visible_text
from tests.ui.results.results_driver import asks_of, explained, overview_of, panel_of

HOSTILE = "safety <b>\u202e"


@built_once
def judged(
    path: Path, *, raters: int = 2, prompts: int = 4, criteria: bool = True, blinded: bool = False
) -> Path:
    """The tuned system wins in accuracy, the base in the other criterion."""
    scale = Scale(criteria=("accuracy", HOSTILE) if criteria else ())
    with StudyFile.create(path, title="Acme", scale=scale, notice=NOTICE, rng=Random(4), now=START) as study:
        study.systems.add(SystemSpec("acme-plain", SystemKind.BASE, model="m"))
        study.systems.add(SystemSpec("acme-tuned", SystemKind.ADAPTER, model="m", adapter="a"))
        for prompt in study.prompts.add(
            PromptSpec(f"p{n}", (Message("user", f"q{n}"),)) for n in range(prompts)
        ):
            answer(study, prompt, (f"PLAIN {prompt.id}", f"TUNED {prompt.id}"))
        for number in range(raters):
            _judge(study, f"Rater {number}", criteria=criteria)
        if not blinded:
            study.settings.unblind("done", now=START + timedelta(days=1))
    return path


def _judge(study: StudyFile, name: str, *, criteria: bool) -> None:
    rater = study.raters.add(name)
    study.allocations.draw(rater.id, rng=Random(name), now=START)
    while (item := study.judgments.next_item(rater.id)) is not None:
        sides = (Choice.LEFT, Choice.RIGHT)
        tuned, plain = sides if item.left.startswith("TUNED") else sides[::-1]
        answered = (("accuracy", tuned), (HOSTILE, plain)) if criteria else ()
        study.judgments.judge(item.allocation, Verdict(tuned, seconds=5.0, criteria=answered), now=START)


def entered(context: PageContext, qtbot: QtBot, path: Path) -> ResultsPage:
    return enter(ResultsPage(context), context, qtbot, path)


def test_each_criterion_has_its_rate_interval_and_number(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, judged(tmp_path / "c.ftstudy", raters=3, prompts=8))
    view = overview_of(page)
    assert view.criteria.isVisible()
    said = "\n".join(label.accessibleName() or label.text() for label in view.criteria.findChildren(QLabel))
    assert "accuracy: 100% 68–100%, n = 24 judgments, 8 prompts, beyond doubt" in said
    assert ": 0% 0–32%, n = 24 judgments, 8 prompts, beyond doubt" in said
    assert "\u202e" not in said
    ask = asks_of(view.criteria)["By criterion"]
    told = explained(page, ask)
    assert "acme-tuned 24, acme-plain 0, about equal 0, both bad 0." in told
    assert "(wins + ties / 2) / judgments = (24 + 0 / 2) / 24" in told
    assert "p = 0.00781, for looking at all criteria 0.0156: beyond doubt." in told
    assert "by turning signs" in told.partition("For raters like these, too:")[2]
    ask.click()
    assert WILSON_OVER_PROMPTS in visible_text(panel_of(page))


def test_from_two_raters_the_interval_of_a_criterion_is_over_prompts(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, judged(tmp_path / "c.ftstudy"))
    view = overview_of(page)
    said = "\n".join(label.accessibleName() for label in view.criteria.findChildren(QLabel))
    assert "accuracy: 100% 50–100%, n = 8 judgments, 4 prompts" in said
    assert ": 0% 0–50%, n = 8 judgments, 4 prompts" in said
    ask = asks_of(view.criteria)["By criterion"]
    assert "by turning signs" not in explained(page, ask)
    ask.click()
    assert WILSON_OVER_PROMPTS in visible_text(panel_of(page))


def test_a_single_prompt_has_no_interval(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    view = overview_of(entered(context, qtbot, judged(tmp_path / "c.ftstudy", prompts=1)))
    said = "\n".join(label.accessibleName() for label in view.criteria.findChildren(QLabel))
    assert "accuracy: 100% n = 2 judgments, 1 prompt, no interval" in said


def test_there_is_no_card_without_criteria_or_while_blinded(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    for name, judging in (("n", {"criteria": False}), ("b", {"blinded": True})):
        page = entered(context, qtbot, judged(tmp_path / f"{name}.ftstudy", **judging))
        assert not overview_of(page).criteria.isVisible()


def test_a_click_on_a_criterion_lists_what_was_judged_for_it(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, judged(tmp_path / "c.ftstudy"))
    link = next(b for b in overview_of(page).criteria.findChildren(QPushButton) if b.text() == "accuracy")
    QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    settle(context, qtbot)
    rows = [row.cells for row in page.comparisons.table.model.shown]
    assert len(rows) == 8
    assert {str(cells[1]) for cells in rows} == {"acme-tuned (left)", "acme-tuned (right)"}
    assert {cells[1] == cells[2] for cells in rows} == {True}
    assert not page.comparisons.table.view.isColumnHidden(1)
    assert "judged for “accuracy”" in visible_text(page)
    review = page.comparisons.review
    assert review.verdict.text().startswith("acme-tuned preferred (")
    assert review.beside.text().startswith("By criterion: accuracy: acme-tuned (")
    assert "; safety <b>" in review.beside.text()
    assert "\u202e" not in review.beside.text()


def test_the_answers_listed_are_those_to_the_criterion_and_not_to_the_whole(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, judged(tmp_path / "c.ftstudy"))
    page.show_comparisons(Part(Dimension.CRITERION, HOSTILE))
    settle(context, qtbot)
    rows = [row.cells for row in page.comparisons.table.model.shown]
    assert {str(cells[1]).split()[0] for cells in rows} == {"acme-plain"}
    assert {str(cells[2]).split()[0] for cells in rows} == {"acme-tuned"}
    page.show_comparisons(Part())
    settle(context, qtbot)
    assert page.comparisons.table.view.isColumnHidden(1)
