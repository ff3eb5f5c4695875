"""A ledger across study files: others are read, left out with a reason, and kept with the study."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.release.checkpoint_sources import (
    GATE,
    OTHERS,
    Gathered,
    LedgerRequest,
    base_choices,
    gather,
    keep_base,
    keep_gate,
    keep_others,
    kept_base,
    kept_gate,
    kept_others,
)
from ftcompare.app.work_progress import ignore_progress, stopped
from ftcompare.core.errors import UserError
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

EARLY = {"p1": "b", "p2": "b", "p3": "a", "p4": "a"}
LATE = {"p1": "b", "p2": "b", "p3": "b", "p4": "tie"}


def written(path: Path, name: str, choices: dict[str, str], rng: Random, now: datetime) -> Path:
    """A closed study of one checkpoint."""
    with voted_study(path, [voted(p, "Ada", c, b=name) for p, c in choices.items()], rng, now):
        return path


@pytest.fixture
def late(tmp_path: Path, rng: Random, now: datetime) -> Path:
    return written(tmp_path / "late.ftstudy", "step-2k", LATE, rng, now)


@pytest.fixture
def early(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """The open study."""
    path = written(tmp_path / "early.ftstudy", "step-500", EARLY, rng, now)
    with StudyFile.open(path, now=now) as study:
        yield study


def gathered(study: StudyFile, now: datetime, *others: Path, **more: Any) -> Gathered:
    return gather(study, LedgerRequest(others, **{"base": "base", **more}), now=now, progress=ignore_progress)


def test_the_open_study_and_another_make_one_ledger(early: StudyFile, late: Path, now: datetime) -> None:
    before = late.read_bytes()
    found = gathered(early, now, late)
    assert [row.system for row in found.ledger.rows] == ["step-500", "step-2k"]
    (step,) = found.ledger.steps
    assert step.over_prompts
    assert step.over_prompts.value == 0.375
    assert [other.problem for other in found.others] == [None]
    assert late.read_bytes() == before


def test_as_given_the_open_study_stands_first(early: StudyFile, late: Path, now: datetime) -> None:
    path = early.path
    early.close()
    with StudyFile.open(late, now=now) as study:
        by_number, given = gathered(study, now, path), gathered(study, now, path, as_given=True)
    assert [row.system for row in by_number.ledger.rows] == ["step-500", "step-2k"]
    assert [row.system for row in given.ledger.rows] == ["step-2k", "step-500"]


def test_a_study_that_is_open_elsewhere_is_left_out_with_the_reason(
    early: StudyFile, late: Path, now: datetime
) -> None:
    with StudyFile.open(late, now=now):
        found = gathered(early, now, late)
    (other,) = found.others
    assert other.problem
    assert other.problem.code == "study-locked"
    assert [row.system for row in found.ledger.rows] == ["step-500"]


def test_what_is_told_and_how_it_is_given_up(early: StudyFile, late: Path, now: datetime) -> None:
    told: list[str] = []

    def listen(name: str, _share: float | None) -> None:
        told.append(name)

    gather(early, LedgerRequest((late,)), now=now, progress=listen)
    assert list(dict.fromkeys(told)) == ["early.ftstudy", "late.ftstudy"]

    def give_up(name: str, _share: float | None) -> None:
        if name == "late.ftstudy":
            raise stopped()

    with pytest.raises(UserError) as caught:
        gather(early, LedgerRequest((late,)), now=now, progress=give_up)
    assert caught.value.code == "stopped"


def test_a_study_is_read_again_only_where_it_changed(early: StudyFile, late: Path, now: datetime) -> None:
    first = gathered(early, now, late)
    again = gathered(early, now, late, known=first.others, own=first.own)
    assert again.others[0] is first.others[0]
    assert again.own is first.own
    with StudyFile.open(late, now=now) as study:
        study.state.put("page", "results")
        study.imports.judgments([voted("p5", "Ada", "b", b="step-2k")], now=now)
    changed = gathered(early, now, late, known=first.others)
    assert changed.others[0].entries
    assert changed.others[0].entries.rows[0].prompts == 5


def test_the_open_study_itself_and_a_pack_are_refused(
    early: StudyFile, study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    pack = tmp_path / "ada.ftstudy"
    make_pack(study, pack, "Ada", rng=rng, now=now)
    link = tmp_path / "linked.ftstudy"
    link.symlink_to(early.path)
    found = gathered(early, now, early.path, link, pack, tmp_path / "gone.ftstudy")
    assert [other.problem.code for other in found.others if other.problem] == [
        "ledger-same-study",
        "ledger-same-study",
        "study-is-pack",
        "study-missing",
    ]
    assert [row.system for row in found.ledger.rows] == ["step-500"]


def test_another_base_is_asked_of_every_study(early: StudyFile, late: Path, now: datetime) -> None:
    assert base_choices(early) == (("base", "base"), ("step-500", "step-500"))
    found = gathered(early, now, late, base="step-500")
    assert [row.system for row in found.ledger.rows] == ["base"]
    (other,) = found.others
    assert other.problem
    assert other.problem.code == "no-such-system"


def test_where_no_base_is_known_it_is_asked_and_remembered(
    early: StudyFile, late: Path, now: datetime
) -> None:
    found = gathered(early, now, late, base="")
    assert found.unclear is not None
    assert not found.ledger.rows
    assert [other.problem.code for other in found.others if other.problem] == ["ledger-base"]
    assert kept_base(early) == ""
    keep_base(early, "base")
    assert kept_base(early) == "base"
    assert gathered(early, now, late, base=kept_base(early)).unclear is None
    keep_base(early, "gone")
    assert kept_base(early) == ""


def test_where_the_base_is_plain_there_is_nothing_to_choose(empty_study: StudyFile) -> None:
    assert base_choices(empty_study) == ()
    with empty_study.atomic():
        empty_study.systems.add(SystemSpec("later", SystemKind.ADAPTER, model="{}", adapter="more"))
    later = (("cardiology", "cardiology"), ("later", "later"))
    assert base_choices(empty_study) == (("base", ""), *later)
    assert base_choices(empty_study, asked=True) == (("base", "base"), *later)


def test_what_stands_beside_a_study_moves_with_it(
    early: StudyFile, late: Path, tmp_path: Path, now: datetime
) -> None:
    far = Path("/archive/step-9.ftstudy")
    keep_others(early, [late, far])
    keep_gate(early, tmp_path / "gates" / "release.toml")
    assert kept_others(early) == (late, far)
    early.close()
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.move(early.path, moved / "early.ftstudy")
    with StudyFile.open(moved / "early.ftstudy", now=now) as study:
        assert kept_others(study) == (moved / "late.ftstudy", far)
        assert kept_gate(study) == moved / "gates" / "release.toml"


def test_a_study_from_elsewhere_has_no_files_read_that_this_user_did_not_name(
    early: StudyFile, tmp_path: Path, own_home: Path
) -> None:
    beside, far = early.path.with_name("beside.ftstudy"), tmp_path.parent / "far.ftstudy"
    keep_others(early, [beside, far])
    keep_gate(early, tmp_path.parent / "far.toml")
    assert kept_others(early) == (beside, far)
    (own_home / "agreed-files.json").unlink()
    assert kept_others(early) == (beside,)
    assert kept_gate(early) is None
    for name in ("../far.ftstudy", "/etc/passwd", "a\0b"):
        early.state.put(OTHERS, json.dumps([name]))
        early.state.put(GATE, name.replace("\0", ""))
        assert kept_others(early) == ()


@pytest.mark.parametrize("text", ["", "no json", '{"a": 1}', "[1, null]"])
def test_what_cannot_be_understood_is_as_nothing_kept(early: StudyFile, text: str) -> None:
    early.state.put(OTHERS, text)
    assert kept_others(early) == ()
    assert kept_gate(early) is None
