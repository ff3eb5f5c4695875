"""Faults of the engine as the owner meets them: told on the terminal and in the window, and gone on with."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.cli.main import run
from ftcompare.engine import protocol
from ftcompare.store.study.responses import Responses
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.engine.run_driver import EngineHost
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from tests.builders import errors_of, text_file
from tests.engine.protocol.faulty_worker import Plan, command
from tests.engine.served.openai_front import Front, serving
from tests.engine.served.served_driver import until
from tests.engine.tiny_models import build_adapter, build_model
from tests.ui.conftest import bar as bar
from tests.ui.conftest import context as context
from tests.ui.conftest import open_in
from tests.ui.conftest import recorder as recorder
from tests.ui.conftest import tasks as tasks
from tests.ui.conftest import theme as theme
from tests.ui.page_driver import child, on_screen

pytestmark = [
    pytest.mark.usefixtures("forked_workers"),
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX"),
]

GOOD = 6
SYSTEMS = 2
SETTINGS = ("--max-new-tokens", "9", "--batch", "6")
BRIEF = {"role": "system", "content": "Be brief."}
ODD: tuple[dict[str, Any], ...] = (
    *({"id": f"template {n}", "messages": [BRIEF, {"role": "user", "content": "?"}]} for n in range(3)),
    *({"id": f"context {n}", "prompt": "heart " * 300} for n in range(3)),
)
"""More than the proof reads at a time, and before all others."""

ONCE = {
    "no memory to load": (
        {"hold": "load", "ends": "memory"},
        ("There is not enough memory for the model.", "choose a smaller model"),
    ),
    "killed by the system": (
        {"hold": "decode", "ends": "killed"},
        ("The engine stopped unexpectedly (killed by SIGKILL).", "when memory runs out"),
    ),
    "device lost": (
        {"hold": "decode", "ends": "lost"},
        ("The graphics card failed.", "Generate again to continue"),
    ),
}
once = pytest.mark.parametrize(("faults", "words"), ONCE.values(), ids=list(ONCE))
one_in_the_suite = pytest.mark.parametrize(
    ("faults", "words"),
    [
        pytest.param(*told, id=name, marks=[] if name == "killed by the system" else pytest.mark.slow)
        for name, told in ONCE.items()
    ],
)
"""The window gets its words where the terminal does: all three are its way too in `make slow`."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A base whose template takes no system turn, as Gemma's does, and an adapter."""
    root = tmp_path_factory.mktemp("models")
    base = build_model(root / "base")
    template = base / "chat_template.jinja"
    template.write_text(template.read_text("utf-8").replace(" and not loop.first", ""), "utf-8")
    return base, build_adapter(root / "adapter", base)


@pytest.fixture
def new(tmp_path: Path, models: tuple[Path, Path]) -> Callable[..., Path]:
    """Makes a study of base and adapter, with odd prompts before the good ones where wished."""

    def make(odd: tuple[dict[str, Any], ...] = (), *systems: str) -> Path:
        good = [{"id": f"q{n}", "prompt": f"What is a stroke, case {n}?"} for n in range(GOOD)]
        prompts = text_file(tmp_path / "prompts.jsonl", "\n".join(json.dumps(one) for one in (*odd, *good)))
        path = tmp_path / "a.ftstudy"
        told = systems or ("--adapter", str(models[1]))
        assert run(["new", str(path), "--base", str(models[0]), *told, "--prompts", str(prompts)]) == 0
        return path

    return make


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Has the terminal's engine go wrong."""

    def make(**faults: Any) -> list[str]:
        made = command(Plan(str(tmp_path / "log"), **faults))
        monkeypatch.setattr("ftcompare.engine.blocking_transport.worker_command", lambda: made)
        return made

    return make


def responses(path: Path) -> Counter[str]:
    with StudyFile.open(path, now=datetime.now(UTC)) as study:
        return Counter(f"{r.id} {r.prompt} {r.system} {r.text}" for r in study.responses.all())


def is_whole(path: Path) -> bool:
    with StudyFile.open(path, now=datetime.now(UTC)) as study:
        good = {p.id for p in study.prompts.all() if p.spec.key.startswith("q")}
        found = Counter((r.prompt, r.system, r.sample) for r in study.responses.all() if r.prompt in good)
        wanted = {(prompt, system.id, 0) for prompt in good for system in study.systems.all()}
        return found.keys() == wanted and set(found.values()) == {1}


@once
def test_the_terminal_says_what_happened_and_the_next_run_writes_what_is_missing(
    new: Callable[..., Path],
    worker: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    faults: dict[str, Any],
    words: tuple[str, ...],
) -> None:
    path = new()
    worker(**faults)
    told = errors_of(capsys, ["generate", str(path), *SETTINGS], 3)
    assert all(one in told for one in words), told
    assert "Traceback" not in told
    before = responses(path)
    assert run(["generate", str(path), *SETTINGS]) == 0
    assert before <= responses(path)
    assert is_whole(path)


@pytest.mark.parametrize("stacked", [True, False], ids=["stacked", "reference"])
def test_the_terminal_notes_that_memory_ran_out_and_everything_is_written(
    new: Callable[..., Path],
    worker: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    *,
    stacked: bool,
) -> None:
    path = new()
    worker(rows=4, stacked=stacked)
    assert "Note: Memory ran out: " in errors_of(capsys, ["generate", str(path), *SETTINGS])
    assert is_whole(path)


def test_odd_prompts_before_all_others_are_named_and_the_others_go_on(
    new: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = new(ODD)
    told = errors_of(capsys, ["generate", str(path), *SETTINGS])
    assert told.count("could not be answered: The model's chat template rejects the prompt") == 3
    assert told.count("tokens, and the model's context has 128.") == 3
    assert is_whole(path)
    before = responses(path)
    assert run(["generate", str(path), *SETTINGS]) == 0  # they are tried again, and nothing else is
    assert "6 prompts could not be answered" in capsys.readouterr().err
    assert responses(path) == before


def drop_connections(front: Front) -> None:
    until(lambda: front.asked("max_tokens").count(int(SETTINGS[1])) > 3)
    front.conduct.drops = 3


@pytest.mark.slow
def test_odd_prompts_of_a_served_study_and_connections_lost_in_sleep(
    new: Callable[..., Path], models: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    poisoned = {"id": "poisoned", "prompt": "What is poison?"}
    with serving(models[0], {"tuned": models[1]}) as front:
        place = f"{front.url}#model=base"
        path = new((*ODD, poisoned), "--system", f"b={place}", "--system", f"t={place}&adapter=tuned")
        front.conduct.poison = "poison"
        front.conduct.seconds = 0.02
        asleep = threading.Thread(target=drop_connections, args=(front,))
        asleep.start()
        assert run(["generate", str(path), *SETTINGS]) == 0
        asleep.join()
        told = capsys.readouterr().err
        assert told.count("could not be answered") >= len(ODD) + 1
        assert "The server fails with this prompt" in told
        assert is_whole(path)
        assert front.conduct.drops == 0
        before = responses(path)
        assert run(["generate", str(path), *SETTINGS]) == 0
        assert responses(path) == before


def test_a_full_disk_ends_the_run_in_words_and_what_was_stored_stays(
    new: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = new()
    store = Responses.store
    stored: list[object] = []

    def storing(study: Responses, *arguments: Any, **named: Any) -> None:
        if len(stored) == 2:  # SQLite itself finds that no page more fits
            pages = study._db.value("PRAGMA page_count")
            study._db.execute(f"PRAGMA max_page_count = {pages}")
        drafts = arguments[1]
        if len(stored) >= 2:
            from dataclasses import replace

            drafts = [replace(draft, text=draft.text + " " * 50_000) for draft in drafts]
        store(study, arguments[0], drafts, **named)
        stored.append(drafts)

    with monkeypatch.context() as patch:
        patch.setattr(Responses, "store", storing)
        assert run(["generate", str(path), *SETTINGS]) == 3
    told = capsys.readouterr().err
    assert "The disk is full. The last change was not saved." in told
    assert "Free some space" in told
    assert "The answers before it are saved. Run it again to continue." in told
    before = responses(path)
    assert len(before) == 2 * SYSTEMS
    assert run(["generate", str(path), *SETTINGS]) == 0
    assert before <= responses(path)
    assert is_whole(path)


@one_in_the_suite
def test_the_window_says_what_happened_and_start_writes_what_is_missing(
    new: Callable[..., Path],
    worker: Callable[..., list[str]],
    context: PageContext,
    qtbot: QtBot,
    faults: dict[str, Any],
    words: tuple[str, ...],
) -> None:
    path = new()
    EngineHost(worker(**faults), time.monotonic, context.tasks)
    open_in(context.tasks, path, qtbot)
    page = on_screen(GeneratePage(context), qtbot)
    page.enter()
    start = child(page, QPushButton, "generate_start")
    page.settings.set(protocol.GenerationSettings(max_new_tokens=8, batch_prompts=6))
    for told in (words, ()):
        qtbot.waitUntil(start.isVisible)
        QTest.mouseClick(start, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not page.runner.running)
        assert all(one in page._problem.text for one in told), page._problem.text
        assert bool(page._problem.text) == bool(told)
        assert "site-packages" not in page._problem.text
    page.shut_down()
    closed: list[bool] = []
    context.tasks.use(
        lambda: StudyFile.open(new_copy(path), now=datetime.now(UTC)), lambda: closed.append(True)
    )
    qtbot.waitUntil(lambda: bool(closed))
    assert is_whole(path)


def new_copy(path: Path) -> Path:
    """A study that may be opened in the place of one that is to be looked at."""
    copy = path.with_name("copy.ftstudy")
    copy.write_bytes(path.read_bytes())
    return copy
