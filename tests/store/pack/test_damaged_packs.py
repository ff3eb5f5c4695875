"""Packs that come back damaged: what becomes of the rest of them, and of the pack that is made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.register import check_packs
from ftcompare.store.pack.unaltered_items import LeftItem
from ftcompare.store.study.study_file import StudyFile
from tests.store.pack.pack_studies import NOW, PROMPTS, Worker, code_of, make, merge, new_study, tamper, wrong


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    """Every act in its packs is a judgment or is taken back."""
    with new_study(tmp_path / "study.ftstudy", RatingDesign(), Scale(strengths=3)) as made:
        yield made


def copied(path: Path, name: str) -> Path:
    return Path(shutil.copy(path, path.with_name(name)))


def flip(path: Path, item: int) -> None:
    """Another prompt than the one that was handed out."""
    tamper(path, f"UPDATE allocations SET messages = replace(messages, 'case', 'Case') WHERE id = {item}")


def comments(study: StudyFile) -> list[str]:
    return sorted(row.comment for row in study.judgments.standing())


def judged_one_by_one(path: Path, count: int) -> None:
    for number in range(1, count + 1):
        Worker(path, begin=NOW + timedelta(days=number)).judge(comment=f"{number}")


def test_several_alterations_leave_out_what_they_are_in_and_nothing_else(study: StudyFile) -> None:
    path = make(study).path
    judged_one_by_one(path, 6)
    flip(path, 2)
    tamper(path, "UPDATE events SET comment = 'other' WHERE seq = 4")
    tamper(path, "UPDATE allocations SET right_text = 'x' WHERE id = 12")
    merged = merge(study, path)
    assert merged.left == (
        LeftItem(2, "the prompt was altered"),
        LeftItem(4, "judgment 4 was altered, or the one before it"),
        LeftItem(12, "the right text was altered"),
    )
    assert comments(study) == ["1", "3", "5", "6"]
    (entry,) = [entry for entry in study.audit.entries() if entry.kind == "pack-merged"]
    assert entry.detail["left"] == [[item.number, item.why] for item in merged.left]
    assert wrong(study) == []


def test_a_judgment_is_left_out_with_all_that_took_it_back(study: StudyFile) -> None:
    path = make(study).path
    worker = Worker(path)
    worker.judge(2, comment="first")
    worker.undo(2)
    worker.judge(3, comment="second")
    whole = copied(path, "whole.ftpack")
    flip(path, 1)
    merged = merge(study, path)
    assert (merged.judgments, merged.retractions, merged.judged) == (3, 1, 2)
    assert wrong(study) == []
    added = merge(study, whole)
    assert (added.judgments, added.retractions, added.judged) == (2, 1, 3)
    assert comments(study) == ["second"] * 3
    assert wrong(study) == []


def test_a_damaged_retraction_brings_no_judgment_back(study: StudyFile) -> None:
    """It says of which item it was no more: the item shows that something is missing."""
    path = make(study).path
    worker = Worker(path)
    worker.judge(2)
    worker.undo()
    tamper(path, "UPDATE events SET allocation = 9 WHERE seq = 3")
    merged = merge(study, path)
    assert (merged.judged, [item.number for item in merged.left]) == (1, [2, 9])
    assert wrong(study) == []


def test_a_pack_is_damaged_further_and_goes_on_nevertheless(study: StudyFile) -> None:
    path = make(study).path
    judged_one_by_one(path, 3)
    older = copied(path, "older.ftpack")
    flip(path, 1)
    assert merge(study, path).judgments == 2
    whole = copied(older, "whole.ftpack")
    Worker(whole, begin=NOW + timedelta(days=20)).judge(comment="late")
    once_more = copied(whole, "once more.ftpack")
    flip(once_more, 3)
    merged = merge(study, once_more)
    assert (merged.judgments, merged.judged) == (2, 4)
    assert comments(study) == ["1", "2", "3", "late"]
    assert merge(study, whole).judgments == 0
    assert wrong(study) == []


def test_a_damaged_copy_that_was_rated_apart_is_refused(study: StudyFile) -> None:
    path = make(study).path
    judged_one_by_one(path, 2)
    copy = copied(path, "copy.ftpack")
    Worker(path, begin=NOW + timedelta(days=5)).judge(2, Choice.LEFT)
    Worker(copy, begin=NOW + timedelta(days=6)).judge(3, Choice.RIGHT)
    merge(study, path)
    for damage in (
        "UPDATE events SET comment = 'x' WHERE seq = 3",
        "UPDATE events SET seq = -1 WHERE seq = 1",
    ):
        damaged = copied(copy, "damaged.ftpack")
        tamper(damaged, damage)
        with pytest.raises(UserError) as caught:
            merge(study, damaged)
        assert code_of(caught) == "pack-diverged"
    assert wrong(study) == []


def test_a_digest_altered_in_a_copy_is_no_other_copy(study: StudyFile) -> None:
    path = make(study).path
    judged_one_by_one(path, 3)
    merge(study, path)
    Worker(path, begin=NOW + timedelta(days=9)).judge(comment="4")
    tamper(path, "UPDATE events SET digest = '0' || substr(digest, 2) WHERE seq = 3")
    merged = merge(study, path)
    assert (merged.judgments, [item.number for item in merged.left]) == (1, [3])
    assert comments(study) == ["1", "2", "3", "4"]
    assert wrong(study) == []


def test_a_pack_that_was_merged_in_part_is_made_again_and_its_rater_goes_on(study: StudyFile) -> None:
    made = make(study)
    judged_one_by_one(made.path, 5)
    flip(made.path, 3)
    assert merge(study, made.path).judged == 4
    again = make(study, file="again.ftpack")
    assert (again.name, again.judged, again.again) == (made.name, 4, True)
    Worker(again.path, begin=NOW + timedelta(days=20)).finish()
    assert merge(study, again.path).judged == PROMPTS
    assert study.packs.all()[0].finished
    assert wrong(study) == []
    with PackFile.open(make(study, file="third.ftpack").path) as third:
        assert third.judgments.progress(PACK_RATER).judged == PROMPTS


def test_a_pack_made_again_and_its_whole_original_are_two_copies(study: StudyFile) -> None:
    made = make(study)
    judged_one_by_one(made.path, 5)
    whole = copied(made.path, "whole.ftpack")
    flip(made.path, 5)
    merge(study, made.path)
    again = make(study, file="again.ftpack")
    Worker(again.path, begin=NOW + timedelta(days=20)).judge(2)
    merge(study, again.path)
    with pytest.raises(UserError) as caught:
        merge(study, whole)
    assert code_of(caught) == "pack-diverged"


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM merged WHERE seq = 1",
        "UPDATE merged SET seq = 3 WHERE seq = 4",
        "UPDATE merged SET seq = 9 WHERE seq = 5",
        "UPDATE audit SET detail = replace(detail, '\"links\":[[3', '\"links\":[[2')",
        'UPDATE audit SET detail = replace(detail, \'"links":[[3\', \'"links":[[1,"x"],[3\')',
        'UPDATE audit SET detail = replace(detail, \'"links":\', \'"links":7,"was":\')',
    ],
)
def test_a_gap_altered_in_the_study_is_found(study: StudyFile, change: str) -> None:
    made = make(study)
    judged_one_by_one(made.path, 5)
    flip(made.path, 3)
    merge(study, made.path)
    assert check_packs(study._db) == ""
    study.close()
    tamper(study.path, change)
    with StudyFile.open(study.path, now=NOW) as altered:
        assert any(finding.startswith("rater packs") for finding in wrong(altered))


def test_into_a_study_in_which_a_text_was_altered_nothing_is_merged(study: StudyFile) -> None:
    made = make(study)
    judged_one_by_one(made.path, 2)
    study.close()
    tamper(study.path, "UPDATE responses SET text = text || '.' WHERE id = 1")
    with StudyFile.open(study.path, now=NOW) as altered:
        with pytest.raises(UserError) as caught:
            merge(altered, made.path)
        assert code_of(caught) == "study-altered"
        assert altered.counts().judgments == 0


def test_a_pack_longer_than_any_disk_is_not_copied(study: StudyFile) -> None:
    path = make(study).path
    os.truncate(path, 2**43)  # with a hole: it takes no room where it lies
    with pytest.raises(EnvironmentFault) as caught:
        merge(study, path)
    assert caught.value.code == "disk-full"
