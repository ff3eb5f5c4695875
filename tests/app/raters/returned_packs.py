"""What raters send back: results as a page saves them, written without a browser, and packs judged in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Verdict
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from tests.app.raters.page_results import page_data, page_lines, result_lines, written
from tests.builders import present


def page_result(study: StudyFile, page: Path, *, judged: int, skipped: int = 0, now: datetime) -> Path:
    """The result of the page of a study's only rater with such a page, beside the page."""
    name = page_data(page)["name"]
    (state,) = (one for one in study.packs.all() if one.name == name)
    with TemporaryDirectory() as folder:
        again = Path(folder) / "again.ftpack"
        study.packs.hand_out(state.rater.name, again, rng=Random(1), now=now)
        with PackFile.open(again) as pack:
            _work(pack, judged, skipped, now)
            lines = result_lines(pack, page)
    study.packs.note_page(name, page_lines(page)[0], now=now)  # what was made last is the page again
    return written(page.with_suffix(".ftresult"), lines)


def judged_in(path: Path, count: int, now: datetime) -> None:
    with PackFile.open(path) as pack:
        for _ in range(count):
            item = present(pack.judgments.next_item(PACK_RATER))
            pack.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)


def _work(pack: PackFile, judged: int, skipped: int, now: datetime) -> None:
    criteria = tuple((name, Choice.TIE) for name in pack.judgments.settings().scale.criteria)
    verdict = Verdict(Choice.TIE, seconds=9.0, criteria=criteria)
    for number in range(judged + skipped):
        item = present(pack.judgments.next_item(PACK_RATER))
        if number < judged:
            pack.judgments.judge(item.allocation, verdict, now=now)
        else:
            pack.judgments.skip(item.allocation, "Other", draft=Draft(), seconds=None, now=now)
