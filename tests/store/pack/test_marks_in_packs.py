"""Marks in packs: merged as the study's annotations; refused and named where altered or made up."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from ftcompare.core.annotations import AnnotationKind, Mark, Reviewed
from ftcompare.core.error_scheme import MQM_CORE
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.rating_design import GoldItem, RatingDesign, ReferenceShown
from ftcompare.core.study import Message, ResponseId
from ftcompare.store.pack.connection import WITH_MARKS
from ftcompare.store.pack.merge import MarksMerged
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.review.annotations import to_row
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present
from tests.store.integrity.tampering import unprotected
from tests.store.pack.marked_packs import (
    LATER,
    OWN,
    PLAIN_DESIGN,
    a_mark,
    add,
    handed,
    judged,
    marks_of,
    record,
    standing,
    take_back,
)
from tests.store.pack.pack_studies import (
    NOW,
    PROMPTS,
    SCALE,
    TEXTS,
    Worker,
    code_of,
    make,
    merge,
    new_study,
    tamper,
    wrong,
)
from tests.store.pack.test_pack_secrets import secrets, spellings
from tests.store.pack.test_reference_packs import pack_version


def test_marks_come_to_the_answers_that_they_were_made_in(study: StudyFile) -> None:
    path = judged(study)
    with PackFile.open(path) as pack:
        shown = {int(one.item.allocation): one.item for one in pack.judgments.given(PACK_RATER)}
        assert pack.annotations.scheme == MQM_CORE
        for item in (1, 2, 3, 4):
            for left in (True, False):
                pack.annotations.add(PACK_EXPERT, a_mark(pack, item, left=left), now=LATER)
        pack.annotations.add(PACK_EXPERT, Reviewed(answer_number(5, left=False)), now=LATER)
        assert all(finding.ok for finding in pack.check())
    merged = merge(study, path)
    assert merged.marks == MarksMerged(marks=8, looked_through=1)
    assert not merged.in_part
    expected = [
        ("Ann", text, text.split()[0]) for n in (1, 2, 3, 4) for text in (shown[n].left, shown[n].right)
    ]
    assert standing(study) == [*expected, ("Ann", shown[5].right, "")]
    assert wrong(study) == []
    assert study.verify().ok


def test_merging_again_adds_nothing_and_a_chain_is_gone_on_with(study: StudyFile) -> None:
    path = judged(study)
    add(path, 1, 2)
    assert merge(study, path).marks.marks == 2
    again = merge(study, path)
    assert (again.judgments, again.marks) == (0, MarksMerged())
    with PackFile.open(path) as pack:
        changed = a_mark(pack, 1, severity="major", comment="worse than it seemed")
        pack.annotations.replace(PACK_EXPERT, 1, changed, now=LATER + timedelta(hours=2))
        pack.annotations.retract(PACK_EXPERT, 2, now=LATER + timedelta(hours=3))
        pack.annotations.add(PACK_EXPERT, Reviewed(answer_number(3, left=True)), now=LATER)
    assert merge(study, path).marks == MarksMerged(marks=1, taken_back=1, looked_through=1)
    assert [one.severity for one in marks_of(study)] == ["major"]
    assert merge(study, path).marks == MarksMerged()
    assert wrong(study) == []


def test_the_expert_goes_on_in_the_study_under_the_same_name(study: StudyFile) -> None:
    own = study.annotations.expert("ann")
    answer = next(iter(study.responses.all()))
    study.annotations.add(own.id, Reviewed(answer.id), now=NOW)
    path = judged(study)
    first, second = add(path, 1, 2)
    merge(study, path)
    assert [expert.name for expert in study.annotations.experts()] == ["ann"]
    stored = [*study.annotations.standing(AnnotationKind.MARK)]
    study.annotations.retract(own.id, stored[0].seq, now=NOW + timedelta(days=10))
    take_back(path, first)
    assert merge(study, path).marks == MarksMerged(taken_back=1)
    assert len(marks_of(study)) == 1
    again = handed(study, "again.ftpack")
    with PackFile.open(again.path) as pack:
        assert [one.seq for one in pack.annotations.standing()] == [second]
    assert wrong(study) == []


def test_marks_of_a_merge_that_was_taken_back_count_no_more(study: StudyFile) -> None:
    path = judged(study)
    other = Path(shutil.copy(path, path.with_name("other.ftpack")))
    add(path, 1, 2)
    add(other, 3)
    add(other, 3, left=False)
    assert merge(study, path).marks.marks == 2
    with pytest.raises(UserError, match="marked differently"):
        merge(study, other)
    study.packs.take_back(study.raters.all()[0].id, "forged", now=NOW + timedelta(days=10))
    assert (standing(study), wrong(study)) == ([], [])
    assert merge(study, other).marks == MarksMerged(marks=2)
    take_back(other, 1)
    assert merge(study, other).marks == MarksMerged(taken_back=1)
    assert (len(marks_of(study)), wrong(study), study.verify().ok) == (1, [], True)


def test_a_pack_that_is_made_again_has_its_marks_and_takes_more(study: StudyFile) -> None:
    path = judged(study)
    add(path, 1, 2)
    take_back(path, 1)
    merge(study, path)
    again = handed(study, "again.ftpack").path
    assert add(again, 3) == [4]
    assert merge(study, again).marks.marks == 1
    add(path, 5)
    with pytest.raises(UserError, match="marked differently"):
        merge(study, path)
    assert wrong(study) == []


def test_a_rater_may_have_a_longer_name_than_experts_give_themselves(study: StudyFile) -> None:
    name = "Ann " + "of Somewhere " * 10
    path = make(study, name, "long.ftpack", marks=True).path
    Worker(path).finish()
    add(path, 1)
    assert merge(study, path).marks.marks == 1
    assert standing(study)[0][0] == name.strip()
    with pytest.raises(UserError, match="at most"):
        study.annotations.expert(name * 2)


def test_two_copies_that_were_marked_apart_are_not_both_merged(study: StudyFile, tmp_path: Path) -> None:
    path = judged(study)
    copy = Path(shutil.copy(path, tmp_path / "copy.ftpack"))
    add(path, 1)
    add(copy, 2)
    merge(study, path)
    with pytest.raises(UserError, match=r"from mark 1 on") as caught:
        merge(study, copy)
    assert code_of(caught) == "pack-diverged"
    assert len(marks_of(study)) == 1


def test_a_pack_with_marks_that_are_not_merged_is_not_replaced(study: StudyFile) -> None:
    path = judged(study)
    merge(study, path)
    add(path, 1)
    with pytest.raises(UserError, match="judgments or marks") as caught:
        handed(study, replace=True)
    assert code_of(caught) == "pack-unmerged"
    merge(study, path)
    handed(study, replace=True)


def test_errors_are_marked_in_judged_pairs_alone(study: StudyFile) -> None:
    path = handed(study).path
    Worker(path).judge(1)
    with PackFile.open(path) as pack:
        mark = a_mark(pack)
        unjudged = Mark(answer_number(2, left=True), 0, 3, "The", "style", "minor")
        beyond = Mark(ResponseId(999), 0, 3, "The", "style", "minor")
        for refused in (unjudged, beyond):
            with pytest.raises(UserError, match="only in judged pairs"):
                pack.annotations.add(PACK_EXPERT, refused, now=LATER)
        with pytest.raises(UserError, match="no “dose”"):
            pack.annotations.add(PACK_EXPERT, a_mark(pack, error_type="dose"), now=LATER)
        pack.annotations.add(PACK_EXPERT, mark, now=LATER)
        assert pack.annotations.undo(PACK_EXPERT, now=LATER)
        assert not [*pack.annotations.standing()]
        assert all(finding.ok for finding in pack.check())


def test_a_judgment_that_is_taken_back_leaves_the_marks(study: StudyFile) -> None:
    path = judged(study)
    add(path, PROMPTS)
    Worker(path, begin=NOW + timedelta(days=5)).undo()
    with PackFile.open(path) as pack:
        assert pack.judgments.progress(PACK_RATER).judged == PROMPTS - 1
    assert merge(study, path).marks.marks == 1


def test_where_no_errors_are_to_be_marked_a_pack_is_as_it_always_was(study: StudyFile) -> None:
    made = make(study)
    assert pack_version(made.path) == 1
    with PackFile.open(made.path) as pack:
        assert pack.annotations.scheme is None
        with pytest.raises(BugError):
            pack.annotations._scheme()
    assert b"error_scheme" not in made.path.read_bytes()
    assert merge(study, made.path).marks == MarksMerged()


@pytest.mark.parametrize("shown", [ReferenceShown.NEVER, ReferenceShown.ALWAYS])
def test_reference_answers_are_in_it_only_where_raters_may_see_them(
    tmp_path: Path, shown: ReferenceShown
) -> None:
    with new_study(tmp_path / "study-in-folder.ftstudy", RatingDesign(reference=shown)) as study:
        path = handed(study).path
        with PackFile.open(path) as pack:
            item = present(pack.judgments.next_item(PACK_RATER))
            assert bool(item.reference) is (shown is ReferenceShown.ALWAYS)
    assert pack_version(path) == WITH_MARKS
    assert (b"reference answer to" in path.read_bytes()) is (shown is ReferenceShown.ALWAYS)


def test_an_own_scheme_travels_and_is_asked_for_again_at_the_merge(study: StudyFile) -> None:
    study.error_schemes.set(OWN, now=NOW)
    path = judged(study)
    with PackFile.open(path) as pack:
        assert pack.annotations.scheme == OWN
        missing = Mark(answer_number(1, left=True), 4, 4, "", "gap", "bad")
        pack.annotations.add(PACK_EXPERT, missing, now=LATER)
    study.error_schemes.set(MQM_CORE, now=NOW)
    with pytest.raises(UserError, match="the “gap” of severity “bad”") as caught:
        merge(study, path)
    assert code_of(caught) == "error-scheme-changed"
    assert [*study.judgments.votes()] == []
    study.error_schemes.set(OWN, now=NOW)
    assert merge(study, path).marks.marks == 1
    assert wrong(study) == []


def test_marks_in_pairs_with_a_known_answer_reach_no_system(tmp_path: Path) -> None:
    """Raters cannot tell such pairs from others; the study's systems did not write their texts."""
    with new_study(tmp_path / "s.ftstudy") as study:
        study.gold.add([GoldItem((Message("user", "2 + 2?"),), "4 it is", "5 it is")], now=NOW)
        path = judged(study)
        with PackFile.open(path) as pack:
            items = [one.item.allocation for one in pack.judgments.given(PACK_RATER)]
        add(path, *items)
        assert merge(study, path).marks.marks == len(items)
        assert {mark.quote for mark in marks_of(study)} == {"The", "Tachycardia"}
        assert len(marks_of(study)) < len(items)
        assert wrong(study) == []


# The blind.


def test_no_byte_of_such_a_pack_holds_what_the_study_keeps(study: StudyFile) -> None:
    path = judged(study)
    add(path, 1, 2)
    merge(study, path)
    again = handed(study, "again.ftpack").path
    study.close()
    hidden = secrets(study.path)
    for made in (path, again):
        content = made.read_bytes()
        assert [text for text in hidden if any(spelt in content for spelt in spellings(text))] == []


def test_exchanging_the_systems_changes_no_mark_of_a_pack(tmp_path: Path) -> None:
    """The same texts, written by the other system each, marked alike: nothing differs but the texts."""
    found = []
    for number, texts in enumerate((TEXTS, TEXTS[::-1])):
        with new_study(tmp_path / f"{number}.ftstudy", PLAIN_DESIGN, SCALE, texts) as study:
            path = judged(study, f"{number}.ftpack")
            add(path, 1, 2, 3)
            with closing(sqlite3.connect(path)) as raw:
                sql = "SELECT expert, seq, kind, response, comparison, retracts, at FROM annotations"
                found.append((raw.execute(sql).fetchall(), raw.execute("SELECT rating FROM pack").fetchone()))
    assert found[0] == found[1]


ALTERED = {
    record("severity", "'major'"): "mark 1",
    record("error_type", "'unsafe'"): "mark 1",
    record("comment", "'x'"): "mark 1",
    record("start", "1"): "mark 1",
    "UPDATE annotations SET record = 'no JSON' WHERE seq = 1": "mark 1",
    "UPDATE annotations SET response = 2 WHERE seq = 1": "mark 1",
    "UPDATE annotations SET response = 9 WHERE seq = 3": "mark 3",
    "UPDATE annotations SET at = '2026-11-22T09:00:00.001Z' WHERE seq = 1": "mark 1",
    "UPDATE annotations SET digest = substr(digest, 2) || substr(digest, 1, 1) WHERE seq = 3": "mark 3",
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
        lambda pack: forged(pack, Mark(start.response, 0, 3, 7, "style", "minor")),  # type: ignore[arg-type]  # no text
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
