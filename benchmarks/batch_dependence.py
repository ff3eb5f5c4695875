"""How far a response depends on what else is written at the same time, and that in strict mode it does not.

    python benchmarks/batch_dependence.py [--tokens 48] [--prompts 40]

The demonstration's prompts are written by base and adapter three times: all together, in the opposite order
and half of them only, and each by itself; shown is the share of responses that change. In exact arithmetic
none would. In floating point a product may be added up in another order when it has other rows beside it;
where two tokens are almost equally likely, that decides. Printed as Markdown, for docs/performance.md. Exits
with 1 if a strict response differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from machine import machine

from ftcompare.core.study import Message
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.protocol import Event, GenerationSettings, Item, Load, Pair, SystemRequest

DEMO = Path(__file__).parents[1] / "resources" / "demo"
GREEDY = GenerationSettings(batch_prompts=16)
SAMPLING = GenerationSettings(batch_prompts=16, temperature=0.8, top_p=0.95, seed=1)
Texts = dict[tuple[str, str], str]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--prompts", type=int, default=40)
    arguments = parser.parse_args()
    items = prompts()[: arguments.prompts]
    print(
        f"Machine: {machine()}. {len(items)} prompts, base and adapter, {arguments.tokens} tokens at most.\n"
    )
    print("| arithmetic | systems write | drawing | other neighbours | alone | other neighbours, strict |")
    print("|---|---|---|---|---|---|")
    worst = 0
    for dtype in ("float32", "bfloat16"):
        for stacked in (True, False):
            backend = loaded(dtype, stacked=stacked, items=items)
            for name, settings in (("greedy", GREEDY), ("sampling", SAMPLING)):
                found = dependence(backend, items, replace(settings, max_new_tokens=arguments.tokens))
                worst = max(worst, found[2])
                path = "together" if stacked else "in turn"
                print(f"| {dtype} | {path} | {name} | {found[0]:.1%} | {found[1]:.1%} | {found[2]} |")
    sys.exit(worst > 0)


def prompts() -> list[Item]:
    """The demonstration's."""
    lines = (DEMO / "prompts.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [Item(one["id"], tuple(Message(**turn) for turn in one["messages"])) for one in found]


def loaded(dtype: str, *, stacked: bool, items: Sequence[Item]) -> LocalBackend:
    """The demonstration's base and adapter, proved."""
    backend = LocalBackend(stacked=stacked)
    base = str(DEMO / "base")
    systems = (SystemRequest("base", base), SystemRequest("adapter", base, str(DEMO / "adapter")))
    backend.load(Load(systems, device="cpu", dtype=dtype))
    backend.verify(items)
    return backend


def dependence(
    backend: LocalBackend, items: Sequence[Item], settings: GenerationSettings
) -> tuple[float, float, int]:
    """Shares of responses that differ with other neighbours, and when alone; and strict ones that do."""
    together = written(backend, items, settings)
    others = written(backend, items[::-2], settings)
    alone: Texts = {}
    for item in items:
        alone |= written(backend, [item], settings)
    strict = replace(settings, strict=True)
    apart = differing(written(backend, items, strict), written(backend, items[::-2], strict))
    return (
        differing(together, others) / len(others),
        differing(together, alone) / len(alone),
        apart,
    )


def differing(one: Texts, other: Texts) -> int:
    """How many of those in both differ."""
    return sum(text != one[key] for key, text in other.items())


def written(backend: LocalBackend, items: Sequence[Item], settings: GenerationSettings) -> Texts:
    """What every system writes, by item and system."""
    events: list[Event] = []
    backend.emit = events.append
    backend.generate(items, settings)
    pairs = [event for event in events if isinstance(event, Pair)]
    return {(pair.item, one.system): one.text for pair in pairs for one in pair.responses}


if __name__ == "__main__":
    main()
