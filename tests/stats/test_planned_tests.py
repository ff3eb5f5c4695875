"""Planned hypotheses, decided on judgments whose intervals and e-values are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.planned_tests import ALPHA, PlannedTest, decide, discoveries

THESE, OTHERS = ClaimScope.THESE_RATERS, ClaimScope.RATERS_LIKE_THESE


def planned(
    wins: int, prompts: int, *, raters: int = 3, scope: ClaimScope = THESE, margin: float | None = None
) -> PlannedTest:
    """Raters who agree: the system wins the first prompts and loses the others, in mixed order."""
    won = np.zeros(prompts)
    won[np.random.default_rng(1).permutation(prompts)[:wins]] = 1
    prompt = np.repeat(np.arange(prompts), raters)
    return PlannedTest(won[prompt], prompt, np.tile(np.arange(raters), prompts), scope, margin)


@pytest.mark.parametrize(
    ("test", "by_evidence", "confirmed"),
    [
        (planned(20, 24), False, True),
        (planned(14, 24), False, False),
        (planned(20, 24, scope=OTHERS), False, True),
        (planned(20, 24, raters=1, scope=OTHERS), False, False),
        (planned(20, 24), True, True),
        (planned(16, 24), True, False),
        (planned(4, 24), True, False),
        (planned(24, 40, margin=0.2), False, True),
        (planned(14, 40, margin=0.2), False, False),
        (planned(30, 40, scope=OTHERS, margin=0.2), False, True),
        (planned(30, 40, raters=1, scope=OTHERS, margin=0.2), False, False),
        (planned(34, 40, margin=0.2), True, True),
        (planned(14, 40, margin=0.2), True, False),
        (planned(0, 0), False, False),
        (planned(0, 0), True, False),
    ],
)
def test_one_hypothesis_is_decided_by_the_rule_of_its_plan(
    test: PlannedTest, by_evidence: bool, confirmed: bool
) -> None:
    (found,) = decide([replace(test, by_evidence=by_evidence)])
    assert found.confirmed is confirmed
    better = test.margin is None
    assert found.level == pytest.approx(1 - ALPHA if better or by_evidence or not len(test.prompts) else 0.9)
    if found.confirmed and found.low is not None and found.e_value is None:
        assert found.low > 0.5 - (test.margin or 0)


def test_evidence_for_the_other_system_is_the_opposite() -> None:
    (found,) = decide([replace(planned(2, 24), by_evidence=True, each=3)])
    assert (found.confirmed, found.opposite) == (False, True)
    assert found.e_value is not None
    assert found.e_value > 20


def test_several_hypotheses_share_the_risk_and_a_confirmed_one_leaves_more_for_the_others() -> None:
    clear, close, none = planned(24, 24), planned(18, 24), planned(12, 24)
    assert decide([close])[0].confirmed
    # at 5% / 3 the close one is not confirmed
    levels = [one.level for one in decide([close, none, none])]
    assert levels == pytest.approx([1 - ALPHA / 3] * 3)
    assert not decide([close, none, none])[0].confirmed
    found = decide([none, clear, close])
    assert [one.confirmed for one in found] == [False, True, True]
    assert [one.level for one in found] == pytest.approx([0.95, 1 - ALPHA / 3, 1 - ALPHA / 2])


def test_discoveries_raise_the_level_of_all_with_every_confirmed_one() -> None:
    clear, close, none, worse = planned(24, 24), planned(18, 24), planned(12, 24), planned(0, 24)
    found = discoveries([clear, close, none, worse], any_dependence=False)
    assert [one.confirmed for one in found] == [True, True, False, False]
    assert found[3].opposite
    assert [one.level for one in found] == pytest.approx([1 - ALPHA * 3 / 4] * 4)
    # alone among those without a difference, the close one is not found
    alone = discoveries([close, none, none, none], any_dependence=False)
    assert [one.confirmed for one in alone] == [False] * 4
    assert alone[0].level == pytest.approx(1 - ALPHA / 4)
    stricter = discoveries([clear, close, none, worse], any_dependence=True)
    assert stricter[0].level == pytest.approx(1 - ALPHA * 2 / 4 / (1 + 1 / 2 + 1 / 3 + 1 / 4))
    assert discoveries([], any_dependence=True) == ()
    margins = [replace(one, margin=0.15) for one in (clear, worse)]
    assert [one.confirmed for one in discoveries(margins, any_dependence=False)] == [True, False]
