"""How fast base and adapter write together on a CUDA device, in ratios of one run.

    python benchmarks/cuda_decoding.py [--shapes 1b 8b 14b] [--base FOLDER --adapter FOLDER] [--prompts 96]
        [--at-a-time 48] [--repeats 3] [--dtype bfloat16] [--seconds 500] [--out build/gpu.json] [--tests]

Models have random weights, made on the device, and an adapter of rank 16 on all linear layers; with folders,
they are measured instead. Lengths are those of benchmarks/decoding.py. Before anything is measured, logits of
steps with and without graphs are compared with those of PEFT alone; a shape that differs is not measured.

graphs: one pair of 64 tokens by steps computed operation by operation, against steps replayed as CUDA graphs.
bandwidth: the bytes that a step of one pair must read (weights, adapters, keys and values) times its steps a
second, as a share of what the device copies a second, reading and writing counted; drawing tokens is in it.
adapter: a pair, and the bulk, against the same rows of the base alone, which has never seen an adapter.
bulk: two models one prompt at a time (of every 24th prompt, scaled by its tokens) against all together.

``--tests`` first runs the tests for a CUDA device, where pytest and scipy are installed; they need neither Qt
nor plugins. The figures go into a JSON file; a table in Markdown is printed. After ``--seconds`` no further
shape is begun. Exits with 1 if an aim is missed, a test fails, or a shape cannot be measured, and with 0 and
a line where there is no CUDA device. A missed aim of the shape tiny is not an error, because this shape only
shows that everything runs.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
from decoding import BOTH, PAIR_TOKENS, in_turn, missed, one_by_one, ratio, tell
from decoding_model import SHAPES, load, make_on, single, trace, write_stacked
from machine import machine
from transformers.utils import logging

from ftcompare.engine.backends.local.devices import device_name
from ftcompare.engine.backends.local.stacked_lora import decoder as writer_module
from ftcompare.engine.backends.local.stacked_lora.prepared_model import (
    stacked_layers,
    static_step,
    unsupported,
)
from ftcompare.engine.backends.local.systems import LoadedSystems

GRAPHS_AIM, ONE_BY_ONE_AIM, BANDWIDTH_AIM, ADAPTER_AIM = 1.0, 8.0, 0.7, 1.03
COPIED = 1 << 30
EVERY = 24
ROOT = Path(__file__).parent.parent
TESTS = ("tests/engine/stacked_lora/test_stacked_lora_cuda.py", "tests/engine/local/test_sampling.py")
NEEDED = ("pytest", "scipy")
Figures = dict[str, float]
faults: list[str] = []


@contextmanager
def without_graphs() -> Iterator[None]:
    """Within it steps are computed operation by operation."""
    kept = vars(writer_module)["static_step"]
    vars(writer_module)["static_step"] = lambda *_, **__: (None, "")
    try:
        yield
    finally:
        vars(writer_module)["static_step"] = kept


def eagerly(systems: LoadedSystems) -> None:
    """One pair, without graphs."""
    with without_graphs():
        write_stacked(systems, BOTH, single(PAIR_TOKENS), 1)


def one_pair(systems: LoadedSystems, alone: LoadedSystems, repeats: int, copied: int) -> Figures:
    """Graphs, how near they come to what memory gives, and what the adapter costs."""
    one = single(PAIR_TOKENS)
    graphs, eager, base = in_turn(
        repeats,
        lambda: write_stacked(systems, BOTH, one, 1),
        lambda: eagerly(systems),
        lambda: write_stacked(alone, BOTH[:1], one.twice(), 2),
    )
    print(f" One pair of {PAIR_TOKENS} tokens: {median(graphs):.3f} s with graphs, recording them included")
    tell("steps without graphs / with graphs", ratio(eager, graphs), GRAPHS_AIM, least=True)
    tell("one pair / the base alone on the same rows", ratio(graphs, base), ADAPTER_AIM)
    seconds = seconds_per_step(systems, repeats)
    share = bytes_per_step(systems) / seconds / bandwidth(systems.base.device, repeats, copied)
    print(f"  a step takes {seconds * 1e3:.2f} ms")
    tell("share of the memory's bandwidth", share, BANDWIDTH_AIM, least=True)
    return {
        "pair_seconds": median(graphs),
        "eager_over_graphs": ratio(eager, graphs),
        "pair_over_base": ratio(graphs, base),
        "step_ms": seconds * 1e3,
        "bandwidth_share": share,
    }


def seconds_per_step(systems: LoadedSystems, repeats: int) -> float:
    """Of one pair, prompt and recording taken off: what more tokens take more."""
    short, long = (single(tokens) for tokens in (PAIR_TOKENS // 2, PAIR_TOKENS))
    less, more = in_turn(
        repeats,
        lambda: write_stacked(systems, BOTH, short, 1),
        lambda: write_stacked(systems, BOTH, long, 1),
    )
    return median(b - a for a, b in zip(less, more, strict=True)) / (PAIR_TOKENS - PAIR_TOKENS // 2)


def bytes_per_step(systems: LoadedSystems) -> int:
    """What one step of a pair reads at least, in the middle of its second half."""
    model: Any = systems.base.model
    embedding = model.get_input_embeddings().weight
    weights = sum(one.nbytes for one in {id(p): p for p in model.parameters()}.values())
    if model.get_output_embeddings().weight is not embedding:
        weights -= embedding.nbytes  # of which a step reads two rows
    tokens = len(single(1).prompts[0].ids) + PAIR_TOKENS * 3 // 4
    return int(weights + 2 * tokens * stacked_layers(systems)[1])


def bandwidth(device: torch.device, repeats: int, copied: int) -> float:
    """Bytes read and written a second, copying within the device."""
    source = torch.zeros(copied, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    taken = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        target.copy_(source)
        target[-1].item()
        taken.append(time.perf_counter() - begin)
    return 2 * copied / median(taken[1:])


def bulk(systems: LoadedSystems, alone: LoadedSystems, asked: argparse.Namespace) -> Figures:
    """Many prompts."""
    rows = trace(asked.prompts)
    twice = rows.twice()
    few = rows.prompts[::EVERY]
    ours, base = in_turn(
        asked.repeats,
        lambda: write_stacked(systems, BOTH, rows, asked.at_a_time),
        lambda: write_stacked(alone, BOTH[:1], twice, 2 * asked.at_a_time),
    )
    apart = in_turn(1, lambda: one_by_one(systems, rows, few))[0]
    tokens = sum(rows.lengths.values())
    share = sum(rows.lengths[one.key, key] for one in few for key in BOTH) / tokens
    faster = apart[0] / share / median(ours)
    print(f" {asked.prompts} pairs, {asked.at_a_time} at a time: {tokens / median(ours):.0f} tokens/s")
    tell("two models one prompt at a time / paired", faster, ONE_BY_ONE_AIM, least=True)
    tell("paired / the base alone on the same rows", ratio(ours, base), ADAPTER_AIM)
    return {
        "tokens_per_second": tokens / median(ours),
        "two_models_over_paired": faster,
        "bulk_over_base": ratio(ours, base),
    }


def arguments() -> argparse.Namespace:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="*", choices=tuple(SHAPES), default=("1b", "8b", "14b"))
    parser.add_argument("--base", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--prompts", type=int, default=96)
    parser.add_argument("--at-a-time", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float16", "float32"))
    parser.add_argument("--seconds", type=float, default=500.0)
    parser.add_argument("--copied", type=int, default=COPIED, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tests", action="store_true")
    return parser.parse_args()


def measure(asked: argparse.Namespace, shape: str) -> dict[str, float | str]:
    """Everything of one model, or why it could not be measured."""
    device, dtype = torch.device("cuda"), getattr(torch, asked.dtype)
    begin = time.perf_counter()
    if asked.base:
        systems, alone = load(asked.base, asked.adapter, dtype, "cuda"), load(asked.base, None, dtype, "cuda")
    else:
        systems, alone = make_on(device, shape, dtype)
    model: Any = systems.base.model
    print(f"{shape}: {sum(one.numel() for one in model.parameters()) / 1e6:.0f} million parameters")
    if reason := unsupported(systems) or static_step(systems, strict=False)[1] or unsupported(alone):
        faults.append(f"{shape}: {reason}")
        return {"not_measured": reason}
    found = one_pair(systems, alone, asked.repeats, asked.copied) | bulk(systems, alone, asked)
    found["peak_gb"] = torch.cuda.max_memory_allocated() / 1e9
    return {**found, "seconds": time.perf_counter() - begin}


def run_tests() -> str:
    """Run the tests for a CUDA device; return what pytest says at its end, or why it was not run."""
    if lacking := [name for name in NEEDED if find_spec(name) is None]:
        return f"not run: {lacking[0]} is not installed"
    # The suite's own settings and fixtures are for the whole product, and would need Qt.
    alone = ("--noconftest", "-c", os.devnull, "--rootdir", str(ROOT), "-p", "tests.engine.conftest")
    command = [sys.executable, "-m", "pytest", "-q", *alone, "--import-mode=importlib", "-m", "gpu", *TESTS]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "FTCOMPARE_HOME": home}
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if ran.returncode:
        faults.append("the tests for a CUDA device")
        print(ran.stdout[-5000:])
    return ran.stdout.strip().splitlines()[-1]


ROWS = {
    "pair_seconds": ("one pair of 64 tokens, recording included (s)", "{:.3f}", ""),
    "step_ms": ("a step of one pair (ms)", "{:.2f}", ""),
    "eager_over_graphs": ("steps without graphs / with graphs", "{:.2f}", f"at least {GRAPHS_AIM:g}"),
    "bandwidth_share": ("share of the memory's bandwidth", "{:.2f}", f"at least {BANDWIDTH_AIM:g}"),
    "pair_over_base": ("one pair / the base alone on the same rows", "{:.2f}", f"at most {ADAPTER_AIM:g}"),
    "tokens_per_second": ("all prompts together (tokens/s)", "{:,.0f}", ""),
    "two_models_over_paired": (
        "two models one prompt at a time / paired", "{:.1f}", f"at least {ONE_BY_ONE_AIM:g}",
    ),
    "bulk_over_base": ("paired / the base alone on the same rows", "{:.2f}", f"at most {ADAPTER_AIM:g}"),
    "peak_gb": ("peak memory (GB)", "{:.1f}", ""),
}  # fmt: skip


def table(shapes: dict[str, dict[str, float | str]]) -> str:
    """Return the figures as a table in Markdown, one column for each shape."""
    lines = [f"| what | {' | '.join(shapes)} | aim |", f"|---|{'---|' * len(shapes)}---|"]
    for name, (words, form, aim) in ROWS.items():
        cells = (form.format(one[name]) if name in one else "not measured" for one in shapes.values())
        lines.append(f"| {words} | {' | '.join(cells)} | {aim} |")
    return "\n".join(lines)


def main() -> int:
    """Measure."""
    asked = arguments()
    if not torch.cuda.is_available():
        print("No CUDA device: writing in pairs on CUDA is not measured.")
        return 0
    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    versions = {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")}
    device = device_name(torch.device("cuda"))
    begin = time.perf_counter()
    print(f"{device}; {machine()}, {versions}, {asked.dtype}")
    tests = run_tests() if asked.tests else "not asked for"
    shapes: dict[str, dict[str, float | str]] = {}
    for shape in ("folder",) if asked.base else asked.shapes:
        if time.perf_counter() - begin > asked.seconds:
            shapes[shape] = {"not_measured": "the time was up"}
            continue
        torch.cuda.reset_peak_memory_stats()
        shapes[shape] = measure(asked, shape)
        gc.collect()
        torch.cuda.empty_cache()
    print(table(shapes))
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        found = {
            "device": device,
            "machine": machine(),
            "versions": versions,
            "dtype": asked.dtype,
            "tests": tests,
            "seconds": time.perf_counter() - begin,
            "shapes": shapes,
            "faults": faults,
            "missed": missed,
        }
        asked.out.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    if faults:
        print("Failed:", "; ".join(faults))
    if missed:
        print("Missed:", "; ".join(missed))
    return 1 if faults or (missed and asked.shapes != ["tiny"]) else 0


if __name__ == "__main__":
    sys.exit(main())
