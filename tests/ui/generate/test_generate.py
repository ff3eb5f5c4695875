"""Generate: a real child process writes the pairs, the page shows it and never the names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_backend import FAKE
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLabel, QProgressBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.demo import demo_plan
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, ResponseDraft
from ftcompare.engine import protocol
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.engine.run_driver import EngineRunner
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.generate_cards import SettingsCard
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.widgets.controls import SectionLabel
from tests.ui.conftest import START, Recorder, open_in
from tests.ui.generate.generate_driver import (
    PROMPTS,
    button,
    click,
    idle,
    make_written,
    open_with,
    says,
    written,
)
from tests.ui.page_driver import child, on_screen, owned, visible_text
from tests.ui.shown_text import shown_text


def heard_pids(page: GeneratePage) -> list[int]:
    """The process ids of the workers that say hello from now on."""
    pids: list[int] = []
    page.runner._link.heard.connect(
        lambda event: pids.append(event.pid) if isinstance(event, protocol.Hello) else None
    )
    return pids


def test_one_pair_is_told_as_one(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_in(context.tasks, make_written(tmp_path / "one.ftstudy", "{}", prompts=1), qtbot)
    page.enter()
    says(qtbot, page, "1 pair to generate.")
    with_answers: list[int] = []
    context.tasks.run(_answer_each_once, with_answers.append)
    qtbot.waitUntil(lambda: bool(with_answers))
    page.enter()
    says(qtbot, page, "The 1 pair is generated and ready to be rated.")
    says(qtbot, page, "1 answer was cut at the length limit.")


def _answer_each_once(study: StudyFile) -> int:
    (prompt,), ends = study.prompts.all(), (FinishReason.END, FinishReason.LENGTH)
    for system, end in zip(study.systems.all(), ends, strict=True):
        study.responses.store(prompt.id, [ResponseDraft(system.id, "A stroke.", end, 2)], run=None)
    return len(ends)


def test_start_writes_every_pair_and_rate_now_follows(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot, recorder: Recorder
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    assert "8 pairs to generate." in shown_text(page)
    click(page, "generate_start")
    qtbot.waitUntil(lambda: button(page, "generate_rate").isVisible())
    says(qtbot, page, "All 8 pairs are generated and ready to be rated.")
    assert written(context, qtbot) == PROMPTS
    assert not button(page, "generate_start").isVisible()
    assert QApplication.focusWidget() is button(page, "generate_rate")
    assert recorder.changes == 1
    click(page, "generate_rate")
    assert recorder.triggered == ["page.rate"]


def test_enter_starts_and_a_second_enter_does_not_stop(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, seconds_per_pair=30)
    start = page.first_focus()
    assert start is button(page, "generate_start")
    assert start.accessibleDescription() == "8 pairs to generate."
    start.setFocus()
    QTest.keyClick(start, Qt.Key.Key_Return)
    stage = page.first_focus()
    assert (QApplication.focusWidget(), stage.objectName()) == (stage, "generate_stage")
    QTest.keyClick(stage, Qt.Key.Key_Return)
    assert (page.runner.running, page.runner.stopping) == (True, False)
    button(page, "generate_stop").setFocus()
    QTest.keyClick(button(page, "generate_stop"), Qt.Key.Key_Return)
    assert QApplication.focusWidget() is stage
    idle(qtbot, page)


@pytest.mark.parametrize("width", [900, 1280])
def test_nothing_moves_while_a_run_begins_and_ends(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot, width: int
) -> None:
    page.window().resize(width, 650)
    path = make_written(tmp_path / "a.ftstudy", json.dumps({"seconds_per_pair": 0.05}), prompts=12)
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    for _ in range(3):
        QApplication.processEvents()
    before, moved = places(page), set[str]()

    def compare() -> None:
        moved.update(name for name, place in places(page).items() if before[name] != place)

    page.runner.progress.connect(compare)
    page.runner.sample.connect(compare)
    click(page, "generate_start")
    qtbot.waitUntil(lambda: button(page, "generate_rate").isVisible())
    compare()
    assert moved == set()


def places(page: GeneratePage) -> dict[str, QRect]:
    """Where the parts of the page are that are there before, during, and after a run."""
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    parts: list[QWidget] = [page.systems, page.settings, page.measured, page.samples]
    parts += [*page.systems.findChildren(QProgressBar), *page.samples.findChildren(SectionLabel)]
    parts += [one for one in page.systems.findChildren(QLabel) if one.property("role") == "strong"]
    tops = (QRect(part.mapTo(page, QPoint(0, 0)), part.size()) for part in parts)
    return {
        f"{number} {type(part).__name__}": top
        for number, (part, top) in enumerate(zip(parts, tops, strict=True))
    }


def test_more_samples_are_more_pairs_to_be_written(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    samples = child(page, QSpinBox, "generate_samples")
    samples.setValue(3)
    words = shown_text(page)
    assert "24 pairs to generate." in words
    assert words.count("0 / 24") == 2
    samples.setValue(1)
    assert "8 pairs to generate." in shown_text(page)


def test_planned_raters_come_next(
    page: GeneratePage, study_context: PageContext, qtbot: QtBot, recorder: Recorder
) -> None:
    planned: list[object] = []
    design = RatingDesign(raters=4)
    study_context.tasks.run(
        lambda study: study.settings.set_rating(Scale(), design, now=START), planned.append
    )
    qtbot.waitUntil(lambda: bool(planned))
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_rate").text() == "Go to Raters")
    click(page, "generate_rate")
    assert recorder.triggered == ["page.raters"]


def test_after_unblinding_the_way_leads_to_the_results(
    page: GeneratePage, study_context: PageContext, qtbot: QtBot, recorder: Recorder
) -> None:
    unblinded: list[object] = []
    study_context.tasks.run(lambda study: study.settings.unblind("all judged", now=START), unblinded.append)
    qtbot.waitUntil(lambda: bool(unblinded))
    page.enter()
    says(qtbot, page, "All 12 pairs are generated. Rating is closed because the study is unblinded.")
    assert button(page, "generate_rate").text() == "See the results"
    click(page, "generate_rate")
    assert recorder.triggered == ["page.results"]


def test_before_more_of_an_unblinded_study_is_written_it_is_said_that_nobody_judges_it(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    assert "nobody could judge" not in shown_text(page)
    context.tasks.run(lambda study: study.settings.unblind("a trial", now=START), lambda _: page.enter())
    says(
        qtbot,
        page,
        "8 pairs to generate. The study is unblinded, so nobody could judge new responses blind.",
    )
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "All 8 pairs are generated. Rating is closed because the study is unblinded.")
    assert "nobody could judge" not in shown_text(page)
    samples = child(page, QSpinBox, "generate_samples")
    samples.setValue(3)
    assert "8 of 24 pairs generated." in shown_text(page)
    assert "nobody could judge new responses blind." in shown_text(page)


def test_the_proof_and_the_device_are_shown_without_names(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    says(qtbot, page, "Not verified yet")
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "All 8 pairs")
    says(qtbot, page, "Base unchanged, adapter active")
    assert "It is the base." not in shown_text(page)
    click(page, "generate_proof_details")
    says(qtbot, page, "It is the base.")
    words = shown_text(page)
    for expected in (
        "Verified",
        "It is the base.",
        "It differs from the base.",
        "Generated on fake · float32",
    ):
        assert expected in words
    assert "The fake engine does not compute." in words
    assert "System X" in words
    assert "cardiology" not in words
    proof = page.systems.proof.text
    assert "System" not in proof, "a neutral name beside its proof would unblind"


def test_a_look_at_the_pairs_has_two_texts_and_no_name(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    assert "A sample of the pairs" not in visible_text(page), "nothing is said before the study is read"
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    assert "A sample of the pairs" in visible_text(page)
    click(page, "generate_start")
    idle(qtbot, page)
    assert page.samples.count == PROMPTS
    texts = {view.text for view in page.samples.texts}
    prompt = child(page, QLabel, "generate_sample_prompt")
    question = prompt.text()
    assert texts == {f"The base answer to: {question}", f"The adapted answer to: {question}"}
    click(page, "generate_sample_back")
    click(page, "generate_sample_next")
    assert {"One answer", "The other answer"} == {v.view.accessibleName() for v in page.samples.texts}


def test_which_text_comes_first_says_nothing(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    open_in(context.tasks, make_written(tmp_path / "a.ftstudy", "{}", prompts=40), qtbot)
    runner = EngineRunner(context.tasks, rng=Random(7))
    first: list[str] = []
    runner.sample.connect(lambda sample: first.append(sample.first))
    with qtbot.waitSignal(runner.finished):
        runner.start(protocol.GenerationSettings(), backend=FAKE)
    runner.shut_down()
    assert len(first) == 40
    assert 10 <= sum(text.startswith("The base") for text in first) <= 30


def test_stop_keeps_what_is_written_and_go_on_writes_the_rest(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    pids = heard_pids(page)
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, seconds_per_pair=0.15)
    click(page, "generate_start")
    qtbot.waitUntil(lambda: page.samples.count >= 2)
    click(page, "generate_stop")
    idle(qtbot, page)
    kept = written(context, qtbot)
    assert 2 <= kept < PROMPTS
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    assert button(page, "generate_start").text() == "Continue"
    click(page, "generate_start")
    idle(qtbot, page)
    assert written(context, qtbot) == PROMPTS
    assert len(pids) == 1, "the worker stays between runs"


def test_stop_before_the_engine_is_up_stops(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    click(page, "generate_start")
    click(page, "generate_stop")
    idle(qtbot, page)
    assert written(context, qtbot) == 0
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    click(page, "generate_start")
    idle(qtbot, page)
    assert written(context, qtbot) == PROMPTS


def test_a_worker_that_does_not_answer_stop_is_killed(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, seconds_per_pair=30, ignores_cancel=True)
    pids = heard_pids(page)
    click(page, "generate_start")
    says(qtbot, page, "Writing pairs")
    click(page, "generate_stop")
    says(qtbot, page, "Stopping. The answers so far are kept.")
    qtbot.waitUntil(lambda: not page.runner.running)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    assert "unexpectedly" not in shown_text(page)


def test_what_could_not_be_answered_is_listed_and_tried_again(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, failures={"3": "Too long for this model."})
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "What is a stroke of kind 2?\nToo long for this model.")
    qtbot.waitUntil(lambda: button(page, "generate_rate").isVisible())
    with qtbot.waitSignal(page.runner.finished) as again:
        click(page, "generate_retry")
    assert again.args is not None
    assert (again.args[0].total, again.args[0].failed) == (1, 1)
    assert written(context, qtbot) == PROMPTS - 1


def test_a_crash_is_told_what_is_written_is_kept_and_a_new_worker_goes_on(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    pids = heard_pids(page)
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, exit_at="4")
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "The engine stopped unexpectedly (exit code 70).")
    assert "Everything written so far is saved." in shown_text(page)
    assert written(context, qtbot) == 3
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    click(page, "generate_start")
    idle(qtbot, page)
    assert len(set(pids)) == 2


def test_nothing_is_written_where_the_proof_fails(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, verification_holds=False)
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "Verification failed, so no answers were generated.")
    says(qtbot, page, "It does not differ from the base.")
    assert "Verification failed" in shown_text(page)
    assert written(context, qtbot) == 0
    problem = page._problem.text
    assert "System X" not in problem
    assert "System Y" not in problem


def test_a_model_that_cannot_be_loaded_says_so_in_the_page(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, load_fault="model-broken")
    click(page, "generate_start")
    says(qtbot, page, "The fake model cannot be loaded.")
    idle(qtbot, page)


def test_an_engine_that_cannot_start_says_so(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    open_in(context.tasks, make_written(tmp_path / "a.ftstudy", "{}"), qtbot)
    runner = EngineRunner(context.tasks, command=[str(tmp_path / "no-such-program")])
    with qtbot.waitSignal(runner.finished) as ended:
        runner.start(protocol.GenerationSettings(), backend=FAKE)
    assert ended.args is not None
    assert ended.args[0].fault.code == "worker-crashed"
    assert not runner.running


def test_the_last_words_of_a_worker_are_told(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    open_in(context.tasks, make_written(tmp_path / "a.ftstudy", "{}"), qtbot)
    runner = EngineRunner(context.tasks, command=["/bin/sh", "-c", "echo my last words >&2; exit 9"])
    with qtbot.waitSignal(runner.finished) as ended:
        runner.start(protocol.GenerationSettings(), backend=FAKE)
    assert ended.args is not None
    assert "exit code 9" in ended.args[0].fault.what
    assert "my last words" in ended.args[0].fault.where


def test_a_run_goes_on_while_another_page_is_in_front(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, seconds_per_pair=0.1)
    click(page, "generate_start")
    says(qtbot, page, "Writing pairs")
    assert page.leave()
    page.hide()
    qtbot.waitUntil(lambda: page.samples.count >= 3)
    page.show()
    page.enter()
    assert button(page, "generate_stop").isVisible()
    idle(qtbot, page)
    assert written(context, qtbot) == PROMPTS


def test_another_study_gets_nothing_of_a_run(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, seconds_per_pair=0.2)
    click(page, "generate_start")
    qtbot.waitUntil(lambda: page.samples.count >= 1)
    open_in(context.tasks, make_written(tmp_path / "b.ftstudy", "{}"), qtbot)
    idle(qtbot, page)
    assert written(context, qtbot) == 0


def test_settings_are_used_and_come_back(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    click(page, "generate_settings")
    tokens = page.findChild(QSpinBox, "generate_max_new_tokens")
    temperature = page.findChild(QDoubleSpinBox, "generate_temperature")
    seed = page.findChild(QSpinBox, "generate_seed")
    assert isinstance(tokens, QSpinBox)
    assert isinstance(temperature, QDoubleSpinBox)
    assert isinstance(seed, QSpinBox)
    assert (tokens.value(), temperature.value(), seed.value()) == (1024, 0.0, 0)
    assert not seed.isEnabled(), "greedy writing draws nothing"
    tokens.setFocus()
    tokens.selectAll()
    QTest.keyClicks(tokens, "4")
    assert (
        button(page, "generate_settings").accessibleName() == "Settings: up to about 3 words, no randomness"
    )
    assert "Up to about 3 words, no randomness" in shown_text(page)
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "16 answers were cut at the length limit.")
    again = owned(GeneratePage(context, backend=FAKE), qtbot)
    again.enter()
    qtbot.waitUntil(lambda: again.settings.settings.max_new_tokens == 4)


def test_answers_that_were_cut_are_shown_and_written_again_longer(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    tokens = child(page, QSpinBox, "generate_max_new_tokens")
    tokens.setValue(4)
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "16 answers were cut at the length limit.")
    click(page, "generate_cut_where")
    says(qtbot, page, "What is a stroke of kind 0?")
    qtbot.waitUntil(lambda: "up to about 12 words" in button(page, "generate_cut_again").text())
    click(page, "generate_cut_again")
    idle(qtbot, page)
    qtbot.waitUntil(lambda: page.cut.isHidden())
    assert tokens.value() == 16


def test_pairs_written_earlier_can_be_looked_at(
    page: GeneratePage, context: PageContext, study_path: Path, qtbot: QtBot
) -> None:
    open_in(context.tasks, study_path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: page.samples.count == 12)
    assert not button(page, "generate_start").isVisible()
    assert button(page, "generate_rate").isVisible()


def test_an_empty_study_offers_the_step_that_fills_it(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot, recorder: Recorder
) -> None:
    page.enter()
    says(qtbot, page, "No study is open")
    open_in(context.tasks, make_written(tmp_path / "a.ftstudy", "{}", prompts=0), qtbot)
    page.enter()
    says(qtbot, page, "No prompts yet")
    QTest.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    assert recorder.triggered == ["page.setup"]


def test_the_worker_ends_with_the_window(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    pids = heard_pids(page)
    open_with(page, context, tmp_path / "a.ftstudy", qtbot, seconds_per_pair=30)
    click(page, "generate_start")
    says(qtbot, page, "Writing pairs")
    page.shut_down()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    assert not page.runner.running


def test_a_real_model_and_its_adapter_write_real_pairs(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    demo = demo_plan()
    path = make_written(tmp_path / "a.ftstudy", demo.model, demo.adapters[0].path, prompts=4)
    open_in(context.tasks, path, qtbot)
    page = on_screen(GeneratePage(context), qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    page.settings.set(protocol.GenerationSettings(max_new_tokens=8))
    click(page, "generate_start")
    qtbot.waitUntil(lambda: not page.runner.running)
    assert page._problem.text == ""
    assert written(context, qtbot) == 4
    click(page, "generate_proof_details")
    assert "the base alone" in page.systems.proof.text
    assert page.samples.count == 4
    page.shut_down()


HUGE = {"max_new_tokens": 10**23, "seed": 10**30, "top_k": 2**40, "batch_prompts": 2**40, "samples": 2**40}


@pytest.mark.parametrize("name", sorted(HUGE))
def test_fields_take_the_bound_next_to_a_number_too_large(qtbot: QtBot, name: str) -> None:
    card = owned(SettingsCard(), qtbot)
    changed: dict[str, Any] = {name: HUGE[name]}
    card.set(GenerationSettings(**changed))
    assert 0 < getattr(card.settings, name) < HUGE[name]


def test_a_study_with_settings_that_cannot_be_opens(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    path = make_written(tmp_path / "strange.ftstudy", "{}", prompts=2)
    strange: dict[str, Json] = {"max_new_tokens": 10**23, "temperature": None, "stop": 5, "seed": "x"}
    with StudyFile.open(path, now=START) as study:
        study.runs.start({"settings": strange, "proof": [], "engine": None}, now=START)
    page = on_screen(GeneratePage(context, backend=FAKE), qtbot)
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    assert page.settings.settings.max_new_tokens == GenerationSettings().max_new_tokens
    page.shut_down()
