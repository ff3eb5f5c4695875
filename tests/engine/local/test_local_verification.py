"""The verification holds for the right systems and fails for every wrong one tried here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from ftcompare.core.errors import BugError, UserError
from ftcompare.engine.backends import spread
from ftcompare.engine.backends.local.merged_adapter_check import directions, merged_share
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.verification import bound
from tests.builders import refusal_code
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.tiny_models import SHAPES, build_adapter, change_tensors

Spoil = Callable[[str], Path]
DEMO = Path(__file__).parents[3] / "resources" / "demo"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_right_systems_are_proved(tiny: Path, shape: str) -> None:
    driver = Driver()
    driver.load(tiny / shape / "base", tiny / shape / "adapter")
    base, adapter = driver.verify().systems
    assert base.ok
    assert base.largest_difference == 0
    assert "exactly the same values" in base.statement
    assert adapter.ok
    assert adapter.largest_difference > 0.01


def test_a_model_without_adapters_is_not_said_to_have_some(tiny: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base")
    (alone,) = driver.verify().systems
    assert alone.ok
    assert alone.statement.startswith("Asked again, the model computes exactly the same values")
    assert "adapter" not in alone.statement


def test_one_prompt_is_told_as_one(tiny: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    base, adapter = driver.verify(ITEMS[:1]).systems
    assert "exactly the same values (logits) as the base alone on 1 prompt" in base.statement
    assert "the values (logits) on 1 prompt differ from the base's by up to" in adapter.statement


def test_the_proof_can_be_repeated_and_says_the_same(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter", tiny / "llama" / "second")
    before = driver.write()
    first = driver.verify()
    assert first == driver.verify()
    assert driver.write() == before


def test_an_adapter_of_zeros_fails(tiny: Path, tmp_path: Path) -> None:
    zero = build_adapter(tmp_path / "zero", tiny / "llama" / "base", zero=True)
    driver = Driver()
    driver.load(tiny / "llama" / "base", zero)
    base, adapter = driver.verify().systems
    assert base.ok
    assert not adapter.ok
    assert "zero" in adapter.statement
    assert refusal_code(driver.write) == "proof-failed"


def test_weights_changed_in_memory_fail(tiny: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    systems = driver.backend._loaded_systems()
    with torch.no_grad():
        next(systems.base.model.parameters()).view(-1)[0] += 1e-3
    base, _ = driver.verify().systems
    assert not base.ok
    assert "merged" in base.statement


def test_a_merged_adapter_fails(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter")
    mounted: Any = driver.backend._loaded_systems()._in_model
    mounted.peft.base_model.merge_adapter()
    with pytest.raises(BugError) as caught:
        driver.write()
    assert caught.value.code == "adapter-state"
    assert not driver.pairs


def test_an_adapter_that_gives_no_numbers_fails(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_tensors(adapter / "adapter_model.safetensors", lambda t: [one.mul_(1e30) for one in t.values()])
    driver = Driver()
    driver.load(tiny / "llama" / "base", adapter)
    verification = driver.verify().systems[1]
    assert not verification.ok
    assert "no finite numbers" in verification.statement


def test_prompts_are_spread_evenly() -> None:
    prompts = [Encoded(str(n), (1,), 1) for n in range(60)]
    assert [prompt.key for prompt in spread(prompts, 8)] == ["0", "8", "16", "24", "32", "40", "48", "56"]
    assert spread(prompts[:3], 8) == prompts[:3]


def test_the_bound_follows_the_arithmetic() -> None:
    logits = torch.tensor([-20.0, 3.0])
    assert bound([logits]) == pytest.approx(64 * 20 * 1.19e-7, rel=0.01)
    assert bound([logits.to(torch.bfloat16)]) > bound([logits])


@pytest.mark.parametrize(
    ("slip", "ok", "words"), [(1e-6, True, "rounding allows"), (0.5, False, "more than rounding")]
)
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
        if systems.attached:
            output.logits = output.logits + slip
        return output

    monkeypatch.setattr(systems.base.model, "forward", forward)
    base = driver.verify().systems[0]
    assert base.ok is ok
    assert words in base.statement
    assert base.largest_difference == pytest.approx(slip, rel=1)


def merged_into(tiny: Path, folder: Path, shape: str, dtype: torch.dtype, *adapters: Path) -> Path:
    """A base folder saved with adapters merged in, as a careless export does."""
    copytree(tiny / shape / "base", folder)
    load: Any = AutoModelForCausalLM.from_pretrained
    model: Any = load(str(folder))
    for adapter in adapters:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    model.to(dtype).save_pretrained(str(folder))
    return folder


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_base_folder_with_the_adapter_merged_in_fails(
    tiny: Path, tmp_path: Path, shape: str, dtype: torch.dtype
) -> None:
    adapter = tiny / shape / "adapter"
    driver = Driver()
    driver.load(merged_into(tiny, tmp_path / "merged", shape, dtype, adapter), adapter)
    base, adapted = driver.verify().systems
    assert not base.ok
    assert "merged in" in base.statement
    assert not adapted.ok
    assert "already contains" in adapted.statement
    with pytest.raises(UserError):
        driver.write()


def test_only_the_adapter_that_is_merged_in_is_named(tiny: Path, tmp_path: Path) -> None:
    root = tiny / "llama"
    merged = merged_into(tiny, tmp_path / "merged", "llama", torch.float32, root / "second")
    driver = Driver()
    driver.load(merged, root / "adapter", root / "second")
    base, first, second = driver.verify().systems
    assert (base.ok, first.ok, second.ok) == (False, True, False)


def test_an_adapter_trained_on_a_base_with_another_merged_in_is_fine(tiny: Path, tmp_path: Path) -> None:
    root = tiny / "llama"
    merged = merged_into(tiny, tmp_path / "merged", "llama", torch.float32, root / "second")
    assert all(verification.ok for verification in ready(merged, root / "adapter").verify().systems)


def test_the_demonstration_is_free_of_its_adapter_and_would_be_caught(tmp_path: Path) -> None:
    """A trained adapter lies a little along its base's weights, and is told from a merged one."""
    base, adapter = DEMO / "base", DEMO / "adapter"
    driver = Driver()
    driver.load(base, adapter)
    verifications = driver.verify().systems
    assert all(verification.ok for verification in verifications)
    assert "does not contain it already (0.04; 1 if it did)" in verifications[1].statement
    copy = Path(copytree(base, tmp_path / "base"))
    load: Any = AutoModelForCausalLM.from_pretrained
    merged: Any = PeftModel.from_pretrained(load(str(base)), str(adapter)).merge_and_unload()
    merged.save_pretrained(str(copy))
    driver.load(copy, adapter)
    assert [verification.ok for verification in driver.verify().systems] == [False, False]


@pytest.mark.parametrize("scale", [0.3, 0.1, 0.03, 0.01])
def test_a_faint_adapter_is_not_taken_for_merged(tmp_path: Path, scale: float) -> None:
    """The fainter it is, the greater the share that training alone leaves in its directions."""
    faint = Path(copytree(DEMO / "adapter", tmp_path / "faint"))
    change_tensors(
        faint / "adapter_model.safetensors",
        lambda tensors: [one.mul_(scale) for name, one in tensors.items() if "lora_B" in name],
    )
    driver = Driver()
    driver.load(DEMO / "base", faint)
    base, adapter = driver.verify().systems
    assert base.ok
    assert adapter.ok
    assert ("too small" in adapter.statement) is (scale < 0.2)


def test_the_share_is_that_which_was_merged() -> None:
    chance = torch.Generator().manual_seed(0)
    parts = []
    for share in (0.0, 1.0):
        base = torch.randn(80, 60, generator=chance) * 0.1
        down, up = (torch.randn(4, 60, generator=chance), torch.randn(80, 4, generator=chance) * 0.05)
        parts.append(directions(base + share * 2 * up @ down, down, up, 2.0))
    free, whole = (merged_share([part]) for part in parts if part is not None)
    assert abs(free.share) < 3 * free.error
    assert abs(whole.share - 1) < 3 * whole.error
    assert whole.merged
    assert not free.merged
    assert free.decidable


def test_an_adapter_of_rank_one_or_of_zeros_says_nothing() -> None:
    one = directions(torch.randn(8, 6), torch.ones(1, 6), torch.ones(8, 1), 1.0)
    zero = directions(torch.randn(8, 6), torch.ones(2, 6), torch.zeros(8, 2), 1.0)
    assert one is not None
    assert zero is not None
    share = merged_share([one, zero])
    assert (share.share, share.z, share.merged, share.decidable) == (0.0, 0.0, False, False)


def test_an_adapter_swapped_after_it_was_loaded_fails(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    weights = adapter / "adapter_model.safetensors"
    driver = ready(tiny / "llama" / "base", adapter)
    change_tensors(weights, lambda tensors: next(iter(tensors.values())).view(-1)[:1].add_(1e-3))
    base, adapted = driver.verify().systems
    assert base.ok
    assert not adapted.ok
    assert "changed after loading" in adapted.statement
    weights.unlink()
    assert not driver.verify().systems[1].ok


def test_an_adapter_swapped_between_two_runs_shows_in_what_acted(tiny: Path, spoil: Spoil) -> None:
    """Every response keeps the digest of what acted; another adapter under the same name has another."""
    adapter = spoil("llama/adapter")
    driver = ready(tiny / "llama" / "base", adapter)
    before = driver.write()["p0"]["a0"]
    loaded = driver.load(tiny / "llama" / "base", adapter)
    assert before.active == loaded.systems[1].digest
    change_tensors(adapter / "adapter_model.safetensors", lambda t: [one.mul_(1.01) for one in t.values()])
    driver = ready(tiny / "llama" / "base", adapter)
    assert driver.write()["p0"]["a0"].active not in ("", before.active)


def test_proofs_name_the_digest(tiny: Path) -> None:
    driver = Driver()
    loaded = driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    assert loaded.systems[1].digest[:12] in driver.verify().systems[1].statement


def test_adapters_are_looked_at_only_when_attached(tiny: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    with pytest.raises(BugError) as caught:
        driver.backend._loaded_systems().adapter_in_memory("a0")
    assert caught.value.code == "adapter-state"
