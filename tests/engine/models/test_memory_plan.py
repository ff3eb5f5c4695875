"""Before loading: how much memory a model with its adapters will take."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ftcompare.engine.backends.local.typed_transformers import load_model
from ftcompare.engine.models.memory_plan import memory_plan
from ftcompare.engine.models.model_folder import inspect_adapter, inspect_model
from tests.engine.tiny_models import SHAPES, change_json

TOKENS = 24


def cache_bytes(folder: Path) -> int:
    """What transformers itself holds for one row of `TOKENS` tokens."""
    model, _ = load_model(str(folder), torch.float32, {"": "cpu"})
    with torch.inference_mode():
        cache = model(input_ids=torch.ones(1, TOKENS, dtype=torch.long), use_cache=True).past_key_values
    tensors = [part for layer in cache.layers for part in (layer.keys, layer.values)]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_cache_is_reckoned_as_large_as_it_is(tiny: Path, shape: str) -> None:
    folder = tiny / shape / "base"
    plan = memory_plan(inspect_model(str(folder)), wide=True, rows=3, tokens=TOKENS)
    assert plan.cache == 3 * cache_bytes(folder)


def test_weights_are_counted_as_they_will_be_loaded(tiny: Path) -> None:
    model = inspect_model(str(tiny / "llama" / "base"))
    sizes = {
        kind: memory_plan(model, quantisation=kind, rows=1, tokens=1).weights for kind in ("", "8bit", "4bit")
    }
    assert sizes[""] == 2 * model.parameters
    assert sizes["8bit"] == model.parameters
    assert model.parameters / 2 < sizes["4bit"] < 0.6 * model.parameters
    assert memory_plan(model, wide=True, rows=1, tokens=1).weights == 4 * model.parameters


def test_adapters_stand_beside_one_base(tiny: Path) -> None:
    model = inspect_model(str(tiny / "llama" / "base"))
    adapter = inspect_adapter(str(tiny / "llama" / "adapter"))
    alone = memory_plan(model, rows=2, tokens=10)
    both = memory_plan(model, [adapter, adapter], rows=2, tokens=10)
    assert both.adapters == 2 * 2 * adapter.parameters
    assert both.weights == alone.weights
    assert alone.total < both.total < 2 * alone.total
    assert both.fits(both.total)
    assert not both.fits(both.total - 1)


def test_a_model_that_does_not_say_its_heads_has_no_cache_in_the_plan(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in (tiny / "llama" / "base").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    change_json(folder / "config.json", num_attention_heads=None, num_key_value_heads=None, head_dim=None)
    plan = memory_plan(inspect_model(str(folder)), rows=8, tokens=100)
    assert plan.cache is None
    assert plan.total == round(plan.weights * 1.2)
