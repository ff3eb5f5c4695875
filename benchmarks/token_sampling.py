"""What drawing tokens costs, against noise for the whole vocabulary; and how well systems are coupled.

    python benchmarks/token_sampling.py [--rounds 15]

Logits fall with the logarithm of the rank, as those of language models do. Compared with Gumbel noise from
numpy for every token and, for top-p, the sorting of all by transformers. Times are the best of all rounds of
this thread's own time, for 16 rows. Printed as Markdown, for docs/performance.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from machine import machine
from transformers import TopPLogitsWarper

from ftcompare.engine.backends.local.sampling import RandomStream, Sampler
from ftcompare.engine.protocol import GenerationSettings

ROWS = 16
VOCABULARIES = (50_000, 150_000)
DRAWS = 4000
CASES = (
    GenerationSettings(temperature=1.0),
    GenerationSettings(temperature=0.7, top_p=0.95),
    GenerationSettings(temperature=0.7, top_k=50),
    GenerationSettings(temperature=0.7, min_p=0.05, repetition_penalty=1.1),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print(f"Machine: {machine()}, one thread, {ROWS} rows.\n")
    print("| vocabulary | settings | ms a row | noise for all, ms a row | ratio |\n|---|---|---|---|---|")
    for vocabulary in VOCABULARIES:
        logits = zipf(vocabulary)
        for settings in CASES:
            mine = best(drawing(logits, settings), rounds) / ROWS
            other = best(partial(whole_vocabulary, logits, settings), 3) / ROWS
            print(f"| {vocabulary:,} | {words(settings)} | {mine:.2f} | {other:.2f} | {other / mine:.1f} |")
    print("\n| total variation between two systems | same token, coupled | bound | independent |")
    print("|---|---|---|---|")
    for noise in (0.0, 0.1, 0.3, 1.0):
        apart, coupled, bound, free = coupling(noise)
        print(f"| {apart:.2f} | {coupled:.1%} | {bound:.1%} | {free:.1%} |")


def zipf(vocabulary: int) -> torch.Tensor:
    """Logits (rows, vocabulary)."""
    chance = torch.Generator().manual_seed(1)
    fall = -1.56 * torch.arange(1, vocabulary + 1).log()
    return torch.stack([fall[torch.randperm(vocabulary, generator=chance)] for _ in range(ROWS)])


def drawing(logits: torch.Tensor, settings: GenerationSettings) -> Callable[[], object]:
    """A draw of a token for every row, each after a prompt of 300 tokens."""
    sampler = Sampler(settings)
    streams = [sampler.stream(str(row), "base", 0, range(300)) for row in range(len(logits))]
    return lambda: sampler.draw(logits, streams)


def whole_vocabulary(logits: torch.Tensor, settings: GenerationSettings) -> torch.Tensor:
    """The same with noise for every token; penalty, top-k and min-p left out."""
    scores: Any = logits / settings.temperature
    if settings.top_p < 1:
        scores = TopPLogitsWarper(settings.top_p)(scores, scores)
    rows = []
    for row in range(len(logits)):
        chance = np.random.Generator(np.random.Philox(key=row))
        rows.append(-np.log(-np.log(chance.random(logits.shape[1]))))
    return torch.as_tensor((scores + torch.from_numpy(np.stack(rows))).argmax(1))


def best(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds of the fastest round."""
    times = []
    for _ in range(rounds):
        begin = time.thread_time()
        work()
        times.append(time.thread_time() - begin)
    return min(times) * 1000


def words(settings: GenerationSettings) -> str:
    """What differs from the default."""
    plain = GenerationSettings()
    names = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")
    found = ((name, getattr(settings, name)) for name in names)
    return ", ".join(f"{name} {value:g}" for name, value in found if value != getattr(plain, name))


def coupling(noise: float) -> tuple[float, float, float, float]:
    """Mean total variation, how often both draw the same, the race's bound, and so if independent."""
    chance = torch.Generator().manual_seed(2)
    base = torch.randn(DRAWS, 1000, generator=chance) * 3
    other = base + torch.randn(DRAWS, 1000, generator=chance) * noise
    apart = (base.softmax(1) - other.softmax(1)).abs().sum(1) / 2
    settings = GenerationSettings(temperature=1.0)
    shares = []
    for one in (settings, replace(settings, coupling="independent")):
        drawn = [Sampler(one).draw(logits, streams(one, key)) for key, logits in (("a", base), ("b", other))]
        shares.append(sum(a == b for a, b in zip(*drawn, strict=True)) / DRAWS)
    return float(apart.mean()), shares[0], float(((1 - apart) / (1 + apart)).mean()), shares[1]


def streams(settings: GenerationSettings, system: str) -> list[RandomStream]:
    """One a row."""
    return [Sampler(settings).stream(str(row), system, 0, ()) for row in range(DRAWS)]


if __name__ == "__main__":
    main()
