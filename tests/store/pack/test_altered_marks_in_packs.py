"""Marks in packs that were altered, damaged or made up: refused, named, and found by a check of the study."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ftcompare.core.annotations import Mark, Reviewed
from ftcompare.core.errors import UserError
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.pack.repository import MarksMerged
from ftcompare.store.review.annotation_rows import to_row
from ftcompare.store.study.study_file import StudyFile
from tests.store.integrity.tampering import unprotected
from tests.store.pack.marked_packs import a_mark, add, handed, judged, marks_of, record
from tests.store.pack.pack_studies import NOW, PROMPTS, Worker, code_of, merge, tamper, wrong

ALTERED = {
    record("severity", "'major'"): "mark 1",
    record("error_type", "'unsafe'"): "mark 1",
    record("comment", "'x'"): "mark 1",
    record("start", "1"): "mark 1",
    "UPDATE annotations SET record = 'no JSON' WHERE seq = 1": "mark 1",
    "UPDATE annotations SET response = 2 WHERE seq = 1": "mark 1",
    "UPDATE annotations SET response = 9 WHERE seq = 3": "mark 3",
    "UPDATE annotations SET at = '2026-11-22T09:00:00.001Z' WHERE seq = 1": "mark 1",
    "UPDATE annotations SET digest = '0' || substr(digest, 2) WHERE seq = 3": "mark 3",
    "UPDATE annotations SET kind = 'reviewed' WHERE seq = 1": "mark 1",
    "UPDATE annotations SET expert = 2 WHERE seq = 1": "mark 1",
    "UPDATE annotations SET retracts = 1 WHERE seq = 4": "mark 4",
    "DELETE FROM annotations WHERE seq = 1": "mark 1",
    "DELETE FROM annotations WHERE seq = 3": "mark 3",
    "DELETE FROM annotations WHERE seq = 4": "mark 4",
    "UPDATE annotations SET seq = -1 WHERE seq = 4": "mark 4",
    "UPDATE state SET value = '' WHERE key = 'annotations'": "mark 5",
}


@pytest.mark.parametrize("change", ALTERED)
def test_an_altered_mark_is_named_and_nothing_from_it_on_is_taken(
    marked: tuple[StudyFile, Path], change: str
) -> None:
    study, pack = marked
    tamper(pack, change)
    named = f"{ALTERED[change]} was altered or removed"
    with pytest.raises(UserError, match="damaged") as caught:
        PackFile.open(pack)
    assert code_of(caught) == "pack-damaged"
    merged = merge(study, pack)
    assert merged.judgments == PROMPTS
    assert merged.marks.left == named
    assert merged.in_part
    assert len(marks_of(study)) <= 3
    assert wrong(study) == []


def test_a_whole_copy_adds_what_was_left_out(marked: tuple[StudyFile, Path], tmp_path: Path) -> None:
    study, pack = marked
    whole = Path(shutil.copy(pack, tmp_path / "whole.ftpack"))
    tamper(pack, record("severity", "'major'").replace("seq = 1", "seq = 3"))
    first = merge(study, pack)
    assert (first.marks.marks, first.marks.left) == (2, "mark 3 was altered or removed")
    assert merge(study, whole).marks == MarksMerged(marks=1, taken_back=1)
    assert len(marks_of(study)) == 2
    assert wrong(study) == []


def test_marks_of_a_damaged_item_are_left_out_and_later_ones_with_them(
    marked: tuple[StudyFile, Path], tmp_path: Path
) -> None:
    study, pack = marked
    whole = Path(shutil.copy(pack, tmp_path / "whole.ftpack"))
    tamper(pack, "UPDATE allocations SET left_text = 'x' WHERE id = 2")
    merged = merge(study, pack)
    assert [item.number for item in merged.left] == [2]
    assert merged.marks == MarksMerged(
        marks=1, left="item 2 was left out, and with it its marks and those after them"
    )
    assert merge(study, whole).marks.marks == 1
    assert wrong(study) == []


def test_whether_errors_may_be_marked_cannot_be_changed(study: StudyFile) -> None:
    path = judged(study)
    add(path, 1)
    tamper(path, "UPDATE pack SET rating = json_remove(rating, '$.error_scheme')")
    with pytest.raises(UserError) as caught:
        PackFile.open(path)
    assert code_of(caught) == "pack-damaged"
    with pytest.raises(UserError, match="the error scheme was altered"):
        merge(study, path)


def test_a_scheme_that_is_none_damages_the_pack(study: StudyFile) -> None:
    path = judged(study)
    tamper(path, "UPDATE pack SET rating = json_set(rating, '$.error_scheme', json('{\"types\": 3}'))")
    with pytest.raises(UserError) as caught:
        PackFile.open(path)
    assert code_of(caught) == "pack-damaged"
    with pytest.raises(UserError, match="altered"):
        merge(study, path)


# Chained as the product chains it, but nothing that can be marked.


def forged(pack: PackFile, given: Mark | Reviewed, at: str = "2026-11-22T09:00:00.000Z") -> None:
    with pack._db.atomic():
        pack.annotations.append(PACK_EXPERT, to_row(given), at)


def test_what_nobody_can_have_marked_is_not_taken(study: StudyFile, tmp_path: Path) -> None:
    path = judged(study)
    start = Mark(answer_number(1, left=True), 0, 3, "The", "style", "minor")
    wrong_ones: list[Callable[[PackFile], object]] = [
        lambda pack: forged(pack, a_mark(pack, error_type="dose")),
        lambda pack: forged(pack, Mark(start.response, 0, 5000, "x", "style", "minor")),
        lambda pack: forged(pack, Mark(start.response, 0, 3, 7, "style", "minor")),  # type: ignore[arg-type]
        lambda pack: forged(pack, a_mark(pack), at="2026-11-22"),
        lambda pack: forged(pack, a_mark(pack), at="1815-11-22T09:00:00.000Z"),
    ]
    for number, forge in enumerate(wrong_ones):
        copy = Path(shutil.copy(path, tmp_path / f"{number}.ftpack"))
        with PackFile.open(copy) as pack:
            forge(pack)
            assert [finding.subject for finding in pack.check() if not finding.ok] == ["marks"]
        merged = merge(study, copy)
        assert "mark 1" in merged.marks.left
        assert marks_of(study) == []


def test_a_mark_in_a_pair_that_was_never_judged_is_not_taken(study: StudyFile) -> None:
    path = handed(study).path
    Worker(path).judge(1)
    with PackFile.open(path) as pack:
        forged(pack, Mark(answer_number(2, left=True), 0, 1, "T", "style", "minor"))
        assert [finding.detail for finding in pack.check() if not finding.ok] == [
            "mark 1 is in a pair that is not judged"
        ]
    assert merge(study, path).marks.left == "mark 1 is in a pair that is not judged"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            "UPDATE merged_annotations SET record = '{}' WHERE seq = 1",
            "merged mark 1 is not as it was in the pack",
        ),
        ("UPDATE merged_annotations SET seq = 9 WHERE seq = 1", "merged mark 1 is not one of its pack"),
        ("UPDATE merged_annotations SET answer = 999 WHERE seq = 1", "merged mark 1 is not one of its pack"),
        (
            "UPDATE merged_annotations SET annotation = NULL WHERE seq = 1",
            "merged mark 1 is not as it was in the pack",
        ),
        (
            "UPDATE merged_annotations SET annotation = NULL WHERE seq = 4;"
            "DELETE FROM annotations WHERE seq = 4",
            "merged mark 4 is not as it was in the pack",
        ),
        (
            "DELETE FROM merged_annotations WHERE seq = 4",
            "the marks that were merged are not those of the audit log",
        ),
        (
            "UPDATE annotations SET record = json_set(record, '$.severity', 'major') WHERE seq = 1",
            "merged mark 1 is not as it was in the pack",
        ),
    ],
)
def test_a_check_of_the_study_finds_what_was_changed_after_the_merge(
    marked: tuple[StudyFile, Path], change: str, found: str
) -> None:
    study, pack = marked
    merge(study, pack)
    with unprotected(study) as db:
        assert all(db.execute(statement).rowcount for statement in change.split(";"))
        assert any(found in problem for problem in wrong(study))
    assert wrong(study) == []


def test_a_pack_of_an_altered_study_is_not_made_again(marked: tuple[StudyFile, Path]) -> None:
    study, pack = marked
    merge(study, pack)
    path = study.path
    study.close()
    tamper(path, "UPDATE merged_annotations SET at = '2026-11-22T09:00:00.001Z' WHERE seq = 1")
    with StudyFile.open(path, now=NOW) as altered, pytest.raises(UserError, match="altered") as caught:
        handed(altered, "again.ftpack")
    assert code_of(caught) == "study-altered"
