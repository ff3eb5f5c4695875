"""What reading shared tokens once saves, and what memory long prompts take, each in ratios of one run.

    python benchmarks/long_prompts.py [--only shared memory] [--prompts 32] [--shared 1500] [--own 50]
        [--answer 12] [--threads 1] [--repeats 1] [--dtype float32]

The model is that of `decoding.py`: a Llama of 135 million parameters with random weights, and an adapter of
rank 16 on all its linear layers. With `--threads 1` it is the processor's time that counts.

shared: prompts that begin with the same tokens, and short answers of both systems, against the same without
sharing (aim: 3 times as fast). memory: 16 rows of 8,000 tokens of which none are shared, through a model of
this shape with 2 layers; the most private memory beside the model, as a share of what was planned for the
rows. Exits with 1 if an aim is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import torch
from decoding import BOTH, in_turn, missed, ratio, tell
from decoding_model import PrivateMemory, Trace, build_135m, load, write_stacked
from machine import machine
from transformers.utils import logging

from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.stacked_lora import forward
from ftcompare.engine.backends.local.stacked_lora.decoder import LOGITS_BYTES
from ftcompare.engine.backends.local.stacked_lora.forward import PASS_TOKENS
from ftcompare.engine.backends.local.stacked_lora.kv_cache import BLOCK
from ftcompare.engine.backends.local.stacked_lora.prepared_model import stacked_layers, unsupported
from ftcompare.engine.backends.local.systems import LoadedSystems

AIM = 3.0
LONG, LONG_PROMPTS, LONG_LAYERS = 8000, 8, 2
NEVER = 1 << 30


def prompts(count: int, shared: int, own: int, answer: int) -> Trace:
    """Prompts whose first tokens are the same."""
    random = Random(1)
    common = tuple(random.randrange(1, 1000) for _ in range(shared))
    made = [
        Encoded(f"p{number}", (*common, *(random.randrange(1, 1000) for _ in range(own))), answer)
        for number in range(count)
    ]
    return Trace(tuple(made), {(one.key, key): answer for one in made for key in BOTH})


def apart(systems: LoadedSystems, rows: Trace, at_a_time: int) -> None:
    """Every prompt whole."""
    least = forward.LEAST_SHARED
    vars(forward)["LEAST_SHARED"] = NEVER
    try:
        write_stacked(systems, BOTH, rows, at_a_time)
    finally:
        vars(forward)["LEAST_SHARED"] = least


def shared(systems: LoadedSystems, asked: argparse.Namespace) -> None:
    """With and without sharing."""
    rows = prompts(asked.prompts, asked.shared, asked.own, asked.answer)
    write_stacked(systems, BOTH, prompts(1, 8, 8, 2), 1)
    once, whole = in_turn(
        asked.repeats,
        lambda: write_stacked(systems, BOTH, rows, 16),
        lambda: apart(systems, rows, 16),
        warm=False,
    )
    print(f" {asked.prompts} prompts x 2 systems, {asked.shared} shared tokens, {asked.own} of their own,"
          f" answers of {asked.answer}: {min(once):.1f} s shared, {min(whole):.1f} s not")  # fmt: skip
    tell("without sharing / with sharing", ratio(whole, once), AIM, least=True)


def memory(folder: Path, dtype: torch.dtype) -> None:
    """What long prompts take beside the model, against the plan for their rows."""
    systems = load(*build_135m(folder, layers=LONG_LAYERS, context=2 * LONG), dtype)
    unsupported(systems)
    _, token = stacked_layers(systems)
    write_stacked(systems, BOTH, prompts(2, 0, 300, 2), 2)
    rows = prompts(LONG_PROMPTS, 0, LONG, 4)
    slots = LONG_PROMPTS * 2 * (token * (LONG + 4 + BLOCK) + LOGITS_BYTES * systems.base.model.vocab_size)
    plan = slots + 2 * token * (LONG + 4 + PASS_TOKENS["cpu"])
    with PrivateMemory() as meter:
        write_stacked(systems, BOTH, rows, LONG_PROMPTS)
        meter.grown()
    print(f" {2 * LONG_PROMPTS} rows of {LONG} tokens: at most {meter.most / 1e6:.0f} MB beside the model;"
          f" planned {plan / 1e6:.0f} MB, of which {slots / 1e6:.0f} for the rows")  # fmt: skip
    tell("memory / plan", meter.most / plan, 1.0)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=("shared", "memory"), default=("shared", "memory"))
    for name, number in (("prompts", 32), ("shared", 1500), ("own", 50), ("answer", 12)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--dtype", default="float32", choices=("bfloat16", "float32"))
    asked = parser.parse_args()
    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    torch.set_num_threads(asked.threads)
    dtype = getattr(torch, asked.dtype)
    print(f"{machine()}, torch {torch.__version__} with {asked.threads} threads, {asked.dtype}")
    with tempfile.TemporaryDirectory() as place:
        if "shared" in asked.only:
            systems = load(*build_135m(Path(place)), dtype)
            if reason := unsupported(systems):
                raise SystemExit(reason)
            shared(systems, asked)
        if "memory" in asked.only:
            memory(Path(place) / "long", dtype)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
