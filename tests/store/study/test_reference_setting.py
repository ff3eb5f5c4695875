"""When raters see the reference answer: stored, fixed once rating has begun, kept with each judgment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import AllocationId, Draft, Verdict
from ftcompare.store.judging.verdict_recorder import details_json, read_details
from ftcompare.store.study.settings import read_design, settings_json
from ftcompare.store.study.study_file import StudyFile
from tests.store.pack.pack_studies import NOW, new_study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with new_study(tmp_path / "s.ftstudy", RatingDesign(), Scale()) as made:
        yield made


def first(study: StudyFile) -> tuple[AllocationId, str]:
    """What Ann is shown first: the item and its reference answer."""
    rater = study.raters.add("Ann")
    study.allocations.draw(rater.id, rng=Random(1), now=NOW)
    item = study.judgments.next_item(rater.id)
    assert item is not None
    return item.allocation, item.reference


def shown(study: StudyFile, setting: ReferenceShown) -> None:
    study.settings.set_rating(Scale(), RatingDesign(reference=setting), now=NOW)


def test_never_is_stored_as_it_always_was() -> None:
    stored = settings_json(Scale(), RatingDesign())
    assert "reference" not in stored
    assert read_design(stored).reference is ReferenceShown.NEVER


@pytest.mark.parametrize("setting", ReferenceShown)
def test_a_setting_is_read_as_it_was_stored(setting: ReferenceShown) -> None:
    design = RatingDesign(reference=setting)
    assert read_design(settings_json(Scale(), design)) == design


def test_a_rater_gets_the_reference_answer_only_where_it_may_be_seen(study: StudyFile) -> None:
    assert first(study)[1] == ""
    shown(study, ReferenceShown.ON_KEY)
    assert first(study)[1].startswith("reference answer to ")
    shown(study, ReferenceShown.ALWAYS)
    assert first(study)[1].startswith("reference answer to ")
    assert study.judgments.settings().reference is ReferenceShown.ALWAYS


def test_it_is_fixed_once_rating_has_begun(study: StudyFile) -> None:
    shown(study, ReferenceShown.ON_KEY)
    item, _ = first(study)
    study.judgments.judge(item, Verdict(Choice.TIE, reference_seen=True), now=NOW)
    with pytest.raises(UserError, match="reference answer stays") as caught:
        shown(study, ReferenceShown.ALWAYS)
    assert caught.value.code == "rating-begun"
    design = replace(study.settings.design(), instructions="Read both.")
    study.settings.set_rating(Scale(), design, now=NOW)
    assert study.settings.design().reference is ReferenceShown.ON_KEY
    assert [row.reference_seen for row in study.judgments.standing()] == [True]


def test_a_draft_keeps_that_it_was_opened(study: StudyFile) -> None:
    shown(study, ReferenceShown.ON_KEY)
    item, _ = first(study)
    study.judgments.save_draft(item, Draft(reference_seen=True))
    assert study.judgments.item(item).draft == Draft(reference_seen=True)


def test_details_of_earlier_versions_say_nothing_of_it() -> None:
    assert details_json(Draft()) == ""
    assert read_details('{"reasons": ["too long"]}') == {"reasons": ("too long",)}
    assert read_details(details_json(Draft(reference_seen=True))) == {"reference_seen": True}


def test_details_that_hold_anything_but_a_truth_are_refused() -> None:
    with pytest.raises(TypeError, match="reference_seen"):
        read_details('{"reference_seen": 1}')
