"""Several files merged in one go: each by itself, one summary with the faults first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.raters.browser_packs import make_browser_pack
from ftcompare.app.raters.merge_summary import merge_files, sentences, verdict
from ftcompare.app.raters.packs import make_pack
from ftcompare.app.work_progress import stopped
from ftcompare.core.errors import BugError, UserError
from ftcompare.store.pack.repository import Packs
from ftcompare.store.study.study_file import StudyFile
from tests.app.raters.returned_packs import judged_in, page_result
from tests.store.pack.pack_studies import tamper


@pytest.fixture
def files(study: StudyFile, tmp_path: Path, rng: Random, now: datetime) -> dict[str, Path]:
    """What comes back of four raters, and what does not belong with it."""
    folder = tmp_path / "files"
    folder.mkdir()
    page = make_browser_pack(study, folder / "ada.html", "Ada", rng=rng, now=now).made.path
    packs = {}
    for name, count in (("ben", 3), ("cid", 2), ("dora", 0)):
        packs[name] = make_pack(study, folder / f"{name}.ftpack", name, rng=rng, now=now).made.path
        judged_in(packs[name], count, now)
    tamper(packs["cid"], "UPDATE allocations SET left_text = 'mine' WHERE id = 1")
    note, empty = folder / "notes.docx", folder / "empty.ftresult"
    note.write_bytes(b"PK\x03\x04 not ours")
    empty.write_bytes(b"")
    result = page_result(study, page, judged=4, skipped=1, now=now)
    (folder / "inner").mkdir()
    others = {"note": note, "empty": empty, "folder": folder / "inner", "missing": folder / "gone.ftpack"}
    return {"ada": result, "page": page, **packs, **others}


def test_every_file_is_told_of_and_none_stops_another(
    study: StudyFile, files: dict[str, Path], now: datetime
) -> None:
    order = ("note", "dora", "ada", "page", "missing", "cid", "folder", "empty", "ben")
    found = merge_files(study, [files[name] for name in order], now=now)
    told = {one.path.name: verdict(one) for one in found.outcomes}
    assert told == {
        "notes.docx": "refused",
        "dora.ftpack": "nothing new",
        "ada.ftresult": "merged",
        "ada.html": "refused",
        "gone.ftpack": "refused",
        "cid.ftpack": "in part",
        "inner": "refused",
        "empty.ftresult": "refused",
        "ben.ftpack": "merged",
    }
    assert [verdict(one) for one in found.worst_first] == [
        *["refused"] * 5,
        "in part",
        *["merged"] * 2,
        "nothing new",
    ]
    assert found.total == (
        "9 files: 5 refused, 1 merged in part, 2 merged, 1 with nothing new. "
        "New in the study: 8 judgments, 1 skip."
    )
    assert study.counts().judgments == 8
    assert len(found.merged) == 4


def test_each_file_has_sentences_that_say_what_to_do(
    study: StudyFile, files: dict[str, Path], now: datetime
) -> None:
    found = merge_files(study, files.values(), now=now)
    said = {one.path.name: " ".join(sentences(one)) for one in found.outcomes}
    assert said["ada.ftresult"] == "Ada: new: 4 judgments, 1 skip. 4 of 12 pairs judged."
    assert said["dora.ftpack"] == "dora: nothing new. 0 of 12 pairs judged."
    assert said["ada.html"].startswith("This is a page, not the result that it saves. Ask its rater")
    assert "Item 1 was left out: the left text was altered." in said["cid.ftpack"]
    assert "A whole copy, merged later" in said["cid.ftpack"]
    assert said["notes.docx"].startswith("This file is not a rater pack, nor the result of a page.")
    assert said["empty.ftresult"].startswith("The file is empty.")
    text = found.text
    assert text.splitlines()[0] == found.total
    assert text.index("notes.docx") < text.index("cid.ftpack") < text.index("ben.ftpack")
    assert "refused: ada.html\n    This is a page" in text


def test_a_file_that_is_given_twice_is_read_once(
    study: StudyFile, files: dict[str, Path], now: datetime
) -> None:
    found = merge_files(study, [files["ben"], files["ada"], files["ben"]], now=now)
    assert [one.path.name for one in found.outcomes] == ["ben.ftpack", "ada.ftresult"]
    copy = Path(shutil.copy(files["ben"], files["ben"].with_name("ben (1).ftpack")))
    again = merge_files(study, [copy], now=now)
    assert again.total == "1 file: 1 with nothing new. Nothing is new in the study."


@pytest.fixture
def forked(files: dict[str, Path], now: datetime) -> dict[str, Path]:
    """Three copies of Ben's pack: as he sent it, an earlier one, and one that somebody else went on with."""
    whole = files["ben"]
    earlier = Path(shutil.copy(whole, whole.with_name("ben earlier.ftpack")))
    other = Path(shutil.copy(whole, whole.with_name("ben (1).ftpack")))
    judged_in(whole, 2, now + timedelta(minutes=5))
    judged_in(other, 4, now + timedelta(minutes=9))
    return {**files, "earlier": earlier, "other": other}


def test_files_that_part_ways_are_all_refused_and_the_others_merged(
    study: StudyFile, forked: dict[str, Path], now: datetime
) -> None:
    for order in (("ada", "ben", "other"), ("other", "ada", "ben")):
        found = merge_files(study, [forked[name] for name in order], now=now)
        codes = [one.error.code for one in found.outcomes if one.error]
        assert codes == ["pack-forked"] * 2
        assert study.counts().judgments == 4
    found = merge_files(study, [forked["other"], forked["ben"]], now=now)
    said = " ".join(sentences(found.outcomes[-1]))
    times = [f"{(now + timedelta(minutes=m)).astimezone():%Y-%m-%d %H:%M}" for m in (0, 5)]
    assert said == (
        f"This file (5 pairs judged, from {times[0]} to {times[1]}) and ben (1).ftpack "
        "differ from judgment 4 on. None of them was merged. "
        "Ask ben which file counts, and merge only that one."
    )


def test_the_file_that_is_taken_is_merged_and_files_that_extend_each_other_need_no_choice(
    study: StudyFile, forked: dict[str, Path], now: datetime
) -> None:
    paths = [forked[name] for name in ("earlier", "ben", "other")]
    found = merge_files(study, paths, now=now, take=[forked["other"]])
    assert [sentences(one)[0] for one in found.outcomes] == [
        "ben: new: 3 judgments. 3 of 12 pairs judged.",
        "ben (1).ftpack was chosen instead of this file.",
        "ben: new: 4 judgments. 7 of 12 pairs judged.",
    ]
    study.packs.take_back(next(r.id for r in study.raters.all() if r.name == "ben"), "it is not his", now=now)
    found = merge_files(study, [forked["ben"], forked["earlier"]], now=now)
    assert [verdict(one) for one in found.outcomes] == ["merged", "nothing new"]
    assert study.counts().judgments == 5
    assert all(finding.ok for finding in study.check())


def stops_before(name: str) -> Callable[[str, float | None], None]:
    def told(words: str, share: float | None) -> None:
        assert share is not None
        assert 0 <= share < 1
        if words.endswith(name):
            raise stopped()

    return told


def test_what_was_merged_before_it_was_stopped_stays_and_the_rest_is_named(
    study: StudyFile, files: dict[str, Path], now: datetime
) -> None:
    paths = [files[name] for name in ("ada", "ben", "cid")]
    found = merge_files(study, paths, now=now, told=stops_before("ben.ftpack"))
    assert [verdict(one) for one in found.outcomes] == ["merged", "not merged", "not merged"]
    assert found.total == "3 files: 2 not merged, 1 merged. New in the study: 4 judgments, 1 skip."
    assert sentences(found.outcomes[1]) == ("The work was stopped before this file: merge it again.",)
    assert study.counts().judgments == 4


def test_another_error_of_who_is_told_is_no_stop(
    study: StudyFile, files: dict[str, Path], now: datetime
) -> None:
    def told(_words: str, _share: float | None) -> None:
        raise UserError("No.", code="other")

    with pytest.raises(UserError, match="No"):
        merge_files(study, [files["ada"]], now=now, told=told)


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), BugError("A bug.")])
def test_a_fault_while_one_is_read_is_told_and_the_next_is_merged(
    study: StudyFile,
    files: dict[str, Path],
    now: datetime,
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Packs.merge

    def merge(packs: Packs, path: Path, **given: Any) -> object:
        if path == files["ben"]:
            raise fault
        return real(packs, path, **given)

    monkeypatch.setattr(Packs, "merge", merge)
    found = merge_files(study, [files["ben"], files["ada"]], now=now)
    assert [verdict(one) for one in found.outcomes] == ["refused", "merged"]
