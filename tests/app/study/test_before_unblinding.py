"""What would be lost to the blind is counted before a study is unblinded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.study.unblinding import before_unblinding
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import RaterId, Verdict
from ftcompare.store.study.study_file import StudyFile

PAIRS = 12


def judge(study: StudyFile, rater: RaterId, count: int, now: datetime) -> None:
    for _ in range(count):
        item = study.judgments.next_item(rater)
        assert item is not None
        study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)


def test_where_nobody_has_begun_every_pair_is_open(study: StudyFile) -> None:
    before = before_unblinding(study)
    assert (before.judgments, before.open_pairs, before.missing) == (0, PAIRS, PAIRS)


def test_without_a_plan_every_rater_who_has_begun_is_waited_for(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    for name, count in (("Ada", PAIRS), ("Ben", 5)):
        rater = study.raters.add(name).id
        study.allocations.draw(rater, rng=rng, now=now)
        judge(study, rater, count, now)
    before = before_unblinding(study)
    assert (before.judgments, before.open_pairs, before.missing) == (17, 7, 7)


def test_raters_who_are_planned_for_and_have_not_come_are_waited_for(study: StudyFile, now: datetime) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=3), now=now)
    assert before_unblinding(study).missing == 3 * PAIRS


def test_with_a_plan_its_judgments_a_pair_count_and_hidden_repeats_do_not(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    study.settings.set_rating(
        study.settings.read().scale, RatingDesign(raters=2, each=2, repeats=0.5), now=now
    )
    rater = study.raters.add("Ada").id
    study.allocations.draw(rater, rng=rng, now=now)
    judge(study, rater, PAIRS + PAIRS // 2, now)
    before = before_unblinding(study)
    assert (before.open_pairs, before.missing) == (PAIRS, PAIRS)
    assert (before.judgments, before.checks) == (PAIRS + PAIRS // 2, PAIRS // 2)


def test_a_pack_that_is_not_back_is_named(
    study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    made = make_pack(study, tmp_path / "ada.ftpack", "Ada", rng=rng, now=now).made
    (out,) = before_unblinding(study).packs
    assert (out.rater.name, out.name, out.items, out.judged) == ("Ada", made.name, PAIRS, 0)
