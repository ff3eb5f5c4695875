"""Study → Sealed plan…: a form, the plan to read, its seal, and an amendment that begins with it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QPushButton, QTextEdit
from pytestqt.qtbot import QtBot

from ftcompare.app.study.sealed_plan import Hypothesis, seals
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.dialogs.frames import ReasonDialog
from ftcompare.ui.dialogs.toml_form import TomlForm
from ftcompare.ui.pages.study.seal_dialog import PlanDialog
from ftcompare.ui.shell.window import MainWindow
from tests.builders import answer_elsewhere, import_systems, present
from tests.conftest import NOW
from tests.ui.page_driver import child
from tests.ui.shell.conftest import bar_words, opened


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two systems, twelve prompts, three planned raters, and nobody has judged."""
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="Planned", scale=Scale(), rng=Random(1), now=NOW) as made:
        import_systems(made, "base", "tuned")
        specs = [PromptSpec(f"p{n}", (Message("user", f"Question {n}?"),)) for n in range(12)]
        for prompt in made.prompts.add(specs):
            answer_elsewhere(made, prompt, ("Plain", "Tuned"))
        made.settings.set_rating(Scale(), RatingDesign(raters=3), now=NOW)
    return path


Shown = list[str]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shown:
    """The plans that were shown; each is accepted, and files are saved as plan.toml."""
    shown: Shown = []

    def accept(dialog: PlanDialog) -> bool:
        shown.append(child(dialog, QTextEdit, "plan_text").toPlainText())
        return dialog.accept_button.isVisibleTo(dialog)

    monkeypatch.setattr(PlanDialog, "accepted_by_user", accept)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "plan.toml"), ""))
    return shown


def form_of(window: MainWindow, qtbot: QtBot) -> TomlForm:
    qtbot.waitUntil(lambda: window.findChild(TomlForm) is not None)
    return present(window.findChild(TomlForm))


def seal_first(window: MainWindow, qtbot: QtBot) -> None:
    window.trigger("study.seal")
    form = form_of(window, qtbot)
    assert not form.save_button.isEnabled()
    for name, system in (("plan_system", "tuned"), ("plan_against", "base")):
        child(form, QLineEdit, name).setText(system)
    qtbot.waitUntil(form.save_button.isEnabled)
    form.save_button.click()
    qtbot.waitUntil(lambda: "The plan is sealed" in bar_words(window))


def test_a_plan_is_read_and_sealed_and_shown_again(
    window: MainWindow, study: Path, reads: Shown, qtbot: QtBot
) -> None:
    opened(window, study, qtbot, "setup")
    seal_first(window, qtbot)
    assert "These raters prefer tuned to base on all prompts." in reads[0]
    window.acts.close(lambda: None)
    qtbot.waitUntil(lambda: not study.with_name("s.ftstudy-journal").exists())
    with StudyFile.open(study, now=NOW) as file:
        assert [one.plan.hypotheses for one in seals(file)] == [(Hypothesis("tuned", "base"),)]


def test_without_a_number_of_raters_the_form_is_not_shown(
    study: Path, window: MainWindow, qtbot: QtBot
) -> None:
    with StudyFile.open(study, now=NOW) as made:
        made.settings.set_rating(Scale(), RatingDesign(), now=NOW)
    opened(window, study, qtbot, "setup")
    window.trigger("study.seal")
    qtbot.waitUntil(lambda: "The number of raters is not planned." in bar_words(window))
    assert window.findChild(TomlForm) is None


def test_an_amendment_needs_a_reason_and_begins_with_the_plan(
    window: MainWindow, study: Path, reads: Shown, qtbot: QtBot
) -> None:
    opened(window, study, qtbot, "setup")
    seal_first(window, qtbot)
    window.trigger("study.seal")
    qtbot.waitUntil(lambda: window.findChild(ReasonDialog) is not None)
    ask = present(window.findChild(ReasonDialog))
    ask.reason_field.setText("a margin is enough")
    child(ask, QPushButton, "plan_confirm").click()
    form = form_of(window, qtbot)
    qtbot.waitUntil(lambda: child(form, QLineEdit, "plan_system").text() == "tuned")
    aim = child(form, QComboBox, "plan_aim")
    aim.setCurrentIndex(aim.findText("not worse"))
    form.rows["margin"].put(0.1)
    form.rows["margin"].changed.emit()
    qtbot.waitUntil(form.save_button.isEnabled)
    form.save_button.click()
    qtbot.waitUntil(lambda: len(reads) == 3)
    assert "not worse than base by 10%" in reads[-1]
    assert "a margin is enough" in reads[-1]
