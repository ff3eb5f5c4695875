"""What may be told: nothing about systems while blinded, everything after, and to raters nothing."""

from __future__ import annotations

import pytest

from ftcompare.core.disclosure import NOT_FOR_RATERS, STILL_BLINDED, Audience, Disclosure, Subject
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import Study
from tests.builders import present

BEFORE = Disclosure()
AFTER = Disclosure("2026-11-20T10:00:00+00:00")
RATERS = (Disclosure(audience=Audience.RATER), Disclosure(AFTER.named_since, Audience.RATER))


@pytest.mark.parametrize("subject", Subject)
def test_every_subject_is_withheld_while_blinded_and_told_after(subject: Subject) -> None:
    withheld = present(BEFORE.withheld(subject))
    assert withheld.code == STILL_BLINDED
    assert withheld.text.endswith(".")
    assert withheld.how
    assert not BEFORE.tells(subject)
    assert AFTER.withheld(subject) is None
    assert AFTER.tells(subject)


@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize("disclosure", RATERS)
def test_a_rater_is_told_nothing_at_any_time(disclosure: Disclosure, subject: Subject) -> None:
    withheld = present(disclosure.withheld(subject))
    assert withheld.code == NOT_FOR_RATERS


def test_the_reason_follows_what_is_withheld() -> None:
    quality, details = (BEFORE.withheld(s) for s in (Subject.RATER_QUALITY, Subject.SYSTEM_DETAILS))
    assert quality is not None
    assert quality.explained == f"{quality.text} {quality.why}"
    assert details is not None
    assert details.explained == details.text
    assert details.clause == "the parts of each system are shown after unblinding"


def test_what_is_withheld_is_not_even_computed() -> None:
    computed: list[str] = []

    def find() -> str:
        computed.append("found")
        return "found"

    assert BEFORE.told(Subject.LIKELIHOOD, find, None) is None
    assert computed == []
    assert AFTER.told(Subject.LIKELIHOOD, find, None) == "found"


def test_an_operation_refuses_with_code_place_and_what_to_do() -> None:
    AFTER.require(Subject.PROMPT_WINNERS)
    with pytest.raises(UserError) as refused:
        BEFORE.require(Subject.PROMPT_WINNERS, where="s.ftstudy")
    assert (refused.value.code, refused.value.where) == (STILL_BLINDED, "s.ftstudy")
    assert refused.value.how


def test_counts_and_order_by_system_tell_nothing_while_blinded() -> None:
    assert BEFORE.counts({1: 4, 2: 4}) == {1: 4, 2: 4}
    assert BEFORE.counts({1: 4, 2: 3}) == {1: None, 2: None}
    assert BEFORE.counts({}) == {}
    assert AFTER.counts({1: 4, 2: 3}) == {1: 4, 2: 3}
    assert BEFORE.ordered(["Y", "X"], str) == ("X", "Y")
    assert AFTER.ordered(["Y", "X"], str) == ("Y", "X")
    assert not BEFORE.order_told
    assert AFTER.order_told


def test_names_are_neutral_while_blinded_and_for_raters() -> None:
    names = [d.name(own="cardiology", neutral="System X") for d in (BEFORE, AFTER, *RATERS)]
    assert names == ["System X", "cardiology", "System X", "System X"]


def test_nothing_is_rated_once_systems_are_named() -> None:
    assert (BEFORE.rating_open, BEFORE.rating_closed) == (True, "")
    assert not AFTER.rating_open
    assert "unblinded" in AFTER.rating_closed


@pytest.mark.parametrize(
    ("disclosure", "asked_for", "left_out"),
    [(BEFORE, False, {1, 2}), (BEFORE, True, set()), (AFTER, False, set())],
)
def test_lists_leave_out_what_their_reader_still_judges(
    disclosure: Disclosure, *, asked_for: bool, left_out: set[int]
) -> None:
    assert disclosure.left_out(frozenset({1, 2}), asked_for=asked_for) == left_out


def test_a_study_says_what_its_owner_is_told() -> None:
    study = Study("S", Scale())
    assert study.disclosure == BEFORE
    assert Study("S", Scale(), unblinded_at=AFTER.named_since).disclosure == AFTER
