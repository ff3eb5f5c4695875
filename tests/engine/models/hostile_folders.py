"""Model and adapter folders that try to run code, reach elsewhere, or take for ever: each a small change."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from tests.engine.tiny_models import change_json

ELSEWHERE = "elsewhere"
"""A folder beside those of the model and the adapter; nothing in it may be read."""

CODE = "import pathlib; (pathlib.Path(__file__).parent / 'ran').write_text('')\n"
"""Leaves a file beside itself, if it is ever run."""

HUB = "attacker/kernel"
SLOW_TEMPLATES = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "loops in a macro": "{% macro n() %}{% for i in range(99999) %}{% endfor %}{% endmacro %}"
    "{% for i in range(99999) %}{{ n() }}{% endfor %}",
    "a long power": "{{ (9 ** 99999) ** 9999 }}",
}
LARGE_TEMPLATES = {
    "a long text": "{{ 'x' * 3000000000 }}",
    "a wide field": "{{ '%3000000000d' % 1 }}",
    "much text": "{{ 'x' * 40000000 }}",
    "a centred text": "{{ 'x'.center(3000000000) }}",
}
SLOW_PATTERNS = ("(.*)*(.*)*(.*)*x", "((\\w|\\.)+)+!", "(a|aa|[a-z._]+)+$!", "(.*a){25}!")
NO_PATTERNS = ("(((", "[", "*", "(?P<x", "a{99999999999}")


@dataclass(frozen=True)
class Hostile:
    """A change to a copy of an honest base and adapter.

    Args:
        name: in words.
        spoil: takes the folders of the base and the adapter.
        codes: any of which is its error; none, or "", where it is taken and does nothing.
    """

    name: str
    spoil: Callable[[Path, Path], object]
    codes: tuple[str, ...]


def hostile_folders() -> Iterator[Hostile]:
    yield from _settings("base", "config.json", "model-code")
    yield from _settings("base", "generation_config.json", "model-code")
    yield from _settings("base", "tokenizer_config.json", "model-code")
    yield from _settings("adapter", "tokenizer_config.json", "adapter-code")
    yield from _nested()
    yield from _files()
    yield from _adapters()
    yield from _templates()
    yield from _sizes()
    yield from _unfit()
    yield from _ignored()


def _changed(name: str, whose: str, file: str, codes: tuple[str, ...], **values: Any) -> Hostile:
    def spoil(base: Path, adapter: Path) -> None:
        path = (base if whose == "base" else adapter) / file
        if not path.exists():
            path.write_text("{}", "utf-8")
        change_json(path, **values)

    return Hostile(f"{whose}: {file}: {name}", spoil, codes)


FOREIGN: tuple[tuple[str, Any], ...] = (
    ("auto_map", {"AutoModelForCausalLM": "own.M", "AutoConfig": "own.C", "AutoTokenizer": "own.T"}),
    ("custom_pipelines", {"text": {"impl": "own.Pipe"}}),
    ("custom_generate", HUB),
    ("transformers_weights", "../elsewhere/secret.safetensors"),
    ("configuration_files", ["../elsewhere/secret.json"]),
    ("fast_tokenizer_files", ["../elsewhere/secret.json"]),
    ("init_inputs", ["../elsewhere/secret.json"]),
    ("kernel_config", {"RMSNorm": f"{HUB}:Norm"}),
    ("use_kernels", True),
    ("gguf_file", "../elsewhere/secret.gguf"),
    ("assistant_model", HUB),
    ("speculators_config", {"verifier": {"name_or_path": HUB}}),
    ("compile_config", {"backend": "own"}),
    ("attn_implementation", HUB),
    ("_attn_implementation", f"{HUB}@main:attention"),
    ("_attn_implementation_internal", HUB),
    ("attn_implementation", {"": "sdpa", "text_config": HUB}),
    ("experts_implementation", HUB),
    ("a_setting_of_next_year", HUB),
    ("a_setting_of_next_year", "https://example.org/x.py"),
    ("a_setting_of_next_year", "/etc/passwd"),
    ("a_setting_of_next_year", ["harmless", "../elsewhere"]),
    ("a_setting_of_next_year", "own.module.Class"),
)  # fmt: skip


def _settings(whose: str, file: str, code: str) -> Iterator[Hostile]:
    for key, value in FOREIGN:
        yield _changed(f"{key} = {json.dumps(value)[:40]}", whose, file, (code,), **{key: value})


def _nested() -> Iterator[Hostile]:
    code = ("model-code",)
    for key, value in FOREIGN[:1] + FOREIGN[13:18]:
        nested = {"text_config": {"vision_config": {key: value}}}
        yield _changed(f"nested {key}", "base", "config.json", code, **nested)
    yield _changed("a class by its path", "base", "tokenizer_config.json", code, tokenizer_class="../own.Tok")
    yield _changed(
        "a file to sentencepiece",
        "base",
        "tokenizer_config.json",
        code,
        sp_model_kwargs={"model_file": "../elsewhere/secret.json"},
    )
    yield _changed(
        "a file among tokens",
        "base",
        "special_tokens_map.json",
        code,
        tokenizer_file="../elsewhere/secret.json",
    )
    for method in ("own", None, 5, ["x"]):
        yield _changed(
            f"method {method}",
            "base",
            "config.json",
            ("model-quantisation", *code),
            quantization_config={"quant_method": method},
        )
    for method in ("bitsandbytes", "gptq", "awq", "fp8"):
        yield _changed(
            f"plain weights as {method}",
            "base",
            "config.json",
            ("model-quantisation",),
            quantization_config={"quant_method": method, "load_in_4bit": method == "bitsandbytes"},
        )
    yield _changed(
        "a slow list of layers",
        "base",
        "config.json",
        code,
        quantization_config={"quant_method": "bitnet", "modules_to_not_convert": ["(\\w+)*!"]},
    )
    yield _changed(
        "more layers than weights",
        "base",
        "config.json",
        ("model-broken",),
        text_config={"num_hidden_layers": 10**6},
    )
    yield _changed("an unknown kind of model", "base", "config.json", ("model-broken",), model_type="own")


def _files() -> Iterator[Hostile]:
    broken = ("model-broken",)
    for name in ("README.md", "notes", "chat_template.jinja"):
        yield Hostile(f"base: {name} is a pipe", _in_base(_pipe, name), broken)
    for name in ("config.json", "tokenizer.json", "README.md", "model.safetensors"):
        yield Hostile(f"base: {name} is a link out", _in_base(_link_out, name), broken)
    yield Hostile(
        "adapter: README.md is a pipe", lambda _, adapter: _pipe(adapter / "README.md"), ("adapter-broken",)
    )
    yield Hostile(
        "adapter: weights are a link out",
        lambda _, adapter: _link_out(adapter / "adapter_model.safetensors"),
        ("adapter-broken",),
    )
    yield Hostile("base: code of its own generation", _own_generation, ())
    yield Hostile(
        "base: pickled weights beside", lambda base, _: (base / "pytorch_model.bin").write_bytes(b"\x80"), ()
    )


def _adapters() -> Iterator[Hostile]:
    file, pattern = "adapter_config.json", ("adapter-pattern",)
    for text in NO_PATTERNS:
        yield _changed(f"target_modules = {text}", "adapter", file, pattern, target_modules=text)
        yield _changed(f"rank_pattern {text}", "adapter", file, pattern, rank_pattern={text: 4})
    for text in SLOW_PATTERNS:
        yield _changed(
            f"target_modules = {text}", "adapter", file, (*pattern, "adapter-other-base"), target_modules=text
        )
        yield _changed(f"exclude_modules = {text}", "adapter", file, (*pattern, ""), exclude_modules=text)
        yield _changed(f"alpha_pattern {text}", "adapter", file, pattern, alpha_pattern={text: 4})
        yield _changed(f"modules_to_save {text}", "adapter", file, pattern, modules_to_save=[text])
        yield _changed(
            f"layers_pattern {text}", "adapter", file, pattern, layers_pattern=[text], layers_to_transform=[0]
        )
    many = [f"layer{number}" for number in range(300_000)]
    yield _changed("300,000 targets", "adapter", file, ("adapter-broken",), target_modules=many)
    yield _changed("9,999 ranks", "adapter", file, (), rank_pattern=dict.fromkeys(many[:9_999], 4))
    yield _changed(
        "auto_mapping of its own",
        "adapter",
        file,
        ("adapter-code",),
        auto_mapping={"base_model_class": "X", "parent_library": "own"},
    )
    yield _changed("megatron", "adapter", file, ("adapter-code",), megatron_core="own")
    yield _changed("another base", "adapter", file, (), base_model_name_or_path="../elsewhere")


def _templates() -> Iterator[Hostile]:
    for name, text in SLOW_TEMPLATES.items():
        yield Hostile(
            f"base: template: {name}",
            _base_template(text),
            ("template-too-slow", "template-too-large"),
        )
    for name, text in LARGE_TEMPLATES.items():
        yield Hostile(f"base: template: {name}", _base_template(text), ("template-too-large",))
    yield Hostile(
        "adapter: template: nested loops",
        lambda _, adapter: _template(adapter, SLOW_TEMPLATES["nested loops"]),
        ("template-too-slow",),
    )
    for text in (
        "{{ ''.__class__.__mro__ }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}x",
        "{% x",
    ):
        yield Hostile(f"base: template: {text}", _base_template(text), ("no-prompts",))


def _sizes() -> Iterator[Hostile]:
    large = {"x": ["y" * 60] * 10**6}
    for file in ("config.json", "generation_config.json", "tokenizer_config.json"):
        yield _changed("60 MB", "base", file, ("model-broken",), **large)
    yield _changed("60 MB", "adapter", "adapter_config.json", ("adapter-broken",), **large)
    deep = "[" * 900 + "]" * 900
    yield Hostile(
        "base: config.json: deep lists", lambda base, _: _write_deep(base, f'"x": {deep}'), ("model-broken",)
    )
    objects = '{"x":' * 300 + "1" + "}" * 300
    yield Hostile(
        "base: config.json: deep objects",
        lambda base, _: _write_deep(base, f'"x": {objects}'),
        ("model-broken",),
    )
    yield Hostile("base: 20,000 files", _many_files, ("model-broken",))
    yield Hostile("base: an empty vocabulary", _no_vocabulary, ("tokenizer-empty",))


def _unfit() -> Iterator[Hostile]:
    """Honest folders that cannot write answers, or do not belong together."""
    model, adapter = "model.safetensors", "adapter_model.safetensors"
    broken, other = ("model-broken",), ("adapter-other-base",)
    yield _changed("an encoder", "base", "config.json", ("model-unsupported",), is_encoder_decoder=True)
    for gone in (".layers.0.", ".layers.1."):
        yield Hostile(f"base: no weights of {gone}", _weights(model, partial(_without, gone)), broken)
    for numbers in (math.nan, -math.inf):
        yield Hostile(f"base: weights of {numbers}", _weights(model, spoilt=numbers), broken)
        yield Hostile(
            f"adapter: weights of {numbers}", _weights(adapter, spoilt=numbers), ("adapter-broken",)
        )
        yield Hostile(
            f"adapter: weights of {numbers} in bfloat16",
            _weights(adapter, spoilt=numbers, dtype=torch.bfloat16),
            ("adapter-broken",),
        )
    yield Hostile(
        "adapter: more layers than the base",
        _weights(adapter, lambda n: n.replace("layers.1.", "layers.9.")),
        other,
    )
    yield Hostile(
        "adapter: of another architecture", _weights(adapter, lambda n: n.replace("_proj.", "_other.")), other
    )


def _without(part: str, name: str) -> str | None:
    return None if part in name else name


def _weights(
    file: str,
    rename: Callable[[str], str | None] = lambda name: name,
    *,
    spoilt: float | None = None,
    dtype: torch.dtype | None = None,
) -> Callable[[Path, Path], None]:
    """Rename or drop (None) tensors, or set the last number of the last one."""

    def spoil(base: Path, adapter: Path) -> None:
        path = (base if file.startswith("model") else adapter) / file
        found = {
            new: tensor.to(dtype or tensor.dtype)
            for name, tensor in load_file(path).items()
            if (new := rename(name))
        }
        if spoilt is not None:
            found[max(found)].view(-1)[-1] = spoilt
        save_file(found, path, {"format": "pt"})

    return spoil


def _ignored() -> Iterator[Hostile]:
    """What honest folders say, too, and what is never followed."""
    yield _changed(
        "an attention that is built in", "base", "config.json", (), _attn_implementation="flash_attention_2"
    )
    yield _changed(
        "where it came from",
        "base",
        "config.json",
        (),
        _name_or_path="../elsewhere",
        model_name="unsloth/x",
        unsloth_version="2025.9.1",
        id2label={"0": "yes/no"},
    )
    for key in ("tokenizer_file", "vocab_file", "special_tokens_map_file", "name_or_path"):
        yield _changed(key, "base", "tokenizer_config.json", (), **{key: "../elsewhere/secret.json"})
    yield _changed(
        "auto_mapping of transformers",
        "adapter",
        "adapter_config.json",
        (),
        task_type=None,
        auto_mapping={"base_model_class": "X", "parent_library": "transformers.models.llama"},
    )
    for value in (None, False):
        yield _changed(
            f"a new setting that is {value}", "adapter", "adapter_config.json", (), from_the_future=value
        )


def _in_base(change: Callable[[Path], None], name: str) -> Callable[[Path, Path], None]:
    return lambda base, _: change(base / name)


def _base_template(text: str) -> Callable[[Path, Path], None]:
    return lambda base, _: _template(base, text)


def _pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _link_out(path: Path) -> None:
    """To a true copy, so that following it would not fail by itself."""
    outside = path.parent.parent / ELSEWHERE / path.name
    if path.exists():
        shutil.move(path, outside)
    else:
        outside.write_text("---\nnotice: elsewhere\n---\n", "utf-8")
    path.symlink_to(outside)


def _own_generation(base: Path, _: Path) -> None:
    (base / "custom_generate").mkdir()
    for place in (base / "custom_generate" / "generate.py", base / "own.py", base / "modeling_llama.py"):
        place.write_text(CODE, "utf-8")


def _template(folder: Path, text: str) -> None:
    (folder / "chat_template.jinja").write_text(text, "utf-8")


def _write_deep(base: Path, entry: str) -> None:
    path = base / "config.json"
    path.write_text(path.read_text("utf-8").rstrip().removesuffix("}") + f", {entry}}}", "utf-8")


def _many_files(base: Path, _: Path) -> None:
    for number in range(20_000):
        (base / f"x{number}").touch()


def _no_vocabulary(base: Path, _: Path) -> None:
    path = base / "tokenizer.json"
    found = json.loads(path.read_text("utf-8"))
    found["model"] |= {"vocab": {}, "merges": []}
    found["added_tokens"] = []
    path.write_text(json.dumps(found), "utf-8")
