"""Marks in a pack of four systems: an answer that stands in several pairs is marked once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rating_session import pack_session
from ftcompare.app.raters.packs import make_pack, open_pack
from ftcompare.app.review.pack_marks import (
    MarkedSide,
    as_study_marks,
    keep_mark,
    pairs_to_mark,
    set_looked_through,
    take_back_mark,
)
from ftcompare.app.study.opening import PackFile
from ftcompare.core.annotations import Mark
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    ResponseId,
    Verdict,
)
from ftcompare.store.pack.pack_annotations import PACK_EXPERT
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, hand_out_all, import_systems
from tests.graded_studies import graded_study

TEXTS = ("one says", "two says", "three says", "three says")
"""Of four systems; the last two say the same."""


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    path = tmp_path / "four.ftstudy"
    with StudyFile.create(path, title="Four", scale=Scale(), rng=Random(1), now=now) as made:
        import_systems(made, "x1", "x2", "x3", "x4")
        (prompt,) = made.prompts.add([PromptSpec("p", (Message("user", "Why?"),))])
        answer_elsewhere(made, prompt, TEXTS)
        yield made


@pytest.fixture
def pack(study: StudyFile, now: datetime, rng: Random) -> Iterator[PackFile]:
    hand_out_all(study, now)
    made = make_pack(study, study.path.with_name("ada.ftpack"), "Ada", rng=rng, now=now)
    with open_pack(made.made.path) as opened:
        session = pack_session(opened, clock=lambda: now)
        while item := session.view().item:
            session.judge(item.allocation, Verdict(Choice.TIE, seconds=3.0))
        yield opened


def sides(pack: PackFile, text: str) -> list[MarkedSide]:
    return [side for pair in pairs_to_mark(pack).pairs for side in pair.sides if side.text == text]


def first_word(side: MarkedSide) -> Mark:
    return Mark(side.response, 0, 3, side.text[:3], "style", "minor")


def test_a_mark_stands_wherever_its_answer_stands(study: StudyFile, pack: PackFile, now: datetime) -> None:
    here, *others = sides(pack, "one says")
    assert others
    keep_mark(pack, first_word(here), now=now)
    found = pairs_to_mark(pack)
    assert {len(side.marks) for side in sides(pack, "one says")} == {1}
    assert found.count == 1
    listed = as_study_marks(found)
    assert [(one.name, len(one.marks)) for one in listed.answers] == [(here.name, 1)]
    (mark,) = sides(pack, "one says")[1].marks
    take_back_mark(pack, mark.number, now=now)
    assert pairs_to_mark(pack).count == 0
    keep_mark(pack, first_word(others[-1]), now=now)
    path = pack.path
    pack.close()
    assert study.packs.merge(path, now=now).marks.marks == 1


def test_an_answer_is_looked_through_wherever_it_stands(pack: PackFile, now: datetime) -> None:
    for side in sides(pack, "one says"):
        set_looked_through(pack, side, done=True, now=now)
    assert len(as_study_marks(pairs_to_mark(pack)).answers) == 1
    set_looked_through(pack, sides(pack, "one says")[0], done=False, now=now)
    assert not any(side.done for side in sides(pack, "one says"))


@pytest.mark.parametrize(
    ("number", "merged", "why"), [(1, 1, ""), (2, 0, "an answer that the pack does not")]
)
def test_only_the_answer_that_is_graded_is_marked(
    tmp_path: Path, now: datetime, rng: Random, number: int, merged: int, why: str
) -> None:
    path = graded_study(tmp_path / "s.ftstudy", prompts=1)
    with StudyFile.open(path, now=now) as study:
        made = make_pack(study, tmp_path / "ada.ftpack", "Ada", rng=rng, now=now).made.path
        with open_pack(made) as pack:
            session = pack_session(pack, clock=lambda: now)
            while item := session.view().item:
                session.judge(item.allocation, Verdict(Choice.GRADE, 2, seconds=3.0))
            assert {side.name for pair in pairs_to_mark(pack).pairs for side in pair.sides} == {"Answer"}
            pack.annotations.add(
                PACK_EXPERT, Mark(ResponseId(number), 0, 0, "", "omission", "minor"), now=now
            )
        found = study.packs.merge(made, now=now)
        assert (found.judgments, found.marks.marks) == (3, merged)
        assert why in found.marks.left


def test_the_two_answers_of_a_pair_are_two_even_where_they_are_equal(pack: PackFile, now: datetime) -> None:
    pair = next(pair for pair in pairs_to_mark(pack).pairs if pair.sides[0].text == pair.sides[1].text)
    keep_mark(pack, first_word(pair.sides[0]), now=now)
    pair = next(one for one in pairs_to_mark(pack).pairs if one.number == pair.number)
    assert (len(pair.sides[0].marks), len(pair.sides[1].marks)) == (1, 0)
