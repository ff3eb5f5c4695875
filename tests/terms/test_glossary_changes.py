"""What two glossaries differ in, what one says against itself, and merging."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.glossary_changes import ConflictKind, conflicts, glossary_diff, merged

P, A, D, S = TermStatus.PREFERRED, TermStatus.ADMITTED, TermStatus.DEPRECATED, TermStatus.SUPERSEDED
STENT, TUBE, ATTACK = (
    GlossaryTerm("stent", P, "stent", note="metal"),
    GlossaryTerm("tube", D, "stent"),
    GlossaryTerm("heart attack", D, "infarction"),
)


def test_what_came_changed_and_went() -> None:
    found = glossary_diff([STENT, TUBE], [replace(STENT, note=""), ATTACK])
    assert found.added == (ATTACK,)
    assert found.changed == ((STENT, replace(STENT, note="")),)
    assert found.removed == (TUBE,)
    assert found.counts == {"added": 1, "changed": 1, "removed": 1}


def test_the_order_of_terms_is_no_difference() -> None:
    both_ways = replace(TUBE, status=P)
    assert not glossary_diff([STENT, TUBE, both_ways], [both_ways, TUBE, STENT])
    assert glossary_diff([TUBE, both_ways], [TUBE]).removed == (both_ways,)


def test_a_merge_takes_nothing_out_and_keeps_a_note_that_is_not_given() -> None:
    lead = GlossaryTerm("lead", P, "lead")
    found = merged([STENT, ATTACK], [TUBE, lead, replace(STENT, status=A, note="")])
    assert found == (replace(STENT, status=A), TUBE, ATTACK, lead)


@pytest.mark.parametrize(
    ("terms", "kind", "told"),
    [
        (
            [GlossaryTerm("Block", P, "a"), GlossaryTerm("block", P, "b")],
            ConflictKind.TWO_CONCEPTS,
            "“Block” is preferred in 2 concepts: a, b.",
        ),
        (
            [GlossaryTerm("block", P, "a"), GlossaryTerm("block", S, "b")],
            ConflictKind.BOTH_WAYS,
            "“block” is preferred and superseded at once: preferred in a, superseded in b.",
        ),
        (
            [GlossaryTerm("one", P, "a"), GlossaryTerm("two", P, "a")],
            ConflictKind.TWO_PREFERRED,
            "The concept a has 2 preferred terms in en: “one”, “two”.",
        ),
        (
            [GlossaryTerm("one", A, "a"), GlossaryTerm("one", A, "a", note="x")],
            ConflictKind.TWICE,
            "“one” appears 2 times in the concept a.",
        ),
        (
            [GlossaryTerm("one", P, f"{n}") for n in range(6)],
            ConflictKind.TWO_CONCEPTS,
            "“one” is preferred in 6 concepts: 0, 1, 2, 3 and 2 more.",
        ),
    ],
)
def test_a_conflict_is_told_in_a_sentence(terms: list[GlossaryTerm], kind: ConflictKind, told: str) -> None:
    (found,) = conflicts(terms)
    assert (found.kind, found.sentence) == (kind, told)
    assert {*found.terms} <= {*terms}


def test_terms_without_a_concept_are_each_of_their_own() -> None:
    lead, valve = GlossaryTerm("lead", P, ""), GlossaryTerm("valve", P, "")
    assert conflicts([lead, valve]) == ()
    (found,) = conflicts([lead, GlossaryTerm("electrode", P, "lead")])
    assert found.sentence == "The concept lead has 2 preferred terms in en: “lead”, “electrode”."
    (twice,) = conflicts([lead, replace(lead, note="again")])
    assert twice.sentence == "“lead” appears 2 times in the concept lead."
    both = {found.sentence for found in conflicts([lead, replace(lead, status=D)])}
    assert "“lead” is preferred and deprecated at once: preferred in lead, deprecated in lead." in both


def test_what_is_no_conflict() -> None:
    german = GlossaryTerm("stent", P, "stent", "de")
    assert conflicts([STENT, STENT, TUBE, german, GlossaryTerm("stent", A, "other")]) == ()


TERMS = st.builds(
    GlossaryTerm,
    st.sampled_from("abc"),
    st.sampled_from(TermStatus),
    st.sampled_from("xy"),
    st.sampled_from(("en", "de")),
    st.sampled_from(("", "n")),
)


@given(st.lists(TERMS, unique_by=lambda t: (t.term, t.concept, t.language)), st.lists(TERMS))
def test_a_merge_removes_nothing_and_merging_again_changes_nothing(
    terms: list[GlossaryTerm], given: list[GlossaryTerm]
) -> None:
    found = merged(terms, given)
    assert not glossary_diff(terms, found).removed
    if len({(g.term, g.concept, g.language) for g in given}) == len(given):
        assert merged(found, given) == found
