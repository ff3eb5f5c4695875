"""Who rates a study, and what that calls for: live voters are none of its raters; packs come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rater_choice import Awaited, KnownRaters, known_raters, others_awaited
from ftcompare.app.raters.packs import make_pack
from ftcompare.app.raters.raters_overview import raters_overview
from ftcompare.app.study.description import describe, next_page, next_step
from ftcompare.app.study.unblinding import before_unblinding
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.study import FinishReason, Message, ResponseDraft
from ftcompare.store.study.study_file import StudyFile


def test_a_live_voter_is_no_rater_of_the_study(study: StudyFile, rng: Random, now: datetime) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=1), now=now)
    ada, bob = study.raters.add("Ada"), study.raters.add("Bob")
    study.allocations.draw(ada.id, rng=rng, now=now)
    drafts = [ResponseDraft(s.id, f"live {s.id}", FinishReason.END, 2) for s in study.systems.all()]
    study.live.add(bob.id, (Message("user", "Hello?"),), drafts, rng=rng, now=now)
    assert [work.rater.name for work in raters_overview(study).work] == ["Ada"]
    assert describe(study).raters == 1
    assert before_unblinding(study).missing == describe(study).written


def test_planned_raters_and_packs_are_what_is_next(
    study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    def told() -> tuple[str, str]:
        info = describe(study)
        return info.next_step, next_page(info)

    assert told() == ("Rate: 12 pairs are ready to be judged.", "rate")
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=3), now=now)
    assert told() == ("3 raters planned: make their packs, or rate here.", "raters")
    for name in ("Ada", "Bob"):
        make_pack(study, tmp_path / f"{name}.ftpack", name, rng=rng, now=now)
        later = "1 pack is out: merge it when it comes back."
        assert told() == (
            later if name == "Ada" else "2 packs are out: merge them when they come back.",
            "raters",
        )
    study.settings.unblind("done", now=now + timedelta(days=1))
    assert told()[1] == "results"
    assert told()[0].startswith("Rating ended when this study was unblinded, and nothing was judged: export")


def test_after_unblinding_more_pairs_to_write_or_judge_are_not_next(study: StudyFile, now: datetime) -> None:
    study.settings.unblind("done", now=now)
    info = replace(describe(study), judgments=3, planned=36)
    assert (next_step(info), next_page(info)) == ("Look at the results, and export what you need.", "results")


def test_while_pairs_are_missing_they_are_next(empty_study: StudyFile) -> None:
    assert next_page(describe(empty_study)) == "generate"


@pytest.mark.parametrize(
    ("planned", "written", "told"),
    [
        (1, 0, "Generate: 1 of 1 pair is still to be written."),
        (3, 2, "Generate: 1 of 3 pairs is still to be written."),
        (3, 0, "Generate: 3 of 3 pairs are still to be written."),
        (1, 1, "Rate: 1 pair is ready to be judged."),
    ],
)
def test_one_pair_is_told_as_one(study: StudyFile, planned: int, written: int, told: str) -> None:
    assert next_step(replace(describe(study), planned=planned, written=written)) == told


def test_who_is_away_with_a_pack_is_known_and_cannot_rate_here(
    study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    study.allocations.draw(study.raters.add("Ada").id, rng=rng, now=now)
    make_pack(study, tmp_path / "Ben.ftpack", "Ben", rng=rng, now=now)
    assert known_raters(study) == KnownRaters(("Ada",), ("Ben",))
    assert known_raters(study).spelled(" ADA ") == "Ada"
    assert known_raters(study).spelled("Ben") == ""


def test_a_study_waits_for_whom_it_is_planned_and_for_packs(
    study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    ada = study.raters.add("Ada").id
    study.allocations.draw(ada, rng=rng, now=now)
    assert others_awaited(study, ada) is Awaited.NOBODY
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=2), now=now)
    assert others_awaited(study, ada) is Awaited.HERE
    make_pack(study, tmp_path / "Ben.ftpack", "Ben", rng=rng, now=now)
    assert others_awaited(study, ada) is Awaited.PACKS
    cleo = study.raters.add("Cleo").id
    assert others_awaited(study, cleo) is Awaited.HERE  # Ada has begun, and is not done
