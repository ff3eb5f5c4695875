"""Training, validation and test parts: by prompt, by seed, and the same however many rows there are."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.errors import UserError
from ftcompare.formats.training.train_test_parts import PARTS, Parts, joined_groups, read_parts

KEYS = [f"q{number}" for number in range(2000)]
ALONE = {key: key for key in KEYS}


def test_shares_are_met_within_a_few_hundredths() -> None:
    counts = Counter(Parts((0.8, 0.1, 0.1), seed=3).divide(ALONE).values())
    assert 1540 <= counts["train"] <= 1660
    assert all(150 <= counts[part] <= 250 for part in PARTS[1:])


def test_the_seed_alone_decides_and_new_prompts_move_no_other() -> None:
    parts = Parts((0.5, 0.25, 0.25), seed=1)
    whole = parts.divide(ALONE)
    fewer = parts.divide({key: key for key in KEYS[::3]})
    assert fewer == {key: whole[key] for key in fewer}
    assert Parts((0.5, 0.25, 0.25), seed=2).divide(ALONE) != whole


def test_parts_without_rows_are_named() -> None:
    assert Parts((0.5, 0.3, 0.2)).empty(["a.train.jsonl"]) == ("validation", "test")
    assert Parts((0.5, 0.5, 0.0)).empty(["a.train.jsonl", "a.validation.jsonl"]) == ()


def test_prompts_of_a_group_go_together() -> None:
    groups = joined_groups(KEYS, zip(KEYS[::2], KEYS[1::2], strict=True))
    part = Parts((0.5, 0.3, 0.2)).divide(groups)
    assert all(part[one] == part[other] for one, other in zip(KEYS[::2], KEYS[1::2], strict=True))
    assert len(set(part.values())) == 3


@pytest.mark.parametrize("text", ["80/10/10", "0.8/0.1/0.1"])
def test_shares_are_read_as_people_write_them(text: str) -> None:
    assert read_parts(text, 5) == Parts((0.8, 0.1, 0.1), 5)
    assert read_parts("90/10", 0).shares == (0.9, 0.1, 0.0)


@pytest.mark.parametrize("text", ["", "x", "1", "50/20", "0/50/50", "-10/60/50", "1/1/1/1", "nan/1", "inf/1"])
def test_what_is_no_division_is_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        read_parts(text, 0)
    assert caught.value.code == "bad-shares"


@given(pairs=st.lists(st.tuples(st.sampled_from(KEYS[:20]), st.sampled_from(KEYS[:20])), max_size=30))
def test_all_that_are_connected_are_one_group(pairs: list[tuple[str, str]]) -> None:
    groups = joined_groups(KEYS[:20], pairs)
    assert all(groups[one] == groups[other] for one, other in pairs)
    assert all(groups[key] == key for key in groups.values())
    untouched = set(KEYS[:20]) - {key for pair in pairs for key in pair}
    assert all(groups[key] == key for key in untouched)
