"""Damaged glossary files of every form, taken into a study: is anything but all or nothing seen?

    python benchmarks/mutated_glossaries.py [--files 10000] [--seed 1]

A glossary is written in every form that FTCompare writes, and as other programs write TBX; each file is
damaged as in `mutated_files.py` and merged into the glossary of a study, as ``terms glossary --take``
does. It must be taken whole, or refused with a `UserError` or an `EnvironmentFault`, and a refused one must
leave the study's glossary as it was. Each within 2 s of processor time and 500 MB. Then files with entities
that grow, that name other files, and that name a server: each must be refused. Exits with 1 if one is not.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machine import machine
from mutated_files import MOST_SECONDS, NOW, STOPPED_AFTER, Hang, limit_memory

from ftcompare.app.setup.glossary import change_from_file, set_glossary
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.store.study.study_file import StudyFile
from tests.formats.damaged_files import mutant
from tests.formats.glossaries.sound_glossaries import BOMBS, SOUND

BEFORE = (GlossaryTerm("stent", TermStatus.PREFERRED, "stent"),)


def main() -> int:
    """Damage, take, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng, counts, wrong, longest = Random(chosen.seed), Counter[tuple[str, str]](), list[str](), 0.0
    signal.signal(signal.SIGVTALRM, _stop)
    with tempfile.TemporaryDirectory() as name:
        os.environ["FTCOMPARE_HOME"] = name
        path = Path(name) / "study.ftstudy"
        with StudyFile.create(path, title="t", scale=Scale(), rng=rng, now=NOW) as study:
            for form, sound in SOUND.items():
                _require(tried(study, Path(name) / form, sound)[0], "read", f"the sound {form}")
            limit_memory()
            for n in range(chosen.files):
                form = [*SOUND][n % len(SOUND)]
                data = mutant(SOUND[form], rng)
                outcome, took = tried(study, Path(name) / form, data)
                longest = max(longest, took)
                counts[form, outcome if outcome in ("read", "refused") else "failed"] += 1
                if outcome not in ("read", "refused"):
                    wrong.append(f"{form}: {outcome}; the file begins {data[:60]!r}, {len(data):,} bytes")
            for form, bomb in BOMBS.items():
                outcome, _ = tried(study, Path(name) / form, bomb)
                counts["with entities", outcome if outcome == "refused" else "failed"] += 1
                if outcome != "refused":
                    wrong.append(f"{form}: {outcome}")
    report(counts, wrong, longest, chosen.seed)
    return 1 if wrong else 0


def _require(found: str, wanted: str, what: str) -> None:
    if found != wanted:
        raise RuntimeError(f"{what}: {found}")


def _stop(_number: int, _frame: object) -> None:
    raise Hang


def tried(study: StudyFile, path: Path, data: bytes) -> tuple[str, float]:
    """``read``, ``refused``, or what went wrong; and the processor seconds that it took."""
    path.write_bytes(data)
    study.glossary.replace(BEFORE, now=NOW)
    signal.setitimer(signal.ITIMER_VIRTUAL, STOPPED_AFTER)
    begun = time.process_time()
    outcome = _taken(study, path)
    took = time.process_time() - begun
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if outcome == "refused" and study.glossary.terms() != BEFORE:
        outcome = "a refused file was taken in part"
    return (outcome if took <= MOST_SECONDS else f"{outcome}, but in {took:.1f} s"), took


def _taken(study: StudyFile, path: Path) -> str:
    try:
        change = change_from_file(study, path, merge=True)
        set_glossary(study, change.terms, now=NOW)
    except (UserError, EnvironmentFault) as error:
        return "refused" if str(error).isprintable() and error.what else f"told unclearly: {error!r}"
    except Hang:
        return f"still being read after {STOPPED_AFTER} s"
    except Exception as error:  # noqa: BLE001 - what arrives here is what is looked for
        return f"{type(error).__name__}: {str(error)[:200]}"
    return "read" if study.glossary.terms() == change.terms else "what was taken is not what was shown"


def report(counts: Counter[tuple[str, str]], wrong: list[str], longest: float, seed: int) -> None:
    """Counts by form, and every failure."""
    print(f"machine: {machine()}; seed {seed}")
    for form in (*SOUND, "with entities"):
        told = ", ".join(f"{counts[form, outcome]:,} {outcome}" for outcome in ("read", "refused", "failed"))
        print(f"{form}: {told}")
    print(f"in all {counts.total():,} tried, {len(wrong):,} failed, the longest took {longest:.2f} s")
    for line in wrong[:50]:
        print(f"  failed: {line}")


if __name__ == "__main__":
    sys.exit(main())
