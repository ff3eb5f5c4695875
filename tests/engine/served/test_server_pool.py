"""Several servers of the same models share the prompts; one that fails is left out, and a note says so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ftcompare.app.results.json_document import results_json
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.run_record import read_runs
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.served.backend import ServedBackend
from ftcompare.engine.backends.served.http_client import RetryPolicy
from ftcompare.engine.backends.served.server_pool import ServerPool
from ftcompare.engine.protocol import Event, Load, Note, Pair, Progress, SystemRequest
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, SETTINGS, item
from tests.engine.served.served_study import EngineHere, served_study, write_study

MORE = (*ITEMS, *(item(f"q{number}", f"Case {number}?", samples=(0, 1)) for number in range(8)))
PAIRS = sorted((one.key, sample) for one in MORE for sample in one.samples)
GONE = "http://127.0.0.1:9/v1"  # a port that nothing listens on


async def at_once(_: float) -> None:
    """Wait for nothing."""


@dataclass
class Pool:
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.retry = RetryPolicy(attempts=2, sleep=at_once)  # of backends made from now on
        self.backend = ServerPool(lambda: ServedBackend({}, retry=self.retry))
        self.backend.emit = self.events.append

    def load(self, url: str, *also: str) -> Any:
        requests = (SystemRequest("b", "base", "", url), SystemRequest("t", "base", "tuned", url))
        return self.backend.load(Load(requests, also=also, backend="served"))

    @property
    def texts(self) -> dict[tuple[str, int, str], str]:
        pairs = [event for event in self.events if isinstance(event, Pair)]
        assert len({(one.item, one.sample) for one in pairs}) == len(pairs)  # nothing twice
        return {(one.item, one.sample, each.system): each.text for one in pairs for each in one.responses}

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note)]


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    made.backend.close()


@contextmanager
def fronts(front_model: FrontModel, count: int = 2, **last: Any) -> Iterator[list[Front]]:
    with ExitStack() as stack:
        names = ("base", "tuned", "second")
        yield [
            stack.enter_context(serving_model(front_model, names, **(last if number == count - 1 else {})))
            for number in range(count)
        ]


def host(front: Front) -> str:
    return front.url.removeprefix("http://").removesuffix("/v1")


def answered(front: Front) -> int:
    return sum("completions" in path for path, _ in front.requests)


def test_servers_share_the_prompts_and_write_what_one_writes(pool: Pool, front_model: FrontModel) -> None:
    with fronts(front_model) as (one, other):
        loaded = pool.load(one.url, other.url)
        verified = pool.backend.verify(ITEMS)
        before = answered(one), answered(other)
        pool.backend.generate(MORE, SETTINGS)
        assert answered(one) > before[0]
        assert answered(other) > before[1]
    assert loaded.device_name == f"{host(one)}, {host(other)}"
    for each in verified.systems:
        assert each.ok
        assert f"{host(one)}: Asked twice" in each.statement
        assert f"{host(other)}: Asked twice" in each.statement
    shared = pool.texts
    assert sorted({(key, sample) for key, sample, _ in shared}) == PAIRS
    progress = [event for event in pool.events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (len(MORE), len(MORE))
    pool.events.clear()
    with fronts(front_model, 1) as (alone,):
        pool.load(alone.url)
        pool.backend.verify(ITEMS)
        pool.backend.generate(MORE, SETTINGS)
    assert pool.texts == shared


def test_a_server_that_fails_is_left_out_and_its_prompts_are_answered_by_the_others(
    pool: Pool, front_model: FrontModel
) -> None:
    with fronts(front_model) as (one, other):
        pool.load(one.url, other.url)
        pool.backend.verify(ITEMS)
        other.conduct.status = 503
        pool.backend.generate(MORE, SETTINGS)
        left = f"{host(other)} is left out, and the other servers continue. The server failed: 503"
        assert [left in note for note in pool.notes] == [True]
        assert sorted({(key, sample) for key, sample, _ in pool.texts}) == PAIRS
        one.conduct.status = 503
        with pytest.raises(EnvironmentFault) as raised:  # as with one server
            pool.backend.generate([replace(MORE[0], key="z")], SETTINGS)
        assert (raised.value.code, raised.value.where) == ("server-failed", host(one))


def test_a_server_that_fails_within_its_share_loses_no_prompt_and_repeats_none(
    pool: Pool, front_model: FrontModel
) -> None:
    with fronts(front_model) as (one, other):
        pool.load(one.url, other.url)
        pool.backend.verify(ITEMS)
        before = answered(other)

        def hear(event: Event) -> None:
            pool.events.append(event)
            if isinstance(event, Pair) and answered(other) > before:
                other.conduct.status = 503

        pool.backend.emit = hear
        pool.backend.generate(MORE, SETTINGS)
        assert [f"{host(other)} is left out" in note for note in pool.notes] == [True]
        assert sorted({(key, sample) for key, sample, _ in pool.texts}) == PAIRS
        progress = [event for event in pool.events if isinstance(event, Progress)]
        assert (progress[-1].done, progress[-1].total) == (len(MORE), len(MORE))
        other.conduct.status = 0  # it is asked again from the next load
        pool.load(one.url, other.url)
        assert len(pool.notes) == 1


def test_servers_are_verified_at_the_same_time(pool: Pool, front_model: FrontModel) -> None:
    meeting = threading.Barrier(2, timeout=60)

    async def meet(_: float) -> None:
        await asyncio.to_thread(meeting.wait)

    pool.retry = replace(pool.retry, sleep=meet)
    with fronts(front_model) as both:
        pool.load(*(front.url for front in both))
        for front in both:
            front.conduct.replies.append((503, {}))  # whoever is refused waits until the other is, too
        assert all(one.ok for one in pool.backend.verify(ITEMS).systems)


def test_a_server_that_accepts_prompts_and_never_answers_is_left_out_after_one_attempt(
    pool: Pool, front_model: FrontModel
) -> None:
    with fronts(front_model) as (one, other):
        pool.load(one.url)
        pool.retry = replace(pool.retry, silence=5)
        pool.load(one.url, other.url)
        pool.backend.verify(ITEMS)
        before = answered(other)
        other.conduct.seconds = 600
        pool.backend.generate(MORE, SETTINGS)
        assert answered(other) == before + 1  # of the settings, which are tried first
    assert [f"{host(other)} is left out" in note for note in pool.notes] == [True]
    assert sorted({(key, sample) for key, sample, _ in pool.texts}) == PAIRS


def test_a_cancel_ends_the_work_of_servers_that_hang(pool: Pool, front_model: FrontModel) -> None:
    with fronts(front_model) as both:
        pool.load(*(front.url for front in both))
        pool.backend.verify(ITEMS)
        before = [answered(front) for front in both]
        for front in both:
            front.conduct.seconds = 600
        pool.backend.is_cancelled = lambda: all(
            answered(front) > count for front, count in zip(both, before, strict=True)
        )
        with pytest.raises(Cancelled):
            pool.backend.generate(MORE, SETTINGS)
    assert not pool.texts


def test_an_error_that_is_not_of_a_server_alone_ends_the_run_at_once(
    pool: Pool, front_model: FrontModel
) -> None:
    with fronts(front_model) as (one, other):
        pool.load(one.url, other.url)
        pool.backend.verify(ITEMS)
        one.conduct.seconds = 600
        other.conduct.key = "secret"
        with pytest.raises(UserError) as raised:
            pool.backend.generate(MORE, SETTINGS)
    assert (raised.value.code, raised.value.where) == ("server-key", host(other))


def test_if_all_servers_fail_the_error_is_that_of_one(pool: Pool, front_model: FrontModel) -> None:
    with fronts(front_model) as both:
        pool.load(*(front.url for front in both))
        pool.backend.verify(ITEMS)
        for front in both:
            front.conduct.status = 503
        with pytest.raises(EnvironmentFault) as raised:
            pool.backend.generate(MORE, SETTINGS)
    assert raised.value.code == "server-failed"
    assert len(pool.notes) == 1
    with pytest.raises(EnvironmentFault) as raised:
        pool.load(GONE, GONE.replace("9", "19"))
    assert raised.value.code == "server-gone"


@pytest.mark.parametrize("first", [True, False])
def test_a_server_that_is_not_there_is_left_out_from_the_start(
    pool: Pool, front_model: FrontModel, first: bool
) -> None:
    with fronts(front_model, 1) as (front,):
        pool.load(*((GONE, front.url) if first else (front.url, GONE)))
        assert all(one.ok for one in pool.backend.verify(ITEMS).systems)
        pool.backend.generate(ITEMS, SETTINGS)
    assert ["127.0.0.1:9 is left out" in note for note in pool.notes] == [True]
    assert {key for key, *_ in pool.texts} == {one.key for one in ITEMS}


def test_a_server_with_another_model_under_the_name_is_not_proved(
    pool: Pool, front_model: FrontModel
) -> None:
    with fronts(front_model, stand_ins={"tuned": "second"}) as (one, other):
        pool.load(one.url, other.url)
        base, tuned = pool.backend.verify(ITEMS).systems
        assert base.ok
        assert not tuned.ok
        assert f"It answers differently on {host(other)} than on {host(one)}." in tuned.statement
        with pytest.raises(UserError, match="not verified"):
            pool.backend.generate(ITEMS, SETTINGS)


def test_each_server_must_pass_its_own_proof(pool: Pool, front_model: FrontModel) -> None:
    with fronts(front_model, stand_ins={"tuned": "base"}) as (one, other):
        pool.load(one.url, other.url)
        assert [each.ok for each in pool.backend.verify(ITEMS).systems] == [True, False]


def test_a_study_is_written_by_several_servers(
    pool: Pool, tmp_path: Path, now: datetime, front_model: FrontModel
) -> None:
    with (
        fronts(front_model) as (one, other),
        served_study(tmp_path / "s.ftstudy", one.url, now, "tuned") as study,
    ):
        progress = write_study(study, EngineHere(served=pool.backend), now, server=other.url)
        assert progress.fault is None
        assert study.counts().pairs_written == len(ITEMS)
        (run,) = read_runs(study.runs.all())
        assert run.engine is not None
        assert run.engine.device_name == f"{host(one)}, {host(other)}"
        assert all("Asked twice" in line.statement for line in progress.proofs)
        document: Any = results_json(study)
        assert document["systems"] == []  # withheld while the study is blinded
        study.settings.unblind(reason="done", now=now)
        document = results_json(study)
        for system in document["systems"]:
            assert set(system["servers"]) <= {host(one), host(other)}
            assert sum(system["servers"].values()) == len(ITEMS)
