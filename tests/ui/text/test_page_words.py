"""Words of an answer found again in its Markdown: a page for browsers finds those that the window finds."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.raters.page_texts import PageTexts, shown_text, word_places
from ftcompare.terms.tokens import words
from ftcompare.terms.word_diff import aligned_words
from ftcompare.ui.text.mark_styles import tag_format
from ftcompare.ui.text.offset_map import WordMap, mark_markdown
from ftcompare.ui.text.safe_document import SafeDocument
from ftcompare.ui.theme.theme import Theme

TEXTS = {
    "plain": "Take 100 mg of it; not more than twice a day.",
    "emphasis": "It is **very** wr*on*g, `as code` and ~~struck~~ — see [the page](http://a.example/b?c=1).",
    "emoji": "Good 👩‍👩‍👧 morning 😀😀 to 𝒳 and e\u0301tude, cafe\u0301.",
    "right to left": "הכאב ב**חזה** וגם 3 פעמים ביום. مرحبا **بالعالم** 😀 نعم.",
    "lists": "# Head *line*\n\n1. one\n2. two **bold**\n   - deep `x = 1`\n\n> quoted\n> more\n\n---\nend",
    "table": "| a | b c |\n|---|:-:|\n| 1 | two **three** |\n| x | y |\n\nafter the table",
    "code": "Say:\n\n```python\nfor n in range(3):\n    print(n)\n```\n\nand then go.",
    "formula": "So $E = mc^2$ holds, and\n\n$$\\frac{a}{b} + x$$\n\nwords after it.",
    "hidden": "one \u202etwo\u202c three\u200bfour \x07 five &amp; six &#8238; seven",
    "unspaced": "糖尿病の患者は毎日歩く。これは**大切**です。",
    "footnote": "Known[^1] since long.\n\n[^1]: Somebody 1999.",
    "breaks": "first line  \nsecond line\\\nthird line\r\nfourth",
    "markup as words": "5 * 3 * 2 and a_b_c, <b>bold</b>, the the the end",
    "empty": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_page_finds_the_words_that_the_window_finds(qtbot: QtBot, text: str) -> None:
    theme = Theme("light")
    document = SafeDocument()
    mark_markdown(document, theme, text, (), (), tag_format(theme))
    window = WordMap(text, document)
    page = {one.start for one, _ in aligned_words(text, shown_text(PageTexts().of("", text).html))}
    assert [(word.text, window.span(word.start, word.end) is not None) for word in words(text)] == [
        (word.text, word.start in page) for word in words(text)
    ]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_places_of_words_can_be_read_back(text: str) -> None:
    pairs = aligned_words(text, shown_text(PageTexts().of("", text).html))
    found, at, shown, numbers = [], 0, 0, iter(word_places(pairs))
    for number in numbers:
        gaps, length = ((1, 1), number) if number > 0 else ((-1 - number, next(numbers)), next(numbers))
        found.append(((at + gaps[0], at + gaps[0] + length), (shown + gaps[1], shown + gaps[1] + length)))
        at, shown = (end for _, end in found[-1])
    assert found == [(tuple(one), tuple(other)) for one, other in pairs]
