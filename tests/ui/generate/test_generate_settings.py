"""Generate's settings: every one of them is reached, stored with the run, and comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.generate.generation_state import WrittenPair, writing_state
from ftcompare.app.generate.settings_history import settings_words, stop_lines, stop_texts
from ftcompare.app.setup import consent
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.engine.protocol import Fault, GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.engine.run_driver import fault_words, left_words
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.widgets.controls import ScrollColumn
from tests.builders import present
from tests.ui.conftest import START, open_in
from tests.ui.generate.generate_driver import button, click, idle, make_written, open_with, says, written
from tests.ui.page_driver import child, every_word, owned
from tests.ui.shown_text import shown_text

CHOSEN = GenerationSettings(
    max_new_tokens=64,
    max_reasoning_tokens=128,
    temperature=0.7,
    top_p=0.9,
    top_k=50,
    min_p=0.05,
    repetition_penalty=1.1,
    stop=("\n\n", "User:"),
    samples=2,
    coupling="independent",
    seed=3,
    batch_prompts=8,
    strict=True,
)


def number(page: QWidget, name: str, keys: str) -> None:
    box = child(page, QAbstractSpinBox, name)
    assert box.isVisible(), name
    assert box.isEnabled(), name
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, keys)
    QTest.keyClick(box, Qt.Key.Key_Tab)


def choose_all(page: GeneratePage) -> None:
    click(page, "generate_settings")
    click(page, "generate_more_settings")
    for name, keys in (
        ("max_new_tokens", "64"), ("temperature", "0.7"), ("samples", "2"), ("seed", "3"), ("top_p", "0.9"),
        ("top_k", "50"), ("min_p", "0.05"), ("repetition_penalty", "1.1"), ("batch_prompts", "8"),
        ("max_reasoning_tokens", "128"),
    ):  # fmt: skip
        number(page, f"generate_{name}", keys)
    coupling = page.findChild(QComboBox, "generate_coupling")
    stop = page.findChild(QPlainTextEdit, "generate_stop")
    strict = page.findChild(QCheckBox, "generate_strict")
    assert isinstance(coupling, QComboBox)
    assert isinstance(stop, QPlainTextEdit)
    assert isinstance(strict, QCheckBox)
    QTest.keyClick(coupling, Qt.Key.Key_Down)
    stop.setFocus()
    QTest.keyClicks(stop, "\\n\\n")
    QTest.keyClick(stop, Qt.Key.Key_Return)
    QTest.keyClicks(stop, "User:")
    QTest.keyClick(strict, Qt.Key.Key_Space)


def test_every_setting_is_used_stored_and_comes_back_and_the_column_is_not_cut(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    choose_all(page)
    column = child(page, ScrollColumn)
    inner = present(column.widget())
    assert inner.minimumSizeHint().width() <= column.viewport().width()
    assert page.settings.settings == CHOSEN
    click(page, "generate_start")
    idle(qtbot, page)
    records: list[object] = []
    context.tasks.run(lambda study: study.runs.all()[-1]["settings"], records.append)
    qtbot.waitUntil(lambda: bool(records))
    assert isinstance(records[0], dict)
    assert records[0]["stop"] == ["\n\n", "User:"]
    assert records[0]["repetition_penalty"] == 1.1
    number(page, "generate_seed", "4")
    says(
        qtbot, page, "Already answered with other settings: 8 prompts (up to about 48 words, temperature 0.7"
    )
    number(page, "generate_seed", "3")
    qtbot.waitUntil(lambda: "Already answered" not in shown_text(page))
    number(page, "generate_batch_prompts", "4")
    says(qtbot, page, f"Last run: {settings_words(CHOSEN)}")
    again = owned(GeneratePage(context, backend=FAKE), qtbot)
    again.enter()
    qtbot.waitUntil(lambda: again.settings.settings == CHOSEN)


def test_several_samples_are_written_of_each_prompt(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    click(page, "generate_settings")
    number(page, "generate_samples", "3")
    says(qtbot, page, "With temperature 0, all samples of a prompt are alike")
    assert not button(page, "generate_start").isEnabled()
    number(page, "generate_temperature", "0.8")
    qtbot.waitUntil(lambda: "are alike" not in shown_text(page))
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "24 / 24")
    assert written(context, qtbot) == 24


def test_more_samples_are_written_where_all_pairs_stand(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    click(page, "generate_start")
    qtbot.waitUntil(lambda: button(page, "generate_rate").isVisible())
    click(page, "generate_settings")
    number(page, "generate_samples", "2")
    number(page, "generate_temperature", "0.8")
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    click(page, "generate_start")
    idle(qtbot, page)
    assert written(context, qtbot) == 16


def test_second_answers_for_controls_are_told_and_written_but_not_shown(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = make_written(tmp_path / "a.ftstudy", "{}")
    with StudyFile.open(path, now=START) as study:
        study.settings.set_rating(Scale(), RatingDesign(controls=0.25), now=START)
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    assert "answered twice" not in shown_text(page)
    shown: list[WrittenPair] = []
    page.runner.sample.connect(shown.append)
    click(page, "generate_settings")
    number(page, "generate_temperature", "0.8")
    says(
        qtbot,
        page,
        "2 prompts to be answered twice, for the pairs with the same model on both sides, where answers are "
        "drawn.",
    )
    click(page, "generate_start")
    idle(qtbot, page)
    says(
        qtbot,
        page,
        "2 prompts answered twice by each system, for the pairs with the same model on both sides.",
    )
    assert written(context, qtbot) == len(shown) == 8
    assert not button(page, "generate_start").isVisible()
    context.tasks.run(
        lambda study: study.settings.set_rating(Scale(), RatingDesign(controls=0.5), now=START),
        lambda _: page.enter(),
    )
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    assert button(page, "generate_rate").isVisible()
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "4 prompts answered twice by each system")


def test_greedy_writing_draws_nothing(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    names = ("seed", "top_p", "top_k", "min_p", "coupling")
    drawn = [page.findChild(QWidget, f"generate_{name}") for name in names]
    assert not any(field.isEnabled() for field in drawn if field)
    click(page, "generate_settings")
    number(page, "generate_temperature", "1")
    assert all(field.isEnabled() for field in drawn if field)
    assert len([field for field in drawn if field]) == 5


def test_every_setting_is_described_and_the_seldom_changed_wait_behind_a_fold(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    boxes = page.settings.findChildren(QAbstractSpinBox)
    assert len(boxes) == 10
    assert all(box.accessibleName() and box.accessibleDescription() for box in boxes)
    assert not any(label.text().startswith("<") for label in page.settings.findChildren(QLabel))
    assert all(b.accessibleName() for b in page.settings.findChildren(QPushButton))
    click(page, "generate_settings")
    top_p = child(page, QWidget, "generate_top_p")
    assert not top_p.isVisible()
    click(page, "generate_more_settings")
    assert top_p.isVisible()
    click(page, "generate_more_settings")
    assert not top_p.isVisible()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("out-of-memory", "Choose 8 or 4 bits in Setup"),
        ("server-gone", "The answers so far are kept. Once the problem is fixed, the rest can be generated."),
        ("disk-full", "The answers so far are kept. Once the problem is fixed, the rest can be generated."),
        ("device-lost", "The answers so far are kept. Once the problem is fixed, the rest can be generated."),
        ("system-changed", "Setup shows the location of each system."),
    ],
)
def test_a_fault_says_what_to_do_and_that_it_goes_on(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot, code: str, told: str
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, pair_faults={"4": code})
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "The fake machine failed.")
    assert told in shown_text(page)
    qtbot.waitUntil(lambda: button(page, "generate_start").text() == "Continue")
    assert button(page, "generate_start").isVisible()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ()),
        ("User:\n\nUser:\nEnd", ("User:", "End")),
        (r"\n\n", ("\n\n",)),
        (r"a\tb\\n\x", ("a\tb\\n\\x",)),
        ("\\", ("\\",)),
        ("  two blanks before", ("  two blanks before",)),
    ],
)
def test_stop_texts_are_lines_with_escapes(typed: str, read: tuple[str, ...]) -> None:
    assert stop_texts(typed) == read
    assert stop_texts(stop_lines(read)) == read


def test_settings_in_words_name_what_is_not_as_usual() -> None:
    assert settings_words(GenerationSettings()) == "up to about 770 words, no randomness"
    assert settings_words(CHOSEN) == (
        "up to about 48 words, temperature 0.7, seed 3, top-p 0.9, top-k 50, min-p 0.05, independent "
        "draws, reasoning up to about 96 words, 2 samples, repetition penalty 1.1, 2 stop texts, batch "
        "8, strict"
    )
    assert settings_words(GenerationSettings(stop=("x",))).endswith("1 stop text")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "less than a minute left"), (600, "about 10 min left"), (5400, "about 1.5 h left")],
)
def test_the_time_left_is_rough(seconds: float, words: str) -> None:
    assert left_words(seconds) == words


def test_a_failed_proof_names_no_system_beside_the_neutral_names() -> None:
    fault = Fault("proof-failed", "cardiology: is not active", "", "Look at it.", fatal=True, kind="user")
    assert "cardiology" not in fault_words(fault)


def test_that_the_written_is_kept_is_said_once() -> None:
    how = "Check whether it is running. Everything written so far is saved. Run it again to continue."
    fault = Fault("server-gone", "The server does not answer.", "host", how, fatal=False, kind="environment")
    assert "so far are kept" not in fault_words(fault)
    assert fault_words(fault).count("so far is saved") == 1


def test_the_settings_of_a_study_from_the_command_line_are_shown(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = make_written(tmp_path / "a.ftstudy", json.dumps({}))
    open_in(context.tasks, path, qtbot)
    context.tasks.run(lambda study: study.settings.set_samples(4), lambda _: None)
    page.enter()
    qtbot.waitUntil(lambda: page.settings.settings.samples == 4)


def typed_tasks(page: GeneratePage, text: str) -> None:
    click(page, "generate_settings")
    click(page, "generate_more_settings")
    field = child(page, QPlainTextEdit, "generate_tasks")
    field.setPlainText(text)


def test_settings_by_task_are_used_stored_and_come_back(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    typed_tasks(page, "freeform\ncode temperature=0.5 top_k=20")
    click(page, "generate_start")
    idle(qtbot, page)
    records: list[object] = []
    context.tasks.run(lambda study: study.runs.all()[-1]["by_task"], records.append)
    qtbot.waitUntil(lambda: bool(records))
    assert records == [{"freeform": {"temperature": 0.7}, "code": {"temperature": 0.5, "top_k": 20}}]
    again = owned(GeneratePage(context, backend=FAKE), qtbot)
    again.enter()
    qtbot.waitUntil(lambda: again.settings.by_task == records[0])


def test_settings_by_task_that_cannot_be_are_told_and_start_nothing(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    typed_tasks(page, "code warmth=0.5")
    says(qtbot, page, "A task cannot have its own setting 'warmth'.")
    click(page, "generate_start")
    assert not page.runner.running
    assert shown_text(page).count("cannot have its own setting 'warmth'") == 2


# Generate with systems that are not in memory together: one group after the other, nothing told apart.


PROMPTS = 6
FIRST, SECOND = {"seconds_per_pair": 0.02}, {"seconds_per_pair": 0.05}
NAMES = ("sapling", "cardiology", "rival")


def make_groups(path: Path, first: Mapping[str, object], second: Mapping[str, object]) -> Path:
    """A base with an adapter, and another model, each with a script of its own."""
    study = StudyFile.create(path, title="Heart", scale=Scale(), rng=Random(1), now=START)
    base, other = json.dumps(dict(first)), json.dumps(dict(second))
    with study:
        study.systems.add(SystemSpec("sapling", SystemKind.BASE, model=base))
        study.systems.add(SystemSpec("cardiology", SystemKind.ADAPTER, model=base, adapter="/a"))
        study.systems.add(SystemSpec("rival", SystemKind.MODEL, model=other))
        study.prompts.add(
            PromptSpec(f"p{n}", (Message("user", f"What is a stroke of kind {n}?"),)) for n in range(PROMPTS)
        )
    return path


def begin(page: GeneratePage, context: PageContext, qtbot: QtBot, path: Path) -> None:
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())


def test_the_groups_are_written_one_after_the_other(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", FIRST, SECOND))
    stages: list[tuple[int, int]] = []
    page.runner.progress.connect(lambda p: stages.append((p.part, p.parts)))
    click(page, "generate_start")
    says(qtbot, page, "Group 1 of 2: Writing pairs")
    says(qtbot, page, "Partly verified")
    says(qtbot, page, "Group 2 of 2: Writing pairs")
    idle(qtbot, page)
    says(qtbot, page, "All 18 pairs are generated")
    assert written(context, qtbot) == 18
    assert sorted(set(stages)) == [(1, 1), (1, 2), (2, 2)]
    assert "Verified" in shown_text(page)


def test_nothing_on_the_page_tells_which_neutral_name_is_which_while_groups_are_written(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", {}, {"seconds_per_pair": 0.8}))
    seen: list[str] = []
    page.runner.progress.connect(lambda _: seen.append(every_word(page)))
    click(page, "generate_start")
    says(qtbot, page, "Each system's progress is hidden")
    click(page, "generate_stop")
    idle(qtbot, page)
    page.enter()
    says(qtbot, page, "Each system's progress is hidden")
    rows = [line for _, line in page.systems._lines.values()]
    assert len(rows) == 3
    assert not any(line.isVisible() for line in rows), "the bars would tell who has written"
    words = "\n".join((*seen, every_word(page)))
    assert not any(name in words for name in NAMES)


def test_a_neutral_row_tells_no_number_until_all_are_as_far(tmp_path: Path) -> None:
    path = make_groups(tmp_path / "a.ftstudy", FIRST, SECOND)
    with StudyFile.open(path, now=START) as study:
        assert {row.written for row in writing_state(study).systems} == {0}
        first = study.systems.all()[0].id
        prompt = study.prompts.all()[0].id
        draft = ResponseDraft(first, "A text.", FinishReason.END, 3)
        study.responses.store(prompt, [draft], run=None)
        assert {row.written for row in writing_state(study).systems} == {None}
        unblind(study, "done", now=START)
        assert {row.written for row in writing_state(study).systems} == {0, 1}


def test_what_was_stopped_in_the_second_group_goes_on_there(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", {}, {"seconds_per_pair": 0.2}))
    click(page, "generate_start")
    says(qtbot, page, "Group 2 of 2: Writing pairs")
    click(page, "generate_stop")
    idle(qtbot, page)
    qtbot.waitUntil(lambda: button(page, "generate_start").text() == "Continue")
    says(qtbot, page, "Verified")
    groups: list[int] = []
    page.runner.progress.connect(lambda progress: groups.append(progress.parts))
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "All 18 pairs are generated")
    assert set(groups) == {1}, "the first group has nothing left to write"


def test_a_fault_in_the_second_group_keeps_what_the_first_wrote(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", {}, {"load_fault": "server-gone"}))
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "The fake model cannot be loaded.")
    says(qtbot, page, "6 of 18 pairs generated.")


def test_a_look_at_the_pairs_where_no_group_writes_two_systems(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.ftstudy"
    study = StudyFile.create(path, title="Heart", scale=Scale(), rng=Random(1), now=START)
    with study:
        study.systems.add(SystemSpec("sapling", SystemKind.BASE, model="{}"))
        study.systems.add(SystemSpec("rival", SystemKind.MODEL, model=json.dumps({"notes": ["A note."]})))
        study.prompts.add([PromptSpec("p", (Message("user", "Why?"),))])
    begin(page, context, qtbot, path)
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "A note.")
    qtbot.waitUntil(lambda: page.samples.count == 1)


# Generate: a model that a stranger's study names is downloaded only where this user says so, by its name.


REFUSED = GenerationProgress(
    finished=True,
    fault=Fault(
        code="hub-off",
        what="It is not on this machine.",
        where="someone/model",
        how="Agree.",
        fatal=False,
        kind="user",
    ),
)


@pytest.fixture
def download_page(page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot) -> GeneratePage:
    """With a study of which nothing is written."""
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    return page


def test_the_download_is_agreed_to_by_name_and_then_pairs_are_written(
    download_page: GeneratePage, qtbot: QtBot
) -> None:
    assert not button(download_page, "generate_download").isVisible()
    download_page.runner.finished.emit(REFUSED)
    allow = button(download_page, "generate_download")
    assert allow.isVisible()
    assert allow.text() == "Allow the download of someone/model and continue"
    assert "The button that allows it is in Setup, beside the system." in shown_text(download_page)
    assert not consent.model_is_agreed("someone/model")
    click(download_page, "generate_download")
    says(qtbot, download_page, "All 8 pairs are generated")
    assert consent.model_is_agreed("someone/model")
    assert not allow.isVisible()


def test_another_fault_asks_nothing(download_page: GeneratePage, qtbot: QtBot) -> None:
    download_page.runner.finished.emit(REFUSED)
    assert REFUSED.fault is not None
    download_page.runner.finished.emit(replace(REFUSED, fault=replace(REFUSED.fault, code="model-broken")))
    qtbot.waitUntil(lambda: not button(download_page, "generate_download").isVisible())
