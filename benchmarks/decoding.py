"""How much faster base and adapter write together than apart, in ratios of one run.

    python benchmarks/decoding.py [--only pair bulk memory queue neighbours] [--prompts 48]
        [--at-a-time 16] [--repeats 5] [--dtype bfloat16] [--device cpu] [--threads 0] [--profile]

A Llama of 135 million parameters with random weights, an adapter of rank 16 on all its linear layers,
answers of forced lengths (log-normal, median 60, at most 192); then the demo model. What is compared runs
in turn, so that other load on the machine hits all alike, and with `--threads 1` it is the processor's time
that counts; a ratio is the median over the repeats. Exits with 1 if an aim is missed.

pair: one pair of 64 tokens against one answer of the base alone, by transformers' `generate` (aim) and by
our own loop. bulk: against adapter on and off in padded batches; against two models one prompt at a time
(of every eighth prompt, scaled by its tokens); against the base alone on the same rows. memory: what a
process with one pair holds of its own, against one with base and merged fine-tune, each of which has written
one answer, both beside what it held when the demo model had written. queue: 10,000 prompts, what is not spent
in passes and drawing. neighbours: how many greedy texts change with the batch, on the demo model.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from decoding_model import (
    END,
    PrivateMemory,
    Trace,
    build_135m,
    build_merged,
    load,
    single,
    trace,
    write_on_and_off,
    write_padded,
    write_stacked,
)  # fmt: skip
from decoding_profile import profile
from machine import machine
from transformers.utils import logging

from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.prompts import Encoded, encode_item
from ftcompare.engine.backends.local.stacked_lora import forward as passes_module
from ftcompare.engine.backends.local.stacked_lora.decoder import StackedLoraDecoder
from ftcompare.engine.backends.local.stacked_lora.prepared_model import unsupported
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.backends.local.typed_transformers import give_heap_back, memory_resident
from ftcompare.engine.protocol import Event, GenerationSettings, Item, Pair
from ftcompare.engine.worker import THRIFTY
from ftcompare.formats.prompts import read_prompts

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "resources" / "demo"
PARTS = ("pair", "bulk", "memory", "queue", "neighbours")
PAIR_TOKENS = 64
PAIR_AIM, PADDED_AIM, ONE_BY_ONE_AIM, LORA_AIM, MEMORY_AIM, QUEUE_AIM = 1.15, 2.0, 3.0, 1.10, 0.55, 0.02
QUEUED = 10_000
BOTH = ("base", "tuned")

missed: list[str] = []


def tell(what: str, found: float, aim: float, *, least: bool = False) -> None:
    """A ratio beside its aim."""
    reached = found >= aim if least else found <= aim
    if not reached:
        missed.append(what)
    wanted = f"aim at {'least' if least else 'most'} {aim:g}{'' if reached else ', MISSED'}"
    print(f"  {what}: {found:.2f} ({wanted})")


def in_turn(repeats: int, *works: Callable[[], object], warm: bool = True) -> list[list[float]]:
    """Seconds of each, in turn, after one round that does not count (``warm``)."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    taken: list[list[float]] = [[] for _ in works]
    for repeat in range(0 if warm else 1, repeats + 1):
        for at, work in enumerate(works):
            begin = clock()
            work()
            if repeat:
                taken[at].append(clock() - begin)
    return taken


def ratio(above: list[float], below: list[float]) -> float:
    """The median of the repeats' ratios."""
    return median(a / b for a, b in zip(above, below, strict=True))


def one_pair(systems: LoadedSystems, alone: LoadedSystems, repeats: int) -> None:
    """One pair against one answer of the base alone, which has never seen an adapter."""
    one = single(PAIR_TOKENS)
    pair, ours, theirs = in_turn(
        repeats,
        lambda: write_stacked(systems, BOTH, one, 1),
        lambda: write_stacked(alone, BOTH[:1], one, 1),
        lambda: write_padded(alone, "base", one.prompts, [PAIR_TOKENS]),
    )
    print(f" One pair of {PAIR_TOKENS} tokens: {median(pair):.2f} s")
    print(f"  the base alone: {median(theirs):.2f} s by generate, {median(ours):.2f} s by our loop")
    tell("one pair / the base alone by generate", ratio(pair, theirs), PAIR_AIM)
    print(f"  one pair / the base alone by our loop: {ratio(pair, ours):.2f}")


def one_by_one(systems: LoadedSystems, rows: Trace, prompts: Sequence[Encoded]) -> None:
    """As two models would, in turn."""
    for prompt in prompts:
        for key in BOTH:
            write_padded(systems, key, [prompt], [rows.lengths[prompt.key, key]])


def bulk(systems: LoadedSystems, alone: LoadedSystems, rows: Trace, at_a_time: int, repeats: int) -> None:
    """Many prompts."""
    twice = rows.twice()
    few = rows.prompts[::8]
    ours, base_only, on_off, apart = in_turn(
        repeats,
        lambda: write_stacked(systems, BOTH, rows, at_a_time),
        lambda: write_stacked(alone, BOTH[:1], twice, 2 * at_a_time),
        lambda: write_on_and_off(systems, rows, at_a_time),
        lambda: one_by_one(systems, rows, few),
    )
    tokens = sum(rows.lengths.values())
    share = sum(rows.lengths[p.key, key] for p in few for key in BOTH) / tokens
    apart = [seconds / share for seconds in apart]
    print(f" {len(rows.prompts)} pairs, {at_a_time} at a time, {tokens} tokens: {median(ours):.1f} s"
          f" ({tokens / median(ours):.0f} tokens/s); padded on and off {median(on_off):.1f} s; one by one"
          f" {median(apart):.0f} s; the base alone on the same rows {median(base_only):.1f} s")  # fmt: skip
    tell("adapter on and off in padded batches / paired", ratio(on_off, ours), PADDED_AIM, least=True)
    tell("two models one prompt at a time / paired", ratio(apart, ours), ONE_BY_ONE_AIM, least=True)
    tell("paired / the base alone on the same rows", ratio(ours, base_only), LORA_AIM)


def memory(folder: Path, asked: argparse.Namespace) -> None:
    """Each in processes of its own, in turn."""
    build_merged(folder)
    found = [[_in_process(folder, asked, kind) for kind in ("paired", "two")] for _ in range(asked.repeats)]
    for at, what in enumerate(("held when written", "the most since loading began")):
        pair, two = ([one[side][at] for one in found] for side in (0, 1))
        print(f" Memory, {what}: one pair {_megabytes(pair)}, two models {_megabytes(two)}")
        tell(f"one pair / two loaded models, {what}", median(pair) / median(two), MEMORY_AIM)


def _megabytes(found: list[int]) -> str:
    return f"{median(found) / 1e6:.0f} MB ({min(found) / 1e6:.0f} to {max(found) / 1e6:.0f})"


def _in_process(folder: Path, asked: argparse.Namespace, kind: str) -> tuple[int, int]:
    command = [sys.executable, __file__, "--memory-of", kind, "--folder", str(folder)]
    command += ["--dtype", asked.dtype, "--threads", str(asked.threads)]
    environment = {**THRIFTY, **os.environ}  # the engine's own, on both sides alike
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found = done.stdout.split()
    return int(found[-2]), int(found[-1])


def _tidy() -> None:
    """On both sides alike: what is free does not count, wherever the allocator has it."""
    gc.collect()
    give_heap_back()


def memory_of(kind: str, folder: Path, dtype: torch.dtype) -> None:
    """Print the private bytes that this process holds more than before, when done and at most.

    Before, the demo model has written in both ways. The models lie in folders of their own: of one file
    mapped twice the system would hold one copy.
    """
    one = single(PAIR_TOKENS)
    small = load(DEMO / "base", DEMO / "adapter", dtype)
    write_stacked(small, BOTH, one, 1)  # what libraries take for themselves at their first use
    for key in BOTH:
        write_padded(small, key, one.prompts, [PAIR_TOKENS])
    _tidy()
    with PrivateMemory() as meter:
        if kind == "paired":
            systems = load(folder / "base", folder / "adapter", dtype)
            unsupported(systems)
            write_stacked(systems, BOTH, one, 1)
        else:
            models = [load(folder / name, None, dtype) for name in ("base", "merged")]
            for model in models:
                write_padded(model, "base", one.prompts, [PAIR_TOKENS])
        _tidy()
        held = meter.grown()
    print(held, meter.most)


def queue(systems: LoadedSystems) -> None:
    """10,000 prompts through the scheduler, with passes that take no time; against the time of true ones."""
    rows = trace(QUEUED)
    rows = replace(rows, lengths={place: max(length // 8, 1) for place, length in rows.lengths.items()})
    spent = _with_empty_passes(systems, rows)
    steps = in_turn(2, lambda: write_stacked(systems, BOTH, trace(16), 16))[0]
    true = median(steps) / sum(trace(16).lengths.values())
    print(f" {QUEUED} prompts queued: {spent['per token'] * 1e6:.0f} µs a token beside passes, drawing too;"
          f" a true token takes {true * 1e6:.0f} µs")  # fmt: skip
    print(f"  memory grew by {spent['grown'] / 1e6:.1f} MB from a tenth of them to the end")
    tell("scheduler / a true token", spent["per token"] / true, QUEUE_AIM)


def _with_empty_passes(systems: LoadedSystems, rows: Trace) -> dict[str, float]:
    """Seconds a token that are spent outside of passes, and bytes by which memory grew."""
    run = passes_module.Forward._run
    logits = torch.zeros(64, 1024)
    logits[:, 7] = 1
    held: list[int] = []
    inside = [0.0]

    def empty(_: object, ids: torch.Tensor, *more: Any) -> torch.Tensor:
        begin = time.perf_counter()
        shape = len(ids), 1, ids.shape[1], 8
        more[2].update(torch.zeros(shape), torch.zeros(shape), 0)
        inside[0] += time.perf_counter() - begin
        return logits[: len(more[3]) if more[3:] else len(ids)]

    def note(event: Event) -> None:
        if isinstance(event, Pair):
            held.append(memory_resident() if len(held) % 1000 == 0 else 0)

    forward: Any = passes_module.Forward
    forward._run = empty
    try:
        return _timed(systems, rows, note, held, inside)
    finally:
        forward._run = run


def _timed(
    systems: LoadedSystems, rows: Trace, note: Callable[[Event], None], held: list[int], inside: list[float]
) -> dict[str, float]:
    from decoding_model import forced

    unsupported(systems)
    monitor = ProgressMonitor(len(rows.prompts), (END,), note, lambda: False)
    begin = time.perf_counter()
    with forced(rows.lengths, systems.base.end_tokens):
        StackedLoraDecoder(systems, BOTH, GenerationSettings(batch_prompts=16), monitor).write(rows.prompts)
    taken = time.perf_counter() - begin - inside[0]
    return {"per token": taken / sum(rows.lengths.values()), "grown": held[-1000] - held[1000]}


def neighbours(dtype: torch.dtype) -> None:
    """How many greedy texts of the demo model are the same, one prompt at a time and 16."""
    systems = load(DEMO / "base", DEMO / "adapter", dtype)
    items = [Item(p.key, p.messages) for p in read_prompts(DEMO / "prompts.jsonl")]
    prompts = [one for item in items if isinstance(one := encode_item(item, systems.base, 96), Encoded)]
    texts = [_texts(systems, prompts, GenerationSettings(batch_prompts=size)) for size in (1, 4, 16)]
    again = _texts(systems, prompts[::-1], GenerationSettings(strict=True))
    strict = _texts(systems, prompts[: len(prompts) // 2], GenerationSettings(strict=True))
    for size, found in zip((4, 16), texts[1:], strict=True):
        same = sum(texts[0][place] == found[place] for place in found)
        print(
            f"  {dtype}: {same} of {len(found)} texts are the same with {size} prompts at a time as with one"
        )
    same = sum(strict[place] == again[place] for place in strict)
    print(f"  {dtype}: strict, {same} of {len(strict)} are the same whatever else is written")


def _texts(
    systems: LoadedSystems, prompts: list[Encoded], settings: GenerationSettings
) -> dict[tuple[str, str], str]:
    events: list[Event] = []
    monitor = ProgressMonitor(len(prompts), systems.base.end_tokens, events.append, lambda: False)
    StackedLoraDecoder(systems, BOTH, settings, monitor).write(prompts)
    pairs = [event for event in events if isinstance(event, Pair)]
    return {(pair.item, one.system): one.text for pair in pairs for one in pair.responses}


def demo(repeats: int) -> None:
    """The demo model: so small that it is Python's time that counts."""
    systems, alone = (load(DEMO / "base", path, torch.float32) for path in (DEMO / "adapter", None))
    limit = systems.base.context - 1
    rows = trace(48)
    rows = replace(rows, prompts=tuple(replace(p, ids=p.ids[: limit // 2]) for p in rows.prompts))
    torch.set_num_threads(1)
    one_pair(systems, alone, repeats)
    bulk(systems, alone, rows, 16, repeats)


def arguments() -> argparse.Namespace:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--at-a-time", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--no-demo", action="store_true")
    parser.add_argument("--memory-of", choices=("paired", "two"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Measure."""
    asked = arguments()
    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    dtype = getattr(torch, asked.dtype)
    if asked.threads:
        torch.set_num_threads(asked.threads)
    if asked.memory_of:
        memory_of(asked.memory_of, asked.folder, dtype)
        return 0
    print(f"{machine()}, torch {torch.__version__} with {torch.get_num_threads()} threads, {asked.dtype}")
    with tempfile.TemporaryDirectory() as place:
        measure(asked, dtype, build_135m(Path(place)), Path(place))
    if missed:
        print("Missed:", "; ".join(missed))
    return 1 if missed else 0


def measure(asked: argparse.Namespace, dtype: torch.dtype, paths: tuple[Path, Path], folder: Path) -> None:
    """All parts that are asked for."""
    if "memory" in asked.only:
        memory(folder, asked)
    systems, alone = load(paths[0], paths[1], dtype, asked.device), load(paths[0], None, dtype, asked.device)
    if reason := unsupported(systems):
        raise SystemExit(reason)
    if "pair" in asked.only:
        one_pair(systems, alone, asked.repeats)
    if "bulk" in asked.only:
        bulk(systems, alone, trace(asked.prompts), asked.at_a_time, asked.repeats)
    if asked.profile:
        profile(systems, alone, asked.at_a_time)
    if "queue" in asked.only:
        queue(systems)
    if not asked.no_demo:
        print("The demo model, float32, one thread")
        demo(asked.repeats)
    if "neighbours" in asked.only:
        for one in (torch.float32, torch.bfloat16):
            neighbours(one)


if __name__ == "__main__":
    sys.exit(main())
