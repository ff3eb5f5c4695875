"""Records that are read and written by the types of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NewType

import pytest

from ftcompare.core.typed_json import ShapeError, read_record, record_json

Place = NewType("Place", int)


class Kind(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Part:
    place: Place
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    by_name: Mapping[str, Part]
    anything: Any
    share: float | None = None


WHOLE = Whole((Part(Place(1), (Kind.ONE,)),), {"x": Part(Place(2))}, {"free": [1]}, 0.5)
AS_JSON = {
    "parts": [{"place": 1, "kinds": ["one"]}],
    "by_name": {"x": {"place": 2, "kinds": []}},
    "anything": {"free": [1]},
    "share": 0.5,
}


def test_a_record_comes_back_from_what_it_is_written_as() -> None:
    assert record_json(WHOLE) == AS_JSON
    assert read_record(Whole, AS_JSON) == WHOLE
    without = replace(WHOLE, share=None)
    assert read_record(Whole, record_json(without)) == without


@pytest.mark.parametrize(
    "changed",
    [
        {"share": "half"},
        {"parts": [{"place": "first"}]},
        {"parts": [{"place": 1, "kinds": ["two"]}]},
        {"by_name": [1]},
        {"unknown": 1},
    ],
)
def test_what_has_another_shape_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ShapeError):
        read_record(Whole, AS_JSON | changed)


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(ShapeError):
        read_record(Whole, {name: value for name, value in AS_JSON.items() if name != "parts"})
