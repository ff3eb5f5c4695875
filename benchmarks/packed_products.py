"""How much faster a CPU multiplies rows by packed weights than by plain ones.

    python benchmarks/packed_products.py [--repeats 5]

All products of one step of a Llama of 135 million parameters, on one thread, in turn: medians of processor
time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from statistics import median

import torch
from machine import machine, processor

from ftcompare.engine.backends.local.packed_weights import ARRANGEMENTS, CannotPack, product

SHAPES = [(576, 576), (192, 576), (192, 576), (576, 576), (1536, 576), (1536, 576), (576, 1536)] * 30
HEAD = 49152, 576
ROWS = 2, 8, 32

Products = list[tuple[int, Callable[[torch.Tensor], torch.Tensor]]]


def step(products: Products, rows: dict[int, torch.Tensor]) -> None:
    """One product with every matrix."""
    for inputs, multiply in products:
        multiply(rows[inputs])


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print(f"{machine()}, torch {torch.__version__}, one thread")
    with torch.inference_mode():
        for dtype in (torch.float32, torch.bfloat16):
            measure(dtype, repeats)


def measure(dtype: torch.dtype, repeats: int) -> None:
    """Every kind that this machine supports."""
    weights = [torch.randn(shape).mul(0.03).bfloat16().to(dtype) for shape in (*SHAPES, HEAD)]
    kinds: dict[str, Products] = {
        "plain": [(one.shape[1], partial(product, weight=one, bias=None)) for one in weights]
    }
    for kind in ARRANGEMENTS:
        try:
            kinds[getattr(kind, "__name__", "")] = [(one.shape[1], kind(one).product) for one in weights]
        except (CannotPack, RuntimeError) as error:
            print(f"{dtype}: {kind} is not possible here: {error}")
    for count in ROWS:
        rows = {inputs: torch.randn(count, inputs).to(dtype) for inputs in (576, 1536)}
        taken: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(repeats + 1):
            for name, products in kinds.items():
                taken[name].append(processor(partial(step, products, rows)))
        plain = median(taken["plain"][1:])
        for name, some in taken.items():
            found = median(some[1:])
            print(f"{dtype}, {count} rows, {name}: {found * 1e3:.1f} ms = {found / plain:.2f} of plain")


if __name__ == "__main__":
    main()
