"""What is wrong with a pack is named: nothing altered is ever taken over, and nobody rates in such a pack."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.hashing import link
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import JudgmentEvent
from ftcompare.store.judging.verdict_recorder import EVENT_TAG, payload, to_event
from ftcompare.store.pack.connection import opened_pack, pack_copy
from ftcompare.store.pack.contents import chain_start, item_target
from ftcompare.store.pack.merge import LeftItem
from ftcompare.store.pack.merged_copies import MergedCopy
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.register import check_packs, merged_events
from ftcompare.store.pack.verification import check_pack
from ftcompare.store.study.study_file import StudyFile
from tests.builders import refusal_code
from tests.store.pack.pack_studies import NOW, PROMPTS, Worker, code_of, make, merge, new_study, tamper, wrong


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study and Ann's pack, in which something of everything was done. To be copied."""
    folder = tmp_path_factory.mktemp("worked")
    with new_study(folder / "study.ftstudy") as study:
        worker = Worker(make(study).path)
    worker.judge(6, comment="MARKED-COMMENT")
    worker.skip("MARKED-REASON")
    worker.judge(2)
    worker.undo()
    return folder


@pytest.fixture
def study(worked: Path, tmp_path: Path) -> Iterator[StudyFile]:
    with StudyFile.open(Path(shutil.copy(worked / "study.ftstudy", tmp_path)), now=NOW) as opened:
        yield opened


@pytest.fixture
def pack(worked: Path, tmp_path: Path) -> Path:
    """Ann's pack, which the study handed out."""
    return Path(shutil.copy(worked / "Ann.ftpack", tmp_path))


ALTERED = {
    "UPDATE pack SET title = 'Minds'": "the title was altered",
    "UPDATE pack SET question = 'Which is ours?'": "the question was altered",
    "UPDATE pack SET strengths = 2": "the strengths of the scale were altered",
    "UPDATE pack SET notice = ''": "the notice was altered",
    "UPDATE pack SET rater = 'Eve'": "the rater's name was altered",
    "UPDATE pack SET rating = replace(rating, 'accuracy', 'beauty')": "the criteria were altered",
    "UPDATE pack SET rating = replace(rating, 'too long', 'too short')": "the reasons were altered",
    "UPDATE pack SET rating = replace(rating, 'to the end', 'halfway')": "the instructions were altered",
    "UPDATE pack SET rating = replace(rating, 'It is shorter', 'It is ours')": "the practice was altered",
    "UPDATE pack SET rating = replace(rating, '}', ' }')": "the settings of the rating were altered",
    "UPDATE pack SET commitment = '0' || substr(commitment, 2)": ("the seal of the allocation was altered"),
    "UPDATE pack SET digest = '0' || substr(digest, 2)": "the seal of the pack was altered",
    "DELETE FROM pack": "its words were removed",
    """INSERT INTO allocations (id, rater, position, draw, kind, item, messages, left_text, right_text,
        guess_due, digest) VALUES (99, 1, 98, 1, 'ordinary', 'x', '[]', 'l', 'r', '', 'd')""": (
        "items were added"
    ),
}


DAMAGED = {
    "UPDATE allocations SET left_text = left_text || ' ' WHERE id = 17": "item 17: the left text was altered",
    "UPDATE allocations SET right_text = 'x' WHERE id = 4": "item 4: the right text was altered",
    "UPDATE allocations SET messages = replace(messages, 'case', 'Case') WHERE id = 1": (
        "item 1: the prompt was altered"
    ),
    "UPDATE allocations SET left_text = right_text, right_text = left_text WHERE id = 2": (
        "item 2: the left text was altered"
    ),
    "UPDATE allocations SET guess_due = CASE guess_due WHEN '' THEN 'at_end' ELSE '' END WHERE id = 9": (
        "item 9: the moment of its guess was altered"
    ),
    "UPDATE allocations SET digest = '0' || substr(digest, 2) WHERE id = 20": (
        "item 20: its seal was altered"
    ),
    "UPDATE allocations SET item = '0' || substr(item, 2) WHERE id = 3": "item 3: its id was altered",
    "UPDATE allocations SET kind = 'gold' WHERE id = 3": "item 3: its place was altered",
    "UPDATE allocations SET position = 50 WHERE id = 1": "item 1: its place was altered",
    "UPDATE allocations SET position = position + 100": "item 1: its place was altered",
    "DELETE FROM allocations WHERE id = 21": "item 21: it was removed",
    "UPDATE events SET choice = 'right' WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET strength = 3 WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET comment = '' WHERE id = (SELECT MAX(id) FROM events WHERE comment <> '')": (
        "was altered"
    ),
    "UPDATE events SET flagged = 1 WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET flagged = 2 WHERE seq = 2": "item 1: judgment 2 was altered",
    "UPDATE events SET seconds = seconds + 0.001 WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET at = '2026-11-21T09:00:00.000Z' WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET details = '' WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET reason = 'Other' WHERE kind = 'skip'": "was altered",
    "UPDATE events SET retracts = 1 WHERE kind = 'retraction'": "was altered",
    "UPDATE events SET allocation = 20 WHERE seq = 1": "item 20: judgment 1 was altered",
    "UPDATE events SET digest = '0' || substr(digest, 2) WHERE seq = 1": "item 1: judgment 1 was altered",
    "UPDATE events SET rater = 2 WHERE seq = 1": "item 1: judgment 2 was altered",
    "UPDATE events SET seq = 90 WHERE seq = 1": "item 1: judgment 2 was altered",
    "DELETE FROM events WHERE seq = 2": "was altered",
    "DELETE FROM events WHERE seq = (SELECT MAX(seq) FROM events)": "was altered",
    "UPDATE allocations SET standing = NULL, standing_kind = '' WHERE id = 1": (
        "item 1: its judgment was altered or removed"
    ),
}


@pytest.mark.parametrize("change", ALTERED)
def test_an_altered_pack_is_refused_and_the_change_is_named(
    study: StudyFile, pack: Path, change: str
) -> None:
    tamper(pack, change)
    before = study.audit.entries()
    with pytest.raises(UserError) as caught:
        merge(study, pack)
    assert code_of(caught) == "pack-altered"
    assert ALTERED[change] in caught.value.what
    assert caught.value.where == str(pack)
    assert study.audit.entries() == before
    assert study.counts().judgments == 0


@pytest.mark.parametrize("change", DAMAGED)
def test_of_a_damaged_pack_the_untouched_items_are_merged_and_a_whole_copy_adds_the_others(
    study: StudyFile, pack: Path, tmp_path: Path, change: str
) -> None:
    whole = Path(shutil.copy(pack, tmp_path / "whole.ftpack"))
    true, items = judged_items(whole), 7
    tamper(pack, change)
    merged = merge(study, pack)
    assert DAMAGED[change] in " ".join(f"item {item.number}: {item.why}" for item in merged.left)
    left = {item.number for item in merged.left}
    assert merged_items(study) == {act for act in true if act[0] not in left}
    assert wrong(study) == []
    before = study.audit.entries()
    assert merge(study, pack) == replace(
        merged, judgments=0, skips=0, retractions=0, guesses=0, judged=merged.judged
    )
    assert study.audit.entries() == before
    assert merge(study, whole).left == ()
    assert merged_items(study) == true
    assert study.counts().judgments == items
    assert wrong(study) == []


def judged_items(pack: Path) -> set[tuple[object, ...]]:
    """What was done in a pack: the item, and all that was said."""
    with PackFile.open(pack) as opened:
        return {acted(event, event.allocation) for event in opened.judgments.events(PACK_RATER)}


def merged_items(study: StudyFile) -> set[tuple[object, ...]]:
    """The same as the study has it."""
    return {acted(event, event.allocation) for event in merged_events(study._db, 1, MergedCopy())}


def acted(event: JudgmentEvent, item: int) -> tuple[object, ...]:
    said = (event.kind, event.choice, event.strength, event.comment, event.flagged, event.seconds)
    return (item, *said, event.reason, event.retracts, event.details, event.at, event.digest)


@pytest.mark.parametrize("change", [*ALTERED, *DAMAGED])
def test_a_check_finds_it_without_the_study_and_nobody_rates_in_it(pack: Path, change: str) -> None:
    tamper(pack, change)
    with pack_copy(pack) as copy:
        assert [finding for finding in check_pack(copy) if not finding.ok]
    with pytest.raises(UserError) as caught:
        PackFile.open(pack)
    assert code_of(caught) == "pack-damaged"
    assert caught.value.where == str(pack)


def test_a_refusal_names_the_item_and_what_to_do(pack: Path) -> None:
    tamper(pack, "UPDATE allocations SET messages = replace(messages, 'case', 'Case') WHERE id = 9")
    with pytest.raises(UserError, match="damaged: “item 9 was altered") as caught:
        PackFile.open(pack)
    assert "can be merged" in caught.value.how


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DROP INDEX events_timed", "events_timed"),
        ("DROP TRIGGER events_no_update", "events_no_update"),
        ("CREATE TRIGGER mine AFTER INSERT ON state BEGIN SELECT 1; END", "mine"),
    ],
)
def test_a_pack_of_which_the_rules_were_changed_is_not_opened(
    study: StudyFile, pack: Path, change: str, named: str
) -> None:
    with closing(sqlite3.connect(pack, isolation_level=None)) as raw:
        raw.execute(change)
    before = pack.read_bytes()
    with pytest.raises(UserError) as caught:
        merge(study, pack)
    assert (code_of(caught), caught.value.where) == ("pack-damaged", str(pack))
    assert f"its rules were changed (“{named}”)" in caught.value.what
    with pytest.raises(UserError, match=named):
        PackFile.open(pack)
    assert pack.read_bytes() == before


def test_an_honest_pack_holds_every_check(pack: Path) -> None:
    with PackFile.open(pack) as opened:
        findings = opened.check()
    assert all(finding.ok for finding in findings)
    assert {finding.subject for finding in findings} == {
        "file",
        "rules of the file",
        "commitment",
        "items",
        "judgments",
        "marks",
    }


def test_a_pack_of_which_the_id_was_altered_is_no_pack_of_the_study(study: StudyFile, pack: Path) -> None:
    tamper(pack, "UPDATE pack SET name = '0' || substr(name, 2)")
    assert refusal_code(lambda: merge(study, pack)) == "pack-foreign"


MARKERS = ["MARKED-COMMENT", "MARKED-REASON", "What is case 7?", "too fast in case 3.", "Hearts", "accuracy"]


@pytest.mark.parametrize("marker", MARKERS)
def test_one_byte_changed_in_the_file_is_refused_or_its_item_left_out(
    study: StudyFile, pack: Path, marker: str
) -> None:
    honest = pack.read_bytes()
    place = honest.index(marker.encode())
    for offset in (0, len(marker) - 1):
        altered = bytearray(honest)
        altered[place + offset] ^= 0x01
        pack.write_bytes(altered)
        assert outcome(study, pack) in {"left out", "pack-altered", "pack-damaged"}
    pack.write_bytes(honest)
    assert merge(study, pack).judged == 7
    assert merged_items(study) == judged_items(pack)


def test_a_byte_changed_anywhere_brings_nothing_that_was_not_judged(tmp_path: Path) -> None:
    """Some bytes of an SQLite file mean nothing: free space, counters of changes."""
    with new_study(tmp_path / "honest.ftstudy") as study:
        pack = make(study).path
    Worker(pack).judge(5, comment="words")
    true, untouched = judged_items(pack), (tmp_path / "honest.ftstudy").read_bytes()
    honest, rng = pack.read_bytes(), Random(5)
    used = [place for place, byte in enumerate(honest) if byte]
    found = 0
    for place in rng.sample(used, 60):
        altered = bytearray(honest)
        altered[place] ^= 1 << rng.randrange(8)
        pack.write_bytes(altered)
        (tmp_path / "honest.ftstudy").write_bytes(untouched)
        with StudyFile.open(tmp_path / "honest.ftstudy", now=NOW) as study:
            found += not_whole(study, pack)
            assert merged_items(study) <= true
            assert wrong(study) == []
    assert found > 30


def not_whole(study: StudyFile, pack: Path) -> bool:
    """Whether a pack is refused, or merged in part."""
    found = outcome(study, pack)
    assert found in {"whole", "left out"} or found.startswith("pack-")
    return found != "whole"


def outcome(study: StudyFile, pack: Path) -> str:
    """``whole``, ``left out`` for items of it, or the code of the error by which it is refused."""
    try:
        return "left out" if merge(study, pack).left else "whole"
    except UserError as error:
        return error.code


FORGED = {
    "a strength that the scale has not": ("strength", 9),
    "a choice without its criteria": ("details", ""),
    "a criterion of one's own": ("details", '{"criteria":[["accuracy","left"],["charm","left"]]}'),
    "a reason of one's own": (
        "details",
        '{"criteria":[["accuracy","left"],["tone","left"]],"reasons":["I know who wrote it"]}',
    ),
    "a side of a reason that is not ticked": (
        "details",
        '{"criteria":[["accuracy","left"],["tone","left"]],"sides":[["too long","left"]]}',
    ),
    "a reason of neither side": (
        "details",
        '{"criteria":[["accuracy","left"],["tone","left"]],'
        '"reasons":["too long"],"sides":[["too long","tie"]]}',
    ),
    "details that are none": ("details", "{"),
    "a negative time": ("seconds", -1.0),
    "a time of ages": ("seconds", 1.7e308),
    "the year 1": ("at", "0001-01-01T00:00:00.000Z"),
    "the year 9999": ("at", "9999-12-31T23:59:59.000Z"),
    "a comment of 60 MB": ("comment", "x" * 60_000_000),
    "a reason ticked without end": (
        "details",
        '{"criteria":[["accuracy","left"],["tone","left"]],"reasons":["too long","too long","too long"]}',
    ),
    "a moment that is none": ("at", "yesterday"),
    "a moment written otherwise": ("at", "2026-11-21 09:00:01+00:00"),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_chain_forged_with_what_no_rater_can_answer_is_refused(study: StudyFile, forgery: str) -> None:
    path = make(study, "Ben").path
    Worker(path).judge(1)
    column, value = FORGED[forgery]
    tamper(path, f"UPDATE events SET {column} = {value!r} WHERE seq = 1")
    forge_chain(path)
    with pytest.raises(UserError, match=r"judgment 1 is not (one that|in the years)") as caught:
        merge(study, path)
    assert code_of(caught) == "pack-altered"


@pytest.mark.parametrize("newer", ['"mood":3', '"language":"xx"'])
def test_a_pack_judged_in_a_newer_version_asks_for_an_update(study: StudyFile, newer: str) -> None:
    path = make(study, "Ben").path
    Worker(path).judge(1)
    details = f'{{"criteria":[["accuracy","left"],["tone","left"]],{newer}}}'
    tamper(path, f"UPDATE events SET details = {details!r} WHERE seq = 1")
    forge_chain(path)
    for act in (lambda: merge(study, path), lambda: PackFile.open(path)):
        with pytest.raises(UserError, match=r"newer version of FTCompare.*Update FTCompare") as caught:
            act()
        assert code_of(caught) == "pack-newer"


def test_judging_an_item_twice_is_refused_whoever_wrote_the_chain(study: StudyFile) -> None:
    path = make(study, "Ben").path
    Worker(path).judge(2)
    tamper(path, "UPDATE events SET allocation = 1 WHERE allocation = 2 AND kind = 'judgment'")
    forge_chain(path)
    with pytest.raises(UserError, match="is not one that"):
        merge(study, path)


def forge_chain(path: Path) -> None:
    """Computes all digests again, as one could who knows this source."""
    with closing(opened_pack(path)) as db:
        previous = chain_start(db.value("SELECT digest FROM pack"))
        rows = db.rows(
            """SELECT e.*, al.item, al.digest AS shown FROM events e
                JOIN allocations al ON al.id = e.allocation ORDER BY e.seq"""
        )
        made = []
        for row in rows:
            target = item_target(row["allocation"], row["item"], row["shown"])
            previous = link(EVENT_TAG, previous, payload(target, to_event(row)))
            made.append(f"UPDATE events SET digest = '{previous}' WHERE seq = {row['seq']}")
    tamper(path, *made)


# Packs that come back damaged: what becomes of the rest of them, and of the pack that is made again.


@pytest.fixture
def retracted_study(tmp_path: Path) -> Iterator[StudyFile]:
    """Every act in its packs is a judgment or is taken back."""
    with new_study(tmp_path / "study.ftstudy", RatingDesign(), Scale(strengths=3)) as made:
        yield made


def copied(path: Path, name: str) -> Path:
    return Path(shutil.copy(path, path.with_name(name)))


def flip(path: Path, item: int) -> None:
    """Another prompt than the one that was handed out."""
    tamper(path, f"UPDATE allocations SET messages = replace(messages, 'case', 'Case') WHERE id = {item}")


def comments(retracted_study: StudyFile) -> list[str]:
    return sorted(row.comment for row in retracted_study.judgments.standing())


def judged_one_by_one(path: Path, count: int) -> None:
    for number in range(1, count + 1):
        Worker(path, begin=NOW + timedelta(days=number)).judge(comment=f"{number}")


def test_several_alterations_leave_out_what_they_are_in_and_nothing_else(retracted_study: StudyFile) -> None:
    path = make(retracted_study).path
    judged_one_by_one(path, 6)
    flip(path, 2)
    tamper(path, "UPDATE events SET comment = 'other' WHERE seq = 4")
    tamper(path, "UPDATE allocations SET right_text = 'x' WHERE id = 12")
    merged = merge(retracted_study, path)
    assert merged.left == (
        LeftItem(2, "the prompt was altered"),
        LeftItem(4, "judgment 4 was altered, or the one before it"),
        LeftItem(12, "the right text was altered"),
    )
    assert comments(retracted_study) == ["1", "3", "5", "6"]
    (entry,) = [entry for entry in retracted_study.audit.entries() if entry.kind == "pack-merged"]
    assert entry.detail["left"] == [[item.number, item.why] for item in merged.left]
    assert wrong(retracted_study) == []


def test_a_judgment_is_left_out_with_all_that_took_it_back(retracted_study: StudyFile) -> None:
    path = make(retracted_study).path
    worker = Worker(path)
    worker.judge(2, comment="first")
    worker.undo(2)
    worker.judge(3, comment="second")
    whole = copied(path, "whole.ftpack")
    flip(path, 1)
    merged = merge(retracted_study, path)
    assert (merged.judgments, merged.retractions, merged.judged) == (3, 1, 2)
    assert wrong(retracted_study) == []
    added = merge(retracted_study, whole)
    assert (added.judgments, added.retractions, added.judged) == (2, 1, 3)
    assert comments(retracted_study) == ["second"] * 3
    assert wrong(retracted_study) == []


def test_a_damaged_retraction_brings_no_judgment_back(retracted_study: StudyFile) -> None:
    """It says of which item it was no more: the item shows that something is missing."""
    path = make(retracted_study).path
    worker = Worker(path)
    worker.judge(2)
    worker.undo()
    tamper(path, "UPDATE events SET allocation = 9 WHERE seq = 3")
    merged = merge(retracted_study, path)
    assert (merged.judged, [item.number for item in merged.left]) == (1, [2, 9])
    assert wrong(retracted_study) == []


def test_a_pack_is_damaged_further_and_goes_on_nevertheless(retracted_study: StudyFile) -> None:
    path = make(retracted_study).path
    judged_one_by_one(path, 3)
    older = copied(path, "older.ftpack")
    flip(path, 1)
    assert merge(retracted_study, path).judgments == 2
    whole = copied(older, "whole.ftpack")
    Worker(whole, begin=NOW + timedelta(days=20)).judge(comment="late")
    once_more = copied(whole, "once more.ftpack")
    flip(once_more, 3)
    merged = merge(retracted_study, once_more)
    assert (merged.judgments, merged.judged) == (2, 4)
    assert comments(retracted_study) == ["1", "2", "3", "late"]
    assert merge(retracted_study, whole).judgments == 0
    assert wrong(retracted_study) == []


def test_a_damaged_copy_that_was_rated_apart_is_refused(retracted_study: StudyFile) -> None:
    path = make(retracted_study).path
    judged_one_by_one(path, 2)
    copy = copied(path, "copy.ftpack")
    Worker(path, begin=NOW + timedelta(days=5)).judge(2, Choice.LEFT)
    Worker(copy, begin=NOW + timedelta(days=6)).judge(3, Choice.RIGHT)
    merge(retracted_study, path)
    for damage in (
        "UPDATE events SET comment = 'x' WHERE seq = 3",
        "UPDATE events SET seq = -1 WHERE seq = 1",
    ):
        damaged = copied(copy, "damaged.ftpack")
        tamper(damaged, damage)
        with pytest.raises(UserError) as caught:
            merge(retracted_study, damaged)
        assert code_of(caught) == "pack-diverged"
    assert wrong(retracted_study) == []


def test_a_digest_altered_in_a_copy_is_no_other_copy(retracted_study: StudyFile) -> None:
    path = make(retracted_study).path
    judged_one_by_one(path, 3)
    merge(retracted_study, path)
    Worker(path, begin=NOW + timedelta(days=9)).judge(comment="4")
    tamper(path, "UPDATE events SET digest = '0' || substr(digest, 2) WHERE seq = 3")
    merged = merge(retracted_study, path)
    assert (merged.judgments, [item.number for item in merged.left]) == (1, [3])
    assert comments(retracted_study) == ["1", "2", "3", "4"]
    assert wrong(retracted_study) == []


def test_a_pack_that_was_merged_in_part_is_made_again_and_its_rater_goes_on(
    retracted_study: StudyFile,
) -> None:
    made = make(retracted_study)
    judged_one_by_one(made.path, 5)
    flip(made.path, 3)
    assert merge(retracted_study, made.path).judged == 4
    again = make(retracted_study, file="again.ftpack")
    assert (again.name, again.judged, again.again) == (made.name, 4, True)
    Worker(again.path, begin=NOW + timedelta(days=20)).finish()
    assert merge(retracted_study, again.path).judged == PROMPTS
    assert retracted_study.packs.all()[0].finished
    assert wrong(retracted_study) == []
    with PackFile.open(make(retracted_study, file="third.ftpack").path) as third:
        assert third.judgments.progress(PACK_RATER).judged == PROMPTS


def test_a_pack_made_again_and_its_whole_original_are_two_copies(retracted_study: StudyFile) -> None:
    made = make(retracted_study)
    judged_one_by_one(made.path, 5)
    whole = copied(made.path, "whole.ftpack")
    flip(made.path, 5)
    merge(retracted_study, made.path)
    again = make(retracted_study, file="again.ftpack")
    Worker(again.path, begin=NOW + timedelta(days=20)).judge(2)
    merge(retracted_study, again.path)
    assert refusal_code(lambda: merge(retracted_study, whole)) == "pack-diverged"


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
def test_a_gap_altered_in_the_study_is_found(retracted_study: StudyFile, change: str) -> None:
    made = make(retracted_study)
    judged_one_by_one(made.path, 5)
    flip(made.path, 3)
    merge(retracted_study, made.path)
    assert check_packs(retracted_study._db) == ""
    retracted_study.close()
    tamper(retracted_study.path, change)
    with StudyFile.open(retracted_study.path, now=NOW) as altered:
        assert any(finding.startswith("rater packs") for finding in wrong(altered))


def test_into_a_study_in_which_a_text_was_altered_nothing_is_merged(retracted_study: StudyFile) -> None:
    made = make(retracted_study)
    judged_one_by_one(made.path, 2)
    retracted_study.close()
    tamper(retracted_study.path, "UPDATE responses SET text = text || '.' WHERE id = 1")
    with StudyFile.open(retracted_study.path, now=NOW) as altered:
        assert refusal_code(lambda: merge(altered, made.path)) == "study-altered"
        assert altered.counts().judgments == 0


def test_a_pack_longer_than_any_disk_is_not_copied(retracted_study: StudyFile) -> None:
    path = make(retracted_study).path
    os.truncate(path, 2**43)  # with a hole: it takes no room where it lies
    with pytest.raises(EnvironmentFault) as caught:
        merge(retracted_study, path)
    assert caught.value.code == "disk-full"
