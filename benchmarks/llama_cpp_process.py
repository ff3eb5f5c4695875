"""The side of benchmarks/llama_cpp.py that runs llama.cpp, in an environment that has it and no torch.

    python llama_cpp_process.py FOLDER BF16

Writes a Llama model and its adapter from `safetensors` files into GGUF files, unless they exist, and loads
them. Then reads requests as JSON, one a line, and prints what each took.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

gguf: Any = importlib.import_module("gguf")
llama_cpp: Any = importlib.import_module("llama_cpp")

NAMES = {
    "embed_tokens": "token_embd", "norm": "output_norm", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v",
    "o_proj": "attn_output", "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down",
}  # fmt: skip


def tensors(path: Path) -> Iterator[tuple[str, Any]]:
    """Names and float32 arrays of a file of float32 or bfloat16 tensors."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    for name, place in json.loads(data[8:begin]).items():
        if name != "__metadata__":
            first, last = (begin + one for one in place["data_offsets"])
            wide = np.frombuffer(data[first:last], np.uint32 if place["dtype"] == "F32" else np.uint16)
            numbers = wide if place["dtype"] == "F32" else wide.astype(np.uint32) << 16
            yield name, numbers.view(np.float32).reshape(place["shape"])


def gguf_name(name: str) -> str:
    """`model.layers.3.self_attn.q_proj.weight` as `blk.3.attn_q.weight`."""
    parts = name.removeprefix("base_model.model.").removesuffix(".weight").split(".")
    matrix = {"lora_A": ".lora_a", "lora_B": ".lora_b"}.get(parts[-1], "")
    if matrix:
        parts.pop()
    layer = f"blk.{parts[2]}." if parts[1] == "layers" else ""
    return f"{layer}{NAMES[parts[-1]]}.weight{matrix}"


def interleaved(array: Any, heads: int) -> Any:
    """The rows of a query or key matrix in the order of llama.cpp's rotary embeddings."""
    halves = array.reshape(heads, 2, len(array) // heads // 2, *array.shape[1:])
    return halves.swapaxes(1, 2).reshape(array.shape)


def write_gguf(folder: Path, kind: str, to: Path) -> None:
    """Write the base in `folder` with the weights of its matrices in this type."""
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(to, "llama")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("no_vocab")
    for name, array in arrays(folder / "model.safetensors", config):
        of = gguf.GGMLQuantizationType[kind] if array.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(array, of), raw_dtype=of)
    finish(writer)


def write_adapter(folder: Path, base: Path, to: Path) -> None:
    """Write the LoRA adapter in `folder`, in float32 as llama.cpp's own converter does by default."""
    config = json.loads((folder / "adapter_config.json").read_text())
    writer = gguf.GGUFWriter(to, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name, array in arrays(
        folder / "adapter_model.safetensors", json.loads((base / "config.json").read_text())
    ):
        writer.add_tensor(name, np.ascontiguousarray(array))
    finish(writer)


def arrays(path: Path, config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arrays by their GGUF names."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    for found, array in tensors(path):
        name = gguf_name(found)
        turned = next((count for part, count in heads.items() if part in name), 0)
        yield name, interleaved(array, turned) if turned and not name.endswith("lora_a") else array


def finish(writer: Any) -> None:
    """Write all to the file."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Model:
    """A base and its adapter, with a context for so many rows."""

    def __init__(self, base: Path, adapter: Path, rows: int, tokens: int) -> None:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = rows * tokens
        params.n_seq_max = rows
        params.n_threads = params.n_threads_batch = 1
        params.kv_unified = False
        model = llama_cpp.llama_model_load_from_file(
            str(base).encode(), llama_cpp.llama_model_default_params()
        )
        self._context: Any = llama_cpp.llama_init_from_model(model, params)
        self._words = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        self._adapter = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(
            llama_cpp.llama_adapter_lora_init(model, str(adapter).encode())
        )
        self._batch = llama_cpp.llama_batch_init(params.n_batch, 0, 1)
        self._most = int(params.n_batch)
        self._rows = rows

    def use(self, adapter: bool) -> None:
        """With or without the adapter, and no tokens."""
        scales = (ctypes.c_float * 1)(1.0)
        llama_cpp.llama_set_adapters_lora(self._context, self._adapter, int(adapter), scales)
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)

    def decode(self, tokens: Sequence[tuple[int, int, int, bool]]) -> list[Any]:
        """Logits where they are asked for, of (token, position, row, asked)."""
        found: list[Any] = []
        for first in range(0, len(tokens), self._most):
            some = tokens[first : first + self._most]
            batch = self._batch
            batch.n_tokens = len(some)
            for at, (token, position, row, wanted) in enumerate(some):
                batch.token[at], batch.pos[at], batch.logits[at] = token, position, wanted
                batch.n_seq_id[at] = 1
                batch.seq_id[at][0] = row
            if llama_cpp.llama_decode(self._context, batch):
                raise SystemExit("llama_decode failed.")
            found += [self._logits(at) for at, one in enumerate(some) if one[3]]
        return found

    def _logits(self, at: int) -> Any:
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self._context, at), (self._words,))

    def write(self, prompts: Sequence[Sequence[int]], lengths: Sequence[int]) -> None:
        """Greedy answers of these lengths; a row that ends leaves, and the next prompt enters."""
        memory = llama_cpp.llama_get_memory(self._context)
        waiting = list(zip(prompts, lengths, strict=True))
        free = list(range(self._rows))
        live: dict[int, list[int]] = {}  # by row: newest token, position, tokens left
        while waiting or live:
            entering = [(free.pop(), *waiting.pop(0)) for _ in range(min(len(free), len(waiting)))]
            tokens = [(token, at, row, True) for row, (token, at, _) in live.items()]
            order = list(live)
            for row, prompt, length in entering:
                tokens += [(token, at, row, at == len(prompt) - 1) for at, token in enumerate(prompt)]
                live[row] = [0, len(prompt) - 1, length]
                order.append(row)
            for row, logits in zip(order, self.decode(tokens), strict=True):
                _, position, left = live[row]
                live[row] = [int(logits.argmax()), position + 1, left - 1]
                if left == 1:
                    del live[row]
                    free.append(row)
                    llama_cpp.llama_memory_seq_rm(memory, row, -1, -1)


def memory_private() -> int:
    """Bytes that would be free if this process ended, and its model's file in memory."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def answer(model: Model, request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked; `systems` are written one after another."""
    begin = time.process_time()
    found: dict[str, Any] = {}
    for system in request["systems"]:
        model.use(system["adapter"])
        if request.get("logits"):
            prompt = system["prompts"][0]
            steps = [(token, at, 0, at == len(prompt) - 1) for at, token in enumerate(prompt)]
            found["logits"] = model.decode(steps)[0].tolist()
        else:
            model.write(system["prompts"], system["lengths"])
    return {**found, "seconds": time.process_time() - begin, "memory": memory_private()}


def main() -> None:
    """Answer requests."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    base, adapter = folder / f"{kind}.gguf", folder / f"{kind}-adapter.gguf"
    if not base.exists():
        write_gguf(folder / "base", kind, base)
    if not adapter.exists():
        write_adapter(folder / "adapter", folder / "base", adapter)
    quiet = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(quiet, None)
    models: dict[int, Model] = {}
    for line in sys.stdin:
        request = json.loads(line)
        rows = request["rows"]
        if rows not in models:
            models.clear()
            models[rows] = Model(base, adapter, rows, request["tokens"])
        print(json.dumps(answer(models[rows], request)), flush=True)


if __name__ == "__main__":
    main()
