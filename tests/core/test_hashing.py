"""Digests and chains: equal values agree, any change shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.hashing import GENESIS, Json, canonical_json, chain, digest, link, texts_in

texts = st.text(st.characters(exclude_categories=["Cs"]))
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def test_one_spelling_whatever_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": "é"}) == b'{"a":"\\u00e9","b":1}'
    assert canonical_json({"a": "é", "b": 1}) == canonical_json({"b": 1, "a": "é"})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_spell_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(value)


@given(values)
def test_kinds_do_not_collide(value: Json) -> None:
    assert digest("judgment", value) != digest("audit", value)
    assert len(digest("judgment", value)) == 64


@given(st.lists(values, min_size=1, max_size=6), st.data())
def test_a_change_anywhere_shows_in_every_later_link(entries: list[Json], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    altered = [*entries]
    altered[at] = ["altered", altered[at]]
    before, after = list(chain("t", entries)), list(chain("t", altered))
    assert before[:at] == after[:at]
    assert all(x != y for x, y in zip(before[at:], after[at:], strict=True))


def test_a_chain_is_its_links() -> None:
    first = link("t", GENESIS, 1)
    assert list(chain("t", [1, 2])) == [first, link("t", first, 2)]
    assert list(chain("t", [])) == []


def test_the_texts_of_a_value_are_those_of_all_its_parts() -> None:
    value: Json = {"a": ["one", 2, None, {"b": "two"}], "c": True, "d": "three"}
    assert [*texts_in(value)] == ["one", "two", "three"]
