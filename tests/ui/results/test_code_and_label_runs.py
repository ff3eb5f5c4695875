"""From the window: models score labels; code is run after consent, and Cancel keeps what was run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.measures.code_tests import RUN_CODE
from ftcompare.app.measures.labels import SCORE_LABELS
from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.runs_card import ConsentDialog, RunsCard
from tests.app.results.code_study import code_study
from tests.code_isolation import needs_isolation
from tests.ui.conftest import START, RecordingBar, open_in
from tests.ui.page_driver import every_word, press, settle, visible_text


@pytest.fixture
def card(context: PageContext, qtbot: QtBot) -> Iterator[RunsCard]:
    made = RunsCard(context, (SCORE_LABELS, RUN_CODE), backend="fake")
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    yield made
    made.shut_down()


def shown(card: RunsCard, context: PageContext, qtbot: QtBot, path: Path) -> None:
    open_in(context.tasks, path, qtbot)
    refreshed(card, context, qtbot)


def refreshed(card: RunsCard, context: PageContext, qtbot: QtBot) -> None:
    card.refresh(named=True)
    settle(context, qtbot)


def answered(monkeypatch: pytest.MonkeyPatch, *, agrees: bool) -> list[str]:
    """Have the dialog of consent answered; what it said."""
    seen: list[str] = []

    def exec_(dialog: QDialog) -> int:
        seen.append(every_word(dialog))
        return int(QDialog.DialogCode.Accepted if agrees else QDialog.DialogCode.Rejected)

    monkeypatch.setattr(ConsentDialog, "exec", exec_)
    return seen


def stored(context: PageContext, qtbot: QtBot) -> list[int]:
    """Results of code, and consents in the audit log."""
    found: list[int] = []
    context.tasks.run(
        lambda study: [len([*study.code_results.all()]), len(study.audit.entries("code-agreed"))],
        found.extend,
        lambda error: pytest.fail(str(error)),
    )
    settle(context, qtbot)
    return found


@needs_isolation
def test_code_is_run_after_consent_alone(
    card: RunsCard,
    context: PageContext,
    qtbot: QtBot,
    bar: RecordingBar,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown(card, context, qtbot, code_study(tmp_path / "s.ftstudy", START))
    assert "code of 20 answers to run" in visible_text(card)
    seen = answered(monkeypatch, agrees=False)
    press(card, "run_run-code", qtbot)
    assert "nobody has read it" in seen[0]
    assert stored(context, qtbot) == [0, 0]
    answered(monkeypatch, agrees=True)
    with qtbot.waitSignal(card.computed):
        press(card, "run_run-code", qtbot)
    assert bar.good == ["The code of 20 answers was run with its tests."]
    assert stored(context, qtbot) == [20, 1]
    refreshed(card, context, qtbot)
    assert "The code of every answer was run." in visible_text(card)


@needs_isolation
def test_cancel_keeps_what_was_run(
    card: RunsCard, context: PageContext, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(card, context, qtbot, code_study(tmp_path / "s.ftstudy", START, samples=12))
    answered(monkeypatch, agrees=True)
    press(card, "run_run-code", qtbot)
    qtbot.waitUntil(lambda: "Running code" in visible_text(card))
    with qtbot.waitSignal(card.computed):
        press(card, "work_cancel", qtbot)
    assert card.problem.text == "Stopped. What is computed is kept; the rest can be computed later."
    kept, agreed = stored(context, qtbot)
    assert agreed == 1
    assert 0 <= kept < 240
    refreshed(card, context, qtbot)
    assert f"code of {240 - kept} answers to run" in visible_text(card)


def test_labels_are_scored(card: RunsCard, context: PageContext, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "s.ftstudy"
    specs = [
        PromptSpec(f"p{n}", (Message("user", f"{n}?"),), reference="yes", labels=("yes", "no"))
        for n in range(3)
    ]
    systems = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("tuned", SystemKind.ADAPTER, model="{}", adapter="a"),
    )
    with StudyFile.create(path, title="L", scale=Scale(), rng=Random(1), now=START) as made:
        fill_study(made, systems, tuple(specs), (), now=START)
    shown(card, context, qtbot, path)
    assert "3 prompts to score" in visible_text(card)
    with qtbot.waitSignal(card.computed):
        press(card, "run_score-labels", qtbot)
    refreshed(card, context, qtbot)
    assert "The labels of every prompt are scored." in visible_text(card)
