"""Every setting of a run acts as it says, what acted is written down, and turns follow own answers."""

from __future__ import annotations

import mmap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftcompare.core.errors import BugError
from ftcompare.core.study import Message
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import generation as local_generation
from ftcompare.engine.backends.local.devices import MOST_ROWS, BatchSize, MemoryMeter
from ftcompare.engine.backends.local.sampling import Sampler
from ftcompare.engine.backends.local.typed_transformers import generate
from ftcompare.engine.protocol import GenerationSettings, Item, ItemFailed, Pair, Progress
from tests.builders import true_after
from tests.engine.chain_models import build_chain
from tests.engine.local.local_driver import ITEMS, Driver, item, ready, reference
from tests.engine.tiny_models import END, build_adapter, change_tensors

SAMPLING = GenerationSettings(max_new_tokens=12, temperature=1.5, seed=5, batch_prompts=4)
SAMPLED = tuple(replace(one, samples=(0, 1, 2)) for one in ITEMS[:3])


@pytest.fixture(scope="module")
def shared(tiny: Path) -> Driver:
    root = tiny / "llama"
    return ready(root / "base", root / "adapter", root / "second", stacked=False)


def samples(
    driver: Driver, items: tuple[Item, ...], settings: GenerationSettings
) -> dict[tuple[str, int], Any]:
    """By item and sample, what every system wrote."""
    driver.write(items, settings)
    pairs = [event for event in driver.events if isinstance(event, Pair)]
    found = {(pair.item, pair.sample): pair.responses for pair in pairs}
    assert len(found) == len(pairs)
    return found


def by_hand(base: Path, one: Item, sample: int, settings: GenerationSettings) -> str:
    """What the base writes, token after token, alone, with nothing cached."""
    load: Any = AutoModelForCausalLM.from_pretrained
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    model: Any = load(str(base)).eval()
    turns = [{"role": m.role, "content": m.content} for m in one.messages]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    sampler = Sampler(settings)
    stream = sampler.stream(one.key, "base", sample, ids)
    new: list[int] = []
    with torch.no_grad():
        while len(new) < settings.max_new_tokens and 0 not in new:
            new += sampler.draw(model(input_ids=torch.tensor([ids + new])).logits[:, -1], [stream])
    return str(tokenizer.decode(new, skip_special_tokens=True).rstrip())


def test_every_sample_of_every_item_is_written_once(driver: Driver) -> None:
    found = samples(driver, SAMPLED, SAMPLING)
    assert set(found) == {(f"p{item}", sample) for item in range(3) for sample in range(3)}
    assert len({found["p0", sample][0].text for sample in range(3)}) == 3
    progress = [event for event in driver.events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (3, 3)


def test_single_samples_can_be_asked_for(driver: Driver) -> None:
    whole = samples(driver, SAMPLED, SAMPLING)
    some = (replace(ITEMS[1], samples=(2,)), replace(ITEMS[0], samples=(0, 2)), replace(ITEMS[2], samples=()))
    found = samples(driver, some, SAMPLING)
    assert found == {key: whole[key] for key in (("p1", 2), ("p0", 0), ("p0", 2))}
    assert [event.done for event in driver.events if isinstance(event, Progress)][-1] == 3


@pytest.mark.parametrize(
    "settings",
    [SAMPLING, replace(SAMPLING, top_k=20, top_p=0.9, min_p=0.02, repetition_penalty=1.4, temperature=0.9)],
)
def test_sampled_text_is_that_of_the_streams(
    driver: Driver, tiny: Path, settings: GenerationSettings
) -> None:
    found = samples(driver, SAMPLED[:2], settings)
    for one in SAMPLED[:2]:
        assert found[one.key, 1][0].text == by_hand(tiny / "llama" / "base", one, 1, settings)


def test_the_penalty_is_that_of_transformers(driver: Driver, tiny: Path) -> None:
    base = tiny / "llama" / "base"
    load: Any = AutoModelForCausalLM.from_pretrained
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    turns = [{"role": "user", "content": ITEMS[1].messages[0].content}]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    output = load(str(base)).generate(ids, max_new_tokens=12, do_sample=False, repetition_penalty=1.5)
    expected = tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True).rstrip()
    found = samples(driver, ITEMS, GenerationSettings(12, repetition_penalty=1.5, batch_prompts=5))
    assert found["p1", 0][0].text == expected
    assert found["p1", 0][0].text != samples(driver, ITEMS, GenerationSettings(12))["p1", 0][0].text


def test_coupled_systems_draw_alike_and_independent_ones_do_not(tiny: Path, tmp_path: Path) -> None:
    """An adapter that hardly does anything writes the base's samples, unless its draws are its own."""
    adapter = build_adapter(tmp_path / "faint", tiny / "llama" / "base")
    change_tensors(adapter / "adapter_model.safetensors", lambda t: [one.mul_(1e-3) for one in t.values()])
    driver = ready(tiny / "llama" / "base", adapter, stacked=False)
    coupled = GenerationSettings(12, temperature=1.5, coupling="coupled")
    for settings, alike in ((coupled, True), (replace(coupled, coupling="independent"), False)):
        for base, adapted in samples(driver, SAMPLED, settings).values():
            assert (base.text == adapted.text) is alike


def test_a_stop_text_ends_a_response_before_it(driver: Driver) -> None:
    whole = samples(driver, ITEMS, GenerationSettings(12, batch_prompts=5))
    text = whole["p1", 0][0].text
    stop = text[3:6]
    found = samples(driver, ITEMS, GenerationSettings(12, batch_prompts=5, stop=(stop, "never at all")))
    assert found["p1", 0][0].text == text[: text.index(stop)].rstrip()
    assert found["p1", 0][0].finish_reason == "end"
    assert found["p1", 0][0].tokens < whole["p1", 0][0].tokens
    for key, responses in whole.items():
        for before, after in zip(responses, found[key], strict=True):
            assert stop in before.text or before == after


def batches(driver: Driver, settings: GenerationSettings, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each batch that was written, two tokens long."""
    sizes: list[int] = []

    def counting(model: Any, **arguments: Any) -> torch.Tensor:
        sizes.append(arguments["input_ids"].shape[0])
        return generate(model, **arguments)

    with monkeypatch.context() as patch:
        patch.setattr(local_generation, "generate", counting)
        driver.write(SAMPLED, replace(settings, max_new_tokens=2))
    return sizes[:: len(driver.backend._requests)]


def test_in_strict_mode_a_row_is_alone(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert batches(driver, replace(SAMPLING, strict=True), monkeypatch) == [1] * 9
    assert batches(driver, SAMPLING, monkeypatch) == [4, 4, 1]


def test_the_batch_grows_as_memory_allows(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert batches(driver, replace(SAMPLING, batch_prompts=0), monkeypatch) == [1, 2, 4, 2]
    monkeypatch.setattr("ftcompare.engine.backends.local.devices.memory_for_tensors", lambda _: 0)
    assert batches(driver, replace(SAMPLING, batch_prompts=0), monkeypatch) == [1] * 9


def test_batches_follow_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.engine.backends.local.devices.memory_for_tensors", lambda _: 10_000)
    size = BatchSize(0, torch.device("cpu"))
    for rows, grown, expected in ((1, 100, 2), (1, 9999, 2), (2, 200, 4), (4, 4000, 6), (6, 0, 12)):
        size.took(rows, grown)
        assert size.rows == expected
    size.ran_out(12)
    size.took(6, 0)
    assert size.rows == 6
    fixed = BatchSize(5, torch.device("cpu"))
    fixed.took(5, 0)
    assert fixed.rows == 5
    fixed.ran_out(1)
    assert fixed.rows == 1
    grows = BatchSize(0, torch.device("cpu"))
    for _ in range(10):
        grows.took(grows.rows, 0)
    assert grows.rows == MOST_ROWS["cpu"]


@pytest.mark.parametrize(
    ("free", "reserved", "allocated"), [(10_000, 0, 0), (10_000, 7_000, 7_000), (4_000, 13_000, 7_000)]
)
def test_memory_that_torch_keeps_without_using_it_is_free(
    free: int, reserved: int, allocated: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a card, a second run has the same batches as the first, which left its memory in torch's cache."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, 10**6))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: reserved)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: allocated)
    size = BatchSize(0, torch.device("cuda"))
    size.ran_out(12)
    size.took(6, 9_000)
    assert size.rows == 4


def test_memory_is_seen_where_it_is_taken() -> None:
    meter = MemoryMeter(torch.device("cpu"))
    meter.start()
    # Straight from the system: what an allocator hands out may have been resident before.
    with mmap.mmap(-1, 64 * 2**20) as taken:
        for page in range(0, len(taken), mmap.PAGESIZE):
            taken[page] = 1
        meter.look()
    meter.look()
    assert 48 * 2**20 < meter.grown <= meter.most


def test_on_cuda_the_cards_count_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    reset: list[int] = []
    held = {0: 100, 1: 50}
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", reset.append)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", held.__getitem__)
    meter = MemoryMeter(torch.device("cuda"))
    meter.start()
    held[1] = 80
    meter.look()
    assert (reset, meter.grown, meter.most) == ([0, 1], 30, 180)


def test_out_of_memory_fails_an_item_with_all_its_samples_once(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: Any, **arguments: Any) -> torch.Tensor:
        if arguments["input_ids"].shape[1] > 30:  # the longest prompt
            raise MemoryError
        return generate(model, **arguments)

    monkeypatch.setattr(local_generation, "generate", full)
    found = samples(driver, SAMPLED, SAMPLING)
    assert set(found) == {(key, sample) for key in ("p0", "p2") for sample in range(3)}
    assert [event.item for event in driver.events if isinstance(event, ItemFailed)] == ["p1"]
    assert [event.done for event in driver.events if isinstance(event, Progress)][-1] == 3


def test_what_acted_is_written_with_each_response(driver: Driver, tiny: Path) -> None:
    digests = (
        Driver().load(tiny / "llama" / "base", tiny / "llama" / "adapter", tiny / "llama" / "second").systems
    )
    (responses,) = samples(driver, ITEMS[:1], GenerationSettings(3)).values()
    assert [one.active for one in responses] == ["", digests[1].digest, digests[2].digest]


def test_layers_trained_as_a_whole_count_as_acting(tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    saved = build_adapter(tmp_path / "saved", base, targets=["v_proj"], modules_to_save=["lm_head"])
    driver = ready(base, tiny / "llama" / "second", saved, stacked=False)
    systems = driver.backend._loaded_systems()
    wrapper: Any = systems.base.model.lm_head

    def left_on() -> None:
        with systems.speaking("base"):
            assert systems.acting() == ""
            wrapper.set_adapter("adapter_1")
            wrapper.enable_adapters(enabled=True)
            assert systems.acting() != ""

    with pytest.raises(BugError):
        left_on()
    (responses,) = samples(driver, ITEMS[:1], GenerationSettings(3)).values()
    assert [len(one.active.split()) for one in responses] == [0, 1, 1]


class Broken(Exception):
    """Something fails in the middle of a pass."""


@pytest.mark.parametrize("passes", [1, 5, 14, 25])
def test_an_adapter_left_on_by_an_exception_never_writes_for_the_base(
    driver: Driver, passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks while the base writes (1, 5), while the first adapter does (14) and the second (25)."""
    expected = samples(driver, ITEMS, GenerationSettings(10, batch_prompts=5))
    count = 0

    def fail(*_: object) -> None:
        nonlocal count
        count += 1
        if count == passes:
            raise Broken

    model = driver.backend._loaded_systems().base.model
    handle = model.get_submodule("model.layers.1.mlp").register_forward_pre_hook(fail)
    with pytest.raises(Broken):
        driver.write(ITEMS, GenerationSettings(10, batch_prompts=5))
    assert count == passes
    assert not driver.pairs
    handle.remove()
    assert samples(driver, ITEMS, GenerationSettings(10, batch_prompts=5)) == expected


def test_an_adapter_that_stays_on_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever leaves it on: while the base writes, its layers are looked at before and after."""
    systems = driver.backend._loaded_systems()
    layer: Any = systems.base.model.get_submodule("model.layers.0.mlp.down_proj")

    def switch_on(model: Any, **arguments: Any) -> torch.Tensor:
        layer.enable_adapters(enabled=True)
        return generate(model, **arguments)

    with monkeypatch.context() as patch:
        patch.setattr(local_generation, "generate", switch_on)
        with pytest.raises(BugError) as caught:
            driver.write()
    assert caught.value.code == "adapter-state"
    assert not driver.pairs
    assert driver.write()


def test_a_cancel_is_seen_in_the_middle_of_a_prompt(driver: Driver) -> None:
    """Between two layers of the first pass, before any token; and nothing stays behind."""
    model = driver.backend._loaded_systems().base.model
    reached: list[int] = []
    handle = model.get_submodule("model.layers.1").register_forward_hook(lambda *_: reached.append(1))
    driver.is_cancelled = true_after(3)
    with pytest.raises(Cancelled):
        driver.write((item("long", "heart " * 40),))
    handle.remove()
    assert len(reached) == 0
    driver.is_cancelled = lambda: False
    assert driver.write(ITEMS[:1])
    assert not any(layer._forward_pre_hooks for layer in model.modules())


SETTINGS = GenerationSettings(max_new_tokens=8, batch_prompts=2)


@pytest.mark.parametrize("stacked", [True, False])
def test_each_system_answers_after_its_own_answers(tiny: Path, stacked: bool) -> None:
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    driver = ready(base, adapter, stacked=stacked, dtype="float32")
    talk = replace(ITEMS[0], later_turns=("Why?",))
    found = driver.write((talk, ITEMS[2]), SETTINGS)
    for key, folder in (("base", None), ("a0", adapter)):
        first, _ = reference(base, ITEMS[0], 8, folder)
        turns = (*talk.messages, Message("assistant", first), Message("user", "Why?"))
        second, tokens = reference(base, Item("p", turns), 8, folder)
        one = found["p0"][key]
        assert (one.earlier, one.text) == ((first,), second)
        assert one.tokens > tokens
        assert one.active == ("" if folder is None else found["p2"][key].active)
    assert found["p2"]["base"].earlier == ()


def test_reasoning_is_no_part_of_what_stands_before(tmp_path: Path) -> None:
    chain = ("<|assistant|>", "<think>", "H", "m", "</think>", "A", "B", END)
    driver = ready(build_chain(tmp_path / "m", chain), dtype="float32")
    talk = replace(item("p", "Hi"), later_turns=("Why?", "Yes?"))
    one = driver.write((talk,), SETTINGS)["p"]["base"]
    assert (one.earlier, one.text, one.reasoning) == (("AB", "AB"), "AB", "Hm\n\nHm\n\nHm")
    count = driver.backend._loaded_systems().base.tokenizer
    asked = "<|user|>Hi<|end|><|assistant|>", "AB<|end|><|user|>Why?<|end|><|assistant|>"
    lengths = [len(count(text)["input_ids"]) for text in asked]
    third = len(count("AB<|end|><|user|>Yes?<|end|><|assistant|>")["input_ids"])
    assert one.prompt_tokens == 3 * lengths[0] + 2 * lengths[1] + third
    assert (one.tokens, one.reasoning_tokens) == (6, 12)


def test_a_conversation_that_outgrows_the_context_fails_with_its_turn(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", dtype="float32")
    talk = replace(ITEMS[0], later_turns=("heart " * 200,))
    assert list(driver.write((talk, ITEMS[1]), SETTINGS)) == ["p1"]
    assert driver.failures["p0"].startswith("In turn 2: The prompt has")
