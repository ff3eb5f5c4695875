"""How raters see contexts, and whether they are told what is expected: stored, then fixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.blinding import BlindItem
from ftcompare.core.context import Expectation
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import ContextShown, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Verdict
from ftcompare.store.study.settings import read_design, settings_json
from ftcompare.store.study.study_file import StudyFile
from tests.context_studies import KINDS, NOW, context_study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with context_study(tmp_path / "s.ftstudy") as made:
        yield made


def shown(study: StudyFile, design: RatingDesign) -> list[BlindItem]:
    """What a new rater is shown, in the order of the prompts."""
    study.settings.set_rating(Scale(), design, now=NOW)
    rater = study.raters.add(f"rater {len(study.raters.all())}")
    study.allocations.draw(rater.id, rng=Random(1), now=NOW)
    found = []
    while item := study.judgments.next_item(rater.id):
        found.append(item)
        study.judgments.skip(item.allocation, "later", seconds=None, now=NOW)
    return sorted(found, key=lambda item: item.messages[0].content)


def test_what_is_usual_is_stored_as_it_always_was() -> None:
    stored = settings_json(Scale(), RatingDesign())
    assert "context" not in stored
    assert "expectation" not in stored
    assert read_design(stored) == RatingDesign()


@pytest.mark.parametrize("setting", ContextShown)
@pytest.mark.parametrize("expectation", [True, False])
def test_a_setting_is_read_as_it_was_stored(setting: ContextShown, expectation: bool) -> None:
    design = RatingDesign(context=setting, expectation=expectation)
    assert read_design(settings_json(Scale(), design)) == design


def test_raters_get_passages_and_what_is_expected(study: StudyFile) -> None:
    found = shown(study, RatingDesign())
    wanted = [KINDS[number % 3] for number in range(6)]
    assert [item.context for item in found] == [passages for _, _, passages in wanted]
    assert [item.expects for item in found] == [expects for _, expects, _ in wanted]
    assert study.judgments.settings().context is ContextShown.FOLDED


def test_what_raters_may_not_see_does_not_reach_them(study: StudyFile) -> None:
    found = shown(study, RatingDesign(context=ContextShown.NEVER, expectation=False))
    assert {item.context for item in found} == {()}
    assert {item.expects for item in found} == {Expectation.NONE}


@pytest.mark.parametrize("other", [RatingDesign(context=ContextShown.OPEN), RatingDesign(expectation=False)])
def test_both_are_fixed_once_rating_has_begun(study: StudyFile, other: RatingDesign) -> None:
    rater = study.raters.add("Ann")
    study.allocations.draw(rater.id, rng=Random(1), now=NOW)
    item = study.judgments.next_item(rater.id)
    assert item is not None
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=NOW)
    with pytest.raises(UserError, match="context stays") as caught:
        study.settings.set_rating(Scale(), other, now=NOW)
    assert caught.value.code == "rating-begun"
    study.settings.set_rating(Scale(), RatingDesign(instructions="Read both."), now=NOW)
