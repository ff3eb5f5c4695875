"""Fields of structured answers: what counts as structured, and which values are shown side by side."""

from __future__ import annotations

import pytest

from ftcompare.core.blinding import BlindItem
from ftcompare.core.conversation import judged_part
from ftcompare.core.rating_design import ConversationJudged
from ftcompare.core.recipe import Message
from ftcompare.core.structured_answer import MAX_FIELDS, field_cells, field_pairs, structured
from ftcompare.core.study import AllocationId
from ftcompare.core.trace import steps_title
from tests.structured_answers import CLOSE, FAR, REFERENCE, spelled

NESTED = [("a.b[1].c", "1", "2"), ("a.b[2]", "–", "3")]
TABLE = "| drug | mg |\n|:---|---:|\n| a\\|b | 5 |\n| c | 2.5 |"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("Here it is:\n```json\n[1, 2]\n```\nDone.", [1, 2]),
        (TABLE, [{"drug": "a\\|b", "mg": 5}, {"drug": "c", "mg": 2.5}]),
        ("| a | b |\n| - | - |\n| 1 | 2 |", [{"a": 1, "b": 2}]),
        (f"The table:\n\n{TABLE}", None),
        ("| a | b |\n|---|---|", None),
        ("42", None),
        ('{"a": 1', None),
        ('{"a": NaN}', None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_objects_lists_and_tables_are_structured(text: str, value: object) -> None:
    assert structured(text) == value


@pytest.mark.parametrize(
    ("left", "right", "rows"),
    [
        (spelled(REFERENCE), spelled(REFERENCE), {"same": 15}),
        ('{"a": "1"}', '{"a": 1}', [("a", '"1"', "1")]),
        ('{"a": null}', "{}", [("a", "null", "–")]),
        ('{"a": "–"}', "{}", [("a", '"–"', "–")]),
        ('{"a": ""}', '{"a": []}', [("a", '""', "[]")]),
        ('{"a": ["x", "y"]}', '{"a": ["x, y"]}', [("a", "[x, y]", '["x, y"]')]),
        ('{"a": {"b": [{"c": 1}]}}', '{"a": {"b": [{"c": 2}, 3]}}', NESTED),
        ("[1, 2]", "[2, 1]", [("$", "[1, 2]", "[2, 1]")]),
        (TABLE, TABLE.replace("2.5", "4"), [("[2].mg", "2.5", "4")]),
        ("Prose.", '{"a": 1}', None),
        ('{"a": 1}', "", None),
    ],
)  # fmt: skip
def test_values_are_side_by_side(left: str, right: str, rows: object) -> None:
    pairs = field_pairs(left, right)
    if rows is None:
        assert not pairs
        return
    different = [field_cells(pair) for pair in pairs if not pair.same]
    assert (different or {"same": len(pairs)}) == rows
    swapped = [field_cells(pair) for pair in field_pairs(right, left) if not pair.same]
    assert {(name, b, a) for name, a, b in different} == set(swapped)


def test_long_answers_have_a_limit() -> None:
    many = spelled({f"f{n}": n for n in range(MAX_FIELDS + 5)})
    assert len(field_pairs(many, many)) == MAX_FIELDS
    assert not field_pairs(spelled({"a": "x" * 300_000}), "{}")
    (pair,) = field_pairs(spelled({"a": "x" * 5_000}), "{}")
    assert len(field_cells(pair)[1]) == 1_000


def test_fields_alone_say_nothing_about_steps() -> None:
    shown = BlindItem(AllocationId(1), (Message("user", "Extract."),), spelled(CLOSE), spelled(FAR))
    assert steps_title(shown.steps) == "Fields (2 of 16 the same)"
    assert not judged_part(shown, ConversationJudged.WHOLE)
