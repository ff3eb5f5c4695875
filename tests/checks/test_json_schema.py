"""Values against schemas that may be anybody's: what fits, what is named, what is given up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ftcompare.checks.json_schema import PLACE, UnusableSchemaError, why_unfit

DOSE = {
    "type": "object",
    "properties": {"drug": {"type": "string", "pattern": "^[a-z]+$"}, "mg": {"type": "number", "minimum": 0}},
    "patternProperties": {"^x-": {"type": "integer"}},
    "required": ["drug"],
    "additionalProperties": False,
}
GIVEN_UP = "its JSON was held against the schema for 1 s, then given up"


def why(value: Any, schema: Any) -> str:
    return why_unfit(value, json.dumps(schema, separators=(",", ":")))


@pytest.mark.parametrize(
    ("value", "schema", "place"),
    [
        ({"drug": "metoprolol", "mg": 50, "x-n": 2}, DOSE, ""),
        ({"mg": 50}, DOSE, "“required” at $"),
        ({"drug": "B12"}, DOSE, "“pattern” at $.drug"),
        ({"drug": 5}, DOSE, "“type” at $.drug"),
        ({"drug": "a", "mg": -1}, DOSE, "“minimum” at $.mg"),
        ({"drug": "a", "x-n": "two"}, DOSE, "“type” at $['x-n']"),
        ({"drug": "a", "unit": "mg"}, DOSE, "“additionalProperties” at $"),
        ([], DOSE, "“type” at $"),
        ([], {"pattern": "a", "patternProperties": {"a": False}, "additionalProperties": False}, ""),
        ({"a": 1}, {"additionalProperties": {"type": "string"}}, "“type” at $.a"),
        ({"a": 1}, {"properties": {"a": True}, "unevaluatedProperties": False}, ""),
        ({"a": 1}, {"patternProperties": {"b": False}, "additionalProperties": True}, ""),
        ([1, 1.0], {"uniqueItems": True}, "“uniqueItems” at $"),
        ([1, True, "1", [1], {"a": 1}], {"uniqueItems": True}, ""),
        ([{"a": [1]}, {"a": [1.0]}], {"uniqueItems": True}, "“uniqueItems” at $"),
        ({"a": 3}, {"properties": {"a": False}}, "“false” at $"),
        ({"type": 3}, {"$ref": "https://json-schema.org/draft/2020-12/schema"}, "“anyOf” at $.type"),
        ({"a\u202eb": 1}, {"additionalProperties": {"type": "string"}}, "“type” at $"),
        ({"a" * 200: 1}, {"additionalProperties": {"type": "string"}}, f"“type” at $.{'a' * (PLACE - 2)}"),
    ],
)
def test_what_fits_and_what_is_named(value: Any, schema: Any, place: str) -> None:
    assert why(value, schema) == (f"its JSON does not fit the schema: {place}" if place else "")
    assert Draft202012Validator(schema).is_valid(value) is not bool(place)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a" * 40 + "b", {"pattern": "^(a|aa)+$"}),
        ({"a" * 40 + "b": 1}, {"patternProperties": {"^(a|aa)+$": {}}}),
        ({"a" * 40 + "b": 1}, {"patternProperties": {"^(a|aa)+$": {}}, "additionalProperties": False}),
        (
            1,
            {
                "$ref": "#/$defs/0",
                "$defs": {
                    **{str(n): {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}] * 30} for n in range(6)},
                    "6": False,
                },
            },
        ),
    ],
)
def test_what_would_take_for_ever_is_given_up(value: Any, schema: Any) -> None:
    assert why(value, schema) == GIVEN_UP


def test_many_items_are_compared_quickly() -> None:
    assert why([[n] for n in range(50_000)], {"uniqueItems": True}) == ""


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://localhost:1/schema"},
        {"$ref": "#/$defs/none"},
        {"type": "numbr"},
        {"pattern": "(a"},
        {"pattern": "((((a{1000}){1000}){1000}){1000})"},
        {"unevaluatedProperties": False, "patternProperties": {"a": {}}},
        [],
    ],
)
def test_a_schema_that_cannot_be_used_is_said_to_be_so(schema: Any) -> None:
    with pytest.raises(UnusableSchemaError, match="its schema cannot be used"):
        why("text", schema)


def test_what_nests_deeply_is_held_against_a_schema_that_does() -> None:
    nested: Any = []
    for _ in range(60):
        nested = [nested]
    assert not why(nested, {"items": {"$ref": "#"}})


def test_nothing_nests_without_end() -> None:
    with pytest.raises(UnusableSchemaError, match="refers to itself"):
        why(5, {"$ref": "#"})
