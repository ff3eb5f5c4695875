"""Several answers ranked at once in a rater pack: taken back, changed, skipped, and merged."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale, ScaleKind
from ftcompare.core.study import (
    AllocationId,
    Draft,
    EventKind,
    JudgmentEvent,
    Verdict,
    places_of,
    ranked_pairs,
)
from ftcompare.store.judging.verdict_recorder import ChainWriter
from ftcompare.store.pack.connection import WITH_RANKINGS, expected_definitions
from ftcompare.store.pack.contents import chain_start, read_words
from ftcompare.store.pack.merge import PackMerged
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present, refuses
from tests.ranked_studies import NOW, RANKED, in_study, places, ranked_study, ranking

FIVE = ("base", "tuned", "third", "fourth", "fifth")


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    path = ranked_study(tmp_path / "s.ftstudy", design=RatingDesign(repeats=0.25))
    with StudyFile.open(path, now=NOW) as opened:
        yield opened


@pytest.fixture
def packed(study: StudyFile, tmp_path: Path) -> Path:
    path = tmp_path / "ann.ftpack"
    study.packs.hand_out("Ann", path, rng=Random(1), now=NOW)
    return path


def rank_all(pack: PackFile) -> list[BlindItem]:
    ranked = []
    while item := pack.judgments.next_item(PACK_RATER):
        pack.judgments.judge(item.allocation, ranking(places(item, "Ann")), now=NOW)
        ranked.append(item)
    return ranked


def checked(file: StudyFile | PackFile) -> bool:
    return all(finding.ok for finding in file.check())


@pytest.mark.parametrize(("systems", "several"), [(FIVE[:3], 3), (FIVE, 5), (FIVE[:4], 3)])
def test_rankings_of_a_pack_come_into_the_study(
    tmp_path: Path, systems: tuple[str, ...], several: int
) -> None:
    scale = Scale(kind=ScaleKind.RANK, several=several)
    source = ranked_study(tmp_path / "s.ftstudy", scale=scale, systems=systems, prompts=4)
    packed = tmp_path / "ann.ftpack"
    with StudyFile.open(source, now=NOW) as study:
        made = study.packs.hand_out("Ann", packed, rng=Random(1), now=NOW)
        with PackFile.open(packed) as pack:
            assert pack._db.value("PRAGMA user_version") == WITH_RANKINGS
            assert pack.judgments.progress(PACK_RATER).total == made.items
            ranked = rank_all(pack)
            assert len(ranked) == made.items
            assert {len(item.ranked) for item in ranked} <= {2, several}
            assert checked(pack)
        for expected in (made.items, 0):
            merged: PackMerged = study.packs.merge(packed, now=NOW)
            assert (merged.judgments, merged.judged, merged.items) == (expected, made.items, made.items)
        texts = {tuple(one.text for one in item.ranked): places(item, "Ann") for item in ranked}
        assert in_study(study) == {shown: places_of(ranked_pairs(given)) for shown, given in texts.items()}
        of_pair = Counter(vote.comparison.id for vote in study.judgments.standing())
        assert set(of_pair.values()) == {1}  # each pair of answers was compared once
        assert checked(study)
        again = study.packs.hand_out("Ann", packed, rng=Random(2), now=NOW, replace=True)
        assert (again.items, again.judged) == (made.items, made.items)


def test_a_ranking_is_taken_back_changed_and_skipped_as_a_whole(study: StudyFile, packed: Path) -> None:
    with PackFile.open(packed) as pack:
        log = pack.judgments
        item = present(log.next_item(PACK_RATER))
        first = Verdict(Choice.LEFT, seconds=5.0, comment="clear", flagged=True, places=(1, 2, 3))
        log.judge(item.allocation, first, now=NOW)
        undone = present(log.undo(PACK_RATER, now=NOW))
        assert present(undone.verdict).places == (1, 2, 3)
        log.judge(item.allocation, ranking((3, 2, 1)), now=NOW)
        log.change(item.allocation, ranking((1, 1, 2)), now=NOW)
        other = present(log.next_item(PACK_RATER))
        log.skip(other.allocation, "Other", draft=Draft(comment="why"), seconds=3.0, now=NOW)
    with PackFile.open(packed) as pack:
        assert [one.verdict.places for one in pack.judgments.given(PACK_RATER)] == [(1, 1, 3)]
        progress = pack.judgments.progress(PACK_RATER)
        assert (progress.total, progress.judged, progress.skipped) == (10, 1, 1)
    merged = study.packs.merge(packed, now=NOW)
    assert (merged.judgments, merged.skips, merged.retractions) == (3, 1, 2)
    rater = study.raters.all()[0].id
    assert [*in_study(study).values()] == [(1, 1, 3)]
    assert checked(study)
    with PackFile.open(packed) as pack:
        assert pack.judgments.return_to_skipped(PACK_RATER, now=NOW) == 1
        rank_all(pack)
    merged = study.packs.merge(packed, now=NOW)
    assert (merged.judged, merged.items) == (10, 10)
    assert study.packs.take_back(rater, "by another person", now=NOW)
    assert not [*study.judgments.standing()]
    assert checked(study)
    assert study.packs.merge(packed, now=NOW).judged == 10


def test_the_second_place_of_a_repeat_hides_the_first_ranking(packed: Path) -> None:
    with PackFile.open(packed) as pack:
        assert len(rank_all(pack)) == 10
        assert len(pack.judgments.given(PACK_RATER)) == 8


def test_a_pack_says_nothing_of_systems(study: StudyFile, packed: Path) -> None:
    held = packed.read_bytes()
    names = [name for system in study.systems.all() for name in (system.name, system.neutral_name)]
    assert not [name for name in names if name.encode() in held]


SEAL = "DROP TRIGGER allocations_no_update"


def altered_text(raw: sqlite3.Connection) -> None:
    raw.execute(SEAL)
    raw.execute("UPDATE allocations SET left_text = 'another' WHERE id = 2")


def altered_set(raw: sqlite3.Connection) -> None:
    raw.execute(SEAL)
    raw.execute("UPDATE allocations SET beside = '{\"ranked_pair\":1}' WHERE id = 3")


def altered_choice(raw: sqlite3.Connection) -> None:
    raw.execute("DROP TRIGGER events_no_update")
    raw.execute("UPDATE events SET choice = 'tie' WHERE allocation = 2")


@pytest.mark.parametrize("alter", [altered_text, altered_set, altered_choice])
def test_a_ranking_with_an_altered_pair_is_left_out_as_a_whole(
    study: StudyFile, packed: Path, alter: Callable[[sqlite3.Connection], None]
) -> None:
    with PackFile.open(packed) as pack:
        rank_all(pack)
    with closing(sqlite3.connect(packed)) as raw, raw:
        rules = [row[0] for row in raw.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
        alter(raw)
        left = [row[0] for row in raw.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
        for sql in set(rules) - set(left):
            raw.execute(sql)
    with refuses("pack-damaged"):
        PackFile.open(packed)
    merged = study.packs.merge(packed, now=NOW)
    assert {item.number for item in merged.left} == {1, 2, 3}
    assert (merged.judgments, merged.items) == (9, 10)
    assert checked(study)


@pytest.mark.parametrize("choices", [[Choice.LEFT], [Choice.LEFT, Choice.RIGHT, Choice.LEFT]])
def test_judgments_that_are_no_order_are_refused(
    study: StudyFile, packed: Path, choices: list[Choice]
) -> None:
    with PackFile.open(packed) as pack:
        log = pack.judgments
        chain = ChainWriter(pack._db, lambda db, _: chain_start(read_words(db)[3]))
        for number, choice in enumerate(choices, start=1):
            target = log._target(log._target_row(AllocationId(number)))
            chain.append(target, JudgmentEvent(EventKind.JUDGMENT, choice), "2026-11-20T09:00:00.000Z")
    opens: dict[str, Callable[[Path], object]] = {
        "pack-damaged": PackFile.open,
        "pack-altered": lambda path: study.packs.merge(path, now=NOW),
    }
    for code, use in opens.items():
        with pytest.raises(UserError, match="items 1 to 3 are not one ranking") as refusal:
            use(packed)
        assert refusal.value.code == code


def test_a_scale_that_ranks_fewer_answers_takes_no_pack_of_more(study: StudyFile, packed: Path) -> None:
    with PackFile.open(packed) as pack:
        rank_all(pack)
    study._db.execute("UPDATE study SET rating = json_set(rating, '$.several', 4)")
    with refuses("scale-changed"):
        study.packs.merge(packed, now=NOW)
    assert RANKED.several == 3


def test_packs_of_earlier_versions_keep_their_tables() -> None:
    known = [expected_definitions(version) for version in range(1, WITH_RANKINGS + 1)]
    assert known[-1] == known[-2]
    assert len(set(known)) == len(known) - 1
