"""Folders that hold something else than was asked for: one line says what, and names the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from ftcompare.core.errors import UserError
from ftcompare.engine.models.model_folder import inspect_adapter, inspect_model
from tests.engine.tiny_models import build_adapter, change_json

Inspect = Callable[[str], object]
Spoil = Callable[[str], Path]

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4096\n"


def told(inspect: Inspect, path: Path) -> str:
    """The one line of a refusal."""
    with pytest.raises(UserError) as caught:
        inspect(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("inspect", [inspect_model, inspect_adapter])
def test_gguf_is_for_a_server(inspect: Inspect, tmp_path: Path) -> None:
    file = tmp_path / "it-Q4_K_M.gguf"
    file.write_bytes(b"GGUF\3\0\0\0")
    for place in (file, tmp_path):
        line = told(inspect, place)
        assert "in GGUF form (it-Q4_K_M.gguf)" in line
        assert "llama-server -m FILE, a LoRA beside its model with --lora FILE" in line
        assert "http://localhost:8080/v1#NAME" in line
    of_ollama = file.rename(tmp_path / "sha256-4d7a")
    assert "in GGUF form (sha256-4d7a)" in told(inspect, of_ollama)


def test_gguf_beside_the_configuration_of_its_model(spoil: Spoil) -> None:
    base = spoil("llama/base")
    (base / "model.safetensors").rename(base / "model.gguf")
    assert "GGUF form (model.gguf)" in told(inspect_model, base)


def test_a_full_model_is_a_system_of_its_own(tiny: Path) -> None:
    line = told(inspect_adapter, tiny / "llama" / "base")
    assert "a full model, not an adapter" in line
    assert "--system NAME=FOLDER" in line


def test_an_adapter_beside_a_model_is_not_loaded_with_it(spoil: Spoil, tiny: Path) -> None:
    assert "Choose it as the adapter" in told(inspect_model, tiny / "llama" / "adapter")
    base = spoil("llama/base")
    shutil.copytree(tiny / "llama" / "adapter", base, dirs_exist_ok=True)
    assert "move the adapter's files (adapter_*)" in told(inspect_model, base)


def test_the_file_of_weights_in_place_of_its_folder(tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    assert f"Choose the folder that it lies in, {base}." in told(inspect_model, base / "model.safetensors")
    (tmp_path / "notes.txt").write_text("", "utf-8")
    assert "Choose the folder that holds the model." in told(inspect_model, tmp_path / "notes.txt")


def test_a_folder_of_checkpoints_names_them(tiny: Path, tmp_path: Path) -> None:
    for step in (5, 20, 100, 300, 1000):
        shutil.copytree(tiny / "llama" / "adapter", tmp_path / f"checkpoint-{step}")
    shutil.copytree(tiny / "llama" / "base", tmp_path / "merged")
    assert "meant: checkpoint-1000, checkpoint-300, checkpoint-100, checkpoint-20 …" in told(
        inspect_adapter, tmp_path
    )
    assert "Choose merged in it." in told(inspect_model, tmp_path)


def test_an_adapter_that_peft_saved_under_a_name_of_its_own(tiny: Path, tmp_path: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(str(tiny / "llama" / "base"))
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM")
    get_peft_model(base, config, adapter_name="sft").save_pretrained(str(tmp_path))
    assert "Choose sft in it." in told(inspect_adapter, tmp_path)


def test_the_folder_of_the_hubs_cache_names_its_snapshot(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny / "llama" / "base", tmp_path / "snapshots" / "0a1b")
    assert f"Choose {Path('snapshots') / '0a1b'} in it." in told(inspect_model, tmp_path)


def test_what_git_lfs_has_in_place_of_a_file(spoil: Spoil) -> None:
    base, adapter = spoil("llama/base"), spoil("llama/adapter")
    (adapter / "adapter_model.safetensors").write_text(POINTER, "utf-8")
    assert "git lfs pull" in told(inspect_adapter, adapter)
    (base / "tokenizer_config.json").write_text(POINTER, "utf-8")
    assert "git lfs pull" in told(inspect_model, base)
    (base / "model.safetensors").write_text(POINTER, "utf-8")
    assert "git lfs pull" in told(inspect_model, base)


def test_weights_under_other_names(spoil: Spoil) -> None:
    base = spoil("llama/base")
    whole = base / "model.safetensors"
    parts = whole.rename(base / "model-00001-of-00001.safetensors")
    assert "no model.safetensors.index.json" in told(inspect_model, base)
    other = parts.rename(base / "consolidated.safetensors")
    assert "only consolidated.safetensors" in told(inspect_model, base)
    other.unlink()
    assert "Choose a folder with safetensors weights" in told(inspect_model, base)


def test_an_adapter_of_mlx_is_fused_first(tmp_path: Path) -> None:
    """The files that mlx_lm.lora writes."""
    save_file(
        {"model.layers.0.self_attn.q_proj.lora_a": torch.ones(32, 4)}, tmp_path / "adapters.safetensors"
    )
    settings = {"fine_tune_type": "lora", "lora_parameters": {"rank": 4}, "num_layers": 2, "model": "m"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings), "utf-8")
    line = told(inspect_adapter, tmp_path)
    assert "mlx_lm.fuse" in line
    assert "--system NAME=FOLDER" in line


def test_what_peft_writes_without_a_task_is_taken(tiny: Path, tmp_path: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(str(tiny / "llama" / "base"))
    get_peft_model(base, LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(str(tmp_path))
    file = tmp_path / "adapter_config.json"
    mapping = json.loads(file.read_text("utf-8"))["auto_mapping"]
    assert mapping["parent_library"].startswith("transformers.")
    assert inspect_adapter(str(tmp_path)).warnings == ()
    change_json(file, auto_mapping={**mapping, "parent_library": "peft.peft_model", "unsloth_fixed": True})
    assert inspect_adapter(str(tmp_path)).warnings == ()
    for elsewhere in ("transformers_modules.owner.model", "__main__", "peftx", "transformers.a-b"):
        change_json(file, auto_mapping={**mapping, "parent_library": elsewhere})
        assert "names code to be run (auto_mapping)" in told(inspect_adapter, tmp_path)


def test_an_unknown_setting_that_is_switched_off_is_noted(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", of_tomorrow=None, of_next_year=False)
    (note,) = inspect_adapter(str(adapter)).warnings
    assert note.endswith("null or false: of_next_year, of_tomorrow.")
    change_json(adapter / "adapter_config.json", of_tomorrow=0)
    assert "settings that are not known here: of_tomorrow." in told(inspect_adapter, adapter)


def test_settings_of_training_that_other_programs_write(spoil: Spoil) -> None:
    """PEFT 0.2 and ms-swift."""
    file = (adapter := spoil("llama/adapter")) / "adapter_config.json"
    change_json(file, merge_weights=False, enable_lora=None)
    change_json(file, swift_type="LORA", lora_dtype=None, lorap_lr_ratio=16.0, lorap_emb_lr=1e-6)
    (note,) = inspect_adapter(str(adapter)).warnings
    assert note.endswith("null or false: enable_lora.")
    change_json(file, use_merged_linear=True)
    assert "use_merged_linear = True" in told(inspect_adapter, adapter)


def test_eva_begins_elsewhere_and_leaves_the_base_as_it_is(tiny: Path, tmp_path: Path) -> None:
    adapter = build_adapter(tmp_path / "adapter", tiny / "llama" / "base")
    settings = {"rho": 2.0, "tau": 0.99, "use_label_mask": True}
    change_json(adapter / "adapter_config.json", init_lora_weights="eva", eva_config=settings)
    assert inspect_adapter(str(adapter)).rank == 4
    change_json(adapter / "adapter_config.json", init_lora_weights=True)
    assert "eva_config" in told(inspect_adapter, adapter)
