"""A study whose raters have packs: pages and files, with long and hostile names, one of them damaged."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from ftcompare.app.raters.merge_summary import merge_files
from ftcompare.app.raters.packs import make_browser_pack, make_pack
from ftcompare.store.study.study_file import StudyFile
from tests.app.raters.returned_packs import judged_in, page_result
from tests.store.pack.pack_studies import tamper
from tests.ui.conftest import START, make_study

NAMES = (
    "Dr. Maximiliane-Theodora von und zu Hohenlohe-Waldenburg the younger",
    "<b>Ada</b>\u202e\x1b[2J {name}",
)


def write_packed_study(path: Path) -> Path:
    """Write it, and its packs beside it; one with a damaged pair is merged, a page's result is not."""
    make_study(path, judged=3)
    with StudyFile.open(path, now=START) as study:
        pages = [
            make_browser_pack(study, path.with_name(f"{n}.html"), name, rng=Random(n), now=START).made.path
            for n, name in enumerate(NAMES)
        ]
        damaged = make_pack(study, path.with_name("ben.ftpack"), "Ben", rng=Random(5), now=START).made.path
        page_result(study, pages[0], judged=5, skipped=2, now=START)
    judged_in(damaged, 7, START)
    tamper(damaged, "UPDATE allocations SET left_text = 'mine' WHERE id = 2")
    with StudyFile.open(path, now=START) as study:
        merge_files(study, [damaged], now=START + timedelta(days=2))
    return path


def returned_files(path: Path) -> list[Path]:
    """What came back of it: a result, a page by mistake, a pack that was merged before."""
    return [path.with_name(name) for name in ("0.ftresult", "1.html", "ben.ftpack", "gone.ftpack")]
