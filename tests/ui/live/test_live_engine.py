"""Live: the one engine of a window, by a real child process: shared, kept, ended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ftcompare.app.demo import demo_plan
from ftcompare.engine import protocol
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.pages.live.page import LivePage
from tests.ui.conftest import open_in
from tests.ui.live.conftest import PLAIN, Bench, make_study
from tests.ui.page_driver import settle, visible_text


def heard(page: LivePage | GeneratePage, kind: type[protocol.Event]) -> list[protocol.Event]:
    """The events of a kind that come from now on."""
    found: list[protocol.Event] = []
    seat = page.presenter.engine if isinstance(page, LivePage) else page.runner._link
    seat.heard.connect(lambda event: found.append(event) if isinstance(event, kind) else None)
    return found


def generate_page(bench: Bench) -> GeneratePage:
    page = GeneratePage(bench.context, backend="fake")
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
    bench.says("Generate is writing pairs. Try again when that is done.")
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
    monkeypatch.setattr("ftcompare.ui.pages.live.presenter.UNUSED_MS", 50)
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
    bench.type_and_enter("What is a stroke?")
    qtbot.waitUntil(bench.view.pair.isVisible)
    left, right = bench.pair()
    assert left
    assert right
    assert left != right
    bench.page.shut_down()
