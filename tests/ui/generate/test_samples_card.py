"""A look at the pairs: what is shown of each, in the colours of the theme in force."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QTextDocument
from pytestqt.qtbot import QtBot

from ftcompare.app.generate.generation_state import WrittenPair
from ftcompare.ui.pages.generate.generate_cards import SamplesCard
from ftcompare.ui.theme.theme import Theme


def colors(document: QTextDocument) -> set[str]:
    found, block = set(), document.begin()
    while block.isValid():
        found |= {part.format.foreground().color().name() for part in block.textFormats() if part.length}
        block = block.next()
    return found


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_texts_follow_the_theme(mode: str, theme: Theme, qtbot: QtBot) -> None:
    theme.set_mode("light" if mode == "dark" else "dark")
    card = SamplesCard(theme)
    qtbot.addWidget(card)
    card.add(WrittenPair("Why?", "Because.", "For **this** reason."))
    theme.set_mode(mode)
    for view in card.texts:
        assert colors(view.view.document()) == {QColor(theme.tokens.text).name()}


def test_pairs_of_another_study_replace_those_on_screen(theme: Theme, qtbot: QtBot) -> None:
    card = SamplesCard(theme)
    qtbot.addWidget(card)
    card.fill((WrittenPair("Why?", "Old.", "Older."),))
    card.fill((WrittenPair("How?", "New.", "Newer."), WrittenPair("When?", "Now.", "Then.")))
    shown = [view.view.document().toPlainText().strip() for view in card.texts]
    assert shown == ["New.", "Newer."]
    card.fill(())
    card.fill((WrittenPair("Why?", "Old.", "Older."),))
    assert card.texts[0].view.document().toPlainText().strip() == "Old."
