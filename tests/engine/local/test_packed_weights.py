"""Packed weights give what plain ones give, are stored instead of them, and equal the files."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import packed_weights
from ftcompare.engine.backends.local.packed_weights import (
    ARRANGEMENTS,
    Arrangement,
    BlockedWeights,
    CannotPack,
    HalfWeights,
    faster,
    pack,
    packed_layers,
    plain_weight,
)
from ftcompare.engine.backends.local.stacked_lora import prepared_model
from ftcompare.engine.backends.local.systems import no_gradients
from ftcompare.engine.protocol import TextToScore
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.stacked_lora.stacked_lora_models import MAKERS, PLAIN, build_lora, build_shape
from tests.engine.tiny_models import change_tensors


def use(monkeypatch: pytest.MonkeyPatch, *kinds: Arrangement) -> None:
    """Pack models of every size in these arrangements, as if they had been measured as faster."""
    monkeypatch.setattr(prepared_model, "SMALL_MODEL", 0)
    monkeypatch.setattr(packed_weights, "faster", lambda *_: kinds)
    monkeypatch.setattr(packed_weights, "MOST_BYTES", 100)  # these matrices are mostly padding


def rounded(base: Path) -> Path:
    """The model with weights that bfloat16 represents, as most published models have."""
    change_tensors(base / "model.safetensors", _round)
    return base


def _round(tensors: dict[str, Tensor]) -> None:
    tensors |= {name: tensor.bfloat16().float() for name, tensor in tensors.items()}


def model_of(driver: Driver) -> Any:
    return driver.backend._loaded_systems().base.model


def packed_names(driver: Driver) -> list[str]:
    return [name for name, _ in packed_layers(model_of(driver))]


def texts(driver: Driver) -> dict[tuple[str, str], str]:
    return {(key, one.system): one.text for key, pair in driver.write().items() for one in pair.values()}


def scores(driver: Driver) -> list[float]:
    scored = driver.score(TextToScore("t", ITEMS[1].messages, "High pressure."))["t"]
    return [number for one in scored.values() for number in one.logprobs]


@pytest.fixture
def llama(tmp_path: Path) -> tuple[Path, Path]:
    base = rounded(build_shape(tmp_path / "base", "llama"))
    return base, build_lora(tmp_path / "adapter", base, seed=1)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [*((shape, HalfWeights) for shape in (*PLAIN, *MAKERS)), ("llama", BlockedWeights)],
)
def test_every_shape_writes_and_scores_as_without(
    tmp_path: Path, shape: str, kind: Arrangement, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = rounded(build_shape(tmp_path / "base", shape))
    adapter = build_lora(tmp_path / "adapter", base, seed=1)
    plain = ready(base, adapter)
    expected, likely = texts(plain), scores(plain)
    assert packed_names(plain) == []
    use(monkeypatch, kind)
    driver = ready(base, adapter)
    assert texts(driver) == expected
    assert driver.notes == []
    assert scores(driver) == pytest.approx(likely, abs=2e-4)
    count = len(packed_names(driver))
    assert count == 1 if shape == "gpt2" else count > 6  # its layers are convolutions, except the head


@pytest.mark.parametrize("kind", ARRANGEMENTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("vectors", [1, 2, 8, 100])
def test_products_and_numbers_are_those_of_plain_weights(
    kind: Arrangement, dtype: torch.dtype, vectors: int
) -> None:
    torch.manual_seed(0)
    weight = torch.randn(48, 200).mul(0.02).bfloat16().to(dtype)
    weight[3, 5], weight[4, 6], weight[5] = 2.0**-60, -(2.0**-45), 0
    try:
        packed = kind(weight)
    except RuntimeError as error:  # oneDNN without the processor's instructions for bfloat16
        pytest.skip(str(error))
    x = torch.randn(vectors, 200).to(dtype)
    torch.testing.assert_close(packed.product(x), linear(x, weight))
    assert torch.equal(packed.plain(), weight)


def test_weights_that_need_float32_are_not_halved() -> None:
    with pytest.raises(CannotPack):
        HalfWeights(torch.randn(8, 8))


def test_each_layer_is_packed_in_the_first_way_that_can_represent_it(
    llama: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(tensors: dict[str, Tensor]) -> None:
        tensors["model.layers.0.mlp.up_proj.weight"] *= 1.0000001

    change_tensors(llama[0] / "model.safetensors", spoil)
    use(monkeypatch, HalfWeights, BlockedWeights)
    kinds = {name: type(layer.packed) for name, layer in packed_layers(model_of(ready(*llama)))}
    (blocked,) = (name for name, kind in kinds.items() if kind is BlockedWeights)
    assert blocked.endswith("layers.0.mlp.up_proj.base_layer")
    assert kinds[blocked.replace("up_proj", "gate_proj")] is HalfWeights
    use(monkeypatch, HalfWeights)
    left = ready(*llama)
    assert len(packed_names(left)) == len(kinds) - 1
    assert texts(left)


@pytest.mark.parametrize(
    ("dtype", "inputs", "packed"),
    [("float32", 576, True), ("bfloat16", 576, False), ("bfloat16", 1024, True), ("float32", 32, False)],
)
def test_packed_weights_take_no_more_memory(
    dtype: str, inputs: int, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = nn.Linear(inputs, 64).bfloat16().to(getattr(torch, dtype))
    size = layer.weight.nbytes
    monkeypatch.setattr(packed_weights, "faster", lambda *_: (HalfWeights,))
    pack(layer, [[layer]], lambda: None)
    assert [one.packed.nbytes <= size for _, one in packed_layers(layer)] == [True] * packed


@pytest.mark.parametrize("kind", [HalfWeights, BlockedWeights])
@pytest.mark.parametrize("biases", [(True, True, True), (True, False, True)])
@pytest.mark.parametrize("vectors", [1, 4, 100])
def test_small_layers_with_one_input_are_packed_together_and_give_what_each_gives(
    kind: Arrangement, biases: tuple[bool, ...], vectors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, kind)
    torch.manual_seed(0)
    layers = [nn.Linear(32, width, bias=bias) for width, bias in zip((32, 16, 8), biases, strict=True)]
    with no_gradients():
        for layer in layers:
            layer.weight.data = layer.weight.bfloat16().float()
        weights = [layer.weight.clone() for layer in layers]
        pack(nn.ModuleList(layers), [layers], lambda: None)
        for x in (torch.randn(vectors, 32), torch.randn(vectors, 32)):
            for layer, weight in (*zip(layers, weights, strict=True), (layers[1], weights[1])):
                torch.testing.assert_close(layer(x), linear(x, weight, layer.bias))
        for layer, weight in zip(layers, weights, strict=True):
            assert torch.equal(plain_weight(layer), weight)
    whole = [layer for _, layer in packed_layers(nn.ModuleList(layers))]
    assert len({id(layer.packed) for layer in whole}) == 3
    kept = kind(torch.cat(weights)).nbytes
    assert sum(layer.packed.nbytes for layer in whole) == pytest.approx(kept, abs=3)


class Doubled(HalfWeights):
    """Another product than that of the weights."""

    def product(self, x: Tensor) -> Tensor:
        return 2 * super().product(x)


class Absent(HalfWeights):
    """What this build of torch lacks."""

    def __init__(self, weight: Tensor) -> None:
        raise RuntimeError


@pytest.mark.parametrize("kind", [Doubled, Absent])
def test_an_arrangement_that_is_wrong_or_missing_is_not_used(
    llama: tuple[Path, Path], kind: Arrangement, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packed_weights, "ARRANGEMENTS", (kind,))
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path))
    faster.cache_clear()
    assert faster(torch.float32, 1) == ()
    faster.cache_clear()
    use(monkeypatch, kind)
    assert packed_names(ready(*llama)) == []


def test_a_later_start_packs_as_the_first_one_did(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A busy machine could measure otherwise, and answers to the same prompts would differ by rounding."""
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path))
    measured = iter([(HalfWeights,), ()])
    monkeypatch.setattr(packed_weights, "_measured", lambda _: next(measured))
    chosen = []
    for threads in (1, 1, 2):
        faster.cache_clear()
        chosen.append(faster(torch.float32, threads))
    faster.cache_clear()
    assert chosen == [(HalfWeights,), (HalfWeights,), ()]


def test_plain_weights_are_freed_and_a_shared_embedding_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In half precision, a shared matrix would be stored twice, so it stays as it is."""
    base = rounded(build_shape(tmp_path / "base", "llama3-tied"))
    for dtype, count in (("float32", 22), ("bfloat16", 21)):
        driver = Driver()
        driver.load(base, dtype=dtype)
        model = model_of(driver)
        plain = [weakref.ref(one) for one in model.parameters() if one.dim() == 2]
        use(monkeypatch, HalfWeights)
        driver.verify()
        gc.collect()
        assert [one() is not None for one in plain].count(True) == 1
        assert len(packed_names(driver)) == count
        packed = [weakref.ref(layer.packed) for _, layer in packed_layers(model)]
        del model
        driver.load(base, dtype=dtype)
        gc.collect()
        assert not any(one() for one in packed)


def test_the_proof_is_repeated_on_packed_weights(
    llama: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, HalfWeights)
    driver = ready(*llama)
    written, (first, _) = texts(driver), driver.verify().systems
    assert (first.ok, first.largest_difference) == (True, 0)
    assert texts(driver) == written

    def spoil(tensors: dict[str, Tensor]) -> None:
        tensors["model.layers.1.self_attn.v_proj.weight"][0, 0] += 1

    change_tensors(llama[0] / "model.safetensors", spoil)
    assert driver.verify().systems[0].statement.startswith("The model in memory differs from its files")


def test_a_base_with_its_adapter_merged_is_detected_on_packed_weights(
    llama: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = ready(*llama)
    systems = driver.backend._loaded_systems()
    plain = systems.share_in_base("a0", lambda: None)
    use(monkeypatch, HalfWeights)
    driver.verify()
    assert systems.share_in_base("a0", lambda: None) == plain


def test_other_adapters_keep_the_weights_plain(
    llama: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, HalfWeights)
    dora = build_lora(tmp_path / "dora", llama[0], seed=2, use_dora=True)
    assert packed_names(ready(llama[0], dora)) == []


def test_large_layers_are_packed_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, HalfWeights)
    monkeypatch.setattr(packed_weights, "JOINED_NUMBERS", 1000)
    layers = [nn.Linear(32, 32).bfloat16().float(), nn.Linear(32, 16).bfloat16().float()]
    pack(nn.ModuleList(layers), [layers], lambda: None)
    assert [type(layer.packed) for _, layer in packed_layers(nn.ModuleList(layers))] == [HalfWeights] * 2


def test_packing_can_be_cancelled(llama: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, HalfWeights)
    driver = ready(*llama)
    driver.load(*llama)
    driver.is_cancelled = lambda: any("Arranging" in str(event) for event in driver.events)
    driver.events.clear()
    with pytest.raises(Cancelled):
        driver.verify()


def test_numbers_of_a_packed_layer_cannot_be_read_by_mistake() -> None:
    layer = nn.Linear(4, 6)
    weight = layer.weight.detach().bfloat16().float()
    layer.weight.data = weight.clone()
    with pytest.MonkeyPatch.context() as patch:
        use(patch, HalfWeights)
        pack(layer, [[layer]], lambda: None)
    assert (layer.weight.shape, layer.weight.dtype) == ((6, 4), torch.float32)
    assert layer.weight.isnan().all()
    assert torch.equal(plain_weight(layer), weight)
    with no_gradients():
        x = torch.randn(3, 2, 4)
        torch.testing.assert_close(layer(x), linear(x, weight, layer.bias))
