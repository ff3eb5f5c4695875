"""What raters send back: results as a page saves them, written without a browser, and packs judged in."""

from __future__ import annotations

import json
import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Verdict
from ftcompare.formats.browser_pack.result import ResultEvent
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile


def page_result(study: StudyFile, page: Path, *, judged: int, skipped: int = 0, now: datetime) -> Path:
    """The result of the page of a study's only rater with such a page, beside the page."""
    name = json.loads(_data(page))["name"]
    (state,) = (one for one in study.packs.all() if one.name == name)
    with TemporaryDirectory() as folder:
        again = Path(folder) / "again.ftpack"
        study.packs.make(state.rater.id, again, rng=Random(1), now=now)
        with PackFile.open(again) as pack:
            _work(pack, judged, skipped, now)
            events = [_row(one) for one in pack.judgments.events(PACK_RATER)]
            items = [item.digest() for item, _ in pack.items()]
    digest = sha256(_data(page).encode()).hexdigest()
    study.packs.note_page(name, digest, now=now)  # what was made last is the page again
    head = {"ftcompare_result": 1, "pack": name, "rater": state.rater.name, "page": digest, "items": items}
    lines: list[dict[str, Any]] = [head, *events, {"events": len(events)}]
    path = page.with_suffix(".ftresult")
    path.write_text("".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines), "utf-8")
    return path


def judged_in(path: Path, count: int, now: datetime) -> None:
    """Judge so many pairs of a pack."""
    with PackFile.open(path) as pack:
        for _ in range(count):
            item = pack.judgments.next_item(PACK_RATER)
            assert item is not None
            pack.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)


def _data(page: Path) -> str:
    found = re.search(r'id="pack">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    assert found
    return found.group(1)


def _row(event: object) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ResultEvent.__slots__}


def _work(pack: PackFile, judged: int, skipped: int, now: datetime) -> None:
    criteria = tuple((name, Choice.TIE) for name in pack.judgments.settings().scale.criteria)
    verdict = Verdict(Choice.TIE, seconds=9.0, criteria=criteria)
    for number in range(judged + skipped):
        item = pack.judgments.next_item(PACK_RATER)
        assert item is not None
        if number < judged:
            pack.judgments.judge(item.allocation, verdict, now=now)
        else:
            pack.judgments.skip(item.allocation, "Other", draft=Draft(), seconds=None, now=now)
