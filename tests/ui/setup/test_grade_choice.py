"""Setup's choice of two answers to compare, or one answer to grade."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.core.scale import Scale, ScaleKind
from ftcompare.ui.pages.setup.section import ENDS, GradeChoice


@pytest.mark.parametrize(
    "scale",
    [
        Scale(),
        *(Scale(kind=ScaleKind.GRADE, low=low, high=high) for low, high in ENDS),
        Scale(kind=ScaleKind.GRADE, high=4, low_label="poor", high_label="rich"),  # from a rating file
    ],
)
def test_what_is_shown_is_what_is_stored(qtbot: QtBot, scale: Scale) -> None:
    choice = GradeChoice()
    qtbot.addWidget(choice)
    choice.put(scale)
    assert Scale(**choice.values) == scale
    assert choice.scale.graded is scale.graded


def test_with_answers_the_kind_stays_and_grades_may_change(qtbot: QtBot) -> None:
    choice = GradeChoice()
    qtbot.addWidget(choice)
    choice.put(Scale(kind=ScaleKind.GRADE))
    choice.freeze(fixed=False, written=True)
    model = choice.box.model()
    enabled = [bool(model.flags(model.index(place, 0)).value & 32) for place in range(choice.box.count())]
    assert enabled == [False, *[True] * len(ENDS), False, False, False]
    choice.freeze(fixed=True, written=True)
    assert not choice.isEnabled()
