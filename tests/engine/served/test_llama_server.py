"""The demonstration model and its adapter on a real llama-server, whose path LLAMA_SERVER names."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from ftcompare.core.errors import UserError
from ftcompare.engine.protocol import Event, Pair, TextToScore
from tests.engine.local.local_driver import reference
from tests.engine.served.gguf_files import write_adapter, write_model
from tests.engine.served.served_driver import ITEMS, QUESTIONS, SETTINGS, Driver, driving, item
from tests.engine.served.served_study import EngineHere, fault_code, served_study, write_study
from tests.engine.served.test_llama_cpp_loras import notes_of
from tests.engine.served.test_server_pool import Pool

BINARY = os.environ.get("LLAMA_SERVER", "")
DEMO = Path(__file__).parents[3] / "resources" / "demo"
pytestmark = pytest.mark.skipif(not BINARY, reason="LLAMA_SERVER names no llama-server")
WITH_ADAPTER = ("--lora", "tuned.gguf", "--lora-init-without-apply")
MANY = tuple(item(f"m{number}", f"{QUESTIONS[number % 4]} Case {number % 7}.") for number in range(40))


@dataclass
class Running:
    url: str
    process: subprocess.Popen[bytes]


Start: TypeAlias = Callable[..., Running]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    write_model(DEMO / "base", folder / "base.gguf")
    write_adapter(DEMO / "adapter", DEMO / "base", folder / "tuned.gguf")
    other = folder / "other"
    other.mkdir()
    write_adapter(DEMO / "adapter", DEMO / "base", other / "tuned.gguf", alpha=-32.0)
    return folder


@contextmanager
def llama_server(folder: Path, *options: str, port: int = 0) -> Iterator[Running]:
    with socket.create_server(("127.0.0.1", port)) as free:
        port = free.getsockname()[1]
    command = [BINARY, "-m", "base.gguf", "--alias", "base", *options, "--port", str(port), "--threads", "1"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process)
            yield Running(f"http://127.0.0.1:{port}/v1", process)
        finally:
            process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"llama-server ended with {process.returncode}")


@pytest.fixture
def start(files: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        made = partial(llama_server, files)
        yield lambda *options, **more: stack.enter_context(made(*(options or WITH_ADAPTER), **more))


@pytest.fixture
def driver() -> Iterator[Driver]:
    with driving() as made:
        yield made


@pytest.mark.parametrize("options", [WITH_ADAPTER, WITH_ADAPTER[:2]])
def test_base_and_adapter_are_proved_and_write_what_transformers_writes(
    start: Start, driver: Driver, options: tuple[str, ...]
) -> None:
    driver.load(start(*options).url, "tuned")
    assert [one.ok for one in driver.verify().systems] == [True, True]
    written = driver.write(ITEMS[:3])
    for one in ITEMS[:3]:
        base, adapter = DEMO / "base", DEMO / "adapter"
        assert written[one.key]["b"].text == reference(base, one, 8)[0]
        assert written[one.key]["tuned"].text == reference(base, one, 8, adapter)[0]


def test_no_answer_depends_on_those_before_it(start: Start, driver: Driver) -> None:
    url = start().url
    driver.load(url, "tuned")
    assert all(one.ok for one in driver.verify().systems)
    at_once = driver.write(MANY)
    assert at_once == {key: row for one in MANY for key, row in driver.write([one]).items()}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (WITH_ADAPTER[:2], "The server applies tuned to every answer, so this is not the model alone."),
        (("--lora-scaled", "tuned.gguf:0.5"), "#model=base&adapter=tuned"),
    ],
)
def test_an_adapter_that_is_always_on_is_warned_about(
    start: Start, driver: Driver, options: tuple[str, ...], words: str
) -> None:
    assert words in notes_of(driver.load(start(*options).url))


def test_the_scale_of_the_command_is_kept(start: Start, driver: Driver) -> None:
    loaded = driver.load(start("--lora-scaled", "tuned.gguf:0.5").url, "tuned")
    assert "the adapter tuned on, at scale 0.5." in notes_of(loaded)
    half = driver.verify().systems[1]
    driver.load(start().url, "tuned")
    assert half.ok
    assert half.largest_difference < driver.verify().systems[1].largest_difference


def test_a_server_that_is_killed_loses_no_answer(start: Start, tmp_path: Path, now: datetime) -> None:
    running = start()
    port = int(running.url.split(":")[2].split("/")[0])
    with (
        driving(attempts=2) as driver,
        served_study(tmp_path / "s.ftstudy", running.url, now, "tuned") as study,
    ):

        def kill(event: Event) -> None:
            if isinstance(event, Pair):
                running.process.send_signal(signal.SIGKILL)

        engine = EngineHere(served=driver.backend)
        engine.on_event = kill
        killed = write_study(study, engine, now)
        assert fault_code(killed) == "server-gone"
        left = len(ITEMS) - study.counts().pairs_written
        assert 0 < left < len(ITEMS)
        running.process.wait()
        engine.on_event = lambda _: None
        start(port=port)
        assert write_study(study, engine, now).fault is None
        assert study.counts().pairs_written == len(ITEMS)


def test_two_servers_share_the_prompts(start: Start) -> None:
    pool = Pool()
    one, other = start(), start()
    pool.load(one.url, other.url)
    assert all(each.ok for each in pool.backend.verify(ITEMS).systems)
    pool.backend.generate(MANY, SETTINGS)
    assert len(pool.texts) == 2 * len(MANY)
    pairs = [event for event in pool.events if isinstance(event, Pair)]
    hosts = {each.active.removeprefix("unknown ") for pair in pairs for each in pair.responses}
    assert hosts == {one.url.split("/")[2], other.url.split("/")[2]}
    pool.backend.close()


def test_another_adapter_of_the_same_name_is_not_proved(start: Start) -> None:
    pool = Pool()
    one, other = start(), start("--lora", "other/tuned.gguf")
    pool.load(one.url, other.url)
    assert [each.ok for each in pool.backend.verify(ITEMS).systems] == [True, False]
    pool.backend.close()


def test_speeds_are_measured_and_likelihoods_refused(start: Start, driver: Driver) -> None:
    driver.load(start().url, "tuned")
    assert all(one.ok for one in driver.verify().systems)
    found = driver.backend.benchmark(ITEMS[:2], SETTINGS)
    assert [(one.tokens, one.tokens_per_second is not None) for one in found.systems] == [
        (16, True),
        (16, True),
    ]
    with pytest.raises(UserError) as raised:
        driver.backend.score([TextToScore("t", ITEMS[0].messages, "The heart pumps blood.")])
    assert raised.value.code == "score-unsupported"
