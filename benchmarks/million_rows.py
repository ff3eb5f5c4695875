"""A million rows out and in: time and peak memory of each export and import, each in a process of its own.

    python benchmarks/million_rows.py [--rows 1000000] [--share 10] [--only FORMAT …]

A study is made of so many votes on as many pairs (ten pairs a prompt, of five systems). It is written as
`judgments`, `trl-preference`, `arena` and `outputs`, and each file is read into a new study. All of it is
done with a tenth (``--share``) of the rows as well: printed are the peaks of both and their ratio, and beside
the larger file the peak of a process that holds all its rows as Python objects, with the ratio to that. A
process that has loaded the program and does nothing is measured first. ``--only`` measures these formats
alone. Exits with 1 where a peak is above 1 GiB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machine import machine

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import ImportSource, create_from_files
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.formats.registry import export_format
from ftcompare.store.study.study_file import StudyFile

AIM = 1024**3
SYSTEMS = ("base", "one", "two", "three", "four")
COUPLES = tuple(combinations(range(len(SYSTEMS)), 2))
FORMS = ("judgments", "trl-preference", "arena", "outputs")
STRENGTHS = (None, 1, 2, 3)
START = datetime(2026, 1, 1, tzinfo=UTC)
SENTENCE = "The heart pumps blood and its valves keep the flow one way. "
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def main() -> int:
    """Measure and print, or do one step in a process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--share", type=int, default=10)
    parser.add_argument("--only", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--step", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        step, folder = chosen.step
        STEPS[step](Path(folder))
        return 0
    print(f"machine: {machine()}; {chosen.rows:,} rows, and {chosen.rows // chosen.share:,} beside them")
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / size for size in ("large", "small")]
        for folder, rows in zip(folders, (chosen.rows, chosen.rows // chosen.share), strict=True):
            folder.mkdir()
            with (folder / "votes.jsonl").open("w", encoding="utf-8") as file:
                file.writelines(lines(rows))
        highest = compare(folders[0], folders[1], chosen.rows, chosen.share, chosen.only)
    held = highest <= AIM
    print(f"highest peak {mib(highest)}:", "the aim holds" if held else "THE AIM OF 1,024 MiB IS MISSED")
    return 0 if held else 1


def lines(rows: int) -> Iterator[str]:
    """Votes on pairs of their own, a second apart, by ten raters."""
    rng = Random(1)
    for number in range(rows):
        prompt, couple = divmod(number, len(COUPLES))
        a, b = COUPLES[couple]
        choice = rng.choice("aab")
        yield (
            json.dumps(
                {
                    "prompt": f"Question {prompt}: what does it do?",
                    "prompt_id": f"p{prompt}",
                    "system_a": SYSTEMS[a],
                    "system_b": SYSTEMS[b],
                    "response_a": f"{SENTENCE * (2 + a)}({prompt}, {a})",
                    "response_b": f"{SENTENCE * (2 + b)}({prompt}, {b})",
                    "rater": f"rater {prompt % 10}",
                    "choice": choice,
                    "strength": rng.choice(STRENGTHS),
                    "left": "ab"[number % 2],
                    "at": (START + timedelta(seconds=number)).isoformat(),
                }
            )
            + "\n"
        )


def compare(large: Path, small: Path, rows: int, share: int, forms: Sequence[str]) -> int:
    """Print each step's seconds and peaks; the highest peak of the large one, in bytes."""
    _, nothing = measured("nothing", large)
    print(f"the program alone: {mib(nothing)}")
    highest = 0
    for step in ("import votes", *(name for form in forms for name in (f"export {form}", f"import {form}"))):
        if step not in STEPS:
            continue  # judgments are what the study is made of
        (took, peak), (_, less) = measured(step, large), measured(step, small)
        grown = (peak - nothing) / max(less - nothing, 1)
        print(
            f"{step}: {took:.0f} s ({rows / took:,.0f} rows/s), peak {mib(peak)}; "
            f"of a {share}th of the rows {mib(less)}: {grown:.1f} times as much beyond the program",
            flush=True,
        )
        highest = max(highest, peak)
        if f"hold {step}" in STEPS:
            _, all_of_it = measured(f"hold {step}", large)
            print(f"  all rows held as objects: {mib(all_of_it)}, {all_of_it / peak:.1f} times as much")
    return highest


def measured(step: str, folder: Path) -> tuple[float, int]:
    """Seconds of a step in a process of its own, and that process's peak resident memory in bytes."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--step", step, str(folder)]
    code = f"import resource, subprocess; subprocess.run({command!r}, check=True); " + (
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    most = int(done.stdout.split()[-1])
    return time.perf_counter() - begun, most if sys.platform == "darwin" else most * 1024


def mib(size: float) -> str:
    """In MiB."""
    return f"{size / 2**20:,.0f} MiB"


def imported(form: str, source: str, study: str) -> Callable[[Path], None]:
    """Make a study of a file."""

    def step(folder: Path) -> None:
        path = folder / study
        path.unlink(missing_ok=True)
        rng = Random(study)  # studies of the same secret would be taken for copies of each other
        create_from_files(
            path, [ImportSource(folder / source, form)], plan=StudyPlan(title="Large"), rng=rng, now=NOW
        )

    return step


def exported(form: str) -> Callable[[Path], None]:
    """Write a file of the study of votes."""

    def step(folder: Path) -> None:
        with StudyFile.open(folder / "votes.ftstudy", now=NOW) as study:
            done = export(study, folder / f"{form}.jsonl", ExportRequest(export_format(form)), now=NOW)
        print(f"{done.kept:,} rows", file=sys.stderr)

    return step


def held(source: str) -> Callable[[Path], None]:
    """Read all rows of a file at once, as a program that does not stream would."""

    def step(folder: Path) -> None:
        text = (folder / source).read_text(encoding="utf-8")
        rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
        assert rows

    return step


STEPS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _folder: None,
    "import votes": imported("judgments", "votes.jsonl", "votes.ftstudy"),
    "hold import votes": held("votes.jsonl"),
    **{f"export {form}": exported(form) for form in FORMS},
    **{f"import {form}": imported(form, f"{form}.jsonl", f"{form}.ftstudy") for form in FORMS[1:]},
    **{f"hold import {form}": held(f"{form}.jsonl") for form in FORMS[1:]},
}


if __name__ == "__main__":
    sys.exit(main())
