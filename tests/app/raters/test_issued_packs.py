"""What the owner knows of packs: of which kind, handed out when, how far, come back when, left out what."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.raters.browser_packs import make_browser_pack, make_packs
from ftcompare.app.raters.issued_packs import (
    PackKind,
    issued_packs,
    kind_words,
    newest,
    other_kind_warnings,
    packs_json,
)
from ftcompare.app.raters.membership import add_rater
from ftcompare.app.raters.merge_summary import merge_files
from ftcompare.app.raters.packs import make_pack
from ftcompare.app.raters.raters_overview import raters_overview
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study.study_file import StudyFile
from tests.app.raters.returned_packs import judged_in, page_result
from tests.store.pack.pack_studies import tamper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def test_the_kind_of_a_pack_is_what_was_handed_out_last(
    study: StudyFile, folder: Path, rng: Random, now: datetime
) -> None:
    hours = [now + timedelta(hours=number) for number in range(5)]
    make_browser_pack(study, folder / "a.html", "Ada", rng=rng, now=hours[0])
    make_pack(study, folder / "b.ftpack", "Ben", rng=rng, now=hours[1])
    ada, ben = issued_packs(study)
    assert (ada.kind, ada.issued) == (PackKind.PAGE, stamp(hours[0]))
    assert (ben.kind, ben.issued) == (PackKind.WINDOW, stamp(hours[1]))
    make_pack(study, folder / "a.ftpack", "Ada", rng=rng, now=hours[2])
    assert (issued_packs(study)[0].kind, issued_packs(study)[0].issued) == (
        PackKind.WINDOW,
        stamp(hours[2]),
    )
    make_browser_pack(study, folder / "a2.html", "Ada", rng=rng, now=hours[3])
    make_browser_pack(study, folder / "a3.html", "Ada", rng=rng, now=hours[4])
    ada = issued_packs(study)[0]
    assert [one.page for one in ada.history.issues] == [True, False, True, True]
    assert ada.issued == stamp(hours[4])
    assert [finding for finding in study.check() if not finding.ok] == []
    told = [line.what for line in audit_view(study).lines]
    assert told.count("Rater pack made again") == 3
    assert told.count("Rater pack written as a page for a browser") == 3


def test_a_pack_that_is_out_as_a_file_and_as_a_page_is_warned_of(
    study: StudyFile, folder: Path, rng: Random, now: datetime
) -> None:
    def make(name: str) -> tuple[str, ...]:
        (done,) = make_packs(study, [("Ada", folder / name)], rng=rng, now=now)
        return tuple(warning for warning in done.warnings if "Ada" in warning)

    assert make("a.ftpack") == ()
    told = "Ada was given this pack as a file .ftpack before, and now as a page: what is judged in both"
    assert make("a.html")[0].startswith(told)
    (pack,) = issued_packs(study)
    assert pack.other is not None
    assert not pack.other.page
    assert kind_words((pack,), here=False) == "window, page"
    assert "as a page before, and now as a file .ftpack" in make("b.ftpack")[0]
    assert other_kind_warnings(study, "f" * 32) == ()


def test_what_came_back_is_told_with_its_time(
    study: StudyFile, folder: Path, rng: Random, now: datetime
) -> None:
    page = make_browser_pack(study, folder / "a.html", "Ada", rng=rng, now=now).made.path
    (pack,) = issued_packs(study)
    assert (pack.merged, pack.standing, pack.left_out) == ("", "out, nothing merged yet", ())
    later = now + timedelta(days=2)
    merge_files(study, [page_result(study, page, judged=4, skipped=1, now=now)], now=later)
    (pack,) = issued_packs(study)
    assert (pack.merged, pack.standing) == (stamp(later), "merged in part")
    assert (pack.state.judged, pack.state.skipped, pack.state.merged_events) == (4, 1, 5)
    told = packs_json([pack])[0]
    assert isinstance(told, dict)
    assert told["merges"] == 1
    assert told["complete"] is False
    assert told["kind"] == "page"


def test_what_a_merge_left_out_is_told_until_a_whole_copy_came(
    study: StudyFile, folder: Path, rng: Random, now: datetime
) -> None:
    path = make_pack(study, folder / "a.ftpack", "Ada", rng=rng, now=now).made.path
    judged_in(path, 12, now)
    whole = Path(shutil.copy(path, folder / "whole.ftpack"))
    tamper(path, "UPDATE allocations SET left_text = 'mine' WHERE id = 2")
    merge_files(study, [path], now=now)
    (one,) = issued_packs(study)
    assert one.left_out == ("Item 2 was left out: the left text was altered.",)
    merge_files(study, [whole], now=now)
    (one,) = issued_packs(study)
    assert (one.left_out, one.standing) == ((), "merged, complete")
    assert len(one.history.merges) == 2


def test_where_each_rater_judges_is_told(study: StudyFile, folder: Path, rng: Random, now: datetime) -> None:
    make_browser_pack(study, folder / "a.html", "Ada", rng=rng, now=now)
    make_pack(study, folder / "b.ftpack", "Ben", rng=rng, now=now)
    add_rater(study, "Cid")
    dora = study.raters.add("Dora")
    study.allocations.draw(dora.id, rng=rng, now=now)
    item = study.judgments.next_item(dora.id)
    assert item is not None
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    make_pack(study, folder / "d.ftpack", "Dora", rng=rng, now=now)
    found = {work.rater.name: work for work in raters_overview(study).work}
    assert {name: work.where for name, work in found.items()} == {
        "Ada": "page",
        "Ben": "window",
        "Cid": "here",
        "Dora": "window, here",
    }
    assert [pack.state.items for pack in found["Dora"].issued] == [11]
    assert not found["Cid"].imported


def test_of_no_times_there_is_no_latest() -> None:
    assert newest([]) == ""
    assert newest(["2026-01-02", "2026-01-03"]) == "2026-01-03"
