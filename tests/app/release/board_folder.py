"""A folder of studies for the board: categories with known outcomes, and files that give nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.review.marks import set_looked_through
from ftcompare.app.study.opening import save_copy
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import GlossaryTerm, TermStatus
from tests.app.results.safety_study import safety_study
from tests.app.results.test_error_marks import answer, mark
from tests.app.voted_study import voted, voted_study
from tests.store.pack.pack_studies import new_study

RATERS = ("Ada", "Ben", "Cleo", "Dan", "Eve")
PROMPTS = 24
PREFERRED = GlossaryTerm("tuned", TermStatus.PREFERRED, "system")
DEPRECATED = GlossaryTerm("base", TermStatus.DEPRECATED, "system")


def votes(category: str, won: int, prompts: int = PROMPTS, first: int = 0) -> Iterator[JudgmentRecord]:
    """Five raters, each of whom prefers the tuned system on ``won`` of every eight prompts, in turn."""
    for number in range(first, first + prompts):
        for place, rater in enumerate(RATERS):
            choice = "b" if (number + place) % 8 < won else "a"
            yield voted(f"{category} {number}", rater, choice, category=category)


def board_folder(folder: Path, now: datetime) -> Path:
    """Three studies that count, one in a folder; a copy, a blinded, an unjudged and a broken file."""
    (folder / "more").mkdir(parents=True)
    rows = [*votes("cardiology", 7), *votes("neurology", 1), *votes("surgery", 4, 7)]
    with voted_study(folder / "a.ftstudy", rows, Random(1), now, "First") as study:
        study.glossary.replace([PREFERRED, DEPRECATED], now=now)
        save_copy(study, folder / "a copy.ftstudy")
    rows = [*votes("cardiology", 7, first=PROMPTS)]
    voted_study(folder / "more" / "b.ftstudy", rows, Random(2), now, "Second").close()
    with voted_study(folder / "c.ftstudy", votes("", 7), Random(9), now, "Oncology") as study:
        study.glossary.replace(
            [
                GlossaryTerm("tuned", TermStatus.DEPRECATED, "system"),
                GlossaryTerm("base", TermStatus.PREFERRED, "system"),
            ],
            now=now,
        )
        for number in range(PROMPTS):
            severity = ("minor", "major")[number % 2]
            mark(study, "Max", f"tuned on  {number}", "tuned", now, "style", severity)
            set_looked_through(study, "Max", answer(study, f"base on  {number}").id, done=True, now=now)
    new_study(folder / "d.ftstudy").close()
    (folder / "e.ftstudy").write_bytes(b"no study")
    safety_study(folder / "f.ftstudy", now, blinded=False, judged=True)
    return folder
