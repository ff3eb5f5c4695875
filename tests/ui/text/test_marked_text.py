"""Terms and differing words marked in a text: how they look, read out, copied and reached by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.core.study import TermStatus
from ftcompare.terms.word_diff import Span
from ftcompare.ui import safe_text
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.pair_view import SidePanel
from ftcompare.ui.text.mark_styles import Legend
from ftcompare.ui.text.marked_text import MarkedText
from ftcompare.ui.theme.theme import DARK, Theme
from ftcompare.ui.widgets.controls import LinkButton
from tests.ui.review.reviewed_texts import GLOSSARY, side

UNDERLINES = {
    TermStatus.PREFERRED: QTextCharFormat.UnderlineStyle.SingleUnderline,
    TermStatus.ADMITTED: QTextCharFormat.UnderlineStyle.DotLine,
    TermStatus.DEPRECATED: QTextCharFormat.UnderlineStyle.WaveUnderline,
    TermStatus.SUPERSEDED: QTextCharFormat.UnderlineStyle.DashUnderline,
}


def underlined(view: MarkedText) -> list[tuple[str, QTextCharFormat.UnderlineStyle]]:
    """The stretches of the document that are underlined, as the document holds them."""
    found: list[tuple[str, QTextCharFormat.UnderlineStyle]] = []
    block = view.document().begin()
    while block.isValid():
        parts = block.begin()
        while not parts.atEnd():
            fragment = parts.fragment()
            style = fragment.charFormat().underlineStyle()
            if style is not QTextCharFormat.UnderlineStyle.NoUnderline:
                found.append((fragment.text(), style))
            parts += 1
        block = block.next()
    return found


def format_at(view: MarkedText, words: str) -> QTextCharFormat:
    cursor = view.document().find(words)
    assert not cursor.isNull()
    cursor.setPosition(cursor.selectionStart() + 1)
    return cursor.charFormat()


@pytest.fixture
def marked(theme: Theme, qtbot: QtBot) -> MarkedText:
    view = MarkedText(theme, "Left")
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    return view


def test_each_status_has_its_own_line_colour_and_tag(marked: MarkedText, theme: Theme) -> None:
    text = "atrial fibrillation, palpitation, quiver, auricular fibrillation"
    marked.set_side(side(text))
    assert underlined(marked) == [(term.term, UNDERLINES[term.status]) for term in GLOSSARY]
    for term in GLOSSARY:
        colour = format_at(marked, term.term).underlineColor()
        assert colour == theme.color(term.status.value)
        tag = format_at(marked, f"\u202f{term.status.value}")
        assert tag.verticalAlignment() is QTextCharFormat.VerticalAlignment.AlignSuperScript
    assert len({style for _, style in underlined(marked)}) == len(TermStatus)


@pytest.mark.parametrize(
    "before",
    [
        "\U0001fac0 \U0001f9d1\u200d\u2695\ufe0f ",
        "one\r\ntwo\r\n",
        "\x1b[31m \x00 \u202e ",
        "\u2028\ufeff \r ",
        "x" * 300 + " ",
    ],
)
def test_marks_stand_on_their_words_behind_anything(marked: MarkedText, before: str) -> None:
    text = f"{before}the heart may quiver \U0001fac0 in atrial fibrillation."
    marked.set_side(side(text))
    assert [words for words, _ in underlined(marked)] == ["quiver", "atrial fibrillation"]


def test_words_of_one_side_are_bold_on_a_tint(marked: MarkedText, theme: Theme) -> None:
    text = "\U0001fac0 the upper chambers quiver"
    start = text.index("upper")
    marked.set_side(side(text, (Span(start, len(text)),)))
    for words in ("upper chambers", "quiver"):
        form = format_at(marked, words)
        assert form.fontWeight() == 700
        assert form.background().color() == theme.color("accent_tint")
    assert format_at(marked, "the").fontWeight() == 400
    marked.set_differences(False)
    assert format_at(marked, "upper").fontWeight() == 400
    assert [words for words, _ in underlined(marked)] == ["quiver"]


def test_the_text_stays_plain(marked: MarkedText) -> None:
    marked.set_side(side('<b>bold</b> <img src="file:///etc/passwd"> &amp;'))
    assert marked.document().toPlainText() == '<b>bold</b> <img src="file:///etc/passwd"> &amp;'


def test_f3_goes_from_mark_to_mark_and_says_what_each_means(marked: MarkedText, qtbot: QtBot) -> None:
    text = "\U0001fac0 quiver, then atrial fibrillation"
    marked.set_side(side(text, (Span(2, 8),)))
    said: list[str] = []
    marked.moved.connect(said.append)
    marked.setFocus()
    for _ in range(3):
        QTest.keyClick(marked, Qt.Key.Key_F3)
    assert said[0].startswith("Highlight 1 of 3.")
    assert {said[0].split(". ", 1)[1], said[1].split(". ", 1)[1]} == {
        "“quiver”: deprecated term of the concept “af”.",
        "Only on this side: “quiver”.",
    }
    assert said[2] == "Highlight 3 of 3. “atrial fibrillation”: preferred term of the concept “af”. ESC 2024"
    assert marked.textCursor().selectedText() == "atrial fibrillation"
    assert marked.accessibleDescription() == said[2]
    QTest.keyClick(marked, Qt.Key.Key_F3)
    assert said[3].startswith("Highlight 1 of 3.")
    QTest.keyClick(marked, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert said[4] == said[2]


def test_shift_f3_begins_at_the_end(marked: MarkedText, qtbot: QtBot) -> None:
    marked.set_side(side("quiver and palpitation"))
    QTest.keyClick(marked, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert marked.textCursor().selectedText() == "palpitation"


def test_copy_gives_the_stored_characters_without_tags(marked: MarkedText) -> None:
    text = "may\r\nquiver\x1b \U0001fac0 often"
    marked.set_side(side(text))
    cursor = marked.textCursor()
    cursor.select(QTextCursor.SelectionType.Document)
    marked.setTextCursor(cursor)
    assert marked.createMimeDataFromSelection().text() == text


def test_a_very_long_text_is_cut_until_it_is_asked_for(marked: MarkedText) -> None:
    text = "word " * 50_000 + "quiver"
    marked.set_side(side(text))
    assert marked.left_out == len(text) - safe_text.SHOWN_AT_ONCE
    assert underlined(marked) == []
    marked.show_all()
    assert [words for words, _ in underlined(marked)] == ["quiver"]
    assert marked.left_out == 0


def test_a_text_that_cannot_be_laid_out_is_shown_as_far_as_it_can_be_and_that_is_said(
    study_context: PageContext, qtbot: QtBot
) -> None:
    panel = SidePanel(study_context, "Left")
    qtbot.addWidget(panel)
    panel.show()
    said, more = panel.findChild(QLabel, "beyond_text"), panel.findChild(LinkButton)
    assert isinstance(said, QLabel)
    assert isinstance(more, LinkButton)
    for text in ("word " * 200_000 + "quiver", "line\n" * 3 * safe_text.ALL_LINES):
        panel.show_side(side(text), "base", glossary=True)
        assert not said.isVisible()
        more.click()
        left = panel.text.left_out
        assert left == len(text) - len(safe_text.longest_whole(text)) > 0
        assert said.isVisible()
        assert said.text() == f"{left:,} more characters are not shown here: an export has them."
    panel.show_side(side("short"), "base", glossary=True)
    assert not said.isVisible()


def test_marks_follow_the_theme(marked: MarkedText, theme: Theme) -> None:
    marked.set_side(side("the chambers quiver", (Span(4, 12),)))
    theme.set_mode("dark")
    assert format_at(marked, "chambers").background().color().name().upper() == DARK.accent_tint


def test_the_legend_names_every_mark(theme: Theme, qtbot: QtBot) -> None:
    legend = Legend(theme)
    qtbot.addWidget(legend)
    assert legend.accessibleName() == (
        "Marks: terms by their line and their status: preferred, admitted, deprecated, superseded; "
        "bold on a tint: words only on this side"
    )
    one_line = legend.sizeHint()
    assert legend.heightForWidth(one_line.width()) <= one_line.height() + 1
    assert legend.heightForWidth(one_line.width() // 3) > one_line.height()
