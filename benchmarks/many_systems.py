"""Many systems in one study: how long the results take and how much memory, for 50 to 800 systems.

    python benchmarks/many_systems.py [--systems 50 200 800] [--every-pair 200] [--prompts 20]

For each size a study is imported in which every system meets two others on each prompt, so that judgments
and judged pairs grow as systems do; for each size of ``--every-pair`` one in which each two systems meet
once. A process of its own then does what `ftcompare results --json` does. Printed: seconds of the
processor's time and peak resident memory of that whole process, from its start, and the ratio of the seconds
to those of the smallest size times how many more systems there are; 1 is linear. Exits with 1 if 200 systems
take more than 5 s or 500 MB. About two minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from random import Random

from large_import import START, peak
from machine import machine

from ftcompare.app.export.importing import import_file
from ftcompare.app.results.json_document import results_json
from ftcompare.core.scale import Scale
from ftcompare.store.study.study_file import StudyFile

SECONDS_AIM, MEMORY_AIM, AIM_AT = 5.0, 500e6, 200
CHOICES = ("a", "b", "b", "tie", "both_bad")
RATERS = 5


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--systems", type=int, nargs="+", default=[50, 200, 800])
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--every-pair", type=int, nargs="*", default=[200])
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read is not None:
        print(json.dumps(read(chosen.read)))
        return 0
    print(f"machine: {machine()}")
    found = [told(systems, chosen.prompts, every_pair=False) for systems in chosen.systems]
    for systems, (seconds, _) in zip(chosen.systems[1:], found[1:], strict=True):
        ratio = seconds / (found[0][0] * systems / chosen.systems[0])
        print(f"{systems:,} systems to {chosen.systems[0]:,}: {ratio:.2f} of linear growth")
    found += [told(systems, chosen.prompts, every_pair=True) for systems in chosen.every_pair]
    sizes = [*chosen.systems, *chosen.every_pair]
    held = all(
        systems > AIM_AT or (seconds <= SECONDS_AIM and memory <= MEMORY_AIM)
        for systems, (seconds, memory) in zip(sizes, found, strict=True)
    )
    print(
        "the aims hold" if held else "AN AIM IS MISSED", f"({SECONDS_AIM:.0f} s, 500 MB at {AIM_AT} systems)"
    )
    return 0 if held else 1


def told(systems: int, prompts: int, *, every_pair: bool) -> tuple[float, int]:
    """Seconds and peak bytes of one study, printed."""
    seconds, memory, judgments, pairs = measured(systems, prompts, every_pair=every_pair)
    print(
        f"{systems:,} systems, {judgments:,} judgments of {'all ' if every_pair else ''}{pairs:,} pairs: "
        f"{seconds:.1f} s, peak {memory / 1e6:,.0f} MB",
        flush=True,
    )
    return seconds, memory


def measured(systems: int, prompts: int, *, every_pair: bool) -> tuple[float, int, int, int]:
    """Seconds, peak bytes, judgments and pairs of a study made for it."""
    with tempfile.TemporaryDirectory() as name:
        source, path = Path(name) / "votes.jsonl", Path(name) / "many.ftstudy"
        drawn = list(every(systems, prompts) if every_pair else some(systems, prompts))
        with source.open("w", encoding="utf-8") as file:
            file.writelines(lines(drawn))
        with StudyFile.create(path, title="Many", scale=Scale(), rng=Random(1), now=START) as study:
            import_file(study, source, "judgments", now=START)
        command = [sys.executable, __file__, "--read", str(path)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory, len(drawn), len({(a, b) for _, a, b in drawn})


def some(systems: int, prompts: int) -> Iterator[tuple[int, int, int]]:
    """On each prompt all systems stand in a circle drawn again, and neighbours meet: prompt and the two."""
    rng = Random(systems)
    for prompt in range(prompts):
        order = rng.sample(range(systems), systems)
        for place, one in enumerate(order):
            other = order[place - 1]
            yield prompt, min(one, other), max(one, other)


def every(systems: int, prompts: int) -> Iterator[tuple[int, int, int]]:
    """Each two systems meet once: prompt and the two."""
    for number, (a, b) in enumerate(combinations(range(systems), 2)):
        yield number % prompts, a, b


def lines(drawn: list[tuple[int, int, int]]) -> Iterator[str]:
    """A file of judgments; a system with a higher number is the better one, a little."""
    rng = Random(1)
    for number, (prompt, a, b) in enumerate(drawn):
        record = {
            "prompt": f"Question {prompt}: what does it do?",
            "prompt_id": f"p{prompt}",
            "system_a": f"system {a:04}",
            "system_b": f"system {b:04}",
            "response_a": f"The answer of {a} to {prompt}. " * (1 + (a + prompt) % 3),
            "response_b": f"The answer of {b} to {prompt}. " * (1 + (b + prompt) % 3),
            "rater": f"rater {number % RATERS}",
            "choice": rng.choice(CHOICES),
            "left": "ab"[number % 2],
        }
        yield json.dumps(record) + "\n"


def read(path: Path) -> tuple[float, int]:
    """Processor seconds and peak bytes of this process, once it has the results as a document."""
    with StudyFile.open(path, now=START) as study:
        json.dumps(results_json(study))
    return time.process_time(), peak()


if __name__ == "__main__":
    sys.exit(main())
