"""What the verification sees of served systems, and what it owns that it does not see."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.run_record import Position, SystemVerification
from ftcompare.core.study import Message
from ftcompare.engine.backends.served.consistency_monitor import Signature, is_mismatch
from ftcompare.engine.backends.served.replies import Reply
from ftcompare.engine.backends.served.request import ServedPrompt
from ftcompare.engine.backends.served.verification import UNSEEN
from ftcompare.engine.protocol import Event, Item, Pair
from ftcompare.engine.served_fingerprint import EACH, difference
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, SETTINGS, Driver, item

NAMES = ("base", "tuned", "second")


def front_of(front_model: FrontModel, **conduct: Any) -> AbstractContextManager[Front]:
    return serving_model(front_model, NAMES, **conduct)


def verifications(driver: Driver, front: Front, *adapters: str) -> dict[str, SystemVerification]:
    driver.load(front.url, *adapters)
    return {verification.key: verification for verification in driver.verify().systems}


@pytest.mark.parametrize("flavour", ["vllm", "llama.cpp", "chat"])
def test_adapters_that_act_are_proved_by_their_log_probabilities(
    driver: Driver, front_model: FrontModel, flavour: str
) -> None:
    with front_of(front_model, flavour=flavour) as front:
        found = verifications(driver, front, "tuned", "second")
    assert [verification.ok for verification in found.values()] == [True, True, True]
    assert found["b"].largest_difference == 0
    assert found["tuned"].largest_difference > 0.5
    assert "differ from its base's by up to" in found["tuned"].statement
    for verification in found.values():
        assert "Asked twice, 4 prompts get log-probabilities within 0 (bound 0.25)." in verification.statement
        assert verification.statement.endswith(UNSEEN)


def test_two_names_for_one_adapter_are_caught_without_naming_a_served_model(
    driver: Driver, front_model: FrontModel
) -> None:
    with front_of(front_model, stand_ins={"second": "tuned"}) as front:
        found = verifications(driver, front, "tuned", "second")
    words = " ".join(verification.statement for verification in found.values())
    assert "tuned" not in words
    assert "second" not in words
    assert [verification.ok for verification in found.values()] == [True, True, False]


def test_an_adapter_that_does_nothing_is_caught(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, stand_ins={"tuned": "base"}) as front:
        found = verifications(driver, front, "tuned")
        assert (found["b"].ok, found["tuned"].ok) == (True, False)
        assert "are the same. Check whether the server really loads this model." in found["tuned"].statement
        with pytest.raises(UserError) as caught:
            driver.write()
    assert caught.value.code == "proof-failed"


def test_the_base_is_asked_even_where_it_is_no_system_of_the_study(
    driver: Driver, front_model: FrontModel
) -> None:
    with front_of(front_model, stand_ins={"tuned": "base"}) as front:
        driver.load(front.url, "tuned")
        driver.backend._requests = driver.backend._requests[1:]  # only the adapter
        (verification,) = driver.verify().systems
    assert not verification.ok


@pytest.mark.parametrize("logprobs", [False, True])
def test_a_name_behind_which_models_change_is_caught(
    driver: Driver, front_model: FrontModel, logprobs: bool
) -> None:
    with front_of(front_model, waverers={"base": "tuned"}, logprobs=logprobs) as front:
        # An odd number of prompts, so that each meets the other model in the second round.
        driver.load(front.url)
        found = {verification.key: verification for verification in driver.verify(ITEMS[:3]).systems}
    assert not found["b"].ok
    words = "more than one model answers" if logprobs else "its texts show nothing about its identity"
    assert words in found["b"].statement


def test_without_log_probabilities_the_texts_decide(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, logprobs=False) as front:
        found = verifications(driver, front, "tuned")
        assert all(verification.ok for verification in found.values())
        assert "4 of 4 prompts get the same text" in found["b"].statement
        assert "On 4 the text differs from its base's." in found["tuned"].statement
        front.conduct.stand_ins = {"tuned": "base"}
        assert not driver.verify().systems[1].ok


def test_a_server_that_refuses_the_field_is_asked_for_texts(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, refused={"logprobs"}) as front:
        found = verifications(driver, front, "tuned")
    assert found["tuned"].ok
    assert found["tuned"].statement.startswith("The server does not return log-probabilities.")


def test_templates_that_differ_between_systems_are_told(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, prefixes={"tuned": "Be brief."}) as front:
        driver.load(front.url, "tuned")
        driver.verify()
        assert driver.notes == [
            "The systems have different chat templates or tokenizers, but all get the first one's prompt."
        ]
        driver.write()
    prompts = {tuple(prompt) for prompt in front.asked("prompt")[-16:-8]}  # the names are looked at last
    assert len(prompts) == 4


def test_prompts_that_the_server_refuses_are_left_out(driver: Driver, front_model: FrontModel) -> None:
    nobody = Item("nobody", (Message("assistant", "Hello"),))
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        statement = driver.verify((nobody, ITEMS[0])).systems[0].statement
        assert "Asked twice, 1 prompt get" in statement
        for items in ((nobody,), ()):
            with pytest.raises(UserError, match="accepts none of the prompts") as caught:
                driver.verify(items)
            assert caught.value.code == "no-prompts"


@pytest.mark.parametrize("flavour", ["vllm", "chat"])
def test_a_prompt_too_long_for_the_server_proves_nothing_and_stops_nothing(
    driver: Driver, front_model: FrontModel, flavour: str
) -> None:
    long = item("long", "heart " * 200)
    with front_of(front_model, flavour=flavour) as front:
        driver.load(front.url, "tuned")
        found = driver.verify((long, *ITEMS[:2])).systems
        assert all(
            "Asked twice, 2 prompts get log-probabilities" in verification.statement for verification in found
        )
        assert all(verification.ok for verification in found)
        assert not any(verification.ok for verification in driver.verify((long,)).systems)


def test_answers_that_are_withheld_prove_nothing(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, logprobs=False) as front:
        driver.load(front.url, "tuned")
        front.conduct.finish_reason = "content_filter"
        found = driver.verify().systems
    assert [(verification.ok, verification.statement) for verification in found] == [
        (False, "It answers none of the prompts.")
    ] * 2


def test_at_most_eight_prompts_are_asked(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        driver.load(front.url)
        statement = (
            driver.verify(tuple(item(f"q{n}", f"Number {n}?") for n in range(20))).systems[0].statement
        )
    assert "7 prompts" in statement


def test_a_name_that_disappears_during_the_proof_is_a_fault(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        front.names = ("base",)
        with pytest.raises(UserError) as caught:
            driver.verify()
    assert caught.value.code == "server-refuses"


def test_the_difference_counts_up_to_where_the_texts_part() -> None:
    def at(chosen: str, **logprobs: float) -> Position:
        return Position(chosen, logprobs)

    same = (at("a", a=-0.5, b=-1.0),)
    assert difference(same, same) == 0
    assert difference(same, (at("a", a=-0.75, b=-1.0),)) == 0.25
    # Only one side lists c: on the other it is at most -1.0.
    assert difference(same, (at("a", a=-0.5, c=-0.25),)) == 0.75
    parted = (at("a", a=-0.5), at("x", x=-9.0))
    assert difference((at("b", a=-0.5), at("y", y=-1.0)), parted) == 0
    half = at("\N{REPLACEMENT CHARACTER}", a=-0.5)
    assert difference((half, at("x", x=-9.0)), (half, at("x", x=-1.0))) == 8
    assert difference((half, at("x", x=-9.0)), (half, at("x", x=-1.0)), stop_at_partial=True) == 0
    assert difference((), same) == 0
    assert difference((at("a"),), same) == 0


# A name behind which models take turns is seen when it is verified, and while it writes.


MANY = tuple(item(f"m{number}", f"Vessel {number % 7}?") for number in range(EACH + 16))
LONG = tuple(item(f"m{number}", f"Vessel {number % 7}?") for number in range(8 * EACH))


def three_names(front_model: FrontModel, **conduct: Any) -> AbstractContextManager[Front]:
    return serving_model(front_model, ("base", "tuned", "second"), **conduct)


@pytest.mark.parametrize("logprobs", [True, False])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_name_that_answers_as_its_base_every_other_time_is_never_proved(
    driver: Driver, front_model: FrontModel, number: int, logprobs: bool
) -> None:
    """With an even number of prompts each prompt meets the same server in both rounds."""
    with three_names(front_model, waverers={"tuned": "base"}, logprobs=logprobs) as front:
        driver.load(front.url, "tuned")
        found = {verification.key: verification for verification in driver.verify(ITEMS[:number]).systems}
    assert not found["tuned"].ok
    assert not found["tuned"].answers


def test_a_base_that_answers_as_an_adapter_every_other_time_is_not_proved(
    driver: Driver, front_model: FrontModel
) -> None:
    with three_names(front_model, waverers={"base": "tuned"}) as front:
        driver.load(front.url, "tuned")
        found = {verification.key: verification for verification in driver.verify().systems}
    assert not found["b"].ok
    assert "of 4" not in found["b"].statement
    assert "more than one model answers under this name" in found["b"].statement


def test_one_model_alone_is_looked_at_too(driver: Driver, front_model: FrontModel) -> None:
    with three_names(front_model, waverers={"base": "tuned"}) as front:
        driver.load(front.url)
        assert not driver.verify().systems[0].ok


@pytest.mark.parametrize("logprobs", [True, False])
def test_a_name_that_loses_its_adapter_while_it_writes_ends_the_run(
    driver: Driver, front_model: FrontModel, logprobs: bool
) -> None:
    with three_names(front_model, logprobs=logprobs) as front:
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
    assert caught.value.what.startswith("More than one model answers under 'tuned': 2 of 2 answers")
    assert EACH <= len(driver.pairs) < len(LONG)


def test_it_is_seen_at_the_end_of_a_short_run(driver: Driver, front_model: FrontModel) -> None:
    with three_names(front_model) as front:
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
    with three_names(front_model) as front:
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
