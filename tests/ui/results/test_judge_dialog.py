"""What is asked, and told, before a judge is run from the window."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from fake_backend import FAKE
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.judges.judge_file import JUDGE_FORM
from ftcompare.app.judges.judging_plan import SERVER_AGREED, JudgingAnswer, PairChoice
from ftcompare.app.measures.judges.kind import JUDGE
from ftcompare.app.setup import consent
from ftcompare.core.judge import RubricHalf
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.dialogs.toml_form import TomlForm
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.run_dialogs import DOWNLOAD, OWN, SEND, JudgeDialog
from ftcompare.ui.pages.results.automatic.runs_line import RunsLine
from tests.app.judges.judged_study import fake_judge, judge, judged_study, said, scored
from tests.builders import text_file
from tests.ui.conftest import START, open_in
from tests.ui.page_driver import child, press, settle, visible_text

FAR = 'kind = "served"\nmodel = "big"\nurl = "http://judge.invalid:8000/v1"\n'


def written(folder: Path, text: str, name: str = "judge") -> Path:
    return text_file(folder / f"{name}.toml", f'name = "{name}"\n{text}')


class Asked:
    """Dialogs on an open study of three pairs."""

    def __init__(self, context: PageContext, qtbot: QtBot, folder: Path) -> None:
        self.context, self.qtbot, self.folder = context, qtbot, folder
        self.study = folder / "judged.ftstudy"

    def open(
        self, prepare: Callable[[StudyFile], object] = lambda _: None, backend: str = "local"
    ) -> JudgeDialog:
        with judged_study(self.study, START) as study:
            prepare(study)
        open_in(self.context.tasks, self.study, self.qtbot)
        parent = QWidget()
        parent.resize(1280, 720)
        self.qtbot.addWidget(parent)
        self.parent = parent
        dialog = JudgeDialog(self.context.tasks, parent, backend)
        dialog.show()
        return dialog

    def choose(self, dialog: JudgeDialog, file: Path) -> str:
        dialog.file.set_text(str(file))
        return self.settled(dialog)

    def settled(self, dialog: JudgeDialog) -> str:
        """All that it tells once nothing is under way."""
        self.qtbot.waitUntil(lambda: not dialog._timer.isActive())
        settle(self.context, self.qtbot)
        return visible_text(dialog)


@pytest.fixture
def asked(context: PageContext, qtbot: QtBot, tmp_path: Path) -> Asked:
    return Asked(context, qtbot, tmp_path)


def test_what_it_takes_is_told_before_it_can_begin(asked: Asked, tmp_path: Path) -> None:
    dialog = asked.open()
    assert not dialog.confirm.isEnabled()
    assert dialog.missing.text() == "Choose a judge file, or set up a judge."
    told = asked.choose(dialog, written(tmp_path, 'model = "gpt"\n'))
    assert "“judge” chooses the better answer: model gpt" in told
    assert "3 pairs × 2 orders: 6 questions." in told
    assert "tokens to read and at most 9,216 to write." in told
    assert dialog.confirm.isEnabled()
    dialog.confirm.click()
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.answer is not None
    assert (dialog.answer.specs[0].model, dialog.answer.pairs) == ("gpt", PairChoice())


def test_a_judge_is_set_up_in_a_form_and_comes_back(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = asked.open()
    path = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    press(dialog, "judge_set_up", asked.qtbot)
    form = child(dialog, TomlForm)
    assert "Fill in: Model." in visible_text(form)
    fill(form, name="mine", model="models/judge")
    shown = {key for key, row in form.rows.items() if row.isVisible()}
    assert shown == {field.key for field in JUDGE_FORM.fields} - {"url", "members", "scale"}
    fill(form, mode="direct", scale="10, 1")
    assert "“Scale” must be two whole numbers" in visible_text(form)
    assert not form.save_button.isEnabled()
    fill(form, scale="1, 5", rubric="First line.\n[second] line.")
    press(form, "judge_save", asked.qtbot)
    assert "“mine” scores each answer: model models/judge" in asked.settled(dialog)
    assert dialog.check.value
    assert dialog.check.value[0].rubric == "First line.\n[second] line."
    press(dialog, "judge_set_up", asked.qtbot)
    asked.settled(dialog)
    again = dialog.findChildren(TomlForm)[-1]
    assert again.text == path.read_text(encoding="utf-8")
    fill(again, kind="reward")
    assert again.values == {"name": "mine", "kind": "reward", "model": "models/judge"}
    answers = [False, True]
    monkeypatch.setattr("ftcompare.ui.dialogs.toml_form.may_discard", lambda *_: answers.pop(0))
    again.reject()
    assert again.isVisible(), "changes that are not saved are not lost by Esc"
    again.reject()
    assert not again.isVisible()
    assert not answers
    dialog.reject()
    restored = JudgeDialog(asked.context.tasks, asked.parent)
    restored.show()
    assert "“mine” scores each answer: model models/judge" in asked.settled(restored)


def fill(form: TomlForm, **values: str) -> None:
    for key, value in values.items():
        box = form.rows[key].input
        if isinstance(box, QComboBox):
            box.setCurrentIndex(box.findData(value))
        elif isinstance(box, QPlainTextEdit):
            box.setPlainText(value)
        else:
            assert isinstance(box, QLineEdit)
            box.setText(value)


@pytest.mark.parametrize(
    ("mode", "replies", "told"),
    [
        ("pairwise", ["A", "B"], "Two votes for the same answer"),
        ("pairwise", ["A", "A"], "the two votes cancel each other"),
        ("pairwise", ["tie", "tie"], "A tie"),
        ("pairwise", ["tie", "A"], "One vote for an answer, and one tie"),
        ("pairwise", ["?", "A"], 'No verdict. The "verdict" must be'),
        ("direct", [7, 3], "Scores 3 and 7"),
    ],
)
def test_three_pairs_are_tried_and_nothing_is_stored(
    asked: Asked, tmp_path: Path, mode: str, replies: list[object], told: str
) -> None:
    direct = mode == "direct"
    keys = ("response 1", "response 2") if direct else ("pair 1 ab", "pair 1 ba")
    texts = [scored(one, "") if direct else said(one, "") for one in replies]
    spec = fake_judge({f"{key} try 1": text for key, text in zip(keys, texts, strict=True)})
    dialog = asked.open(backend=FAKE)
    text = f"model = '''{spec.model}'''\nmode = '{mode}'\ntries = 1\n"
    asked.choose(dialog, written(tmp_path, text))
    press(dialog, "judge_try", asked.qtbot)
    assert not dialog.confirm.isEnabled()
    asked.qtbot.waitUntil(lambda: not dialog.trial.running, timeout=60_000)
    shown = visible_text(dialog)
    assert "What is the pulse?" in shown
    assert told in shown
    assert texts[0] in shown
    assert "Only a trial: nothing was stored." in shown
    asked.qtbot.waitUntil(lambda: dialog.trial.visibleRegion().boundingRect() == dialog.trial.rect())
    assert dialog.height() < asked.parent.height()
    assert dialog.confirm.isEnabled()
    useless = told.startswith("No verdict")
    assert ("Trial: 3 of 3 gave no verdict." in shown) == useless
    assert dialog.confirm.property("role") == ("" if useless else "primary")
    found: list[int] = []
    asked.context.tasks.run(lambda study: len(study.judges.all()), found.append)
    settle(asked.context, asked.qtbot)
    assert found == [0]


def test_closing_the_dialog_ends_a_trial_and_deletes_its_study(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spec = fake_judge({})
    dialog = asked.open(backend=FAKE)
    asked.choose(dialog, written(tmp_path, f"model = '''{spec.model}'''\n"))
    press(dialog, "judge_try", asked.qtbot)
    asked.qtbot.waitUntil(lambda: bool([*tmp_path.glob("ftcompare-trial-*")]))
    dialog.reject()
    settle(asked.context, asked.qtbot)
    assert not [*tmp_path.glob("ftcompare-trial-*")]


def test_replies_that_are_there_are_told(asked: Asked, tmp_path: Path) -> None:
    spec = fake_judge({})
    dialog = asked.open(lambda study: judge(study, START, spec, pairs=PairChoice(sample=1)))
    text = f"model = '''{spec.model}'''\nrubric = '{spec.rubric}'\n"
    assert "2 answered before, 4 to ask." in asked.choose(dialog, written(tmp_path, text))


def test_where_all_is_answered_nothing_is_to_ask(asked: Asked, tmp_path: Path) -> None:
    spec = fake_judge({})
    dialog = asked.open(lambda study: judge(study, START, spec))
    text = f"model = '''{spec.model}'''\nrubric = '{spec.rubric}'\n"
    told = asked.choose(dialog, written(tmp_path, text))
    assert "6 answered before, 0 to ask." in told
    assert "tokens to read" not in told


def test_the_pairs_can_be_those_of_people_or_a_sample(asked: Asked, tmp_path: Path) -> None:
    dialog = asked.open()
    asked.choose(dialog, written(tmp_path, 'model = "gpt"\n'))
    dialog.pairs.drawn.setChecked(True)
    dialog.pairs.count.setValue(2)
    dialog.pairs.seed.setValue(7)
    assert not dialog.confirm.isEnabled()  # what was told is no longer so
    assert "2 pairs × 2 orders: 4 questions" in asked.settled(dialog)
    assert dialog.answer is not None
    assert dialog.answer.pairs == PairChoice(sample=2, seed=7)
    dialog.pairs.judged.setChecked(True)
    assert "There are no such pairs to judge." in asked.settled(dialog)
    assert not dialog.confirm.isEnabled()
    assert not dialog.pairs.seed.isVisible()
    dialog.pairs.all.setChecked(True)
    assert "3 pairs" in asked.settled(dialog)


def test_what_is_wrong_with_a_file_is_told_with_its_place(asked: Asked, tmp_path: Path) -> None:
    dialog = asked.open()
    told = asked.choose(dialog, written(tmp_path, "modle = 'x'\n"))
    assert "judge.toml" in told
    assert "modle" in told
    assert not dialog.confirm.isEnabled()
    dialog.accept()
    assert dialog.isVisible()


def test_a_system_of_the_study_judges_itself_only_with_a_tick(asked: Asked, tmp_path: Path) -> None:
    dialog = asked.open(lambda s: s.systems.add(SystemSpec("own", SystemKind.MODEL, model="gpt")))
    told = asked.choose(dialog, written(tmp_path, 'model = "gpt"\n'))
    assert "is itself a system of this study, and models prefer their own answers" in told
    assert f"To have a system of the study judge itself, select “{OWN}”." in told
    assert not dialog.confirm.isEnabled()
    dialog.own.setChecked(True)
    assert dialog.answer is not None
    assert dialog.answer.own_system
    asked.choose(dialog, written(tmp_path, 'model = "gpt"\n', "again"))
    assert not dialog.own.isChecked()


def test_nothing_is_sent_to_another_machine_without_a_tick(asked: Asked, tmp_path: Path) -> None:
    dialog = asked.open()
    told = asked.choose(dialog, written(tmp_path, FAR))
    assert "they are sent to" not in told  # the warning says where
    assert "judge.invalid:8000 is another computer" in told
    assert "Over http they are not encrypted." in told
    assert f"To send texts to another computer, select “{SEND}”." in told
    assert not dialog.confirm.isEnabled()
    dialog.send.setChecked(True)
    assert dialog.answer is not None
    assert dialog.answer.agreed == ("http://judge.invalid:8000/v1",)
    jury = written(tmp_path, 'kind = "jury"\nmembers = ["judge.toml", "two.toml"]\n', "jury")
    written(tmp_path, FAR.replace("http:", "https:"), "two")  # of the same host
    told = asked.choose(dialog, jury)
    assert "two: 3 pairs × 2 orders" in told
    assert not dialog.send.isChecked()


def test_a_model_of_the_hub_is_downloaded_only_with_a_tick(asked: Asked, tmp_path: Path) -> None:
    """It may be on this machine already: then it judges without."""
    hub = 'model = "example/large-judge"\nadapter = "example/its-adapter"\n'
    dialog = asked.open()
    told = asked.choose(dialog, written(tmp_path, hub))
    assert "The file names example/large-judge on the Hugging Face hub." in told
    assert "The file names example/its-adapter on the Hugging Face hub." in told
    assert "it is downloaded only if you allow it" in told
    assert dialog.download.isVisible()
    assert dialog.answer is not None
    assert list(dialog.answer.downloaded) == []
    dialog.download.setChecked(True)
    assert dialog.answer.downloaded == ("example/large-judge", "example/its-adapter")
    consent.agree_to_models(*dialog.answer.downloaded)
    told = asked.choose(dialog, written(tmp_path, hub, "again"))
    assert "Hugging Face" not in told
    assert not dialog.download.isVisible()
    assert not dialog.download.isChecked()


def test_what_may_be_downloaded_is_agreed_to_as_the_run_begins(tmp_path: Path, now: datetime) -> None:
    spec = replace(fake_judge({}), model="example/large-judge")
    with judged_study(tmp_path / "s.ftstudy", now) as study:
        assert JUDGE.engine is not None
        JUDGE.engine(study, {"judge": JudgingAnswer((spec,), PairChoice())}, FAKE)
        assert not consent.model_is_agreed("example/large-judge")
        said = JudgingAnswer((spec,), PairChoice(), downloaded=("example/large-judge",))
        JUDGE.engine(study, {"judge": said}, FAKE)
    assert consent.model_is_agreed("example/large-judge")


def test_a_judge_that_may_not_be_downloaded_leads_to_the_tick(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, 'model = "example/large-judge"\n')

    def exec_(dialog: JudgeDialog) -> int:
        dialog.show()
        asked.choose(dialog, file)
        dialog.hide()
        return int(QDialog.DialogCode.Accepted)

    asked.open().close()
    monkeypatch.setattr(JudgeDialog, "exec", exec_)
    card = RunsLine(asked.context, (JUDGE,))
    asked.qtbot.addWidget(card)
    card.show()
    card.refresh({}, named=False)
    settle(asked.context, asked.qtbot)
    with asked.qtbot.waitSignal(card.computed):
        press(card, "run_judge", asked.qtbot)
    card.runner.shut_down()
    told = visible_text(card)
    assert "you have not agreed to download it" in told
    assert f"select “{DOWNLOAD}”" in told
    assert "Setup" not in told


def test_an_answer_for_another_choice_is_not_taken(asked: Asked, tmp_path: Path) -> None:
    """The study's thread is held: what is counted for the first choice comes after the second was made."""
    dialog = asked.open()
    asked.choose(dialog, written(tmp_path, 'model = "gpt"\n'))
    held = threading.Event()
    asked.context.tasks.call(held.wait, lambda _: None)
    dialog._look()
    dialog.pairs.judged.setChecked(True)
    dialog._look()
    dialog.pairs.all.setChecked(True)
    dialog._look()
    told = dialog.told.text
    held.set()
    assert told == "Counting judgments…"
    assert "3 pairs × 2 orders" in asked.settled(dialog)


@pytest.mark.parametrize("accepted", [True, False])
def test_the_button_runs_what_was_decided(
    asked: Asked, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, accepted: bool
) -> None:
    spec = fake_judge({})
    text = f"model = '''{spec.model}'''\nrubric = '{spec.rubric}'\n"
    file = written(tmp_path, text)

    def exec_(dialog: JudgeDialog) -> int:
        dialog.show()
        asked.choose(dialog, file)
        dialog.hide()
        return int(QDialog.DialogCode.Accepted if accepted else QDialog.DialogCode.Rejected)

    asked.open().close()
    monkeypatch.setattr(JudgeDialog, "exec", exec_)
    card = RunsLine(asked.context, (JUDGE,), backend=FAKE)
    asked.qtbot.addWidget(card)
    card.show()
    card.refresh({}, named=False)
    settle(asked.context, asked.qtbot)
    if accepted:
        with asked.qtbot.waitSignal(card.computed):
            press(card, "run_judge", asked.qtbot)
    else:
        press(card, "run_judge", asked.qtbot)
    assert not card.running
    card.runner.shut_down()
    found: list[int] = []
    asked.context.tasks.run(_replies, found.append)
    settle(asked.context, asked.qtbot)
    assert found == [6 if accepted else 0]


def _replies(study: StudyFile) -> int:
    return sum(1 for one in study.judges.all() for _ in study.judges.replies(one.id))


def test_what_was_agreed_to_is_kept_in_the_audit_log(tmp_path: Path, now: datetime) -> None:
    far = fake_judge({})
    with judged_study(tmp_path / "s.ftstudy", now) as study:
        specs = (type(far)("far", far.kind, model="big", url="http://judge.invalid:8000/v1"),)
        answer = JudgingAnswer(specs, PairChoice(), agreed=("http://judge.invalid:8000/v1",))
        assert JUDGE.engine is not None
        JUDGE.engine(study, {"judge": answer}, FAKE)
        assert [e.detail for e in study.audit.entries(SERVER_AGREED)] == [{"host": "judge.invalid:8000"}]


def test_a_rubric_is_improved_on_one_half_of_the_prompts(asked: Asked, tmp_path: Path) -> None:
    dialog = asked.open()
    asked.choose(dialog, written(tmp_path, 'model = "gpt"\n'))
    assert dialog.pairs.half.currentText() == "All prompts"
    judged = []
    for half in RubricHalf:
        dialog.pairs.half.setCurrentIndex(dialog.pairs.half.findData(half))
        asked.settled(dialog)
        if dialog.answer is not None:
            assert dialog.answer.pairs.half is half
            judged.append(half)
    assert judged
