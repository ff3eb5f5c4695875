"""The proof holds for the right systems and fails for every wrong one tried here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.core.errors import BugError, UserError
from ftcompare.engine.backends.local_prompts import Encoded
from ftcompare.engine.backends.local_proof import bound, spread
from tests.engine.local_driver import Driver, ready
from tests.engine.tiny_models import SHAPES, build_adapter, change_tensors

Spoil = Callable[[str], Path]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_right_systems_are_proved(tiny: Path, shape: str) -> None:
    driver = Driver()
    driver.load(tiny / shape / "base", tiny / shape / "adapter")
    base, adapter = driver.prove().systems
    assert base.ok
    assert base.largest_difference == 0
    assert "bit-equal" in base.statement
    assert adapter.ok
    assert adapter.largest_difference > 0.01


def test_the_proof_can_be_repeated_and_says_the_same(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter", tiny / "llama" / "second")
    before = driver.write()
    first = driver.prove()
    assert first == driver.prove()
    assert driver.write() == before


def test_an_adapter_of_zeros_fails(tiny: Path, tmp_path: Path) -> None:
    zero = build_adapter(tmp_path / "zero", tiny / "llama" / "base", zero=True)
    driver = Driver()
    driver.load(tiny / "llama" / "base", zero)
    base, adapter = driver.prove().systems
    assert base.ok
    assert not adapter.ok
    assert "zero" in adapter.statement
    with pytest.raises(UserError) as caught:
        driver.write()
    assert caught.value.code == "proof-failed"


def test_weights_changed_in_memory_fail(tiny: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    systems = driver.backend._loaded_systems()
    with torch.no_grad():
        next(systems.base.model.parameters()).view(-1)[0] += 1e-3
    base, _ = driver.prove().systems
    assert not base.ok
    assert "merged" in base.statement


def test_a_merged_adapter_fails(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter")
    peft: Any = driver.backend._loaded_systems()._peft
    peft.base_model.merge_adapter()
    with pytest.raises(BugError) as caught:
        driver.write()
    assert caught.value.code == "adapter-state"
    assert not driver.pairs


def test_an_adapter_that_gives_no_numbers_fails(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_tensors(adapter / "adapter_model.safetensors", lambda t: [one.mul_(1e30) for one in t.values()])
    driver = Driver()
    driver.load(tiny / "llama" / "base", adapter)
    proof = driver.prove().systems[1]
    assert not proof.ok
    assert "no numbers" in proof.statement


def test_prompts_are_spread_evenly() -> None:
    prompts = [Encoded(str(n), (1,), 1) for n in range(60)]
    assert [prompt.key for prompt in spread(prompts, 8)] == ["0", "8", "16", "24", "32", "40", "48", "56"]
    assert spread(prompts[:3], 8) == prompts[:3]


def test_the_bound_follows_the_arithmetic() -> None:
    logits = torch.tensor([-20.0, 3.0])
    assert bound([logits]) == pytest.approx(64 * 20 * 1.19e-7, rel=0.01)
    assert bound([logits.to(torch.bfloat16)]) > bound([logits])


@pytest.mark.parametrize(("slip", "ok", "words"), [(1e-6, True, "within"), (0.5, False, "away from")])
def test_logits_of_the_base_that_slip(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, slip: float, ok: bool, words: str
) -> None:
    """A device that computes a little differently is within the bound; a wrong base is not."""
    driver = Driver()
    driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    systems = driver.backend._loaded_systems()
    real = systems.base.model.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        output = real(*args, **kwargs)
        if systems._peft is not None:
            output.logits = output.logits + slip
        return output

    monkeypatch.setattr(systems.base.model, "forward", forward)
    base = driver.prove().systems[0]
    assert base.ok is ok
    assert words in base.statement
    assert base.largest_difference == pytest.approx(slip, rel=1)
