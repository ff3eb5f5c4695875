"""A name behind which models take turns is seen when it is verified, and while it writes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.run_record import Position
from ftcompare.engine.backends.served.consistency_monitor import Signature, is_mismatch
from ftcompare.engine.backends.served.replies import Reply
from ftcompare.engine.backends.served.request import ServedPrompt
from ftcompare.engine.protocol import Event, Pair
from ftcompare.engine.served_fingerprint import EACH
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, SETTINGS, Driver, item

MANY = tuple(item(f"m{number}", f"Vessel {number % 7}?") for number in range(EACH + 16))
LONG = tuple(item(f"m{number}", f"Vessel {number % 7}?") for number in range(8 * EACH))


def front_of(front_model: FrontModel, **conduct: Any) -> AbstractContextManager[Front]:
    return serving_model(front_model, ("base", "tuned", "second"), **conduct)


@pytest.mark.parametrize("logprobs", [True, False])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_name_that_answers_as_its_base_every_other_time_is_never_proved(
    driver: Driver, front_model: FrontModel, number: int, logprobs: bool
) -> None:
    """With an even number of prompts each prompt meets the same server in both rounds."""
    with front_of(front_model, waverers={"tuned": "base"}, logprobs=logprobs) as front:
        driver.load(front.url, "tuned")
        found = {verification.key: verification for verification in driver.verify(ITEMS[:number]).systems}
    assert not found["tuned"].ok
    assert not found["tuned"].answers


def test_a_base_that_answers_as_an_adapter_every_other_time_is_not_proved(
    driver: Driver, front_model: FrontModel
) -> None:
    with front_of(front_model, waverers={"base": "tuned"}) as front:
        driver.load(front.url, "tuned")
        found = {verification.key: verification for verification in driver.verify().systems}
    assert not found["b"].ok
    assert "of 4" not in found["b"].statement
    assert "more than one model answers under this name" in found["b"].statement


def test_one_model_alone_is_looked_at_too(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, waverers={"base": "tuned"}) as front:
        driver.load(front.url)
        assert not driver.verify().systems[0].ok


@pytest.mark.parametrize("logprobs", [True, False])
def test_a_name_that_loses_its_adapter_while_it_writes_ends_the_run(
    driver: Driver, front_model: FrontModel, logprobs: bool
) -> None:
    with front_of(front_model, logprobs=logprobs) as front:
        driver.load(front.url, "tuned")
        driver.verify()

        def lose(event: Event) -> None:
            driver.events.append(event)
            if isinstance(event, Pair):
                front.conduct.stand_ins = {"tuned": "base"}

        driver.backend.emit = lose
        with pytest.raises(UserError) as caught:
            driver.backend.generate(LONG, SETTINGS)
    assert caught.value.code == "system-changed"
    assert caught.value.what.startswith("Not one model alone answers under 'tuned': 2 of 2 answers")
    assert EACH <= len(driver.pairs) < len(LONG)


def test_it_is_seen_at_the_end_of_a_short_run(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        driver.verify()
        driver.write()
        front.conduct.waverers = {"tuned": "base"}
        with pytest.raises(UserError) as caught:
            driver.write()
        assert "2 of 4 answers" in caught.value.what
        # One prompt of the live page is answered at once; its look comes with the following ones.
        driver.write(ITEMS[:1])


def test_looking_costs_little(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        driver.verify()
        driver.write(ITEMS[:1])
        before = len(front.asked("model"))
        driver.write(MANY)
        asked = len(front.asked("model")) - before
    # Of two names: the answers, two looks of 2 askings, and one of 4 at the end.
    assert asked == 2 * (len(MANY) + 2 + 2 + 4)


def reply(text: str, *logprobs: float) -> Reply:
    return Reply(text, "length", 1, 1, tuple(Position("a", {"a": one}) for one in logprobs))


def test_what_is_a_stray() -> None:
    prompt = ServedPrompt(chat=False, value="x")
    signature = Signature(prompt, reply("own", -1.0), (reply("other", -1.3),), noise=0.02)
    assert not is_mismatch(reply("own", -1.1), signature)
    assert is_mismatch(reply("own", -1.2), signature)  # nearer to the other
    assert is_mismatch(reply("own", -0.4), signature)  # further than a server's chance
    assert not is_mismatch(reply("own", -0.6), signature)
    assert not is_mismatch(reply("third"), signature)
    assert is_mismatch(reply("other"), signature)
    alone = Signature(prompt, reply("own", -1.0), (), noise=0.0)
    assert not is_mismatch(reply("own", -1.4), alone)
    assert is_mismatch(reply("own", -1.6), alone)
