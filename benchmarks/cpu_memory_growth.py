"""What a CPU process keeps after products of many shapes, with the engine's settings and without.

    python benchmarks/cpu_memory_growth.py [--rows 160]

Prompts come in all lengths, so writing makes products of all shapes, and oneDNN keeps each ready. Every
figure is of a process of its own, which multiplies 1 to so many rows with the four kinds of weights of a
Llama of 135 million parameters in bfloat16.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from machine import machine, memory_private

from ftcompare.engine.worker import THRIFTY

SHAPES = ((960, 576), (576, 576), (3072, 576), (576, 1536))


def main() -> int:
    """Measure both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=160)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(*multiply(chosen.rows))
        return 0
    print(f"machine: {machine()}; {chosen.rows * len(SHAPES)} shapes")
    plain, seconds = in_a_process(chosen.rows, {})
    thrifty, longer = in_a_process(chosen.rows, THRIFTY)
    print(f"kept as libraries have it: {plain:.0f} MB after {seconds:.2f} s of the processor")
    print(f"kept with {THRIFTY}: {thrifty:.0f} MB after {longer:.2f} s: {thrifty / plain:.2f} of it")
    return 0


def in_a_process(rows: int, environment: dict[str, str]) -> tuple[float, float]:
    """Megabytes and seconds of the processor."""
    bare = {name: value for name, value in os.environ.items() if name not in THRIFTY}
    command = [sys.executable, __file__, "--one", "--rows", str(rows)]
    found = subprocess.run(command, env=bare | environment, check=True, capture_output=True, text=True).stdout
    kept, seconds = found.split()
    return float(kept), float(seconds)


def multiply(rows: int) -> tuple[float, float]:
    """What this process holds more after the products, and how long they took it."""
    import torch

    torch.set_num_threads(1)
    weights = [torch.ones(shape, dtype=torch.bfloat16) for shape in SHAPES]
    before, began = memory_private(), time.process_time()
    with torch.inference_mode():
        for count in range(1, rows + 1):
            for weight in weights:
                torch.nn.functional.linear(torch.ones(count, weight.shape[1], dtype=torch.bfloat16), weight)
    return (memory_private() - before) / 1e6, time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
