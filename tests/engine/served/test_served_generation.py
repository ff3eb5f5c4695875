"""Responses through a server: the right ones, each once, whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.served.request import seed_for
from ftcompare.engine.protocol import GenerationSettings, Progress, Stage
from tests.builders import refusal_code
from tests.engine.local.local_driver import item as local_item
from tests.engine.local.local_driver import reference
from tests.engine.served.openai_front import Front, Handler, serving_model
from tests.engine.served.openai_model import Draw, FrontModel
from tests.engine.served.served_driver import ITEMS, QUESTIONS, SETTINGS, Driver, item, ready, until

NAMES = ("base", "tuned", "second")
WARM = replace(SETTINGS, temperature=1.0, seed=5)


@pytest.fixture
def front(front_model: FrontModel) -> Iterator[Front]:
    with front_of(front_model) as front:
        yield front


@pytest.fixture
def driver(front: Front) -> Iterator[Driver]:
    with ready(front.url, "tuned") as driver:
        driver.write(())  # the settings are looked at once
        front.requests.clear()
        yield driver


def front_of(front_model: FrontModel, **conduct: Any) -> AbstractContextManager[Front]:
    return serving_model(front_model, NAMES, **conduct)


def fault(driver: Driver, settings: GenerationSettings = SETTINGS) -> FTCompareError:
    with pytest.raises(FTCompareError) as caught:
        driver.write(settings=settings)
    return caught.value


def test_greedy_responses_are_those_of_the_models(driver: Driver, front: Front, tiny: Path) -> None:
    written = driver.write()
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    for number, question in enumerate(QUESTIONS):
        one = local_item("x", question)
        found = written[f"p{number}"]
        assert (found["b"].text, found["b"].tokens) == reference(base, one, 8)
        assert (found["tuned"].text, found["tuned"].tokens) == reference(base, one, 8, adapter)
    assert {one.active for found in written.values() for one in found.values()} == {
        f"unknown {front.url.removeprefix('http://').removesuffix('/v1')}"
    }


def test_each_sample_of_each_prompt_is_written_once_and_counted(driver: Driver) -> None:
    driver.write([item(f"p{n}", text, samples=(0, 2, 5)) for n, text in enumerate(QUESTIONS)], WARM)
    assert sorted((pair.item, pair.sample) for pair in driver.pairs) == sorted(
        (f"p{number}", sample) for number in range(4) for sample in (0, 2, 5)
    )
    assert all([one.system for one in pair.responses] == ["b", "tuned"] for pair in driver.pairs)
    told = [event for event in driver.events if isinstance(event, Progress)]
    assert [(one.done, one.total) for one in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1].tokens_per_second > 0


def test_the_seed_fixes_every_draw_whatever_else_is_written(driver: Driver) -> None:
    first = driver.write(ITEMS, WARM)
    assert driver.write(ITEMS[::-1], WARM) == first
    assert driver.write(ITEMS[2:3], WARM)["p2"] == first["p2"]
    assert driver.write(ITEMS, replace(WARM, seed=6)) != first


def test_coupled_systems_share_their_seeds_and_independent_ones_do_not(front: Front, driver: Driver) -> None:
    driver.write(ITEMS[:1], WARM)
    driver.write(ITEMS[:1], replace(WARM, coupling="independent"))
    looked = [body for _, body in front.requests if body.get("max_tokens") == 8]
    assert [body["model"] for body in looked[-4:]].count("tuned") == 2
    seeds = [body["seed"] for body in looked[-4:]]
    assert seeds[0] == seeds[1] != seeds[2] != seeds[3] != seeds[0]


def test_seeds_are_such_as_every_server_takes() -> None:
    seeds = {seed_for(WARM, f"p{number}", sample, "") for number in range(50) for sample in range(4)}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_settings_reach_the_server(front: Front, driver: Driver) -> None:
    settings = replace(WARM, top_k=7, min_p=0.05, repetition_penalty=1.2, top_p=0.9, stop=("zz",))
    driver.write(ITEMS[:1], settings)
    _, body = front.requests[-1]
    expected = {"temperature": 1.0, "top_k": 7, "min_p": 0.05, "top_p": 0.9, "stop": ["zz"], "max_tokens": 8}
    assert body.items() >= {**expected, "repetition_penalty": 1.2, "repeat_penalty": 1.2}.items()


def test_a_stop_text_ends_a_response_before_it(driver: Driver) -> None:
    whole = driver.write(ITEMS[:1])["p0"]["b"]
    stop = whole.text[len(whole.text) // 2]
    cut = driver.write(ITEMS[:1], replace(SETTINGS, stop=(stop,)))["p0"]["b"]
    assert whole.finish_reason == "length"
    assert (cut.text, cut.finish_reason) == (whole.text[: whole.text.index(stop)].rstrip(), "end")


def test_the_end_token_is_not_counted(front: Front, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.write(ITEMS[:1])
    (prompt,) = {tuple(ids) for ids in front.asked("prompt")}
    tokens = front.model.write("base", prompt, 8, Draw(), lambda _: None).ids
    monkeypatch.setattr(front.model, "end_token", tokens[3])
    cut = driver.write(ITEMS[:1])["p0"]["b"]
    assert (cut.finish_reason, cut.tokens) == ("end", tokens.index(tokens[3]))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_a_failure_that_passes_is_waited_out(front: Front, driver: Driver, status: int) -> None:
    expected = driver.write()
    front.conduct.replies = [(status, {})] * 3
    assert driver.write() == expected
    assert len(driver.pauses) == 3
    assert any(isinstance(event, Stage) and event.text.startswith("Waiting") for event in driver.events)


def test_pauses_double(front: Front, driver: Driver) -> None:
    front.conduct.replies = [(503, {})] * 3
    driver.write(ITEMS[:1], replace(SETTINGS, strict=True))
    assert driver.pauses == [0.375, 0.75, 1.5]  # half fixed, half drawn; every draw is 0.5 here


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 12:00:09 GMT", 9.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", 0.375),
    ],
)
def test_a_server_that_says_when_to_come_back_is_heeded(
    front: Front, driver: Driver, header: str, seconds: float
) -> None:
    front.conduct.replies = [(429, {"Retry-After": header})]
    driver.write(ITEMS[:1])
    assert driver.pauses == [seconds]


def test_a_server_that_asks_for_an_hour_is_too_busy(front: Front, driver: Driver) -> None:
    front.conduct.replies = [(429, {"Retry-After": "3600"})]
    assert fault(driver).code == "server-busy"
    assert driver.pauses == []


def test_a_server_that_stays_busy_is_given_up_and_can_be_gone_on_with(front: Front, driver: Driver) -> None:
    expected = driver.write()
    front.conduct.replies = [(429, {})] * 1000
    error = fault(driver)
    assert (error.code, type(error)) == ("server-busy", EnvironmentFault)
    front.conduct.replies = []
    assert driver.write() == expected


@pytest.mark.parametrize("conduct", ["drops", "garbage"])
def test_dropped_connections_and_garbage_are_tried_again(front: Front, driver: Driver, conduct: str) -> None:
    expected = driver.write()
    setattr(front.conduct, conduct, 2)
    assert driver.write() == expected
    assert len(driver.pauses) == 2


def test_a_server_that_goes_away_is_a_fault_that_keeps_what_is_written(front_model: FrontModel) -> None:
    with front_of(front_model) as front, ready(front.url, "tuned") as driver:
        emit = driver.events.append

        def stop_after_two(event: Any) -> None:
            emit(event)
            if len(driver.pairs) == 2:
                front.conduct.drops = 1000

        settings = replace(SETTINGS, strict=True)
        driver.backend.emit = stop_after_two
        with pytest.raises(EnvironmentFault) as caught:
            driver.backend.generate(ITEMS, settings)
    assert caught.value.code == "server-gone"
    assert "Everything written so far is saved." in caught.value.how
    assert len(driver.pairs) == 2


def test_a_prompt_that_the_server_fails_with_is_marked_and_the_others_go_on(
    front: Front, driver: Driver
) -> None:
    front.conduct.poison = "Hypertension"
    written = driver.write([item(one.key, one.messages[0].content, samples=(0, 1)) for one in ITEMS])
    assert set(written) == {"p0", "p2", "p3"}
    assert set(driver.failures) == {"p1"}
    assert "fails with this prompt: 500: Internal Server Error" in driver.failures["p1"]
    assert [event for event in driver.events if isinstance(event, Progress)][-1].done == 4


@pytest.mark.parametrize("strict", [False, True])
def test_no_sample_of_an_item_that_failed_is_written_any_more(
    front: Front, driver: Driver, strict: bool
) -> None:
    settings = replace(SETTINGS, strict=strict)
    driver.write((), settings)
    front.conduct.seconds = 0.1
    front.conduct.replies = [(400, {})]
    driver.write([item("p0", QUESTIONS[0], samples=(0, 1, 2))], settings)
    assert driver.pairs == []
    assert set(driver.failures) == {"p0"}
    assert "not this time" in driver.failures["p0"]


def test_a_template_that_the_server_fails_with_is_that_prompts_own(
    front: Front, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = front.model.ids
    monkeypatch.setattr(front.model, "ids", lambda text: [] if "Hypertension" in text else ids(text))
    assert set(driver.write()) == {"p0", "p2", "p3"}
    assert "fails with this prompt: no token ids" in driver.failures["p1"]


@pytest.mark.parametrize(("status", "words"), [(500, "500: broken"), (200, ": broken")])
def test_a_server_that_fails_with_everything_is_a_fault(
    front: Front, driver: Driver, status: int, words: str
) -> None:
    front.conduct.status = status
    error = fault(driver)
    assert (error.code, type(error)) == ("server-failed", EnvironmentFault)
    assert words in error.what
    assert driver.failures == {}


def test_an_error_beside_choices_is_a_failure(
    front: Front, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = Handler._reply
    broken = {"error": {"message": "out of memory"}}
    monkeypatch.setattr(Handler, "_reply", lambda *given: reply(*given) | broken)
    assert "out of memory" in fault(driver).what


def test_an_answer_too_large_is_not_taken_into_memory(
    front: Front, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.engine.backends.served.http_client.MAX_ANSWER", 2**20)
    front.conduct.huge = 2 * 2**20
    assert "more than 1 MiB" in fault(driver).what


def test_a_prompt_gets_the_room_that_is_left_and_one_too_long_is_marked(driver: Driver) -> None:
    tight = item("tight", "heart " * 50)
    long = item("long", "heart " * 200)
    written = driver.write((long, tight), replace(SETTINGS, max_new_tokens=100))
    assert 0 < written["tight"]["b"].tokens < 100
    assert "the model's context has 128" in driver.failures["long"]


@pytest.mark.parametrize("flavour", ["vllm", "chat"])
def test_text_parts_are_joined_and_other_content_fails_its_prompt(
    front_model: FrontModel, flavour: str
) -> None:
    with front_of(front_model, flavour=flavour) as front, ready(front.url, "tuned") as driver:
        plain = driver.write()
        front.conduct.content = lambda text: [{"type": "text", "text": one} for one in text]
        assert driver.write() == plain
        front.conduct.content = len
        assert driver.write() == {}
        assert driver.failures == dict.fromkeys(
            plain, "The server's answer contains a number instead of text."
        )
        refused = [{"type": "refusal", "refusal": "No"}]
        front.conduct.content = lambda _: refused
        with pytest.raises(UserError, match="The model refused to answer: “No”"):
            driver.backend.benchmark(ITEMS[:1], SETTINGS)
        assert refusal_code(lambda: driver.load(front.url, "tuned")) == "server-unfit"


def test_a_server_that_refuses_a_prompt_is_quoted(front_model: FrontModel) -> None:
    with front_of(front_model, flavour="chat") as front, ready(front.url, "tuned") as driver:
        driver.write((item("long", "heart " * 200), ITEMS[0]))
    assert "maximum context length is 128 tokens" in driver.failures["long"]
    assert [pair.item for pair in driver.pairs] == ["p0"]


def test_turns_that_no_template_takes_are_marked(driver: Driver) -> None:
    wrong = local_item("wrong", "a", "b", "c", roles=("user", "system", "user"))
    nobody = local_item("nobody", "a", roles=("system",))
    tool = local_item("tool", "a", "b", roles=("user", "tool"))
    done = local_item("done", "a", "b", roles=("user", "assistant"))
    driver.write((wrong, nobody, tool, done, ITEMS[0]))
    assert "system turn not first" in driver.failures["wrong"]
    assert "no user turn" in driver.failures["nobody"]
    assert "last turn is not from the user" in driver.failures["done"]
    assert {pair.item for pair in driver.pairs} == {"tool", ITEMS[0].key}


def test_several_turns_without_a_template_are_marked(tiny: Path) -> None:
    gpt2 = FrontModel(tiny / "gpt2" / "base", {"tuned": tiny / "gpt2" / "adapter"})
    with serving_model(gpt2, ("base", "tuned")) as front, ready(front.url, "tuned") as driver:
        driver.write((local_item("turns", "a", "b", "c", roles=("user", "assistant", "user")), ITEMS[0]))
    assert "several turns" in driver.failures["turns"]
    assert len(driver.pairs) == 1


def test_a_name_that_is_served_no_longer_is_a_fault(front: Front, driver: Driver) -> None:
    front.names = ("base",)
    error = fault(driver)
    assert (error.code, type(error)) == ("served-name-missing", UserError)


@pytest.mark.parametrize(("reason", "words"), [("content_filter", "filter"), ("tool_calls", "tool")])
def test_a_response_that_is_withheld_is_no_response(
    front: Front, driver: Driver, reason: str, words: str
) -> None:
    front.conduct.finish_reason = reason
    driver.write()
    assert driver.pairs == []
    assert all(words in said for said in driver.failures.values())
    assert len(driver.failures) == 4


def test_an_end_that_nobody_knows_is_no_response(front: Front, driver: Driver) -> None:
    front.conduct.finish_reason = "abort"
    assert "ended with 'abort'" in fault(driver).what


def test_a_server_that_counts_no_tokens_is_told_once(front: Front, driver: Driver) -> None:
    front.conduct.usage = False
    written = driver.write()
    assert {one.tokens for found in written.values() for one in found.values()} == {0}
    assert len(driver.notes) == 1
    assert "does not count tokens" in driver.notes[0]


@pytest.mark.parametrize(
    ("settings", "most"),
    [(SETTINGS, 8), (replace(SETTINGS, strict=True), 1), (replace(SETTINGS, batch_prompts=1), 2)],
)
def test_so_many_requests_at_a_time_and_no_more(
    front_model: FrontModel, settings: GenerationSettings, most: int
) -> None:
    items = [item(f"q{number}", f"Number {number}?") for number in range(12)]
    seconds = 0.02 if most < 8 else 0.3  # long enough for as many as may to be under way together
    with front_of(front_model) as front, ready(front.url, "tuned") as driver:
        driver.write((), settings)
        front.most_at_once, front.conduct.seconds = 0, seconds
        driver.write(items, settings)
        assert most // 2 < front.most_at_once <= most or front.most_at_once == most == 1


def test_a_cancel_drops_what_is_under_way(front: Front, driver: Driver) -> None:
    front.conduct.seconds = 60
    driver.is_cancelled = lambda: front.at_once == 8
    with pytest.raises(Cancelled):
        driver.write()
    assert driver.pairs == []
    until(lambda: front.aborted == 8)
    driver.is_cancelled = lambda: False
    front.conduct.seconds = 0
    assert len(driver.write()) == 4


def test_a_cancel_during_a_pause_is_heeded(front: Front, driver: Driver) -> None:
    front.conduct.status = 503
    driver.slept = 20.0
    driver.is_cancelled = lambda: bool(driver.pauses)
    with pytest.raises(Cancelled):
        driver.write()


@pytest.mark.parametrize(
    ("name", "settings"),
    [("top_k", {"top_k": 5}), ("min_p", {"min_p": 0.1}), ("repetition_penalty", {"repetition_penalty": 1.1})],
)
def test_a_setting_that_the_server_refuses_is_refused_here(
    front_model: FrontModel, name: str, settings: dict[str, Any]
) -> None:
    refused = {name, "repeat_penalty"}
    with front_of(front_model, refused=refused) as front, ready(front.url, "tuned") as driver:
        error = fault(driver, replace(WARM, **settings))
    assert (error.code, type(error)) == ("setting-refused", UserError)
    assert f"does not accept {name}" in error.what


def test_the_other_name_of_the_penalty_is_enough(front_model: FrontModel) -> None:
    conduct = {"flavour": "llama.cpp", "refused": {"repetition_penalty"}}
    with front_of(front_model, **conduct) as front, ready(front.url, "tuned") as driver:
        driver.write(settings=replace(SETTINGS, repetition_penalty=1.3))
        assert driver.notes == []


def test_common_settings_that_the_server_refuses_are_quoted(front_model: FrontModel) -> None:
    with front_of(front_model) as front, ready(front.url, "tuned") as driver:
        front.conduct.refused = {"stop"}
        error = fault(driver, replace(SETTINGS, stop=("x",)))
    assert error.code == "setting-refused"
    assert "these settings: Unrecognized request argument supplied: stop" in error.what


@pytest.mark.parametrize(
    ("name", "settings"), [("temperature", {}), ("top_k", {"top_k": 5}), ("min_p", {"min_p": 0.1})]
)
def test_a_setting_that_the_server_ignores_is_found_out(
    front_model: FrontModel, name: str, settings: dict[str, Any]
) -> None:
    with front_of(front_model, ignored={name}) as front, ready(front.url, "tuned") as driver:
        error = fault(driver, replace(WARM, **settings))
    assert (error.code, type(error)) == ("setting-ignored", UserError)
    assert name in error.what


def test_what_can_only_be_doubted_is_told(front_model: FrontModel) -> None:
    ignored = {"repetition_penalty", "seed"}
    with front_of(front_model, ignored=ignored) as front, ready(front.url, "tuned") as driver:
        assert len(driver.write(settings=replace(WARM, repetition_penalty=1.2))) == 4
        assert [note.split(" ")[0:3] for note in driver.notes] == [
            ["FTCompare", "cannot", "determine"],
            ["The", "server", "does"],
        ]


def test_a_server_that_draws_at_temperature_0_is_told(front_model: FrontModel) -> None:
    conduct = {"ignored": {"temperature"}, "temperature": 1.0}
    with front_of(front_model, **conduct) as front, ready(front.url) as driver:
        driver.write()
    assert any("still samples" in note for note in driver.notes)


def test_a_server_that_takes_no_seed_is_told(front_model: FrontModel) -> None:
    with front_of(front_model, refused={"seed"}) as front, ready(front.url, "tuned") as driver:
        driver.write(settings=WARM)
    assert any("does not reproduce its samples" in note for note in driver.notes)


def test_a_filter_at_the_look_at_settings_hides_nothing_else(front: Front, driver: Driver) -> None:
    front.conduct.finish_reason = "content_filter"
    driver.write((), replace(WARM, top_k=3))
    assert driver.pairs == []
