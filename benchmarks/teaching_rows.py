"""Whether the rows that teach most (`export --most`) teach more than as many rows drawn at random.

    python benchmarks/teaching_rows.py --work FOLDER [--rows 8] [--seeds 5] [--steps 30]

The demo's base and adapter answer its prompts. Five scripted raters judge the pairs: each prefers the answer
with more clinical words, with the probability expit(difference / 2). The base is trained by DPO on the rows
that teach it most, and on as many drawn at random from the same export, once a seed. Then each new adapter
answers the unseen prompts, and the scripted rater without noise compares its answers with the base's: the
more clinical words win, and the same number is a tie. Printed as Markdown for
docs/how-to/train-on-chosen-and-rejected-answers.md, as it comes out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from math import exp
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

from ftcompare.core.scale import Choice

ROOT = Path(__file__).resolve().parents[1]
RATERS = ("Ada", "Bea", "Cleo", "Dan", "Eve")
DEMO = ROOT / "resources" / "demo"
BASE = "base"


def recipe() -> Any:
    """The recipe of the guide as a module: its rater, its judging, and its training."""
    spec = importlib.util.spec_from_file_location("recipe", ROOT / "docs/recipes/train_on_preferences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECIPE = recipe()


def lead(left: str, right: str) -> int:
    """By how many clinical words the left answer leads."""
    counts = [sum(text.lower().count(word) for word in RECIPE.CLINICAL) for text in (left, right)]
    return int(counts[0] - counts[1])


def noisy(rng: Random) -> Callable[[str, str], Choice]:
    def prefer(left: str, right: str) -> Choice:
        likely = 1 / (1 + exp(-lead(left, right) / 2))
        return Choice.LEFT if rng.random() < likely else Choice.RIGHT

    return prefer


def export(study: Path, file: Path, *options: object) -> list[str]:
    RECIPE.ftcompare(
        "export",
        study,
        file,
        "--format",
        "trl-preference",
        "--include-cut",
        "--drop-leaked",
        *options,
        "--replace",
    )
    return file.read_text("utf-8").splitlines()


def answers(study: Path, work: Path) -> dict[str, dict[str, str]]:
    """Answers to unseen prompts, by system and prompt."""
    file = work / "outputs.jsonl"
    RECIPE.ftcompare("export", study, file, "--format", "outputs", "--replace")
    found: dict[str, dict[str, str]] = {}
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == "held_out":
            found.setdefault(row["system"], {})[row["prompt_id"]] = row["response"]
    return found


def win_rate(own: dict[str, str], base: dict[str, str]) -> float:
    leads = [lead(own[prompt], base[prompt]) for prompt in base]
    return fmean((one > 0) + (one == 0) / 2 for one in leads)


def adapters(work: Path, count: int, seeds: int, steps: int) -> Iterator[tuple[str, Path]]:
    """Judge, export, and train: the name and folder of each new adapter."""
    study = work / "demo.ftstudy"
    RECIPE.ftcompare("demo", "--dir", work, "--no-window")
    for number, rater in enumerate(RATERS):
        RECIPE.judge(study, rater, noisy(Random(number)))
    RECIPE.ftcompare("unblind", study, "--reason", "all is judged")
    every = export(study, work / "all.jsonl")
    chosen = export(study, work / "most.jsonl", "--most", count, "--learner", BASE)
    print(f"\n{len(every)} rows, of which {count} are used\n", flush=True)
    for seed in range(seeds):
        for name, rows in (("most", chosen), ("random", Random(seed).sample(every, count))):
            file = work / f"{name}-{seed}.jsonl"
            file.write_text("\n".join(rows) + "\n", "utf-8")
            folder = work / f"{name}-{seed}"
            yield folder.name, RECIPE.train("dpo", file, folder, steps=steps, seed=seed)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    trained = dict(adapters(options.work, options.rows, options.seeds, options.steps))
    new = options.work / "new.ftstudy"
    systems = [word for name, folder in trained.items() for word in ("--system", f"{name}={folder}")]
    RECIPE.ftcompare("new", new, "--base", DEMO / "base", "--prompts", DEMO / "prompts.jsonl", *systems)
    RECIPE.ftcompare("generate", new)
    RECIPE.ftcompare("unblind", new, "--reason", "answers are compared by script")
    found = answers(new, options.work)
    print("\n| rows | win rate against the base on unseen prompts, by seed | mean | SD |\n|---|---|---|---|")
    for kind in ("most", "random"):
        rates = [win_rate(found[f"{kind}-{seed}"], found[BASE]) for seed in range(options.seeds)]
        cells = " / ".join(f"{rate:.0%}" for rate in rates)
        spread = f"{100 * stdev(rates):.0f} points" if len(rates) > 1 else "–"
        name = "those that teach most" if kind == "most" else "at random"
        print(f"| {name} | {cells} | {fmean(rates):.0%} | {spread} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
