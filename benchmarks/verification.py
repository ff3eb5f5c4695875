"""What it costs to prove the judgments of a study whenever results are made of them.

    python benchmarks/verification.py [--judgments 50000] [--prompts 2500] [--rounds 5]

Two studies, one with judgments made here (orders and sides committed to, times), one with as many imported.
`ftcompare results STUDY` is run on each by turns with the proof and without it, each in a process of its
own. Printed: seconds of the processor of the quickest run of each (which other programs on the machine
lengthen least), and what the proof takes of the time of `results` without it. Also the full proof of
`ftcompare check`, and how long the proof takes again in the same process after one more judgment. Exits
with 1 if the proof takes more than a tenth.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random

from large_import import CATEGORIES, SENTENCE, SPLITS, START, lines
from machine import machine, processor

from ftcompare.app.export.importing import import_file
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    RaterId,
    ResponseDraft,
    Split,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile

MOST = 0.10
CHOICES = (Choice.LEFT, Choice.RIGHT, Choice.RIGHT, Choice.TIE)
WITHOUT = (
    "from ftcompare.store.integrity.verification import IncrementalVerification\n"
    "from ftcompare.core.study import Integrity\n"
    "IncrementalVerification.verify = lambda self: Integrity()\n"
)
RUN = "import sys\n{}from ftcompare.cli.main import run\nsys.exit(run(['results', sys.argv[1]]))"


def main() -> int:
    """Make, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--judgments", type=int, default=50_000)
    parser.add_argument("--prompts", type=int, default=2_500)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(f"machine: {machine()}; {chosen.judgments:,} judgments on {chosen.prompts:,} prompts")
    held = True
    with tempfile.TemporaryDirectory() as name:
        for kind, make in (("judged here", rated), ("imported", imported)):
            path = make(Path(name) / f"{kind}.ftstudy", chosen.judgments, chosen.prompts)
            held &= measured(kind, path, chosen.rounds)
    print("the aim holds" if held else "THE AIM IS MISSED")
    return 0 if held else 1


def measured(kind: str, path: Path, rounds: int) -> bool:
    """Whether the proof takes no more than it may; prints what it takes."""
    runs = [(results(path, WITHOUT), results(path, "")) for _ in range(rounds)]
    without, proved = min(run[0] for run in runs), min(run[1] for run in runs)
    share = (proved - without) / without
    print(
        f"{kind}: results {without:.2f} s of the processor, with the proof {proved:.2f} s: {share:.1%} more; "
        f"at most {MOST:.0%}"
    )
    with StudyFile.open(path, now=START) as study:
        first = processor(study.verify)
        judge_one(study)
        again = processor(study.verify)
        print(
            f"  the proof {first * 1000:.0f} ms, after one more judgment {again * 1000:.0f} ms; "
            f"the whole check {processor(study.check) * 1000:.0f} ms"
        )
    return share <= MOST


def results(path: Path, before: str) -> float:
    """Processor seconds of the command, its start and the opening of the study with it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", RUN.format(before), str(path)], check=True, stdout=subprocess.DEVNULL
    )
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def rated(path: Path, judgments: int, prompts: int) -> Path:
    """Raters judge every prompt, each in an order of their own."""
    rng, study = Random(2), StudyFile.create(path, title="Judged", scale=Scale(), rng=Random(1), now=START)
    with study, study.atomic():
        _write(study, prompts)
        for number in range(-(-judgments // prompts)):
            rater = study.raters.add(f"rater {number}").id
            study.allocations.draw(rater, rng=Random(number), now=START)
            for place in range(min(prompts, judgments - number * prompts)):
                _judge(study, rater, rng, number * prompts + place)
    return path


def _write(study: StudyFile, prompts: int) -> None:
    systems = (
        study.systems.add(SystemSpec("base", SystemKind.BASE, "models/base")),
        study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, "models/base", "adapters/tuned")),
    )
    run = study.runs.start({"seed": 1}, now=START)
    specs = (
        PromptSpec(
            f"p{n}", (Message("user", f"Question {n}: what?"),), CATEGORIES[n % 4], Split(SPLITS[n % 3])
        )
        for n in range(prompts)
    )
    for prompt in study.prompts.add(specs):
        texts = (f"{SENTENCE * (1 + prompt.id % 3)}({prompt.id} {system.name})" for system in systems)
        drafts = [
            ResponseDraft(system.id, text, FinishReason.END, 30)
            for system, text in zip(systems, texts, strict=True)
        ]
        study.responses.store(prompt.id, drafts, run=run)


def _judge(study: StudyFile, rater: RaterId, rng: Random, second: int) -> None:
    item = study.judgments.next_item(rater)
    if item is not None:
        verdict = Verdict(rng.choice(CHOICES), seconds=rng.uniform(3, 60))
        study.judgments.judge(item.allocation, verdict, now=START + timedelta(seconds=second))


def judge_one(study: StudyFile) -> None:
    """One more, by somebody new."""
    rater = study.raters.add("somebody new").id
    study.allocations.draw(rater, rng=Random(9), now=START)
    _judge(study, rater, Random(9), 0)


def imported(path: Path, judgments: int, prompts: int) -> Path:
    """As many from a file."""
    source = path.with_suffix(".jsonl")
    with source.open("w", encoding="utf-8") as file:
        file.writelines(lines(judgments, prompts, -(-judgments // prompts)))
    with StudyFile.create(path, title="Imported", scale=Scale(), rng=Random(1), now=START) as study:
        import_file(study, source, "judgments", now=START)
    return path


if __name__ == "__main__":
    sys.exit(main())
