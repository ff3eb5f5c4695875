"""Damaged files of every form, each read by the product's own operation: is anything but a refusal seen?

    python benchmarks/mutated_files.py [--files 500] [--only NAME] [--seed 1]

A sound file is damaged (bytes changed, spans lost or doubled, cut off, hostile bytes set in: NUL, CR,
byte-order marks, half characters, huge numbers, deep nesting; values of JSON, Parquet and archives of
another type, lost, doubled, renamed, moved) and read as a user's act reads it: a study
made of prompts, glossary, rating file, practice pairs and gold items; every import format imported, also
from a file that a study exported in this format; a gate held to; a training file searched; settings loaded;
a study made of open files, with all digests made again so that they hide nothing. It must be read, or refused
with a `UserError` that names the file or an `EnvironmentFault`, and a refused one must leave nothing behind.
From what was imported, results must be computed. Each within 2 s of processor time and 500 MB. Exits with 1
if one is not.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machine import machine

from ftcompare.app import user_settings
from ftcompare.app.export.export_request import ExportOptions, request_of
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import import_file
from ftcompare.app.export.study_folder import create_from_folder, write_folder
from ftcompare.app.release.gate_file import read_gate_file
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.contamination import find_leakage
from ftcompare.app.setup.new_study import StudyPlan, create_study
from ftcompare.app.setup.rating_file import read_rating_file
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS
from ftcompare.store.study.study_file import StudyFile
from tests.app.export.study_folders import seal_again
from tests.formats.damaged_files import BINARY, IMPORTED, TEXTS, damaged
from tests.store.integrity.tampering import make_full_study

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MOST_SECONDS = 2.0
MOST_BYTES = 500 * 1000**2
OUTCOMES = ("read", "refused", "failed")
STOPPED_AFTER = 20
"""Seconds of processor time after which a file that is still being read counts as a hang."""


class Hang(BaseException):
    """Raised by the timer; no operation takes it for a failure of its own."""


class Failure(Exception):
    """A promise that did not hold."""


def made(folder: Path, **plan: Any) -> None:
    """A study of sound prompts and of what is damaged; a refusal must leave no study."""
    path = folder / "new.ftstudy"
    chosen = StudyPlan(**{"title": "t", "prompts": folder / "sound.txt", **plan})
    try:
        create_study(path, chosen, rng=Random(1), now=NOW).close()
    except UserError:
        if path.exists():
            raise Failure("a refused file left a study behind") from None
        raise
    finally:
        path.unlink(missing_ok=True)


def imported(form: str, folder: Path, path: Path) -> None:
    """All of a file or nothing, and results of it."""
    with StudyFile.open(_study(folder), now=NOW) as study:
        before = (study.counts(), study.prompts.all(), study.systems.all(), study.raters.all())
        try:
            import_file(study, path, form, now=NOW)
            if not study.counts().responses:
                raise Failure("nothing was imported and nothing was said")
            json.dumps(results_json(study), allow_nan=False)
        except UserError:
            if before != (study.counts(), study.prompts.all(), study.systems.all(), study.raters.all()):
                raise Failure("a refused file was imported in part") from None
            raise


def rated(folder: Path, path: Path) -> None:
    """A study rated as a file says."""
    asked = read_rating_file(path)
    made(folder, scale=asked.scale, design=asked.design, gold=asked.gold)


def named(folder: Path, line: str) -> None:
    """A study rated as a sound file says that names a damaged one."""
    rating = folder / "rating of another.toml"
    rating.write_text(line, encoding="utf-8")
    rated(folder, rating)


def held(folder: Path, path: Path) -> None:
    """A study held to a gate."""
    asked = read_gate_file(path)
    with StudyFile.open(_study(folder), now=NOW) as study:
        apply_gate(study, asked, source=path.name)


def searched(folder: Path, path: Path) -> None:
    """A training file searched for a study's prompts."""
    with StudyFile.open(_study(folder), now=NOW) as study:
        find_leakage(study, path)


def loaded(_folder: Path, path: Path) -> None:
    """Settings, which are never refused and can be saved again."""
    user_settings.save(path, user_settings.load(path))


def made_of_folder(folder: Path, path: Path) -> None:
    """A study made of open files, of which one is damaged; a refusal must leave no study."""
    made_study = folder / "of folder.ftstudy"
    if path.suffix == ".jsonl":
        seal_again(path.parent)
    try:
        create_from_folder(made_study, path.parent)
    except UserError:
        if made_study.exists():
            raise Failure("a refused folder left a study behind") from None
        raise
    finally:
        made_study.unlink(missing_ok=True)
        for name in OPEN_FILES:
            (folder / name).write_text(TEXTS[name], encoding="utf-8")


_TABLES = ("responses.jsonl", "allocations.jsonl", "events.jsonl", "audit.jsonl")
OPEN_FILES = tuple(f"open files/{name}" for name in ("manifest.json", "line-digests.txt", *_TABLES))

EXPORTED = "exported"
ACTS: dict[str, Callable[[Path, Path], None]] = {
    **dict.fromkeys(
        ("prompts.jsonl", "prompts.csv", "prompts.tsv", "prompts.txt"),
        lambda folder, path: made(folder, prompts=path),
    ),
    **dict.fromkeys(
        ("glossary.csv", "glossary.tsv", "omegat.txt"), lambda folder, path: made(folder, glossary=path)
    ),
    **{name: partial(imported, form) for name, form in IMPORTED.items()},
    **{name: partial(imported, form) for name, (_, form) in BINARY.items()},
    "training.csv": searched,
    "training.jsonl": searched,
    "practice.jsonl": lambda folder, path: named(folder, f'practice = "{path.name}"\n'),
    "gold.jsonl": lambda folder, path: named(folder, f'gold = 0.1\ngold_file = "{path.name}"\n'),
    "rating.toml": rated,
    "gate.toml": held,
    "settings.json": loaded,
    **dict.fromkeys(OPEN_FILES, made_of_folder),
}


def main() -> int:
    """Damage, read, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=500, help="damaged files of each kind")
    parser.add_argument("--only", default="", help="only kinds whose name contains this")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(f"machine: {machine()}; seed {chosen.seed}; {chosen.files:,} files of each kind")
    counts, wrong = Counter[tuple[str, str]](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FTCOMPARE_HOME"] = name
        sound = prepare(folder)
        limit_memory()
        for form in (form for form in ACTS if chosen.only in form):
            rng = Random(f"{chosen.seed} {form}")
            for _ in range(chosen.files):
                data = damaged(form, sound[form], rng)
                outcome = tried(folder, form, data)
                counts[form, outcome if outcome in ("read", "refused") else "failed"] += 1
                if outcome not in ("read", "refused"):
                    wrong.append(f"{form}: {outcome}; the file begins {data[:60]!r}, {len(data):,} bytes")
            told = ", ".join(f"{counts[form, outcome]:,} {outcome}" for outcome in OUTCOMES)
            print(f"{form}: {told}", flush=True)
    print(f"in all {counts.total():,} tried, {len(wrong):,} failed", *wrong[:50], sep="\n  failed: ")
    return 1 if wrong else 0


def prepare(folder: Path) -> dict[str, bytes]:
    """What every act needs, and each act once on a sound file; returns the sound files."""
    (folder / "sound.txt").write_text("What is AF?\nWhat is MI?\n", encoding="utf-8")
    with make_full_study(folder / "full.ftstudy", now=NOW) as study:
        write_folder(study, folder / "open files", now=NOW)
        export_all(study, folder / EXPORTED)
    import_module("scipy.stats")  # results load it; the time of no file includes this
    TEXTS.update((name, (folder / name).read_text(encoding="utf-8")) for name in OPEN_FILES)
    sound = {name: text.encode() for name, text in TEXTS.items()} | {
        n: data for n, (data, _) in BINARY.items()
    }
    sound |= {name: (folder / name).read_bytes() for name in ACTS if name.startswith(EXPORTED)}
    for form in ACTS:
        if (outcome := tried(folder, form, sound[form])) != "read":
            raise RuntimeError(f"the sound {form}: {outcome}")
    return sound


def export_all(study: StudyFile, folder: Path) -> None:
    """Files of a judged study, in every format that can also be imported."""
    folder.mkdir()
    read = {form.id for form in IMPORT_FORMATS}
    for form in (form for form in EXPORT_FORMATS if form.id in read):
        name = f"{EXPORTED}/{form.id}{form.suffix}"
        export(study, folder.parent / name, request_of(study, form.id, ExportOptions()), now=NOW)
        ACTS[name] = partial(imported, form.id)


def limit_memory() -> None:
    """From now on no more than `MOST_BYTES` beyond what the program takes by itself."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def tried(folder: Path, form: str, data: bytes) -> str:
    """``read``, ``refused``, or what went wrong."""
    path = folder / form
    path.write_bytes(data)
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, STOPPED_AFTER)
    begun = time.process_time()
    try:
        ACTS[form](folder, path)
        outcome = "read"
    except (UserError, EnvironmentFault) as error:
        # A folder's error names the table that does not match, which may be another than the damaged one.
        named = (
            form in OPEN_FILES
            or path.name in f"{error.what} {error.where}"
            or isinstance(error, EnvironmentFault)
        )
        clear = str(error).isprintable() and error.what and named
        outcome = "refused" if clear else f"told unclearly: {error!r}"
    except Hang:
        return f"still being read after {STOPPED_AFTER} s"
    except Exception as error:  # noqa: BLE001 - what arrives here is what is looked for
        return f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    took = time.process_time() - begun
    return outcome if took <= MOST_SECONDS else f"{outcome}, but in {took:.1f} s"


def _stop(_number: int, _frame: object) -> None:
    raise Hang


def _study(folder: Path) -> Path:
    """A study of sound prompts, made again for each file so that none finds what another left."""
    path = folder / "study.ftstudy"
    if not path.exists():
        plan = StudyPlan(title="t", prompts=folder / "sound.txt")
        create_study(path, plan, rng=Random(1), now=NOW).close()
        (folder / "study.bytes").write_bytes(path.read_bytes())
    path.write_bytes((folder / "study.bytes").read_bytes())
    return path


if __name__ == "__main__":
    sys.exit(main())
