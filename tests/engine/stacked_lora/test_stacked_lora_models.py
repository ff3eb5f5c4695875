"""The stacked path gives the reference's logits and texts for every kind of model and adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from peft import PeftModel
from peft.tuners.lora.layer import Linear
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, GPTNeoXConfig, GPTNeoXForCausalLM

from ftcompare.core.errors import BugError
from ftcompare.engine.backends.local.stacked_lora import forward as passes_module
from ftcompare.engine.backends.local.stacked_lora import joined_layers, kv_cache
from ftcompare.engine.backends.local.stacked_lora.forward import Forward
from ftcompare.engine.backends.local.stacked_lora.joined_layers import FusedLayer, JoinedGroup, JoinedLayer
from ftcompare.engine.backends.local.stacked_lora.prepared_model import BOUNDS, stacked_layers, unsupported
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan, RowSlice
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.protocol import GenerationSettings, Written
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.stacked_lora.stacked_lora_models import MAKERS, PLAIN, build_lora, build_shape, build_three
from tests.engine.tiny_models import _tokenizer, change_json


def loaded(tiny: Path) -> LoadedSystems:
    return ready(tiny / "llama" / "base", tiny / "llama" / "adapter").backend._loaded_systems()


def logits(model: Any) -> torch.Tensor:
    with no_gradients():
        found: torch.Tensor = model(input_ids=torch.tensor([[5, 6, 7]]), use_cache=False).logits
    return found


def test_a_hook_is_called_as_before(tiny: Path) -> None:
    """Here of a layer and of a part of another: both are seen once in each pass."""
    systems = loaded(tiny)
    layers, _ = stacked_layers(systems)
    model: Any = systems.base.model
    seen: list[str] = []
    first, second = model.model.layers[0], model.model.layers[1].mlp
    handles = [
        first.register_forward_hook(lambda *_: seen.append("layer")),
        second.register_forward_pre_hook(lambda *_: seen.append("mlp")),
    ]
    with layers.at_work():
        logits(model)
    assert seen == ["layer", "mlp"]
    for handle in handles:
        handle.remove()


LLAMAS = ("llama", "llama3-tied", "mistral", "qwen2", "qwen3")


@pytest.mark.parametrize("shape", [*PLAIN, *MAKERS])
def test_only_layers_of_llamas_kind_are_fused(tmp_path: Path, shape: str) -> None:
    base = build_shape(tmp_path / "base", shape)
    systems = ready(base, build_lora(tmp_path / "adapter", base, seed=1)).backend._loaded_systems()
    layers, _ = stacked_layers(systems)
    with layers.at_work():
        parts = getattr(systems.base.model.base_model, "layers", [])
        assert any(isinstance(part, FusedLayer) for part in parts) is (shape in LLAMAS)


def test_what_stands_in_for_a_module_has_what_the_module_has(tiny: Path) -> None:
    systems = loaded(tiny)
    layers, _ = stacked_layers(systems)
    model: Any = systems.base.model
    norm, attention = model.model.norm, model.model.layers[1].self_attn
    with layers.at_work():
        assert model.model.norm is not norm
        assert model.model.norm.weight is norm.weight
        assert model.model.layers[1].self_attn.layer_idx == attention.layer_idx == 1


def test_afterwards_every_module_is_in_its_place(tiny: Path) -> None:
    systems = loaded(tiny)
    layers, _ = stacked_layers(systems)
    model: Any = systems.base.model
    with systems.speaking("base"):
        expected = logits(model)
    layers.use(RowPlan((), 3))
    with layers.at_work():
        torch.testing.assert_close(logits(model), expected)
    parts = [(module, name) for module in model.modules() for name, _ in module.named_children()]
    assert not any(name in vars(module) for module, name in parts)


BIASES = {"none": (False, False, False), "all": (True, True, True), "some": (True, False, True)}


def base_logits(systems: LoadedSystems) -> torch.Tensor:
    model: Any = systems.base.model
    with no_gradients(), systems.speaking("base"):
        logits: torch.Tensor = model(input_ids=torch.tensor([[5, 6, 7, 8]]), use_cache=False).logits
    return logits


@pytest.mark.parametrize("few", [True, False], ids=["small", "large"])
@pytest.mark.parametrize("biases", BIASES)
@pytest.mark.parametrize("vectors", [1, 2, 4, 5, 90])
def test_layers_together_give_what_each_gives(
    vectors: int, biases: str, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    parts = zip((32, 8, 8), BIASES[biases], strict=True)
    layers = [nn.Linear(24, width, bias=bias) for width, bias in parts]
    monkeypatch.setattr(joined_layers, "JOINED_NUMBERS", 2000 if few else 100)
    with no_gradients():
        x = torch.randn(vectors, 1, 24)
        expected = [layer(x) for layer in layers]
        group = JoinedGroup(layers)
        found = [JoinedLayer(group, layer)(x) for layer in layers]
        for mine, own, layer in zip(found, expected, layers, strict=True):
            torch.testing.assert_close(mine, own)
            torch.testing.assert_close(layer(x), own)  # its weights are where they are, and the same


def test_an_input_is_looked_at_anew_when_it_is_another() -> None:
    layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
    with no_gradients():
        one, other = torch.randn(2, 1, 4), torch.randn(2, 1, 4)
        group = JoinedGroup(layers)
        first, second = (JoinedLayer(group, layer) for layer in layers)
        first(one)
        torch.testing.assert_close(second(other), layers[1](other))


def test_the_bases_weights_are_in_memory_once_and_stay_as_they_were(tiny: Path) -> None:
    """Query, key and value are views of one tensor, which holds nothing else; the base computes the same."""
    systems = ready(tiny / "llama" / "base", tiny / "llama" / "adapter")
    loaded = systems.backend._loaded_systems()
    before = base_logits(loaded)
    model: Any = loaded.base.model
    size = sum(one.nbytes for one in model.parameters())
    assert unsupported(loaded) == ""
    assert torch.equal(base_logits(loaded), before)
    attention = model.model.layers[0].self_attn
    parts = [part.get_base_layer().weight for part in (attention.q_proj, attention.k_proj, attention.v_proj)]
    assert len({part.untyped_storage().data_ptr() for part in parts}) == 1
    assert parts[0].untyped_storage().nbytes() == sum(part.nbytes for part in parts)
    assert sum(one.nbytes for one in model.parameters()) == size
    loaded.detach()
    assert torch.equal(base_logits(loaded), before)


def test_a_base_by_itself_is_served_in_the_same_way(tiny: Path) -> None:
    """So what an adapter costs is measured against a base that is written as fast."""
    loaded = ready(tiny / "llama" / "base").backend._loaded_systems()
    layers, _ = stacked_layers(loaded)
    model: Any = loaded.base.model
    x = torch.randn(2, 1, model.config.hidden_size)
    attention = model.model.layers[0].self_attn
    with no_gradients():
        expected = [part(x) for part in (attention.q_proj, attention.k_proj)]
        with layers.at_work():
            assert isinstance(attention.k_proj, JoinedLayer)
            found = [part(x) for part in (attention.q_proj, attention.k_proj)]
    for mine, own in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, own)


SHAPES = (*PLAIN, *MAKERS)
GREEDY = GenerationSettings(max_new_tokens=12, batch_prompts=2)
PROMPTS = [[5, 6, 7, 8, 9, 10, 11], [3, 2, 1], list(range(20, 43))]
BLOCK = 16
"""Columns that the cache grows by at a time, here."""
STEPS = 24
"""More than that, and than the windows see."""

Texts = dict[str, dict[str, Written]]


@dataclass(frozen=True)
class Study:
    """A base with three adapters, loaded and verified, and what the reference path writes with them.

    That was written before anything else was done with them.
    """

    base: Path
    adapters: Sequence[Path]
    driver: Driver
    texts: Texts


@pytest.fixture(scope="module", params=SHAPES)
def built(request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Base and three adapters of a shape; ``tiny`` keeps libraries quiet."""
    return build_three(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def study(built: tuple[Path, list[Path]]) -> Study:
    """Of a shape, for all its tests."""
    base, adapters = built
    return Study(base, adapters, *both_ways(base, *adapters))


def both_ways(base: Path, *adapters: Path) -> tuple[Driver, Texts]:
    """A driver that goes the fast path if it can, and what it wrote on the reference path before."""
    driver = ready(base, *adapters, stacked=False)
    texts = driver.write(settings=GREEDY)
    driver.backend._stacked = True
    return driver, texts


def systems_of(driver: Driver) -> LoadedSystems:
    return driver.backend._loaded_systems()


def paired_logits(
    systems: LoadedSystems, rows: Sequence[tuple[str, list[int]]], steps: list[list[int]]
) -> Tensor:
    """Logits (rows, 1 + steps, vocabulary) of rows in one batch, those of one system beside each other."""
    layers, _ = stacked_layers(systems)
    keys = [key for key, _ in rows]
    slices = [
        RowSlice(keys.index(key), keys.index(key) + keys.count(key), systems.attached[key][0])
        for key in dict.fromkeys(keys)
        if key in systems.attached
    ]
    plan = RowPlan(slices, len(rows))
    prompts = [ids for _, ids in rows]
    forward = Forward(systems.base, layers, lambda: None)
    with layers.at_work(), no_gradients():
        first = forward.start(prompts, plan)
        found = [first, *(forward.step([tokens[at] for tokens in steps]) for at in range(len(steps[0])))]
    return torch.stack(found, 1)


@lru_cache(maxsize=8)  # a shape's
def reference_model(base: Path, adapter: Path | None, dtype: torch.dtype) -> Any:
    """A model loaded apart, with PEFT's own adapter."""
    load: Any = AutoModelForCausalLM.from_pretrained
    model: Any = load(str(base), dtype=dtype).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter), autocast_adapter_dtype=False).eval()
    return model


@lru_cache(maxsize=32)
def reference_logits(base: Path, adapter: Path | None, ids: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Its logits (tokens, vocabulary) for one row alone."""
    with torch.no_grad():
        logits: Tensor = reference_model(base, adapter, dtype)(input_ids=torch.tensor([ids])).logits[0]
    return logits


def compare(study: Study, dtype: str, prompts: Sequence[list[int]] = PROMPTS) -> tuple[float, float]:
    """Over all systems, prompts and steps.

    Returns:
        The largest difference of a logit from the reference's, as a share of the largest logit; and how
        many times as far from float32 the logits are as the reference's (root of the mean square).
    """
    base, adapters = study.base, study.adapters
    own = study.driver if dtype == "float32" else ready(base, *adapters, dtype=dtype)
    systems = systems_of(own)
    assert unsupported(systems) == ""
    paths = dict(zip(["base", *systems.attached], [None, *adapters], strict=True))
    rows = [(key, prompt) for key in paths for prompt in prompts]
    steps = [[(13 * at + 7 * number) % 300 + 4 for at in range(STEPS)] for number in range(len(rows))]
    with patch.object(kv_cache, "BLOCK", BLOCK):
        found = paired_logits(systems, rows, steps).float()
    worst, mine, theirs = 0.0, 0.0, 1e-30
    for number, (key, prompt) in enumerate(rows):
        ids = (*prompt, *steps[number])
        exact = reference_logits(base, paths[key], ids, torch.float32)[len(prompt) - 1 :]
        expected = reference_logits(base, paths[key], ids, getattr(torch, dtype))[len(prompt) - 1 :].float()
        worst = max(worst, float((found[number] - expected).abs().max() / exact.abs().max()))
        mine += float((found[number] - exact).square().mean())
        theirs += float((expected - exact).square().mean())
    return worst, float((mine / theirs) ** 0.5)


def test_logits_are_the_references(study: Study) -> None:
    assert compare(study, "float32")[0] < BOUNDS[torch.float32] / 4


def test_logits_after_shared_tokens_are_the_references(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read once, in pieces, for three prompts; more tokens than the windows see."""
    monkeypatch.setattr(passes_module, "LEAST_SHARED", 2)
    monkeypatch.setattr(passes_module, "PASS_TOKENS", {"cpu": 8})
    common = list(range(20, 38))
    prompts = [[*common, 7, 8], [*common, 7, 9, 3], [*common, *range(50, 61)]]
    assert compare(study, "float32", prompts)[0] < BOUNDS[torch.float32] / 4


def test_logits_in_half_precision_are_as_exact_as_the_references(study: Study) -> None:
    assert compare(study, "bfloat16")[1] < 1.1


def test_texts_are_the_references(study: Study) -> None:
    assert study.driver.write(settings=GREEDY) == study.texts
    assert study.driver.notes == []
    texts = {one.text for pair in study.texts.values() for one in pair.values()}
    assert len(texts) > len(ITEMS)  # the systems do say different things


def test_the_systems_differ_by_more_than_the_bound(built: tuple[Path, list[Path]]) -> None:
    """So a row that went through another system's weights would show above."""
    base, adapters = built
    ids = tuple(PROMPTS[2])
    logits = [reference_logits(base, path, ids, torch.float32) for path in (None, *adapters)]
    for at, one in enumerate(logits):
        for other in logits[at + 1 :]:
            assert float((one - other).abs().max() / one.abs().max()) > 0.2


def test_prompts_read_in_pieces_give_the_same(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systems = systems_of(ready(tiny / "llama" / "base", tiny / "llama" / "adapter"))
    rows = [("base", PROMPTS[2]), ("base", PROMPTS[1]), ("a0", PROMPTS[2])]
    whole = paired_logits(systems, rows, [[9]] * 3)
    monkeypatch.setattr(passes_module, "PASS_TOKENS", {"cpu": 5})
    pieces = paired_logits(systems, rows, [[9]] * 3)
    assert float((whole - pieces).abs().max() / whole.abs().max()) < BOUNDS[torch.float32]


def test_an_adapter_is_in_memory_once(tiny: Path) -> None:
    """While it is attached its file's tensors are let go, and the fast path multiplies with PEFT's own."""
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter")
    systems = systems_of(driver)
    assert not systems.adapter("a0").tensors
    layers, _ = stacked_layers(systems)
    held = systems.adapter_in_memory("a0").values()
    blocks = {part.block for group in layers._groups for part in group.stacked.values()}
    assert {one.untyped_storage().data_ptr() for one in held} == {
        block._numbers.untyped_storage().data_ptr() for block in blocks
    }
    assert sum(block.size for block in blocks) == sum(one.numel() for one in held)
    systems.detach()
    assert systems.adapter("a0").tensors
    assert driver.verify().systems[1].ok


def test_no_number_of_an_adapter_reaches_the_base_rows(tiny: Path) -> None:
    """The base's rows are bit-equal whatever the adapter beside them holds, even what is no number."""
    systems = systems_of(ready(tiny / "llama" / "base", tiny / "llama" / "adapter"))
    rows = [("base", PROMPTS[0]), ("a0", PROMPTS[0])]
    before = paired_logits(systems, rows, [[9, 8, 7]] * 2)[0]
    for name, tensor in systems.adapter_in_memory("a0").items():
        if "lora_B" in name:
            tensor.fill_(float("nan"))
    after = paired_logits(systems, rows, [[9, 8, 7]] * 2)
    assert torch.equal(before, after[0])
    assert torch.isnan(after[1]).all()


UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "dora": ({"use_dora": True}, "not a plain LoRA"),
    "complete layers": ({"modules_to_save": ["lm_head"]}, "its own layers"),
    "biases": ({"lora_bias": True, "target_modules": ["c_attn"]}, "biases"),
    "embeddings": ({"target_modules": ["embed_tokens", "q_proj"]}, "Embedding"),
    "some tokens": ({"trainable_token_indices": [5, 6]}, "its own layers"),
}


@pytest.mark.filterwarnings("ignore:Adapter '")  # PEFT's, of biases
@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_adapter_that_is_not_known_is_written_the_other_way(kind: str, tiny: Path, tmp_path: Path) -> None:
    config, reason = UNKNOWN[kind]
    base = tiny / ("gpt2" if kind == "biases" else "llama") / "base"
    adapter = build_lora(tmp_path / "adapter", base, seed=3, **config)
    fast, texts = both_ways(base, adapter)
    assert fast.write(settings=GREEDY) == texts
    (note,) = fast.notes
    assert reason in note


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings")  # PEFT's
@pytest.mark.parametrize("shape", ["llama", "llama3-tied", "qwen3", "gemma2"])
def test_an_adapter_on_the_head_is_written_in_one_pass(shape: str, tiny: Path, tmp_path: Path) -> None:
    """Of a prompt's tokens the head is given the last one alone."""
    base = build_shape(tmp_path / "base", shape)
    adapter = build_lora(tmp_path / "adapter", base, seed=3, target_modules=["q_proj", "lm_head"])
    fast, texts = both_ways(base, adapter)
    assert fast.write(settings=GREEDY) == texts
    assert fast.notes == []


def test_positions_that_depend_on_the_longest_row_are_not_known(tiny: Path, tmp_path: Path) -> None:
    base = build_shape(tmp_path / "base", "llama")
    change_json(
        base / "config.json", rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}
    )
    assert "depend on the other rows" in unsupported(systems_of(ready(base)))


def test_an_architecture_that_is_not_known_is_noted(tiny: Path, tmp_path: Path) -> None:
    sizes: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model: Any = GPTNeoXForCausalLM(GPTNeoXConfig(vocab_size=384, eos_token_id=0, **sizes))
    model.save_pretrained(tmp_path)
    _tokenizer(template=True).save_pretrained(str(tmp_path))
    driver = ready(tmp_path)
    driver.write(ITEMS[:1])
    assert "gpt_neox" in driver.notes[0]


def test_a_model_that_computes_otherwise_than_foreseen_is_found_out(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here its attention is given a mask that hides the newest token: only trying it shows that."""
    at = kv_cache.StepMask.at

    def hiding(self: Any, start: int, end: int) -> Any:
        mask: Any = at(self, start, end)
        mask[..., -1] = -1e9
        return mask

    monkeypatch.setattr(kv_cache.StepMask, "at", hiding)
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter")
    driver.write(ITEMS[:1])
    assert "its logits differ from the reference's" in driver.notes[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"use_bidirectional_attention": True}, "looks ahead"),
        ({"_attn_implementation_internal": "flash_attention_2"}, "flash_attention_2"),
    ],
)
def test_a_configuration_that_is_not_known_is_noted(tiny: Path, change: dict[str, Any], reason: str) -> None:
    systems = systems_of(ready(tiny / "llama" / "base"))
    vars(systems.base.model.config).update(change)
    assert reason in unsupported(systems)


def test_a_model_that_is_quantised_or_spread_is_not_known(tiny: Path) -> None:
    systems = systems_of(ready(tiny / "llama" / "base"))
    model: Any = systems.base.model
    model.is_quantized = True
    assert "quantized" in unsupported(systems)
    spread = systems_of(ready(tiny / "llama" / "base"))
    model = spread.base.model
    model.hf_device_map = {"model.layers.0": 0, "model.layers.1": "cpu"}
    assert "several devices" in unsupported(spread)


def test_an_adapter_that_is_merged_is_not_known(tiny: Path) -> None:
    systems = systems_of(ready(tiny / "llama" / "base", tiny / "llama" / "adapter"))
    for layer in systems.base.model.modules():
        if isinstance(layer, Linear):
            layer.merge()
    assert "merged" in unsupported(systems)
    with pytest.raises(BugError) as caught:
        stacked_layers(systems)
    assert caught.value.code == "not-stackable"


def test_the_base_alone_is_written_too(tiny: Path) -> None:
    fast, texts = both_ways(tiny / "qwen2" / "base")
    assert fast.write(settings=GREEDY) == texts
    assert fast.notes == []


def test_after_writing_the_layers_are_pefts_own(tiny: Path) -> None:
    """The verification, scoring and the reference path see nothing of it."""
    driver, texts = both_ways(tiny / "llama" / "base", tiny / "llama" / "adapter")
    driver.write(settings=GREEDY)
    systems = systems_of(driver)
    assert not any("q_proj" in vars(module) for module in systems.base.model.modules())
    assert all(verification.ok for verification in driver.verify().systems)
    assert driver.write(settings=GREEDY) == texts
