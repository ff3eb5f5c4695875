"""A million judgments: how long the import and the results take, and how much memory.

    python benchmarks/large_import.py [--judgments 1000000] [--prompts 20000] [--raters 50]
                                      [--profile | --compare]

A ``judgments`` file is made, imported into a new study as `ftcompare import` does and summarised as
`ftcompare results` does. Printed: seconds of each step by the clock and of the processor (which other
programs on the machine lengthen less), judgments a second, and the peak resident memory of the process
after it. Making the file does not count. ``--profile`` prints where the time goes instead (slower).
``--compare`` writes and reads the judgments one at a time as well, as judgments made here are, and prints
how much longer the processor takes (try 100,000). Exits with 1 if an aim is missed.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar
from unittest.mock import patch

from machine import machine, processor

from ftcompare.app.export.importing import import_file
from ftcompare.app.results.study_results import results
from ftcompare.core.scale import Scale
from ftcompare.core.study import AllocationId, JudgmentEvent
from ftcompare.store.judging.verdict_recorder import Target
from ftcompare.store.study import imports
from ftcompare.store.study.import_batch import JudgedPlace, JudgmentBatch
from ftcompare.store.study.study_file import StudyFile

SECONDS_AIM, MEMORY_AIM = 60.0, 2 * 1024**3
CATEGORIES = ("heart", "lungs", "brain", "skin")
SPLITS = ("trained", "paraphrase", "held_out")
CHOICES = ("a", "b", "b", "tie", "both_bad")
START = datetime(2026, 1, 1, tzinfo=UTC)
SENTENCE = "The heart pumps blood and its valves keep the flow one way. "
T = TypeVar("T")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--prompts", type=int, default=20_000)
    parser.add_argument("--raters", type=int, default=50)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--profile", action="store_true")
    how.add_argument("--compare", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "votes.jsonl"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(lines(chosen.judgments, chosen.prompts, chosen.raters))
        print(
            f"machine: {machine()}; {chosen.judgments:,} judgments, {source.stat().st_size / 2**20:.0f} MiB"
        )
        if chosen.compare:
            compare(source, Path(name))
            return 0
        took = measure(source, Path(name) / "votes.ftstudy", chosen.judgments, profiled=chosen.profile)
    held = took <= SECONDS_AIM and peak() <= MEMORY_AIM
    print(
        f"together {took:.1f} s, peak {peak() / 2**20:,.0f} MiB:",
        "the aims hold" if held else "AN AIM IS MISSED",
    )
    return 0 if held else 1


def lines(judgments: int, prompts: int, raters: int) -> Iterator[str]:
    """Rater after rater judges every prompt; texts of some 120 characters, a vote a second."""
    rng = Random(1)
    for number in range(judgments):
        prompt, rater = number % prompts, number // prompts % raters
        record = {
            "prompt": f"Question {prompt}: what does it do?",
            "prompt_id": f"p{prompt}",
            "system_a": "base",
            "system_b": "tuned",
            "response_a": f"{SENTENCE * 2}({prompt} base)",
            "response_b": f"{SENTENCE * (1 + prompt % 3)}({prompt} tuned)",
            "rater": f"rater {rater}",
            "choice": rng.choice(CHOICES),
            "left": "ab"[number % 2],
            "category": CATEGORIES[prompt % len(CATEGORIES)],
            "split": SPLITS[prompt % len(SPLITS)],
            "at": (START + timedelta(seconds=number)).isoformat(),
        }
        yield json.dumps(record) + "\n"


def measure(source: Path, path: Path, judgments: int, *, profiled: bool) -> float:
    """Seconds for import and results together."""
    with StudyFile.create(path, title="Large", scale=Scale(), rng=Random(1), now=START) as study:
        run = profile if profiled else timed
        _, importing = run("import", lambda: import_file(study, source, "judgments", now=START), judgments)
        found, summarising = run("results", lambda: results(study), judgments)
    assert found.summary.judgments == judgments
    return importing + summarising


class OneAtATime(JudgmentBatch):
    """Writes every judgment as a judgment made here is written."""

    def add(self, place: JudgedPlace, event: JudgmentEvent, origin: str) -> None:
        """Adds one judgment: three statements."""
        rater, comparison, kind, a_is_left, shown = place
        allocation = self._db.insert(
            "allocations", rater=rater, comparison=comparison, a_is_left=a_is_left, origin=origin, kind=kind
        )
        where = Target(
            AllocationId(allocation), rater, (allocation, comparison, None, None, a_is_left), shown
        )
        self._chains.append(where, event, event.at)


def compare(source: Path, folder: Path) -> None:
    """Prints the ratios of processor time: one at a time to as it is done."""
    importing, reading = [], []
    for batch in (JudgmentBatch, OneAtATime):
        path = folder / f"{batch.__name__}.ftstudy"
        with (
            patch.object(imports, "JudgmentBatch", batch),
            StudyFile.create(path, title="Large", scale=Scale(), rng=Random(1), now=START) as study,
        ):
            importing.append(processor(lambda: import_file(study, source, "judgments", now=START)))
            read: Callable[[], Iterator[object]] = (
                study.judgments.votes if batch is JudgmentBatch else study.judgments.standing
            )
            reading.append(processor(partial(exhaust, read)))
    for what, (now, one) in (("import", importing), ("reading the votes", reading)):
        print(f"{what}: {now:.1f} s; one at a time {one:.1f} s, {one / now:.1f} times as long")


def exhaust(read: Callable[[], Iterator[object]]) -> None:
    """Reads to the end."""
    for _ in read():
        pass


def timed(name: str, work: Callable[[], T], judgments: int) -> tuple[T, float]:
    """What the work gives, and how long it took."""
    before, worked = time.perf_counter(), time.process_time()
    found = work()
    seconds, worked = time.perf_counter() - before, time.process_time() - worked
    print(
        f"{name}: {seconds:.1f} s ({worked:.1f} s of the processor), "
        f"{judgments / seconds:,.0f} judgments a second, peak memory {peak() / 2**20:,.0f} MiB"
    )
    return found, seconds


def profile(name: str, work: Callable[[], T], judgments: int) -> tuple[T, float]:
    """The same under the profiler, with the functions that take longest."""
    profiler = cProfile.Profile()
    result = timed(name, lambda: profiler.runcall(work), judgments)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(18)
    return result


def peak() -> int:
    """Peak resident memory of this process in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    sys.exit(main())
