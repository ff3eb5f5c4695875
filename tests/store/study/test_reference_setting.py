"""When raters see the reference answer: stored, fixed once rating has begun, kept with each judgment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.blinding import BlindItem
from ftcompare.core.context import Expectation
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import ContextShown, RatingDesign, ReferenceShown
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import AllocationId, Draft, Verdict
from ftcompare.store.judging.verdict_recorder import details_json, read_details
from ftcompare.store.study.settings import read_design, settings_json
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, present
from tests.context_studies import KINDS, context_study
from tests.store.pack.pack_studies import NOW, new_study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with new_study(tmp_path / "s.ftstudy", RatingDesign(), Scale()) as made:
        yield made


def first(study: StudyFile) -> tuple[AllocationId, str]:
    """What Ann is shown first: the item and its reference answer."""
    rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW)
    item = present(study.judgments.next_item(rater.id))
    return item.allocation, item.reference


def shown(study: StudyFile, setting: ReferenceShown) -> None:
    study.settings.set_rating(Scale(), RatingDesign(reference=setting), now=NOW)


def test_what_is_usual_is_stored_as_it_always_was() -> None:
    stored = settings_json(Scale(), RatingDesign())
    assert "reference" not in stored
    assert read_design(stored).reference is ReferenceShown.NEVER
    assert "context" not in stored
    assert "expectation" not in stored
    assert read_design(stored) == RatingDesign()


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
    with pytest.raises(UserError, match="reference answer cannot change") as caught:
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


# How raters see contexts, and whether they are told what is expected: stored, then fixed.


@pytest.fixture
def case_study(tmp_path: Path) -> Iterator[StudyFile]:
    with context_study(tmp_path / "s.ftstudy") as made:
        yield made


def cases_shown(case_study: StudyFile, design: RatingDesign) -> list[BlindItem]:
    """What a new rater is shown, in the order of the prompts."""
    case_study.settings.set_rating(Scale(), design, now=NOW)
    rater = drawn_rater(case_study, f"rater {len(case_study.raters.all())}", rng=Random(1), now=NOW)
    found = []
    while item := case_study.judgments.next_item(rater.id):
        found.append(item)
        case_study.judgments.skip(item.allocation, "later", seconds=None, now=NOW)
    return sorted(found, key=lambda item: item.messages[0].content)


@pytest.mark.parametrize("setting", ContextShown)
@pytest.mark.parametrize("expectation", [True, False])
def test_a_setting_of_contexts_is_read_as_it_was_stored(setting: ContextShown, expectation: bool) -> None:
    design = RatingDesign(context=setting, expectation=expectation)
    assert read_design(settings_json(Scale(), design)) == design


def test_raters_get_passages_and_what_is_expected(case_study: StudyFile) -> None:
    found = cases_shown(case_study, RatingDesign())
    wanted = [KINDS[number % 3] for number in range(6)]
    assert [item.context for item in found] == [passages for _, _, passages in wanted]
    assert [item.expects for item in found] == [expects for _, expects, _ in wanted]
    assert case_study.judgments.settings().context is ContextShown.FOLDED


def test_what_raters_may_not_see_does_not_reach_them(case_study: StudyFile) -> None:
    found = cases_shown(case_study, RatingDesign(context=ContextShown.NEVER, expectation=False))
    assert {item.context for item in found} == {()}
    assert {item.expects for item in found} == {Expectation.NONE}


@pytest.mark.parametrize("other", [RatingDesign(context=ContextShown.OPEN), RatingDesign(expectation=False)])
def test_both_are_fixed_once_rating_has_begun(case_study: StudyFile, other: RatingDesign) -> None:
    rater = drawn_rater(case_study, "Ann", rng=Random(1), now=NOW)
    item = present(case_study.judgments.next_item(rater.id))
    case_study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=NOW)
    with pytest.raises(UserError, match="context cannot change") as caught:
        case_study.settings.set_rating(Scale(), other, now=NOW)
    assert caught.value.code == "rating-begun"
    case_study.settings.set_rating(Scale(), RatingDesign(instructions="Read both."), now=NOW)
