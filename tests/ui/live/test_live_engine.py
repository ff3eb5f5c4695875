"""Live's engine: a real child process, shared, kept, ended; failures in words, nothing of who wrote what."""

from __future__ import annotations

import ast
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fake_backend import FAKE
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.demo import demo_plan
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine import protocol
from ftcompare.store.study.gold_and_live import Live
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import StudyJudgments
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.pages.live import screens as live_screens
from ftcompare.ui.pages.live.page import LivePage
from tests.ui.conftest import START, Recorder, RecordingBar, open_in
from tests.ui.live.conftest import PLAIN, Bench, make_study
from tests.ui.page_driver import every_word, on_screen, settle, visible_text


def heard(page: LivePage | GeneratePage, kind: type[protocol.Event]) -> list[protocol.Event]:
    """The events of a kind that come from now on."""
    found: list[protocol.Event] = []
    seat = page.presenter.engine if isinstance(page, LivePage) else page.runner._link
    seat.heard.connect(lambda event: found.append(event) if isinstance(event, kind) else None)
    return found


def generate_page(bench: Bench) -> GeneratePage:
    page = GeneratePage(bench.context, backend=FAKE)
    bench.show(page)
    page.enter()
    settle(bench.context, bench.qtbot)
    return page


def test_the_models_are_loaded_once(bench: Bench) -> None:
    bench.start()
    loads, workers = heard(bench.page, protocol.Loaded), heard(bench.page, protocol.Hello)
    for prompt in ("One", "Two", "Three"):
        bench.ask(prompt)
        bench.key(Qt.Key.Key_Left)
        bench.asking()
        bench.page.leave()
        bench.page.enter()
    assert (len(loads), len(workers)) == (1, 1)
    assert len(bench.votes()) == 3


def test_generate_waits_while_live_is_answering(bench: Bench) -> None:
    bench.start(seconds_per_pair=1.0)
    page = generate_page(bench)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.click("generate_start", page)
    bench.qtbot.waitUntil(lambda: "Live is answering a prompt." in visible_text(page))
    bench.pair()
    assert bench.stored(lambda study: study.counts().pairs_written) == 0


def test_live_waits_while_generate_is_writing_and_asks_afterwards(bench: Bench) -> None:
    bench.start(seconds_per_pair=0.3)
    page = generate_page(bench)
    bench.click("generate_start", page)
    bench.qtbot.waitUntil(lambda: page.samples.count >= 1)
    bench.type_and_enter("Is tea healthy?")
    bench.says("FTCompare is generating answers. Try again when that is done.")
    bench.qtbot.waitUntil(lambda: not page.runner.running)
    assert bench.stored(lambda study: study.counts().pairs_written) == 6
    bench.click("live_problem_first")
    assert "Is tea healthy?" in bench.pair()[0]


def test_both_pages_share_one_worker(bench: Bench) -> None:
    bench.start()
    page = generate_page(bench)
    theirs, ours = heard(page, protocol.Hello), heard(bench.page, protocol.Hello)
    bench.ask()
    bench.click("generate_start", page)
    bench.qtbot.waitUntil(lambda: not page.runner.running)
    bench.click("rate.tie")
    bench.asking()
    bench.ask("And coffee?")
    assert len([*theirs, *ours]) == 1


def test_a_cancelled_prompt_is_not_heard_by_who_takes_the_engine_next(bench: Bench) -> None:
    bench.start(seconds_per_pair=0.2)
    page = generate_page(bench)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.page.presenter.engine.release()
    bench.click("generate_start", page)
    bench.qtbot.waitUntil(lambda: not page.runner.running)
    assert bench.stored(lambda study: study.counts().pairs_written) == 6


def test_the_worker_ends_with_the_study(bench: Bench) -> None:
    bench.start(seconds_per_pair=60)
    workers = heard(bench.page, protocol.Hello)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.page.shut_down()
    (hello,) = workers
    assert isinstance(hello, protocol.Hello)
    with pytest.raises(ProcessLookupError):
        os.kill(hello.pid, 0)


def test_another_study_gets_nothing_of_a_prompt(bench: Bench, tmp_path: Path) -> None:
    bench.start(seconds_per_pair=0.5)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    open_in(bench.context.tasks, make_study(tmp_path / "other.ftstudy", "{}"), bench.qtbot)
    bench.qtbot.waitUntil(lambda: not bench.page.presenter.working)
    bench.says("No study is open")
    assert bench.stored(lambda study: len(study.raters.all())) == 0


def test_what_is_not_used_for_long_is_unloaded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.ui.pages.live.page.UNUSED_MS", 50)
    bench.start().ask()
    bench.key(Qt.Key.Key_Left)
    bench.asking()
    assert bench.page.presenter.engine.kept
    bench.page.leave()
    bench.qtbot.waitUntil(lambda: not bench.page.presenter.engine.kept)
    bench.page.enter()
    bench.asking()
    assert "And coffee?" in bench.ask("And coffee?")[0]


def test_a_real_model_and_its_adapter_answer_a_typed_prompt(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    demo = demo_plan()
    bench = Bench(context, make_study(tmp_path / "a.ftstudy", demo.model, demo.adapters[0].path), qtbot)
    open_in(context.tasks, bench.path, qtbot)
    bench.page = LivePage(context, preferences=lambda: PLAIN)
    bench.show(bench.page)
    bench.page.enter()
    bench.click("rater_start")
    bench.type_and_enter("What is a stroke?")
    qtbot.waitUntil(bench.view.pair.isVisible)
    left, right = bench.pair()
    assert left
    assert right
    assert left != right
    bench.page.shut_down()


def test_cancel_keeps_the_prompt(bench: Bench) -> None:
    bench.start(seconds_per_pair=60)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.click("live_cancel")
    bench.asking()
    assert bench.view.ask.field.toPlainText() == "Is tea healthy?"
    assert not bench.page.presenter.working


def test_a_load_is_cancelled_by_escape_and_can_be_begun_again(bench: Bench) -> None:
    bench.start(seconds_to_load=2)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Loading the models…")
    bench.key(Qt.Key.Key_Escape)
    bench.asking()
    bench.click("live_ask")
    assert "answer to" in bench.pair()[0]


def test_a_worker_that_ignores_a_cancel_is_ended(bench: Bench) -> None:
    bench.start(seconds_per_pair=120, ignores_cancel=True)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.click("live_cancel")
    bench.asking()
    assert bench.view.ask.field.toPlainText() == "Is tea healthy?"


def test_a_failure_is_said_in_words_and_retry_asks_the_same_prompt(bench: Bench) -> None:
    bench.start(failures={"live-1": "It is too long."})
    bench.type_and_enter("Is tea healthy?")
    bench.says("This prompt could not be answered. It is too long.")
    assert bench.view.ask.field.toPlainText() == "Is tea healthy?"
    bench.click("live_problem_first")
    assert "Is tea healthy?" in bench.pair()[0]


def test_a_crash_of_the_engine_is_said_and_a_new_one_answers(bench: Bench) -> None:
    bench.start(exit_at="live-1")
    bench.type_and_enter("Is tea healthy?")
    bench.says("The engine stopped unexpectedly.")
    bench.click("live_problem_first")
    assert "Is tea healthy?" in bench.pair()[0]


def test_a_failed_proof_shows_no_answer_and_tells_the_rest_outside_the_page(
    bench: Bench, bar: RecordingBar
) -> None:
    bench.start(verification_holds=False)
    bench.type_and_enter("Is tea healthy?")
    bench.says("The models could not be verified, so they were not asked.")
    assert "differ from" not in every_word(bench.page)
    bench.click("live_problem_second")
    bench.qtbot.waitUntil(lambda: bool(bar.errors))
    assert bar.errors[0].code == "proof-failed"
    assert "It does not differ from the base." in bar.errors[0].what


def test_a_vote_that_cannot_be_stored_stays_and_retry_stores_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.start().ask()

    def fails(*_args: object, **_kwargs: object) -> None:
        raise EnvironmentFault("The disk is full.", code="disk-full")

    with monkeypatch.context() as patched:
        patched.setattr(StudyJudgments, "judge", fails)
        bench.key(Qt.Key.Key_Left)
        bench.says("Your vote was not saved. The disk is full.")
    assert bench.votes() == []
    bench.click("live_failure_first")
    bench.asking()
    assert len(bench.votes()) == 1


def test_an_undo_that_fails_is_said_and_takes_nothing_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.start().ask()
    bench.key(Qt.Key.Key_Left)
    bench.asking()

    def fails(*_args: object, **_kwargs: object) -> None:
        raise EnvironmentFault("The disk is full.", code="disk-full")

    with monkeypatch.context() as patched:
        patched.setattr(Live, "undo", fails)
        bench.click("live_undo", bench.view.ask)
        bench.says("Something went wrong. The disk is full.")
    assert len(bench.votes()) == 1
    bench.click("live_undo", bench.view.ask)
    bench.pair()


def test_an_unblinded_study_is_closed(bench: Bench, recorder: Recorder) -> None:
    make_study(bench.path, "{}")
    with StudyFile.open(bench.path, now=START) as study:
        study.settings.unblind("done", now=START)
    bench.start()
    bench.says("Live is closed")
    bench.says("a vote would not be blind")
    QTest.mouseClick(bench.view.blocked.button, Qt.MouseButton.LeftButton)
    assert recorder.triggered == ["page.results"]


def test_unblinding_while_the_page_is_open_closes_it_at_the_next_act(bench: Bench) -> None:
    bench.start()
    bench.stored(lambda study: study.settings.unblind("done", now=START) is None)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Live is closed")
    assert not bench.page.presenter.working


def test_a_study_of_imported_texts_says_why_nothing_can_answer(
    bench: Bench, study_path: Path, recorder: Recorder
) -> None:
    bench.path = study_path
    bench.start()
    bench.says("The answers of this study were imported.")
    QTest.mouseClick(bench.view.blocked.button, Qt.MouseButton.LeftButton)
    assert recorder.triggered == ["page.setup"]


NAMELESS = replace(PLAIN, rater="")
BASE, ADAPTER = demo_resources() / "base", demo_resources() / "adapter"
SERVER = "http://localhost:9/v1"


def opened(context: PageContext, path: Path, qtbot: QtBot) -> str:
    """What the page of a study says to somebody whose name is not known."""
    open_in(context.tasks, path, qtbot)
    return told(context, qtbot)


def told(context: PageContext, qtbot: QtBot) -> str:
    """The same of the study that is open."""
    page = on_screen(LivePage(context, preferences=lambda: NAMELESS), qtbot, 1280, 634)
    page.enter()
    settle(context, qtbot)
    shown = visible_text(page)
    page.shut_down()
    return shown


def without(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    monkeypatch.setattr(
        "ftcompare.engine.optional_dependencies.missing_libraries",
        lambda names=(): tuple(name for name in libraries if name in names),
    )


def test_a_model_that_is_missing_is_told_first(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    base = Path(shutil.copytree(BASE, tmp_path / "cardiology-base"))
    path = make_study(tmp_path / "live.ftstudy", str(base), str(ADAPTER))
    assert "Who is asking?" in opened(context, path, qtbot)
    shutil.rmtree(base)
    shown = told(context, qtbot)
    assert "A model is missing" in shown
    assert "Go to Setup" in shown
    assert "cardiology" not in shown
    assert "Who is asking?" not in shown


def test_an_adapter_that_is_missing_is_told_first(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = make_study(tmp_path / "live.ftstudy", str(BASE), str(tmp_path / "gone"))
    assert "A model is missing" in opened(context, path, qtbot)


def test_without_the_engine_that_is_told_first(
    context: PageContext, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_study(tmp_path / "live.ftstudy", str(BASE), str(ADAPTER))
    without(monkeypatch, "torch")
    shown = opened(context, path, qtbot)
    assert "The engine is not installed here" in shown
    assert "pip install" in shown


def test_served_systems_need_no_models_and_no_torch(
    context: PageContext, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_study(tmp_path / "live.ftstudy", "{}")
    with StudyFile.open(path, now=START) as study:
        for system in study.systems.all():
            study.systems.remove(system.id)
        study.systems.add(SystemSpec("one", SystemKind.SERVED, model="m", url=SERVER))
        study.systems.add(SystemSpec("two", SystemKind.SERVED, model="m", adapter="t", url=SERVER))
    without(monkeypatch, "torch")
    assert "Who is asking?" in opened(context, path, qtbot)
    without(monkeypatch, "httpx2")
    assert "The engine is not installed here" in told(context, qtbot)


def test_one_model_alone_is_told_first(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = make_study(tmp_path / "live.ftstudy", str(BASE), str(ADAPTER))
    with StudyFile.open(path, now=START) as study:
        study.systems.remove(study.systems.all()[1].id)
    assert "Live needs two models" in opened(context, path, qtbot)


def test_nothing_on_the_page_tells_systems_apart(bench: Bench) -> None:
    said = []
    bench.start(seconds_to_load=0.3, seconds_per_pair=0.3, notes=["The adapter is small."])
    said.append(every_word(bench.page))
    bench.type_and_enter("Is tea healthy?")
    for words in ("Loading the models…", "Writing both answers…"):
        bench.says(words)
        said.append(every_word(bench.page))
    bench.pair()
    said.append(every_word(bench.page))
    told = "\n".join(said).replace("The base answer", "").replace("The adapted answer", "").casefold()
    for word in ("base", "adapt", "cardiology", "fine-tun", "system", "token", "fake", "second"):
        assert word not in told, word


REACHES_SYSTEMS = (
    "app.live",
    "app.generate",
    "store",
    "engine",
    "ui.engine",
    "ui.study_thread",
    "ui.shell.page_context",
    "ui.pages.live.page",
)


@pytest.mark.parametrize("part", ["screens", "pair_screen"])
def test_what_is_seen_imports_nothing_that_could_reach_a_system(part: str) -> None:
    source = Path(live_screens.__file__).with_name(f"{part}.py").read_text(encoding="utf-8")
    found = [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    modules = {module.removeprefix("ftcompare.") for module in found} - {"app.live.live_view"}
    assert not [module for module in modules if module.startswith(REACHES_SYSTEMS)]


def test_left_and_right_differ_in_nothing_but_their_place(bench: Bench) -> None:
    bench.start().ask()
    left, right = bench.view.pair.pair.left, bench.view.pair.pair.right
    assert left.size() == right.size()
    assert left.property("role") == right.property("role")
    assert (left.text.view.accessibleName(), right.text.view.accessibleName()) == ("Left", "Right")


def test_nothing_of_an_answer_is_shown_before_both_are_whole(bench: Bench) -> None:
    bench.start(seconds_per_pair=0.5)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    assert bench.view.pair.pair.left.text.text == ""
    assert bench.stored(lambda study: len(list(study.raters.all()))) == 0
    bench.pair()
