"""A gate does not hold while what was planned is not judged, unless its file allows that."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.release.gate import Gate
from ftcompare.app.release.gate_report import GateReport, apply_gate
from ftcompare.app.study.unblinding import open_judging
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import RaterKind, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

PAIRS = 12
ANY = Gate(max_exclusions=9)


def plan(study: StudyFile, now: datetime, raters: int = 0, each: int = 0) -> None:
    design = RatingDesign(raters=raters, each=each, repeats=0.25)
    study.settings.set_rating(study.settings.read().scale, design, now=now)


def rate(study: StudyFile, name: str, rng: Random, now: datetime, *, judge: int = 99, skip: int = 0) -> None:
    rater = study.raters.add(name).id
    study.allocations.draw(rater, rng=rng, now=now)
    for done in range(judge + skip):
        item = study.judgments.next_item(rater)
        if item is None:
            return
        if done < skip:
            study.judgments.skip(item.allocation, "Other", seconds=None, now=now)
        else:
            study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)


def unfinished(report: GateReport) -> str:
    """Why it does not hold for that; empty where nothing is said of it."""
    return next((c.words for c in report.conditions if c.name == "allow_unfinished"), "")


def test_an_open_pair_of_a_rater_keeps_the_gate_from_holding(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    plan(study, now)
    rate(study, "Ada", rng, now)
    assert apply_gate(study, ANY).holds
    rate(study, "Ben", rng, now, judge=5)
    report = apply_gate(study, ANY)
    assert [c.name for c in report.failed] == ["allow_unfinished"]
    assert "of 24 planned judgments are open, on " in unfinished(report)
    assert "the gate wants all that was planned to be judged." in unfinished(report)
    assert "allow_unfinished = true in the gate file" in unfinished(report)


def test_a_rater_who_was_planned_for_and_has_not_come_is_waited_for(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    plan(study, now, raters=2)
    rate(study, "Ada", rng, now)
    assert "12 of 24 planned judgments are open, on 12 pairs;" in unfinished(apply_gate(study, ANY))
    rate(study, "Ben", rng, now)
    assert apply_gate(study, ANY).holds


def test_shared_out_pairs_need_as_many_judgments_as_planned(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    plan(study, now, raters=3, each=2)
    for name in ("Ada", "Ben"):
        rate(study, name, rng, now)
    assert "8 of 24 planned judgments are open, on 8 pairs;" in unfinished(apply_gate(study, ANY))
    rate(study, "Cem", rng, now)
    assert open_judging(study).finished


def test_a_skipped_pair_is_done_with(study: StudyFile, rng: Random, now: datetime) -> None:
    plan(study, now)
    rate(study, "Ada", rng, now, skip=3)
    assert apply_gate(study, ANY).holds


def test_a_pack_that_is_out_is_named(study: StudyFile, tmp_path: Path, rng: Random, now: datetime) -> None:
    make_pack(study, tmp_path / "ada.ftpack", "Ada", rng=rng, now=now)
    assert (
        "12 of 12 planned judgments are open, on 12 pairs and 1 rater pack is out (Ada); the gate wants"
        in unfinished(apply_gate(study, ANY))
    )


def test_unblinding_does_not_make_up_for_what_was_not_judged(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    plan(study, now)
    rate(study, "Ada", rng, now, judge=5)
    study.settings.unblind("early", now=now)
    assert not apply_gate(study, ANY).holds


def test_the_file_can_allow_it_and_the_answer_says_so(study: StudyFile, rng: Random, now: datetime) -> None:
    plan(study, now, raters=1)
    report = apply_gate(study, Gate(max_exclusions=9, allow_unfinished=True))
    assert report.holds
    assert unfinished(report) == (
        "12 of 12 planned judgments are open, on 12 pairs; the gate allows that something is still open."
    )
    rate(study, "Ada", rng, now)
    asked = apply_gate(study, Gate(max_exclusions=9, allow_unfinished=False))
    assert unfinished(asked).startswith("All that was planned is judged; the gate wants")


def test_imported_judgments_are_a_finished_plan(tmp_path: Path, rng: Random, now: datetime) -> None:
    votes = [voted("p1", "Ada", "b"), voted("p1", "Ben", "b"), voted("p2", "Ada", "b")]
    with voted_study(tmp_path / "votes.ftstudy", votes, rng, now) as study:
        assert apply_gate(study, ANY).holds
        said = unfinished(apply_gate(study, Gate(max_exclusions=9, allow_unfinished=False)))
    assert said.startswith("No judgments were planned;")


@pytest.mark.parametrize("kind", RaterKind)
def test_a_gate_on_automatic_raters_waits_for_no_people(
    study: StudyFile, now: datetime, kind: RaterKind
) -> None:
    plan(study, now, raters=2)
    report = apply_gate(study, Gate(max_exclusions=9, rater_kind=kind))
    assert report.holds == (kind is RaterKind.AUTOMATIC)
