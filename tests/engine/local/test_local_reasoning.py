"""Reasoning is kept beside the answer with its own count and limit; never closed, it is no answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.recipe import TemplateOption
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.backends.local.response_end import Phase, ResponseProgress, ResponseRules
from ftcompare.engine.protocol import GenerationSettings, Load, SystemRequest, TextToScore, Written
from tests.engine.chain_models import OPTIONAL, THINKING, build_chain
from tests.engine.local.local_driver import ITEMS, Driver, item
from tests.engine.tiny_models import END

ANSWER = ("</think>", "A", "B", "C", END)
WROTE = ("<|assistant|>", "<think>", "H", "m", *ANSWER)
OPENED = ("\n", "H", "m", *ANSWER)
Build = Callable[..., Path]


@pytest.fixture(params=[True, False], ids=["stacked", "reference"])
def stacked(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def ready(base: Path, stacked: bool, *more: SystemRequest, **options: Any) -> Driver:
    driver = Driver(LocalBackend(stacked=stacked))
    systems = (SystemRequest("base", str(base), **options), *more)
    load = Load(systems, device="cpu", dtype="float32")
    driver.backend.load(load)
    assert all(one.ok for one in driver.verify(ITEMS[:2]).systems)
    return driver


def settings(**changes: Any) -> GenerationSettings:
    return GenerationSettings(**{"max_new_tokens": 20, "batch_prompts": 2, **changes})


def found(driver: Driver, **changes: Any) -> tuple[str, str, str, int, int | None]:
    """Reasoning, answer, end, and tokens of answer and reasoning of each of two prompts, which are alike."""
    pairs = driver.write(ITEMS[:2], settings(**changes))
    one, other = (pairs[key]["base"] for key in ("p0", "p1"))
    assert parts(one) == parts(other)
    return parts(one)


def parts(one: Written) -> tuple[str, str, str, int, int | None]:
    return one.reasoning, one.text, one.finish_reason, one.tokens, one.reasoning_tokens


@pytest.mark.parametrize("special", [False, True])
def test_reasoning_that_the_model_opens_is_kept_apart(tmp_path: Path, stacked: bool, special: bool) -> None:
    """Markers are added tokens, as Qwen3 has them, or special ones, as Mistral does."""
    driver = ready(build_chain(tmp_path / "m", WROTE, special=special), stacked)
    assert found(driver) == ("Hm", "ABC", "end", 3, 4)
    assert found(driver, max_new_tokens=6) == ("Hm", "AB", "length", 2, 4)
    assert found(driver, max_new_tokens=4) == ("Hm", "", "no_answer", 0, 4)
    assert found(driver, max_new_tokens=3) == ("Hm", "", "no_answer", 0, 3)


def test_reasoning_that_the_template_opens_is_kept_apart(tmp_path: Path, stacked: bool) -> None:
    driver = ready(build_chain(tmp_path / "m", OPENED, template=THINKING), stacked)
    assert found(driver) == ("Hm", "ABC", "end", 3, 3)
    assert found(driver, max_new_tokens=2) == ("Hm", "", "no_answer", 0, 2)


def test_reasoning_has_a_limit_of_its_own_and_stop_texts_count_in_the_answer_only(
    tmp_path: Path, stacked: bool
) -> None:
    driver = ready(build_chain(tmp_path / "m", WROTE), stacked)
    assert found(driver, max_new_tokens=2, max_reasoning_tokens=9) == ("Hm", "AB", "length", 2, 4)
    assert found(driver, max_new_tokens=9, max_reasoning_tokens=4) == ("Hm", "ABC", "end", 3, 4)
    assert found(driver, max_new_tokens=9, max_reasoning_tokens=2) == ("H", "", "no_answer", 0, 2)
    assert found(driver, stop=("m",)) == ("Hm", "ABC", "end", 3, 4)
    assert found(driver, stop=("B",)) == ("Hm", "A", "end", 2, 4)


def test_an_answer_without_reasoning_is_as_before(tmp_path: Path, stacked: bool) -> None:
    driver = ready(build_chain(tmp_path / "m", ("<|assistant|>", "A", "B", END)), stacked)
    assert found(driver) == ("", "AB", "end", 2, 0)
    assert found(driver, max_new_tokens=1, max_reasoning_tokens=5) == ("", "A", "length", 1, 0)
    pair = driver.write(ITEMS[:1], settings())["p0"]["base"]
    assert pair.prompt_tokens == len(
        driver.backend._loaded_systems().base.tokenizer(
            f"<|user|>{ITEMS[0].messages[0].content}<|end|><|assistant|>"
        )["input_ids"]
    )


def test_a_system_may_reason_and_another_of_the_same_weights_not(tmp_path: Path, stacked: bool) -> None:
    """As Qwen3: with thinking switched off the template writes an empty one, and the answer follows."""
    chains = (WROTE, ("\n\n", "A")) if _is_one_token("\n\n") else (WROTE, ("\n", "A"))
    base = build_chain(tmp_path / "m", *chains, template=OPTIONAL)
    options: tuple[tuple[str, TemplateOption], ...] = (("enable_thinking", False),)
    quiet = SystemRequest("quiet", str(base), template_options=options, recipe="quiet")
    pair = ready(base, stacked, quiet).write(ITEMS[:1], settings())["p0"]
    assert parts(pair["base"]) == ("Hm", "ABC", "end", 3, 4)
    assert parts(pair["quiet"]) == ("", "ABC", "end", 3, 0)


def _is_one_token(text: str) -> bool:
    from tests.engine.tiny_models import _tokenizer

    return len(_tokenizer(template=True)(text)["input_ids"]) == 1


def test_markers_that_the_owner_names_count(tmp_path: Path, stacked: bool) -> None:
    chain = ("<|assistant|>", "<plan>", "H", "m", "</plan>", "A", END)
    base = build_chain(tmp_path / "m", chain, added=("<plan>", "</plan>"))
    assert found(ready(base, stacked)) == ("", "<plan>Hm</plan>A", "end", 5, 0)
    named = ready(base, stacked, reasoning_markers=(("<plan>", "</plan>"),))
    assert found(named) == ("Hm", "A", "end", 1, 4)


def test_channels_are_reasoning_and_answer(tmp_path: Path, stacked: bool) -> None:
    """gpt-oss writes its markers in special tokens with words between them."""
    marks = ("<|channel|>", "<|message|>", "<|start|>", "<|stop|>")
    more = ("analysis", "final", "<|final|>")
    chain = ("<|assistant|>", "<|channel|>", "final", "<|message|>", "A", END)
    base = build_chain(tmp_path / "m", chain, added=(*marks, *more), special=True)
    assert found(ready(base, stacked))[1] == "A"


def test_reasoning_counts_in_what_is_measured(tmp_path: Path) -> None:
    base = build_chain(tmp_path / "m", WROTE)
    measured = ready(base, True).benchmark(ITEMS[:2], settings())["base"]
    assert (measured.tokens, measured.ended) == (14, 2)


@pytest.fixture(scope="module")
def rules(tiny: Path) -> ResponseRules:
    from ftcompare.engine.backends.local.typed_transformers import load_tokenizer

    tokenizer = load_tokenizer(str(tiny / "llama" / "base"), set_aside={})
    return ResponseRules(tokenizer, GenerationSettings(), (0,), (("<plan>", "</plan>"),))


def ids(rules: ResponseRules, text: str) -> list[int]:
    return [int(one) for one in rules.tokenizer(text, add_special_tokens=False)["input_ids"]]


def whole(rules: ResponseRules, text: str, *, opened: bool = False) -> tuple[Written, ResponseProgress]:
    """A response of these tokens, taken one by one."""
    tokens = ids(rules, text)
    progress = ResponseProgress(rules, 10_000, opened=opened)
    for count in range(1, len(tokens) + 1):
        progress.is_whole(tokens[:count])
    return rules.written("k", [*tokens, 0], progress, "", 1), progress


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<reasoning>Let me see.</reasoning>\n\nFour.", "Let me see.", "Four."),
        ("\n<think>\na\n</think>\n<think>b</think>\n\nFour.", "a\n\nb", "Four."),
        ("<plan>first</plan>Four.", "first", "Four."),
        ("[THINK]so[/THINK]Four.", "so", "Four."),
        ("so it is</think>\nFour.", "so it is", "Four."),
        ("Four, by <think>so</think>.", "", "Four, by <think>so</think>."),
        ("<thin", "", "<thin"),
        ("<|channel|>analysis<|message|>so<|end|><|start|>assistant", "so", ""),
        ("<|channel|>final<|message|>Four.", "", "Four."),
    ],
)
def test_markers_of_several_tokens_are_found(
    rules: ResponseRules, text: str, reasoning: str, answer: str
) -> None:
    if "<|end|>" in text:  # here the token that ends a response
        text, answer = text.partition("<|end|>")[0], ""
    found, _ = whole(rules, text)
    assert (found.reasoning, found.text) == (reasoning, answer)
    count = len(ids(rules, text))
    assert found.all_tokens == count
    assert found.finish_reason == ("end" if answer else "no_answer")


def test_what_the_prompt_opened_ends_with_any_marker_and_blank_space_is_an_answer_in_the_end(
    rules: ResponseRules,
) -> None:
    found, progress = whole(rules, "so</seed:think>Four.", opened=True)
    assert (found.reasoning, found.text, progress.phase) == ("so", "Four.", Phase.ANSWER)
    assert whole(rules, "so it goes", opened=True)[0].finish_reason == "no_answer"
    assert whole(rules, "\n" * 20)[1].phase is Phase.BEGINNING
    assert whole(rules, "\n" * 200)[1].phase is Phase.ANSWER


def test_a_question_about_a_marker_opens_nothing(tmp_path: Path, stacked: bool) -> None:
    template = "{%- for m in messages -%}{{ m['content'] }}{%- endfor -%}"
    base = build_chain(tmp_path / "m", ("<think>", "A", "B", END), template=template)
    asked = item("p", "What is <think>")
    assert parts(ready(base, stacked).write((asked,), settings())["p"]["base"])[:2] == ("", "AB")


def test_texts_are_scored_where_an_answer_begins(tmp_path: Path) -> None:
    """After reasoning that the template opens and nobody wrote: as after an empty one."""
    options: tuple[tuple[str, TemplateOption], ...] = (("enable_thinking", False),)
    opening = ready(build_chain(tmp_path / "o", OPENED, template=THINKING), True)
    empty = ready(build_chain(tmp_path / "e", OPENED, template=OPTIONAL), True, template_options=options)
    text = TextToScore("t", ITEMS[0].messages, "Hm and so on")
    found, same = (driver.score(text)["t"]["base"] for driver in (opening, empty))
    assert found.logprobs == pytest.approx(same.logprobs, abs=1e-5)
    assert len(set(found.logprobs)) > 1
