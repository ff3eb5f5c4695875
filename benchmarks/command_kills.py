"""Kills every command but rating, again and again: is a file ever half made, and is a study ever spoilt?

    python benchmarks/command_kills.py [--seconds 120] [--seed 1]

Each time one command works in a process of its own, which SIGKILL strikes at a random instant of the time
that it takes: new, import, export in all formats, reports, gate, checkpoints, pack, merge, unblind, exclude,
and saving a copy. Every second time an older file has the name of what it writes. Then each file that it
writes must not be there, or be the older one, or be whole; the study must pass its check and stand before
or after the command; and after the next start no temporary file may be left. Exits with 1 if anything is
amiss.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from random import Random
from xml.etree import ElementTree

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads is not to be forked

from machine import machine
from made_studies import make_study

from ftcompare.app import application_paths
from ftcompare.app.rate.rating_session import pack_session
from ftcompare.app.raters.packs import make_pack, open_pack
from ftcompare.app.study.opening import open_study, save_copy
from ftcompare.app.unfinished_files import keep_unfinished_files, remove_left_over
from ftcompare.cli.main import run
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.study.study_file import StudyFile

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OLD = b"an older file"
PAIRS, JUDGED = 40, 30
MARGIN = 1.05
"""Strikes fall within this share of the time that the command takes: a few come when it has ended."""

Whole = Callable[[Path, Path], bool]
"""Whether a file is as whole as the one of a command that was not killed."""


@dataclass(frozen=True)
class Job:
    """A command, and what it writes.

    Args:
        arguments: of the command line, paths by their names in the folder; empty for saving a copy.
        outputs: new files by name.
        old: whether an older file may have their names; it is then replaced.
        changes: the study that it changes; empty for none.
    """

    name: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    old: bool = True
    changes: str = ""


FORMATS = ("trl-preference", "judgments", "csv", "outputs")
JOBS = (
    Job(
        "new",
        ("new", "made.ftstudy", "--base", "BASE", "--adapter", "ADAPTER", "--prompts", "prompts.jsonl"),
        ("made.ftstudy",),
        old=False,
    ),
    Job(
        "import",
        ("import", "made.ftstudy", "votes.jsonl", "--format", "judgments"),
        ("made.ftstudy",),
        old=False,
    ),
    *(
        Job(
            f"export {form}",
            ("export", "open.ftstudy", "rows.out", "--format", form),
            ("rows.out", "rows.out.card.md"),
            changes="open.ftstudy",
        )
        for form in FORMATS
    ),
    Job("results --html", ("results", "open.ftstudy", "--html", "r.html"), ("r.html",)),
    Job("results --pdf", ("results", "open.ftstudy", "--pdf", "r.pdf"), ("r.pdf",)),
    Job(
        "gate",
        ("gate", "open.ftstudy", "--min-win-rate", "0.1", "--against", "base", "--junit", "g.xml"),
        ("g.xml",),
    ),
    Job(
        "checkpoints",
        ("suite", "checkpoints", "open.ftstudy", "--base", "base", "--chart", "l.svg"),
        ("l.svg",),
    ),
    Job(
        "pack", ("pack", "blind.ftstudy", "b.ftpack", "--rater", "Bo"), ("b.ftpack",), changes="blind.ftstudy"
    ),
    Job("merge", ("merge", "blind.ftstudy", "ada.ftpack"), changes="blind.ftstudy"),
    Job(
        "unblind",
        ("unblind", "blind.ftstudy", "--reason", "done", "--leave-packs-out"),
        changes="blind.ftstudy",
    ),
    Job(
        "exclude",
        ("raters", "exclude", "open.ftstudy", "--rater", "Cy", "--reason", "hasty"),
        changes="open.ftstudy",
    ),
    Job("save a copy", (), ("copy.ftstudy",), old=False),
)


def main() -> int:
    """Kill, look, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng, seen, amiss = Random(chosen.seed), Counter[str](), []
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        material(base / "material")
        times = {job: reference(base, job) for job in JOBS}
        end = time.monotonic() + chosen.seconds
        for number, job in enumerate(cycle(JOBS)):
            if time.monotonic() > end:
                break
            problems = strike(base, job, number // len(JOBS) % 2 == 1, times[job] * MARGIN, rng, seen)
            amiss += [f"{job.name} (strike {number}): {problem}" for problem in problems]
    print(f"machine: {machine()}; seed {chosen.seed}")
    print(f"{seen['kills']:,} kills of {len(JOBS)} commands, {seen['ended']} of them after the end")
    print(f"files: {seen['none']} not there, {seen['old']} older ones, {seen['whole']} whole ones")
    print(f"temporary files that were left and removed: {seen['left']}; amiss: {len(amiss)}")
    for problem in amiss:
        print(f"  {problem}")
    return 1 if amiss else 0


# What the commands work on.


def material(folder: Path) -> None:
    """A blinded study with a judged pack, an unblinded one with three raters, prompts and votes."""
    folder.mkdir()
    os.environ["FTCOMPARE_HOME"] = str(folder / "home")
    blind = make_study(folder / "blind.ftstudy", PAIRS, lambda n: (f"one {n}", f"two {n}"), seed=1)
    with StudyFile.open(blind, now=NOW) as study:
        make_pack(study, folder / "ada.ftpack", "Ada", rng=Random(2), now=NOW)
    with open_pack(folder / "ada.ftpack") as pack:
        session = pack_session(pack, clock=lambda: NOW)
        for _ in range(JUDGED):
            item = session.view().item
            if item is not None:
                session.judge(item.allocation, Verdict(Choice.LEFT, seconds=3.0))
    votes = folder / "votes.jsonl"
    votes.write_text("".join(f"{json.dumps(vote)}\n" for vote in _votes()), encoding="utf-8")
    prompts = ({"prompt": f"Question {n}?"} for n in range(PAIRS))
    (folder / "prompts.jsonl").write_text("".join(f"{json.dumps(p)}\n" for p in prompts), encoding="utf-8")
    quietly("import", str(folder / "open.ftstudy"), str(votes), "--format", "judgments")


def _votes() -> Iterator[dict[str, str]]:
    for number in range(PAIRS):
        for rater in ("Ada", "Bo", "Cy"):
            yield {
                "prompt": f"Question {number}?",
                "system_a": "base",
                "system_b": "tuned",
                "response_a": f"one {number}",
                "response_b": f"two {number}",
                "rater": rater,
                "choice": "ab"[number % 3 > 0],
            }


def quietly(*arguments: str) -> int:
    """Run a command without its words."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        return run(list(arguments))


def work(job: Job, folder: Path, *, old: bool) -> int:
    """What the process does that is struck."""
    if not job.arguments:
        keep_unfinished_files()
        with open_study(folder / "open.ftstudy", now=NOW) as study:
            save_copy(study, folder / job.outputs[0])
        return 0
    demo = application_paths.demo_resources()
    known = {"BASE": str(demo / "base"), "ADAPTER": str(demo / "adapter")}
    files = {path.name for path in folder.iterdir()} | {*job.outputs}
    typed = [known.get(part, str(folder / part) if part in files else part) for part in job.arguments]
    return quietly(*typed, *(["--replace"] if old else []))


def fresh(base: Path, name: str) -> Path:
    """A folder with a copy of the material; settings and notes of the commands go there, too."""
    folder = base / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base / "material", folder)
    os.environ["FTCOMPARE_HOME"] = str(folder / "home")
    return folder


def reference(base: Path, job: Job) -> float:
    """How long the command takes when nobody kills it, in seconds; what it makes stays for comparison."""
    folder = fresh(base, f"whole {job.name}")
    work(job, folder, old=False)  # loads what it needs: later processes are forked from this one
    folder = fresh(base, f"whole {job.name}")
    began = time.monotonic()
    status = _in_child(lambda: work(job, folder, old=False))
    if os.waitstatus_to_exitcode(_ended(status)) not in (0, 1):
        raise RuntimeError(f"{job.name} does not work")
    return time.monotonic() - began


def _in_child(act: Callable[[], int]) -> int:
    child = os.fork()
    if not child:
        code = 70
        try:
            code = act()
        finally:
            os._exit(code)
    return child


def _ended(child: int) -> int:
    return os.waitpid(child, 0)[1]


# One strike, and what is found after it.


def strike(base: Path, job: Job, old: bool, longest: float, rng: Random, seen: Counter[str]) -> list[str]:
    """Kill the command once; what is amiss then."""
    folder = fresh(base, "struck")
    old = old and job.old
    for name in job.outputs if old else ():
        (folder / name).write_bytes(OLD)
    child = _in_child(lambda: work(job, folder, old=old))
    time.sleep(rng.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    seen["kills"] += 1
    seen["ended"] += not os.WIFSIGNALED(_ended(child))
    seen["left"] += len(list(folder.rglob(".ftcompare-*")))
    remove_left_over()
    problems = [f"left {path.name}" for path in folder.rglob(".ftcompare-*")]
    whole = base / f"whole {job.name}"
    for name in job.outputs:
        found = state(folder / name, whole / name)
        seen[found] += 1
        if found == "half" or (found == "none" and old):
            problems.append(f"{name} is {found}")
    if job.changes:
        states = [summary(place / job.changes) for place in (folder, base / "material", whole)]
        if states[0] not in states[1:]:
            problems.append(f"{job.changes} is {states[0]}, neither of {states[1:]}")
    return problems


def state(path: Path, whole: Path) -> str:
    """``none``, ``old``, ``whole`` or ``half``."""
    if not path.exists():
        return "none"
    if path.read_bytes() == OLD:
        return "old"
    try:
        return "whole" if measure(path) == measure(whole) else "half"
    except Exception as error:  # noqa: BLE001 - whatever cannot be read is not whole
        print(f"{path.name}: {type(error).__name__}: {error}")
        return "half"


def measure(path: Path) -> object:
    """What two whole files of one command have in common; an exception where the file is cut short."""
    if path.suffix == ".ftstudy":
        return summary(path)
    if path.suffix == ".ftpack":
        with closing(open_pack(path)) as pack:
            return [finding.ok for finding in pack.check()], pack.rater_name
    data = path.read_bytes()
    if path.suffix == ".xml":
        return len(list(ElementTree.fromstring(data).iter()))
    if path.suffix in (".html", ".pdf", ".svg"):
        ends = {".html": b"</html>", ".pdf": b"%%EOF", ".svg": b"</svg>"}
        return data.rstrip().endswith(ends[path.suffix])
    if path.suffix == ".md":
        return data.rstrip().endswith(b"```")
    return len(list(csv.reader(data.decode("utf-8-sig").splitlines())))


def summary(path: Path) -> object:
    """What is in a study, and whether it passes its check."""
    with StudyFile.open(path, now=NOW) as study:
        counts = study.counts()
        amiss = [finding.subject for finding in study.check() if not finding.ok]
        acts = [entry.kind for entry in study.audit.entries()]
        return (
            amiss,
            study.settings.read().blinded,
            counts.prompts,
            counts.judgments,
            len(study.systems.all()),
            acts,
        )


if __name__ == "__main__":
    sys.exit(main())
