"""What is read of model and adapter folders as data, what is refused, and the memory that they will take."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from random import Random

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local.typed_transformers import load_model
from ftcompare.engine.models import folder_files
from ftcompare.engine.models.adapter_config import LORA_KIND, LORA_NEUTRAL, LORA_SETTINGS
from ftcompare.engine.models.config_safety import check_folder, file_settings
from ftcompare.engine.models.model_folder import (
    check_match,
    inspect_adapter,
    inspect_model,
    looks_like_hub_id,
    memory_plan,
)
from tests.builders import text_file
from tests.engine.tiny_models import CONTEXT, SHAPES, VOCABULARY, build_adapter, build_model, change_json

Spoil = Callable[[str], Path]


def refusal(inspect: Callable[[str], object], folder: Path | str) -> UserError:
    with pytest.raises(UserError) as caught:
        inspect(str(folder))
    return caught.value


def write_header(path: Path, header: object, *, length: int | None = None) -> None:
    body = json.dumps(header).encode() if not isinstance(header, bytes) else header
    path.write_bytes(struct.pack("<Q", len(body) if length is None else length) + body)


def entry(**change: object) -> dict[str, object]:
    return {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **change}}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_folder_is_read(tiny: Path, shape: str) -> None:
    found = inspect_model(str(tiny / shape / "base"))
    assert found.architecture in (
        "LlamaForCausalLM",
        "Qwen2ForCausalLM",
        "Qwen3ForCausalLM",
        "GPT2LMHeadModel",
    )
    assert found.dtype == "F32"
    assert found.vocabulary == VOCABULARY
    assert found.parameters * 4 < found.size_bytes < found.parameters * 4 + 10_000
    assert found.has_chat_template == (shape != "gpt2")
    assert bool(found.warnings) == (shape == "gpt2")
    assert found.notice == ""
    assert CONTEXT == 128


def test_the_notice_comes_from_the_card(spoil: Spoil) -> None:
    base = spoil("llama/base")
    text = '---\nlicense: mit\nnotice: "Demonstration model, not medical advice"\n---\n\nnotice: no\n'
    (base / "README.md").write_text(text, "utf-8")
    assert inspect_model(str(base)).notice == "Demonstration model, not medical advice"
    (base / "README.md").write_text("notice: no front matter\n", "utf-8")
    assert inspect_model(str(base)).notice == ""


@pytest.mark.parametrize("shape", SHAPES)
def test_an_adapter_folder_is_read_and_fits(tiny: Path, shape: str) -> None:
    found = inspect_adapter(str(tiny / shape / "adapter"))
    assert (found.peft_type, found.rank) == ("LORA", 4)
    assert ("c_attn" if shape == "gpt2" else "q_proj") in found.targets
    assert found.parameters > 0
    assert check_match(inspect_model(str(tiny / shape / "base")), found) == ()


def test_another_name_of_the_base_is_a_warning_only(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", base_model_name_or_path="/etc/another-model")
    base = inspect_model(str(spoil("llama/base")))
    (warning,) = check_match(base, inspect_adapter(str(adapter)))
    assert "another-model" in warning


def test_a_folder_of_the_hubs_cache_goes_by_the_models_name(tiny: Path, tmp_path: Path) -> None:
    snapshot = build_model(tmp_path / "models--owner--Tiny-1" / "snapshots" / "abc123")
    adapter = build_adapter(tmp_path / "adapter", snapshot)
    change_json(adapter / "adapter_config.json", base_model_name_or_path="owner/tiny-1")
    assert check_match(inspect_model(str(snapshot)), inspect_adapter(str(adapter))) == ()


@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_an_adapter_of_another_base_is_refused_with_both_shapes(
    tiny: Path, tmp_path: Path, shape: str
) -> None:
    other = build_model(tmp_path / "other", shape, hidden=48)
    gpt = shape == "gpt2"
    adapter = build_adapter(tmp_path / "adapter", other, targets=["c_fc"] if gpt else ["q_proj"])
    with pytest.raises(UserError) as caught:
        check_match(inspect_model(str(tiny / shape / "base")), inspect_adapter(str(adapter)))
    assert caught.value.code == "adapter-other-base"
    assert "4 × 48" in caught.value.what
    assert ("32 × 128" if gpt else "32 × 32") in caught.value.what


@pytest.mark.parametrize(
    ("inspect", "code"), [(inspect_model, "model-missing"), (inspect_adapter, "adapter-missing")]
)
def test_no_folder(inspect: Callable[[str], object], code: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for path in ("", str(tmp_path / "nowhere"), str(tmp_path / "file"), str(tmp_path)):
        error = refusal(inspect, path)
        assert error.code == code
        assert error.how


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_model_with_code_of_its_own_is_refused(spoil: Spoil, name: str) -> None:
    base = spoil("llama/base")
    change_json(base / name, auto_map={"AutoModelForCausalLM": "evil.Model"})
    assert refusal(inspect_model, base).code == "model-code"


@pytest.mark.parametrize("weights", ["pytorch_model.bin", "model.pt", "weights.pth", "model.ckpt"])
def test_a_pickled_model_is_refused(spoil: Spoil, weights: str) -> None:
    base = spoil("llama/base")
    (base / "model.safetensors").rename(base / weights)
    error = refusal(inspect_model, base)
    assert error.code == "model-pickle"
    assert weights in error.what
    assert "safetensors" in error.how


def test_a_pickled_adapter_is_refused(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert refusal(inspect_adapter, adapter).code == "adapter-pickle"


def test_what_a_trainer_leaves_beside_is_no_pickled_weight(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "training_args.bin").write_bytes(b"")
    inspect_adapter(str(adapter))
    (adapter / "adapter_model.safetensors").unlink()
    assert refusal(inspect_adapter, adapter).code == "adapter-missing"


def test_a_model_without_weights_or_tokenizer_or_with_an_adapter_in_it(spoil: Spoil) -> None:
    base = spoil("llama/base")
    (base / "tokenizer.json").unlink()
    assert refusal(inspect_model, base).code == "tokenizer-missing"
    (base / "model.safetensors").unlink()
    assert refusal(inspect_model, base).code == "model-missing"
    (base / "adapter_config.json").write_text('{"base_model_name_or_path": "/etc"}', "utf-8")
    assert refusal(inspect_model, base).code == "model-is-adapter"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../secret.safetensors", "model-broken"),
        ("/etc/x.safetensors", "model-broken"),
        ("C:\\x.safetensors", "model-broken"),
        ("absent.safetensors", "model-broken"),
        ("part.bin", "model-pickle"),
    ],
)
def test_an_index_that_leads_elsewhere_is_refused(spoil: Spoil, name: str, code: str) -> None:
    base = spoil("llama/base")
    (base / "model.safetensors").rename(base.parent / "secret.safetensors")
    text_file(base / "model.safetensors.index.json", json.dumps({"weight_map": {"a": name}}))
    assert refusal(inspect_model, base).code == code


def test_weights_in_parts_are_read(spoil: Spoil) -> None:
    base = spoil("llama/base")
    whole = inspect_model(str(base))
    (base / "model.safetensors").rename(base / "part-1.safetensors")
    index = base / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(whole.shapes, "part-1.safetensors")}), "utf-8")
    found = inspect_model(str(base))
    assert found.weight_files == ("part-1.safetensors",)
    assert found.parameters == whole.parameters
    index.write_text("{}", "utf-8")
    assert refusal(inspect_model, base).code == "model-broken"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 50_000,
        {"w": 1},
        {"w": {}},
        entry(dtype="PICKLE"),
        entry(dtype=None),
        entry(shape=[-2, 2]),
        entry(shape=[2.0, 2]),
        entry(shape=[True, 2]),
        entry(shape=None),
        entry(data_offsets=[0, 16, 17]),
        entry(data_offsets=[16, 0]),
        entry(data_offsets=[0, 15]),
        entry(data_offsets=[0, 16]),  # no data follows the header
        entry(shape=[10**12, 10**12]),
    ],
)
def test_a_damaged_header_is_refused(spoil: Spoil, header: object) -> None:
    base = spoil("llama/base")
    write_header(base / "model.safetensors", header)
    error = refusal(inspect_model, base)
    assert error.code == "model-broken"
    assert "model.safetensors" in error.where


@pytest.mark.parametrize("length", [0, 10**6, 2**63, 2**64 - 1])
def test_a_false_length_is_refused(spoil: Spoil, length: int) -> None:
    base = spoil("llama/base")
    write_header(base / "model.safetensors", entry(), length=length)
    assert refusal(inspect_model, base).code == "model-broken"


def test_a_file_cut_off_anywhere_is_refused(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    weights = adapter / "adapter_model.safetensors"
    whole = weights.read_bytes()
    for cut in [0, 1, 7, 8, 9, *(Random(1).randrange(len(whole)) for _ in range(20))]:
        weights.write_bytes(whole[:cut])
        assert refusal(inspect_adapter, adapter).code == "adapter-broken"


def test_an_adapter_without_lora_tensors_is_refused(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    write_header(adapter / "adapter_model.safetensors", {"__metadata__": {"format": "pt"}})
    assert refusal(inspect_adapter, adapter).code == "adapter-broken"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 50_000, "\xff"])
def test_a_broken_configuration_is_refused(spoil: Spoil, text: str) -> None:
    base, adapter = spoil("llama/base"), spoil("llama/adapter")
    (base / "config.json").write_bytes(text.encode("latin-1"))
    (adapter / "adapter_config.json").write_bytes(text.encode("latin-1"))
    assert refusal(inspect_model, base).code == "model-broken"
    assert refusal(inspect_adapter, adapter).code == "adapter-broken"


def test_a_giant_configuration_is_refused_unread(spoil: Spoil, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(folder_files.MOST_BYTES, "config.json", 10)
    error = refusal(inspect_model, spoil("llama/base"))
    assert error.code == "model-broken"
    assert "config.json is too large" in error.what


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"peft_type": "IA3"}, "adapter-unsupported"),
        ({"peft_type": None}, "adapter-unsupported"),
        ({"peft_type": ["LORA"]}, "adapter-unsupported"),
        ({"auto_mapping": {"parent_library": "os"}}, "adapter-code"),
        ({"megatron_config": {}}, "adapter-code"),
        ({"megatron_core": "os"}, "adapter-code"),
        ({"from_the_future": 1}, "adapter-unsupported"),
        ({"bias": "all"}, "adapter-unsupported"),
        ({"layer_replication": [[0, 1]]}, "adapter-unsupported"),
        ({"init_lora_weights": "pissa"}, "adapter-unsupported"),
        ({"init_lora_weights": "pissa_niter_4"}, "adapter-unsupported"),
        ({"r": 0}, "adapter-broken"),
        ({"r": "8"}, "adapter-broken"),
        ({"r": 10**9}, "adapter-broken"),
        ({"rank_pattern": {"q_proj": -1}}, "adapter-broken"),
        ({"rank_pattern": [1]}, "adapter-broken"),
    ],
)
def test_a_hostile_or_unsupported_adapter_is_refused(
    spoil: Spoil, change: dict[str, object], code: str
) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", **change)
    error = refusal(inspect_adapter, adapter)
    assert error.code == code
    assert "adapter_config.json" in error.where


@pytest.mark.parametrize(
    ("change", "warnings"),
    [
        ({"megatron_core": "megatron.core", "runtime_config": {"ephemeral_gpu_offload": False}}, 0),
        ({"use_rslora": True, "rank_pattern": {"q_proj": 16}, "init_lora_weights": "gaussian"}, 0),
        ({"use_dora": True, "modules_to_save": ["lm_head"], "trainable_token_indices": [1]}, 3),
    ],
)
def test_what_peft_can_switch_off_is_taken(spoil: Spoil, change: dict[str, object], warnings: int) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", **change)
    found = inspect_adapter(str(adapter))
    assert len(found.warnings) == warnings
    assert found.rank == (16 if "rank_pattern" in change else 4)


def test_every_setting_of_peft_is_known_and_no_other() -> None:
    assert {field.name for field in fields(LoraConfig)} == LORA_KIND.known
    assert not LORA_SETTINGS & LORA_NEUTRAL.keys()


def test_hub_ids_look_like_hub_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_like_hub_id("Qwen/Qwen3-0.6B")
    for text in ("model", "/models/base", "../a/b", "a/b/c", "a\\b", "", "a b/c", "./a", "~/a", "é/b"):
        assert not looks_like_hub_id(text)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert not looks_like_hub_id("a/b")


def test_more_layers_than_weights_are_refused_before_they_are_built(spoil: Spoil) -> None:
    base = spoil("llama/base")
    config = json.loads((base / "config.json").read_text("utf-8"))
    (base / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 100_000}), "utf-8")
    error = refusal(inspect_model, base)
    assert error.code == "model-broken"
    assert "100,000 layers" in error.what


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


def test_memory_is_counted_of_weights_as_they_are_loaded_and_of_adapters_beside_one_base(tiny: Path) -> None:
    model = inspect_model(str(tiny / "llama" / "base"))
    sizes = {
        kind: memory_plan(model, quantisation=kind, rows=1, tokens=1).weights for kind in ("", "8bit", "4bit")
    }
    assert sizes[""] == 2 * model.parameters
    assert sizes["8bit"] == model.parameters
    assert model.parameters / 2 < sizes["4bit"] < 0.6 * model.parameters
    assert memory_plan(model, wide=True, rows=1, tokens=1).weights == 4 * model.parameters
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


# What configurations of honest models say is taken: texts as they lie on the hub.


BNB = {
    "quant_method": "bitsandbytes",
    "load_in_4bit": True,
    "bnb_4bit_compute_dtype": "bfloat16",
    "llm_int8_skip_modules": ["lm_head", "model.layers.0.mlp"],
}
GPTQ = {
    "quant_method": "gptq",
    "dataset": ["c4/en"],
    "meta": {"quantizer": ["gptqmodel:1.4.0"], "uri": "https://github.com/modelcloud/gptqmodel"},
    "dynamic": {"-:.*lm_head": {}},
}
PACKED = {"quant_method": "compressed-tensors", "ignore": ["lm_head", "re:.*mlp.gate$"]}
HONEST = [
    ("config.json", {"_name_or_path": "meta-llama/Llama-3-8B", "transformers_version": "5.0.0.dev0"}),
    ("config.json", {"unsloth_version": "2025.9.1", "torch_dtype": "torch.float16", "auto_map": None}),
    ("config.json", {"text_config": {"_name_or_path": "google/x", "layer_types": ["full_attention"]}}),
    ("config.json", {"attn_implementation": "flash_attention_2", "id2label": {"0": "yes/no"}}),
    ("config.json", {"transformers.js_config": {"dtype": {"model.onnx": "q4"}}}),
    *(("config.json", {"quantization_config": one}) for one in (BNB, GPTQ, PACKED)),
    ("tokenizer_config.json", {"special_tokens_map_file": "/fsx/home/x/special_tokens_map.json"}),
    ("tokenizer_config.json", {"eos_token": "</s>", "additional_special_tokens": ["<a/b>"]}),
    (
        "tokenizer_config.json",
        {"chat_template": [{"name": "default", "template": "x.y/z"}], "init_inputs": []},
    ),
    ("generation_config.json", {"cache_implementation": "hybrid", "stop_strings": ["a/b"]}),
    ("special_tokens_map.json", {"bos_token": "<s>", "image_token": "a/b"}),
]


@pytest.mark.parametrize(("name", "config"), HONEST)
def test_what_honest_models_say_is_taken(name: str, config: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / name).write_text(json.dumps(config), "utf-8")
    check_folder(tmp_path, "model")


def test_files_that_a_tokenizer_remembers_are_set_aside(tmp_path: Path) -> None:
    assert file_settings(tmp_path) == ()
    config = {"vocab_file": "/x", "tokenizer_file": None, "eos_token": "x"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    assert file_settings(tmp_path) == ("tokenizer_file", "vocab_file")


# Folders that hold something else than was asked for: one line says what, and names the way.


Inspect = Callable[[str], object]

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4096\n"


def told(inspect: Inspect, path: Path) -> str:
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
        assert "a GGUF file (it-Q4_K_M.gguf)" in line
        assert "--lora LORA.gguf --lora-init-without-apply --port 8080" in line
        assert "http://localhost:8080/v1#model=MODEL&adapter=LORA" in line
    of_ollama = file.rename(tmp_path / "sha256-4d7a")
    assert "a GGUF file (sha256-4d7a)" in told(inspect, of_ollama)


def test_gguf_beside_the_configuration_of_its_model(spoil: Spoil) -> None:
    base = spoil("llama/base")
    (base / "model.safetensors").rename(base / "model.gguf")
    assert "GGUF file (model.gguf)" in told(inspect_model, base)


def test_a_full_model_is_a_system_of_its_own(tiny: Path) -> None:
    line = told(inspect_adapter, tiny / "llama" / "base")
    assert "a full model, not an adapter" in line
    assert "Add it as another full model" in line


def test_an_adapter_beside_a_model_is_not_loaded_with_it(spoil: Spoil, tiny: Path) -> None:
    assert "Choose it as the adapter" in told(inspect_model, tiny / "llama" / "adapter")
    base = spoil("llama/base")
    shutil.copytree(tiny / "llama" / "adapter", base, dirs_exist_ok=True)
    assert "move the adapter's files (adapter_*)" in told(inspect_model, base)


def test_the_file_of_weights_in_place_of_its_folder(tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    assert f"Choose the folder that contains it, {base}." in told(inspect_model, base / "model.safetensors")
    (tmp_path / "notes.txt").write_text("", "utf-8")
    assert "Choose the folder that contains the model." in told(inspect_model, tmp_path / "notes.txt")


def test_a_folder_of_checkpoints_names_them(tiny: Path, tmp_path: Path) -> None:
    for step in (5, 20, 100, 300, 1000):
        shutil.copytree(tiny / "llama" / "adapter", tmp_path / f"checkpoint-{step}")
    shutil.copytree(tiny / "llama" / "base", tmp_path / "merged")
    assert "folders: checkpoint-1000, checkpoint-300, checkpoint-100, checkpoint-20 …" in told(
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
    assert "Add it as another full model" in line


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
        assert "names code to run (auto_mapping)" in told(inspect_adapter, tmp_path)


def test_an_unknown_setting_that_is_switched_off_is_noted(spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", of_tomorrow=None, of_next_year=False)
    (note,) = inspect_adapter(str(adapter)).warnings
    assert note.endswith("null or false: of_next_year, of_tomorrow.")
    change_json(adapter / "adapter_config.json", of_tomorrow=0)
    assert "settings: of_tomorrow." in told(inspect_adapter, adapter)


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
