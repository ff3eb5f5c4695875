"""How fast base and adapter write together on a CUDA device, in ratios of one run.

    python benchmarks/cuda_decoding.py [--base FOLDER --adapter FOLDER] [--prompts 96] [--at-a-time 48]
        [--repeats 5] [--dtype bfloat16]

Without folders the model and the lengths are those of benchmarks/decoding.py. graphs: one pair of 64 tokens
by steps computed operation by operation, against steps replayed as CUDA graphs. bulk: two models one prompt
at a time (of every eighth prompt, scaled by its tokens) against all together. bandwidth: the bytes that a
step of one pair must read (weights, adapters, keys and values) times its steps a second, as a share of what
the device copies a second, reading and writing counted; the drawing of tokens is in it. Exits with 1 if an
aim is missed, and with 0 and a line where there is no CUDA device.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch
from decoding import BOTH, PAIR_TOKENS, in_turn, missed, one_by_one, ratio, tell
from decoding_model import build_135m, load, single, trace, write_stacked
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

GRAPHS_AIM, ONE_BY_ONE_AIM, BANDWIDTH_AIM = 1.0, 8.0, 0.75
COPIED = 1 << 30


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


def one_pair(systems: LoadedSystems, repeats: int) -> None:
    """Graphs, and how near they come to what memory gives."""
    one = single(PAIR_TOKENS)
    graphs, eager = in_turn(repeats, lambda: write_stacked(systems, BOTH, one, 1), lambda: eagerly(systems))
    print(f" One pair of {PAIR_TOKENS} tokens: {median(graphs):.3f} s with graphs, recording them included")
    tell("steps without graphs / with graphs", ratio(eager, graphs), GRAPHS_AIM, least=True)
    seconds = seconds_per_step(systems, repeats)
    share = bytes_per_step(systems) / seconds / bandwidth(systems.base.device, repeats)
    print(f"  a step takes {seconds * 1e3:.2f} ms")
    tell("share of the memory's bandwidth", share, BANDWIDTH_AIM, least=True)


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


def bandwidth(device: torch.device, repeats: int) -> float:
    """Bytes read and written a second, copying within the device."""
    source = torch.zeros(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    taken = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        target.copy_(source)
        target[-1].item()
        taken.append(time.perf_counter() - begin)
    return 2 * COPIED / median(taken[1:])


def bulk(systems: LoadedSystems, prompts: int, at_a_time: int, repeats: int) -> None:
    """Many prompts."""
    rows = trace(prompts)
    few = rows.prompts[::8]
    ours, apart = in_turn(
        repeats,
        lambda: write_stacked(systems, BOTH, rows, at_a_time),
        lambda: one_by_one(systems, rows, few),
    )
    tokens = sum(rows.lengths.values())
    share = sum(rows.lengths[one.key, key] for one in few for key in BOTH) / tokens
    print(f" {prompts} pairs, {at_a_time} at a time: {tokens / median(ours):.0f} tokens/s")
    apart = [seconds / share for seconds in apart]
    tell("two models one prompt at a time / paired", ratio(apart, ours), ONE_BY_ONE_AIM, least=True)


def arguments() -> argparse.Namespace:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--prompts", type=int, default=96)
    parser.add_argument("--at-a-time", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float16", "float32"))
    return parser.parse_args()


def measure(asked: argparse.Namespace, folder: Path, device: str) -> None:
    """All of it."""
    base, adapter = (asked.base, asked.adapter) if asked.base else build_135m(folder)
    systems = load(base, adapter, getattr(torch, asked.dtype), device)
    reason = unsupported(systems) or static_step(systems, strict=False)[1]
    if reason:
        raise SystemExit(reason)
    print(f"{device_name(systems.base.device)}; {machine()}, torch {torch.__version__}, {asked.dtype}")
    one_pair(systems, asked.repeats)
    bulk(systems, asked.prompts, asked.at_a_time, asked.repeats)


def main() -> int:
    """Measure."""
    asked = arguments()
    if not torch.cuda.is_available():
        print("No CUDA device: writing in pairs on CUDA is not measured.")
        return 0
    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    with tempfile.TemporaryDirectory() as place:
        measure(asked, Path(place), "cuda")
    if missed:
        print("Missed:", "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
