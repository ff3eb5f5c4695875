"""Columns share a table's width by what they hold."""

from __future__ import annotations

import pytest

from ftcompare.ui.widgets.table import ColumnNeed, shared_widths

PROMPT, VERDICT, COMMENT = 0, 1, 2


@pytest.mark.parametrize(
    ("room", "prompt", "comment", "widths"),
    [
        (1000, 300, 100, {PROMPT: 900, COMMENT: 100}),  # all fits: the first has what is left over
        (1000, 1500, 100, {PROMPT: 900, COMMENT: 100}),  # an empty column gives its room
        (1000, 1500, 1200, {PROMPT: 500, COMMENT: 500}),  # two that are too long share it
        (150, 1500, 1200, {PROMPT: 100, COMMENT: 100}),  # too little for both: the table scrolls
    ],
)
def test_texts_share_the_room(room: int, prompt: int, comment: int, widths: dict[int, int]) -> None:
    assert (
        shared_widths(room, {PROMPT: ColumnNeed(100, prompt), COMMENT: ColumnNeed(100, comment)}, {})
        == widths
    )


@pytest.mark.parametrize(
    ("prompt", "verdict", "widths"),
    [
        (300, 200, {PROMPT: 600, VERDICT: 200}),
        (500, 400, {PROMPT: 500, VERDICT: 300}),
        (1500, 400, {PROMPT: 640, VERDICT: 160}),
    ],
)
def test_names_are_cut_before_texts(prompt: int, verdict: int, widths: dict[int, int]) -> None:
    assert (
        shared_widths(800, {PROMPT: ColumnNeed(100, prompt)}, {VERDICT: ColumnNeed(160, verdict)}) == widths
    )
