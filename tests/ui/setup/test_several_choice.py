"""Setup's choice to rank several answers at once."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QStandardItemModel
from pytestqt.qtbot import QtBot

from ftcompare.core.scale import Scale, ScaleKind
from ftcompare.ui.pages.setup.section import GradeChoice
from tests.ui.shown_text import shown_text


@pytest.mark.parametrize(
    "scale",
    [
        Scale(),
        Scale(kind=ScaleKind.RANK, several=3),
        Scale(kind=ScaleKind.RANK, several=5),
        Scale(kind=ScaleKind.GRADE, low=0, high=1),
        Scale(kind=ScaleKind.GRADE, low=1, high=4),
    ],
)
def test_the_choice_gives_back_the_scale(qtbot: QtBot, scale: Scale) -> None:
    choice = GradeChoice()
    qtbot.addWidget(choice)
    choice.put(scale)
    assert Scale(**choice.values) == scale
    assert bool(choice.words) is not scale.paired


def test_the_choice_says_what_raters_do_and_excludes_no_place_to_rank(qtbot: QtBot) -> None:
    choice = GradeChoice()
    qtbot.addWidget(choice)
    choice.put(Scale(kind=ScaleKind.RANK, several=5))
    said = shown_text(choice)
    assert "Raters see up to 5 answers to a prompt at once" in said
    assert "not in packs" not in said


def test_pairs_may_become_rankings_after_the_first_answer(qtbot: QtBot) -> None:
    choice = GradeChoice()
    qtbot.addWidget(choice)
    choice.freeze(fixed=False, written=True)
    model = choice.box.model()
    assert isinstance(model, QStandardItemModel)
    offered = [
        choice.box.itemData(number) for number in range(choice.box.count()) if model.item(number).isEnabled()
    ]
    assert {scale.kind for scale in offered} == {ScaleKind.PAIRS, ScaleKind.RANK}
