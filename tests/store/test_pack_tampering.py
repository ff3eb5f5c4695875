"""A pack that is not what was handed out, or not what was judged, is refused, and what is wrong is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import link
from ftcompare.store.events import EVENT_TAG, payload, to_act
from ftcompare.store.pack_contents import chain_start, item_target
from ftcompare.store.pack_file import PackFile
from ftcompare.store.study_file import StudyFile
from tests.store.pack_studies import NOW, Worker, code_of, make, merge, new_study, tamper, wrong


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with new_study(tmp_path / "study.ftstudy") as made:
        yield made


@pytest.fixture
def pack(study: StudyFile) -> Path:
    """A pack in which something of everything was done."""
    made = make(study)
    worker = Worker(made.path)
    worker.judge(6, comment="MARKED-COMMENT")
    worker.skip("MARKED-REASON")
    worker.judge(2)
    worker.undo()
    return made.path


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
    "UPDATE pack SET commitment = '0' || substr(commitment, 2)": (
        "the commitment to the allocation was altered"
    ),
    "UPDATE pack SET digest = '0' || substr(digest, 2)": "the digest of the pack was altered",
    "DELETE FROM pack": "its words were removed",
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
        "item 20: its digest was altered"
    ),
    "UPDATE allocations SET item = '0' || substr(item, 2) WHERE id = 3": "item 3: its id was altered",
    "UPDATE allocations SET kind = 'gold' WHERE id = 3": "item 3: its place was altered",
    "UPDATE allocations SET position = 50 WHERE id = 1": "the order of the items was altered",
    "UPDATE allocations SET position = position + 100": "item 1: its place was altered",
    "DELETE FROM allocations WHERE id = 21": "items were removed",
    """INSERT INTO allocations (id, rater, position, draw, kind, item, messages, left_text, right_text,
        guess_due, digest) VALUES (99, 1, 98, 1, 'ordinary', 'x', '[]', 'l', 'r', '', 'd')""": (
        "items were added"
    ),
    "UPDATE events SET choice = 'right' WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET strength = 3 WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET comment = '' WHERE id = (SELECT MAX(id) FROM events WHERE comment <> '')": (
        "was altered or removed"
    ),
    "UPDATE events SET flagged = 1 WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET flagged = 2 WHERE seq = 2": "judgment 2 was altered or removed",
    "UPDATE events SET seconds = seconds + 0.001 WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET at = '2026-11-21T09:00:00.000Z' WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET details = '' WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET reason = 'Other' WHERE kind = 'skip'": "was altered or removed",
    "UPDATE events SET retracts = 1 WHERE kind = 'retraction'": "was altered or removed",
    "UPDATE events SET allocation = 20 WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET digest = '0' || substr(digest, 2) WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET rater = 2 WHERE seq = 1": "judgment 1 was altered or removed",
    "UPDATE events SET seq = 90 WHERE seq = 1": "judgment 1 was altered or removed",
    "DELETE FROM events WHERE seq = 2": "was altered or removed",
    "DELETE FROM events WHERE seq = (SELECT MAX(seq) FROM events)": "was altered or removed",
    "UPDATE allocations SET standing = NULL, standing_kind = '' WHERE id = 1": (
        "the judgment of item 1 was altered or removed"
    ),
}


@pytest.mark.parametrize("change", ALTERED)
def test_an_altered_pack_is_refused_and_the_change_is_named(
    study: StudyFile, pack: Path, change: str
) -> None:
    tamper(pack, change)
    before = study.audit()
    with pytest.raises(UserError) as caught:
        merge(study, pack)
    assert code_of(caught) == "pack-altered"
    assert ALTERED[change] in caught.value.what
    assert caught.value.where == str(pack)
    assert study.audit() == before
    assert study.counts().judgments == 0


@pytest.mark.parametrize("change", ALTERED)
def test_a_check_finds_it_without_the_study(pack: Path, change: str) -> None:
    tamper(pack, change)
    with PackFile.open(pack) as opened:
        assert [finding for finding in opened.check() if not finding.ok]


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
    }


def test_a_pack_of_which_the_id_was_altered_is_no_pack_of_the_study(study: StudyFile, pack: Path) -> None:
    tamper(pack, "UPDATE pack SET name = '0' || substr(name, 2)")
    with pytest.raises(UserError) as caught:
        merge(study, pack)
    assert code_of(caught) == "pack-foreign"


MARKERS = ["MARKED-COMMENT", "MARKED-REASON", "What is case 7?", "too fast in case 3.", "Hearts", "accuracy"]


@pytest.mark.parametrize("marker", MARKERS)
def test_one_byte_changed_in_the_file_is_refused(study: StudyFile, pack: Path, marker: str) -> None:
    honest = pack.read_bytes()
    place = honest.index(marker.encode())
    for offset in (0, len(marker) - 1):
        altered = bytearray(honest)
        altered[place + offset] ^= 0x01
        pack.write_bytes(altered)
        with pytest.raises(UserError) as caught:
            merge(study, pack)
        assert code_of(caught) in {"pack-altered", "pack-damaged"}
    pack.write_bytes(honest)
    assert merge(study, pack).judged == 7


@pytest.mark.timeout(120)
def test_a_byte_changed_anywhere_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    """Some bytes of an SQLite file mean nothing: free space, counters of changes."""
    with new_study(tmp_path / "honest.ftstudy") as study:
        pack = make(study).path
        Worker(pack).judge(5, comment="words")
    untouched = shutil.copy(study.path, tmp_path / "untouched.ftstudy")
    with StudyFile.open(study.path, now=NOW) as study:
        merge(study, pack)
        expected = judgments(study)
    honest, rng = pack.read_bytes(), Random(5)
    used = [place for place, byte in enumerate(honest) if byte]
    refused = 0
    with StudyFile.open(Path(untouched), now=NOW) as study:
        for place in rng.sample(used, 60):
            altered = bytearray(honest)
            altered[place] ^= 1 << rng.randrange(8)
            pack.write_bytes(altered)
            if code := refusal(study, pack):
                assert code.startswith("pack-")
                refused += 1
            else:
                assert judgments(study) == expected
        assert wrong(study) == []
    assert refused > 30


def refusal(study: StudyFile, pack: Path) -> str:
    """Why a pack was not merged; empty if it was."""
    try:
        merge(study, pack)
    except UserError as error:
        return error.code
    return ""


def judgments(study: StudyFile) -> list[tuple[object, ...]]:
    rows = study._db.rows(
        """SELECT rater, seq, allocation, kind, choice, strength, comment, flagged, seconds, details, at,
            digest FROM events ORDER BY id"""
    )
    return [tuple(row) for row in rows]


FORGED = {
    "a strength that the scale has not": ("strength", 9),
    "a choice without its criteria": ("details", ""),
    "a criterion of one's own": ("details", '{"criteria":[["accuracy","left"],["charm","left"]]}'),
    "a reason of one's own": (
        "details",
        '{"criteria":[["accuracy","left"],["tone","left"]],"reasons":["I know who wrote it"]}',
    ),
    "details that are none": ("details", "{"),
    "a negative time": ("seconds", -1.0),
    "a moment that is none": ("at", "yesterday"),
    "a moment written otherwise": ("at", "2026-11-21 09:00:01+00:00"),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_chain_forged_with_what_no_rater_can_answer_is_refused(study: StudyFile, forgery: str) -> None:
    path = make(study).path
    Worker(path).judge(1)
    column, value = FORGED[forgery]
    tamper(path, f"UPDATE events SET {column} = {value!r} WHERE seq = 1")
    forge_chain(path)
    with pytest.raises(UserError, match="judgment 1 is not one that") as caught:
        merge(study, path)
    assert code_of(caught) == "pack-altered"


def test_judging_an_item_twice_is_refused_whoever_wrote_the_chain(study: StudyFile) -> None:
    path = make(study).path
    Worker(path).judge(2)
    tamper(path, "UPDATE events SET allocation = 1 WHERE allocation = 2 AND kind = 'judgment'")
    forge_chain(path)
    with pytest.raises(UserError, match="is not one that"):
        merge(study, path)


def forge_chain(path: Path) -> None:
    """Computes all digests anew, as one could who knows this source."""
    with closing(PackFile.open(path)._db) as db:
        previous = chain_start(db.value("SELECT digest FROM pack"))
        rows = db.rows(
            """SELECT e.*, al.item, al.digest AS shown FROM events e
                JOIN allocations al ON al.id = e.allocation ORDER BY e.seq"""
        )
        made = []
        for row in rows:
            target = item_target(row["allocation"], row["item"], row["shown"])
            previous = link(EVENT_TAG, previous, payload(target, row["seq"], to_act(row), row["at"]))
            made.append(f"UPDATE events SET digest = '{previous}' WHERE seq = {row['seq']}")
    tamper(path, *made)
