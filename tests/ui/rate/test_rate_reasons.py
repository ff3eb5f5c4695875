"""The row of reasons says what they are about."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from ftcompare.ui.rating.criteria_and_reasons import ReasonRow


def test_reasons_say_that_they_are_of_the_answer_and_come_before_it(qtbot: QtBot) -> None:
    row = ReasonRow()
    qtbot.addWidget(row)
    assert row.title.accessibleName() == "Reasons for your answer"
    tip = row.title.toolTip()
    assert "before you answer" in tip
    assert "the one you prefer less" in tip
