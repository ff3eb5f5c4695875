"""Steps whose inputs keep their addresses give the same logits and texts, recorded once and replayed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora.layer import Linear
from torch import Tensor

from ftcompare.core.errors import BugError, EnvironmentFault
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.stacked_lora import decoder, kv_cache, static_step
from ftcompare.engine.backends.local.stacked_lora import prepared_model as model_module
from ftcompare.engine.backends.local.stacked_lora import static_step as static_step_module
from ftcompare.engine.backends.local.stacked_lora.decoder import Scheduler, SequenceBatch, TaskQueue
from ftcompare.engine.backends.local.stacked_lora.kv_cache import KVCache, PromptCache, windows
from ftcompare.engine.backends.local.stacked_lora.prepared_model import BOUNDS, unsupported
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import (
    RowPlan,
    RowSlice,
    same_inputs,
    targeted,
)
from ftcompare.engine.backends.local.stacked_lora.static_step import (
    CannotCapture,
    GraphRunner,
    MaskedLayers,
    StaticStep,
    columns_bucket,
    slots_bucket,
)
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.protocol import GenerationSettings, Item, Pair
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.stacked_lora.stacked_lora_models import MAKERS, PLAIN, build_three
from tests.engine.stacked_lora.static_runners import SIZE, TapeRecorder, looking, static_on_cpu
from tests.engine.stacked_lora.static_script import Script, largest_difference, times_as_far
from tests.engine.tiny_models import _model

SHAPES = ("llama", "qwen2", "gpt2", "gemma2", "gemma3", "phi", "phi3-window")
GREEDY = GenerationSettings(max_new_tokens=16, batch_prompts=2)
SAMPLING = GenerationSettings(
    max_new_tokens=16, temperature=0.9, top_p=0.95, repetition_penalty=1.2, samples=3, stop=("ea",), seed=5,
    batch_prompts=3,
)  # fmt: skip
SEVERAL = tuple(replace(one, samples=(0, 1, 2)) for one in ITEMS)


def systems_of(driver: Driver) -> LoadedSystems:
    return driver.backend._loaded_systems()


Reference = Callable[[tuple[Item, ...], GenerationSettings], dict[Any, Any]]


def written(driver: Driver, items: tuple[Item, ...], settings: GenerationSettings) -> dict[Any, Any]:
    driver.write(items, settings)
    return {(event.item, event.sample): event.responses for event in driver.events if isinstance(event, Pair)}


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_are_the_references_and_the_eager_steps(
    shape: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kv_cache, "BLOCK", 16)
    monkeypatch.setattr(static_step_module, "BLOCK", 16)
    recorder = TapeRecorder()
    base, adapters = build_three(tmp_path, shape)
    with static_on_cpu(recorder):
        systems = systems_of(ready(base, *adapters))
        assert unsupported(systems) == ""
        recorder.recorded.clear()
        static = Script(systems, static=True).run(longest=28)
    eager = Script(systems, static=False).run(longest=28)
    assert static.told == []
    assert [rows for rows, _ in recorder.recorded] == [4, 8, 8, 4, 8, 2, 1]
    assert recorder.finite
    for place, steps in static.logits.items():
        assert largest_difference(torch.stack(steps), torch.stack(eager.logits[place])) < 2.5e-5
    for key, ids, found in static.texts():
        with systems.speaking(key), no_gradients():
            model: Any = systems.base.model
            expected = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -len(found) :]
        assert largest_difference(found, expected) < BOUNDS[torch.float32] / 4


@pytest.fixture(scope="module")
def roots(tiny: Path) -> tuple[Path, Path, Path]:
    return tiny / "llama" / "base", tiny / "llama" / "adapter", tiny / "llama" / "second"


@pytest.fixture(scope="module")
def eager(roots: tuple[Path, Path, Path]) -> Driver:
    driver = ready(*roots)
    driver.write(ITEMS[:1])
    return driver


@pytest.fixture(scope="module")
def reference(eager: Driver) -> Reference:
    """What eager steps write, once for all tests."""
    return cache(partial(written, eager))


@pytest.fixture(scope="module")
def loaded(roots: tuple[Path, Path, Path], eager: Driver) -> Iterator[Driver]:
    with static_on_cpu():
        yield ready(*roots)


@pytest.fixture
def static(loaded: Driver) -> Driver:
    assert unsupported(systems_of(loaded)) == ""
    return loaded


@pytest.fixture
def untried(loaded: Driver) -> Iterator[Driver]:
    """Systems that are tried again, before the test's writing and after the test."""
    model_module._KEPT.pop(systems_of(loaded), None)
    yield loaded
    model_module._KEPT.pop(systems_of(loaded), None)


def test_in_half_precision_static_steps_are_as_exact_as_eager_ones(
    eager: Driver, roots: tuple[Path, Path, Path]
) -> None:
    exact = Script(systems_of(eager), static=False).run()
    with static_on_cpu():
        systems = systems_of(ready(*roots, dtype="bfloat16"))
        found = Script(systems, static=True).run()
    assert times_as_far(found, Script(systems, static=False).run(), exact) < 1.1


@pytest.mark.parametrize("settings", [GREEDY, SAMPLING], ids=["greedy", "sampling"])
def test_texts_are_those_of_eager_steps(
    static: Driver, reference: Reference, settings: GenerationSettings
) -> None:
    recorder = TapeRecorder()
    with static_on_cpu(recorder):
        found = written(static, SEVERAL, settings)
    assert found == reference(SEVERAL, settings)
    assert static.notes == []
    assert len(recorder.recorded) > 1
    assert recorder.finite


def test_what_a_slot_without_a_row_holds_reaches_no_row(static: Driver) -> None:
    """Bit-equal, even where it holds what is no number."""
    systems = systems_of(static)

    def spoil() -> None:
        cache = script.forward.cache
        for pair in cache.layers:
            for tensor in pair:
                tensor[cache.rows :] = float("nan")

    script = Script(systems, static=True)
    before = script.run().logits
    script = Script(systems, static=True)
    with pytest.MonkeyPatch.context() as patch:
        enter = SequenceBatch.enter

        def cleaned(batch: SequenceBatch, *arguments: Any) -> Tensor:
            for pair in script.forward.cache.layers:
                for tensor in pair:
                    tensor.nan_to_num_(0)  # new rows find what a slot without a row leaves: numbers
            return enter(batch, *arguments)

        patch.setattr(decoder.SequenceBatch, "enter", cleaned)
        after = script.run(spoil).logits
    assert all(torch.equal(torch.stack(before[at]), torch.stack(after[at])) for at in before)


def test_no_number_of_an_adapter_reaches_another_systems_row(roots: tuple[Path, Path, Path]) -> None:
    with static_on_cpu():
        systems = systems_of(ready(*roots))
        before = Script(systems, static=True).run().logits
        name = systems.attached["a0"][0]
        for layer in systems.base.model.modules():
            if isinstance(layer, Linear) and name in layer.lora_B:
                part: Any = layer.lora_B[name]
                part.weight.data.mul_(1e4)
        del model_module._KEPT[systems]
        after = Script(systems, static=True).run().logits
    for place, logits in before.items():
        assert torch.equal(torch.stack(logits), torch.stack(after[place])) is (place[1] != 1)


def test_strict_mode_computes_steps_as_everywhere(static: Driver, reference: Reference) -> None:
    recorder = TapeRecorder()
    strict = replace(SAMPLING, strict=True)
    with static_on_cpu(recorder):
        found = written(static, SEVERAL, strict)
    assert found == reference(SEVERAL, strict)
    assert recorder.recorded == []
    assert static.notes == []


MISHAPS: dict[str, tuple[Exception, str]] = {
    "refused": (RuntimeError("operation not permitted when stream is capturing"), "operation not permitted"),
    "device": (torch.AcceleratorError("CUDA error: unsupported while capturing"), "unsupported while"),
    "odd": (TypeError("a number was expected"), "a number was expected"),
    "memory": (torch.OutOfMemoryError("CUDA out of memory."), "memory ran out while a step was recorded"),
}


@pytest.mark.parametrize(
    ("mishap", "after"), [("refused", 0), ("refused", 1), ("device", 1), ("odd", 0), ("memory", 1)]
)
def test_where_a_step_cannot_be_recorded_it_is_computed_without(
    mishap: str, after: int, untried: Driver, reference: Reference
) -> None:
    """In the trial, or after it."""
    error, words = MISHAPS[mishap]
    failing = TapeRecorder(error, after=after)
    with static_on_cpu(*([TapeRecorder()] if after else []), failing):
        found = written(untried, ITEMS, SAMPLING)
    assert found == reference(ITEMS, SAMPLING)
    (note,) = untried.notes
    assert note.startswith("CUDA graphs were not used: ")
    assert words in note
    assert failing.freed


def test_a_device_that_is_lost_while_recording_is_told(static: Driver, reference: Reference) -> None:
    error = torch.AcceleratorError("CUDA error: an illegal memory access")
    with static_on_cpu(TapeRecorder(error, works=False)), pytest.raises(EnvironmentFault) as caught:
        written(static, SEVERAL, GREEDY)
    assert caught.value.code == "device-lost"
    assert written(static, SEVERAL, GREEDY) == reference(SEVERAL, GREEDY)


def test_memory_is_released_when_the_failed_step_no_longer_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    alive: list[Any] = []

    def work() -> Tensor:
        tensor = torch.zeros(1)
        made.append(ref(tensor))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(static_step, "release_memory", lambda: alive.append(made[0]()))
    with pytest.raises(CannotCapture, match="memory ran out"):
        GraphRunner(TapeRecorder()).run(1, work)
    assert alive == [None]


@pytest.mark.parametrize(("dtype", "cyclic"), [("float32", False), ("bfloat16", False), ("float32", True)])
def test_a_load_releases_the_weights_of_the_model_before(
    roots: tuple[Path, Path, Path], dtype: str, monkeypatch: pytest.MonkeyPatch, *, cyclic: bool
) -> None:
    """FTCompare keeps them in no cycle of references; a cycle of a library is collected."""
    gc.disable()
    try:
        with static_on_cpu():
            driver = ready(*roots, dtype=dtype)
            driver.write(ITEMS[:1], GREEDY)
        model: Any = systems_of(driver).base.model
        if cyclic:
            model.itself = [model]
        else:
            monkeypatch.setattr(gc, "collect", lambda: 0)
        weights = {name: ref(weight) for name, weight in model.named_parameters()}
        del model
        driver.load(roots[0])
        assert [name for name, weight in weights.items() if weight() is not None] == []
    finally:
        gc.enable()


def test_a_device_that_fails_without_a_word_is_no_reason_to_go_on() -> None:
    graphs = GraphRunner(TapeRecorder(RuntimeError("something else"), works=False))
    with pytest.raises(RuntimeError, match="something else"):
        graphs.run(1, lambda: torch.zeros(1))


def tampered_rows(patch: pytest.MonkeyPatch) -> None:
    """The rows of one system go through another's adapter."""
    follow = MaskedLayers.follow

    def wrong(self: Any, inactive: Any, plan: RowPlan) -> None:
        follow(self, inactive, RowPlan([RowSlice(0, plan.rows, "adapter_0")], plan.rows))

    patch.setattr(MaskedLayers, "follow", wrong)


def layers_passed_by(patch: pytest.MonkeyPatch) -> None:
    """The pass goes through others than the masked ones."""
    masked: Any = static_step._Masked
    patch.setattr(masked, "__call__", lambda self, x: self._base(x))


def not_finite(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MaskedLayers, "are_finite", lambda _: False)


def no_memory(patch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> bool:
        raise MemoryError

    patch.setattr(MaskedLayers, "are_finite", failing)


WRONG: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "rows": (tampered_rows, "their logits differ from the reference's by"),
    "layer": (layers_passed_by, "a layer with adapters was skipped"),
    "numbers": (not_finite, "not finite"),
    "memory": (no_memory, "memory ran out while they were tried"),
}


@pytest.mark.parametrize("what", WRONG)
def test_static_steps_that_are_wrong_are_found_out_by_the_trial(
    what: str, untried: Driver, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper, words = WRONG[what]
    tamper(monkeypatch)
    recorder = TapeRecorder()
    with static_on_cpu(recorder):
        assert unsupported(systems_of(untried)) == ""
        recorder.recorded.clear()
        assert written(untried, ITEMS, GREEDY) == reference(ITEMS, GREEDY)
        assert recorder.recorded == []
    (note,) = untried.notes
    assert words in note


def test_an_error_of_the_trial_that_is_ours_is_not_hidden(
    untried: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> bool:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(MaskedLayers, "are_finite", failing)
    with static_on_cpu(), pytest.raises(RuntimeError, match="a mistake"):
        unsupported(systems_of(untried))


def test_a_cancel_is_seen_at_the_next_step(static: Driver, reference: Reference) -> None:
    count, asked = 0, 30

    def is_cancelled() -> bool:
        nonlocal count
        count += 1
        return count > asked

    static.is_cancelled = is_cancelled
    with pytest.raises(Cancelled):
        written(static, SEVERAL, GREEDY)
    assert count <= asked + 2
    static.is_cancelled = lambda: False
    assert written(static, ITEMS, GREEDY) == reference(ITEMS, GREEDY)


def test_memory_that_runs_out_halves_the_rows_and_gives_the_graphs_back(
    static: Driver, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = TapeRecorder()
    step = StaticStep.step

    def failing(self: Any, tokens: Sequence[int], *more: Any) -> Tensor:
        if len(tokens) > 4 and recorder.recorded:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return step(self, tokens, *more)

    monkeypatch.setattr(StaticStep, "step", failing)
    with static_on_cpu(recorder):
        found = written(static, SEVERAL, SAMPLING)
    assert found == reference(SEVERAL, SAMPLING)
    assert all(note.startswith("Memory ran out: ") for note in static.notes)
    assert recorder.freed


def test_nothing_is_held_once_all_is_written(static: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting for Python's collector: on a card it is memory that others need."""
    steps: list[Any] = []
    made = model_module.static_step

    def watching(*arguments: Any, **options: Any) -> Any:
        step, why = made(*arguments, **options)
        steps.append(ref(step))
        return step, why

    monkeypatch.setattr(decoder, "static_step", watching)
    written(static, ITEMS, GREEDY)
    assert [step() for step in steps] == [None]


def test_an_empty_cache_holds_no_graphs(static: Driver) -> None:
    script = Script(systems_of(static), static=True).run()
    assert script.forward.held > 0
    script.batch.clear()
    assert script.forward.held == 0
    step: Any = script.forward._static
    with pytest.raises(BugError, match="settled"):
        step.step([5], script.forward.cache, script.forward._run)


def test_what_graphs_hold_is_not_given_to_rows(static: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    entering = Scheduler.entering

    def watching(self: Any, rows: int, queue: TaskQueue) -> int:
        held.append(self.held)
        return entering(self, rows, queue)

    monkeypatch.setattr(Scheduler, "entering", watching)
    written(static, SEVERAL, GREEDY)
    assert held[0] == 0
    assert set(held) > {SIZE}


def test_a_budget_gets_smaller_by_what_is_held(eager: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ftcompare.engine.backends.local.stacked_lora.decoder.memory_for_tensors", lambda _: 10_000_000
    )
    queue = TaskQueue([Encoded("p", (1, 2, 3), 30)], ("a", "b"))
    rows = Scheduler(GenerationSettings(), 2, systems_of(eager).base, 10_000)
    rounded = Scheduler(GenerationSettings(), 2, systems_of(eager).base, 10_000, columns_bucket)
    assert rounded.slots(queue) < rows.slots(queue)  # 128 columns where 97 are needed
    before = rows.slots(queue)
    rows.held = 3_000_000
    assert rows.slots(queue) == before // 2


def on_the_device(func: Any, args: Any, kwargs: Any) -> Any:
    """Of a device that holds no numbers: whoever asks for one fails, and so does what leaves it."""
    result = func(*args, **kwargs)
    if isinstance(result, Tensor):
        assert result.device.type == "meta", f"{func} left the device"
    return result


@contextmanager
def without_numbers() -> Iterator[None]:
    """Within it none comes from the device, and none goes to it but shapes and constants of operations."""

    def brought(*_: Any, **__: Any) -> Tensor:
        raise AssertionError("a tensor was made from numbers of Python")

    with pytest.MonkeyPatch.context() as patch, looking(on_the_device):
        for name in ("tensor", "as_tensor", "from_numpy"):
            patch.setattr(torch, name, brought)
        yield


@pytest.mark.parametrize(
    "asks",
    [
        lambda x: x.sum().item(), lambda x: bool(x.any()), lambda x: x.nonzero(), lambda x: x.tolist(),
        lambda x: torch.tensor([1], device=x.device), lambda x: torch.ones(3),
    ],
    ids=["item", "branch", "nonzero", "list", "from Python", "elsewhere"],
)  # fmt: skip
def test_what_cannot_be_recorded_is_noticed_below(asks: Callable[[Tensor], object]) -> None:
    x = torch.zeros(3, device="meta")
    with pytest.raises((RuntimeError, AssertionError)), without_numbers():
        asks(x)


@pytest.mark.parametrize("shape", [*PLAIN, *MAKERS])
def test_a_step_asks_the_device_for_no_number(shape: str, tiny: Path) -> None:
    """As it must not while it is recorded. ``tiny`` keeps libraries quiet."""
    plain: Any = _model(shape, 32) if shape in PLAIN else MAKERS[shape]()
    config = LoraConfig(target_modules="all-linear", task_type="CAUSAL_LM", fan_in_fan_out=shape == "gpt2")
    get_peft_model(plain, config, adapter_name="one")
    groups = targeted(same_inputs(plain))
    model = plain.to("meta").eval()
    like = torch.empty(0, device="meta")
    widths = windows(model.config)
    cache = KVCache(3, lambda: None)
    left = PromptCache(lambda: None)
    with no_gradients():
        attention = {kind: torch.zeros(1, 1, 4, 4, device="meta") for kind in widths}
        ids = torch.zeros(1, 4, dtype=torch.long, device="meta")
        mask: Any = attention.get("", attention)
        left.reserve(4)
        model(input_ids=ids, position_ids=ids, attention_mask=mask, past_key_values=left, use_cache=True)
        cache.make_room(4, 3)
        cache.take(left, 0, 4, 0)
        asked: list[Tensor] = []

        def run(ids: Tensor, positions: Tensor, mask: object, columns: object) -> Tensor:
            more = {"position_ids": positions, "attention_mask": mask, "past_key_values": columns}
            logits: Tensor = model(input_ids=ids, use_cache=True, logits_to_keep=1, **more).logits[:, -1]
            asked.append(logits)
            return logits

        class Runner(GraphRunner):
            def run(self, key: int, work: Callable[[], Tensor]) -> Tensor:
                with without_numbers():
                    return work()

        step = StaticStep(MaskedLayers(model, groups), widths, Runner(TapeRecorder()), like)
        positions = torch.full((2, 1), 4, device="meta")
        step.settle(cache, positions, RowPlan([RowSlice(1, 2, "one")], 2))
        assert step.step([5, 6], cache, run).shape == (2, model.config.vocab_size)
    assert len(asked) == 1


def test_buckets_hold_what_is_asked_for() -> None:
    assert [slots_bucket(rows, 100) for rows in (1, 2, 3, 5, 64, 65, 100)] == [1, 2, 4, 8, 64, 100, 100]
    found = [columns_bucket(columns) for columns in (1, 64, 65, 129, 193, 257, 385, 513, 769)]
    assert found == [64, 64, 128, 192, 256, 384, 512, 768, 1024]
    assert all(
        columns <= columns_bucket(columns) <= max(1.5 * columns + 64, 64) for columns in range(1, 5000)
    )
    assert [columns_bucket(at) for at in range(1, 5000)] == sorted(
        columns_bucket(at) for at in range(1, 5000)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_mask_begins_where_a_card_can_read_it(rows: int, dtype: torch.dtype) -> None:
    """Attention on a card reads 16 bytes at once, and ends the process at another address."""
    lengths = torch.full((rows, 1), 20)
    masks = kv_cache.StepMask({"": 0}, lengths, end=100, columns=128, like=torch.zeros(1, dtype=dtype))
    for start in range(64):
        mask: Any = masks.at(start, 100)
        assert mask.data_ptr() % 16 == 0
        assert mask.shape == (rows, 1, 1, 101 - start)
        assert (mask[..., max(80 - start, 0) :] == 0).all()
