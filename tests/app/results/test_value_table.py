"""Tables of results keep their numbers, and are written out for paper."""

from __future__ import annotations

import pytest

from ftcompare.app.results.presentation.blocks import Unit
from ftcompare.app.results.presentation.value_table import (
    DetailedNumber,
    Value,
    ValueColumn,
    ValueRow,
    ValueTable,
    share_value,
)
from ftcompare.stats.rater_quality import Proportion


@pytest.mark.parametrize(
    ("unit", "value", "window", "paper"),
    [
        (None, "heart", "heart", "heart"),
        (None, "", "–", "–"),
        (Unit.COUNT, 1234, "1,234", "1,234"),
        (Unit.SHARE, 0.875, "88%", "87.5%"),
        (Unit.SHARE, (0.25, 0.5), "25–50%", "25.0 to 50.0%"),
        (Unit.SHARE, (None, None), "–", "–"),
        (Unit.SHARE, DetailedNumber(0.9, "90% of 10"), "90% of 10", "90% of 10"),
        (Unit.COEFFICIENT, -0.001, "0.00", "0.00"),
        (Unit.POINTS, 12.5, "+12.5", "+12.5"),
        (Unit.POINTS, (-2.5, 12.5), "−2.5 to +12.5", "−2.5 to +12.5"),
        (Unit.POINTS, None, "–", "–"),
    ],
)
def test_a_value_is_written_by_the_unit_of_its_column(
    unit: Unit | None, value: Value, window: str, paper: str
) -> None:
    column = ValueColumn("Title", unit)
    assert column.words(value) == window
    assert column.words(value, precise=True) == paper


def test_what_stands_for_nothing_can_be_told() -> None:
    assert ValueColumn("Interval", Unit.SHARE, nothing="none").words((None, None)) == "none"


def test_paper_has_its_own_titles_and_columns() -> None:
    columns = (
        ValueColumn("Rater", length=8),
        ValueColumn("Wins", Unit.COUNT, paper="tuned won"),
        ValueColumn("Win\nrate", Unit.SHARE),
        ValueColumn("Ties", Unit.COUNT, written=False),
    )
    row = ValueRow("key", ("somebody with a long name", 3, 0.5, 2))
    table = ValueTable("Raters", columns, (row,)).written
    assert [(column.title, column.numbers) for column in table.columns] == [
        ("Rater", False),
        ("tuned won", True),
        ("Win rate", True),
    ]
    assert table.rows == (("som…name", "3", "50.0%"),)


def test_a_share_is_sorted_by_itself_and_shown_with_its_interval() -> None:
    found = share_value(Proportion(9, 10, 0.9, 0.6, 1.0))
    assert found == 0.9
    assert str(found) == "90% (60–100) of 10"
