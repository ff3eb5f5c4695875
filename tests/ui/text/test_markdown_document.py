"""Markdown as a reader sees it: structure, mathematics, what is copied, and golden pictures.

The pictures are made again by this, and are to be looked at before they are kept:

    FTCOMPARE_GOLDEN=write python -m pytest tests/ui/text/test_markdown_document.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontInfo,
    QGuiApplication,
    QImage,
    QTextBlock,
    QTextLine,
    QTextTable,
)
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app.raters.page_texts import PageTexts, shown_text, word_places
from ftcompare.terms.tokens import words
from ftcompare.terms.word_diff import aligned_words
from ftcompare.ui import safe_text
from ftcompare.ui.text import markdown_document
from ftcompare.ui.text.horizontal_scroll import in_sight
from ftcompare.ui.text.mark_styles import tag_format
from ftcompare.ui.text.markdown_document import CODE, OBJECT_CHARACTER, QUOTES
from ftcompare.ui.text.offset_map import WordMap, mark_markdown
from ftcompare.ui.text.response_view import ResponseView, ShownPart, continued
from ftcompare.ui.text.safe_document import SafeDocument
from ftcompare.ui.theme.theme import ALTERNATES, Theme
from ftcompare.ui.widgets.controls import Card
from tests.ui.conftest import idle, is_drawing
from tests.ui.page_driver import child, on_screen

GOLDEN = Path(__file__).parent / "golden"
PAGES = {
    "markdown": """# Heading of the first level

A paragraph with **strong**, *emphasised*, ~~struck~~ words, `code` and [a link](https://example.org).[^1]

A second paragraph, which is long enough to go on in a second line of this narrow view.

## Second level

3. third
4. fourth
   - inner
     - innermost
- [x] done
- [ ] open

### Third level

> Quoted.
>
> > Quoted within.

---

[^1]: A footnote.
""",
    "mathematics": r"""The root $x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$ costs $5 to $10, and \(a_1\) is free:

\[
\begin{aligned}
a &= b + c \\
  &= \sum_{i=1}^{n} x_i^2
\end{aligned}
\]

As written: $\frac{1}{$ and \frac12 and $\unknown{x}$.
""",
    "tables and code": """> A quote, and then a table.
| Drug | Dose | Note |
|:-----|-----:|:----:|
| Warfarin | 5 mg | **INR** |
| Apixaban | 2.5 mg | none |

```python
def dose(weight: float) -> float:
    if weight > 60:
        return 5.0  # a comment that goes on beyond the right edge of the narrow view
    return 2.5
```

Text below.
""",
    "right to left": """# כותרת

9. פריט ראשון
10. פריט שני
    - פנימי

> ציטוט קצר

| מחיר | כמות |
|---|---|
| 5 | 10 |

فقرة عربية قصيرة.
""",
}
WIDTH, HEIGHT = 440, 560
FONTS = {("DejaVu Sans", "DejaVu Sans Mono"): "", ("Inter", "DejaVu Sans Mono"): "_inter"}
"""The ends of the pictures' names, by the fonts for text and for code that they are made with."""
DIFFERENT, SHARE = 48, 0.02  # by how much a channel may differ until a pixel counts, and how many pixels may


@pytest.fixture
def response(theme: Theme, qtbot: QtBot) -> ResponseView:
    return on_screen(ResponseView(theme, "Left"), qtbot, WIDTH, HEIGHT)


def shown(response: ResponseView, text: str, qtbot: QtBot) -> list[QTextBlock]:
    """Show a text, wait for its formulas, and give its blocks."""
    response.set_text(text, markdown=True)
    qtbot.waitUntil(lambda: not is_drawing(response.view))
    return blocks_of(response)


def blocks_of(response: ResponseView) -> list[QTextBlock]:
    idle()
    document = response.view.document()
    return [document.findBlockByNumber(number) for number in range(document.blockCount())]


def x_at(line: QTextLine, place: int) -> float:
    """Where a place in a line is; PySide gives it with the place."""
    found: object = line.cursorToX(place)
    assert isinstance(found, tuple)
    return float(found[0])


def pixels(picture: QImage) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Height × width × 3, from 0 to 255."""
    flat = picture.convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(flat.constBits(), np.uint8).reshape(flat.height(), flat.bytesPerLine() // 4, 4)
    return data[:, : flat.width(), :3].astype(np.int16)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_looks_as_in_its_golden_picture(
    qapp: QApplication, theme: Theme, qtbot: QtBot, page: str, mode: str
) -> None:
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    families = QFontInfo(theme.font()).family(), QFontInfo(fixed).family()
    if QGuiApplication.platformName() != "offscreen" or families not in FONTS:
        pytest.skip(f"the pictures are made offscreen with the fonts of FONTS, and here are {families}")
    if FONTS[families] and page != "tables and code":
        pytest.skip("with these fonts only code may look different")
    theme.set_mode(mode)
    theme.apply(qapp)
    card = Card()
    response = ResponseView(theme, "Left")
    card.body.addWidget(response)
    qtbot.addWidget(card)
    card.setStyleSheet(theme.style_sheet())
    card.resize(WIDTH, HEIGHT)
    card.show()
    shown(response, PAGES[page], qtbot)
    response.view.clearFocus()
    picture = card.grab().toImage()
    kept = GOLDEN / f"{page.replace(' ', '_')}_{mode}{FONTS[families]}.png"
    if os.environ.get("FTCOMPARE_GOLDEN") == "write":
        assert picture.save(str(kept))
    found, wanted = pixels(picture), pixels(QImage(str(kept)))
    assert found.shape == wanted.shape
    different = (np.abs(found - wanted).max(axis=2) > DIFFERENT).mean()
    if different > SHARE:
        picture.save(str(kept.with_suffix(".found.png")))
    assert different <= SHARE, f"{different:.1%} of the pixels differ from {kept.name}"


def test_paragraphs_stand_apart_and_headings_have_three_sizes(response: ResponseView, qtbot: QtBot) -> None:
    blocks = shown(response, "# a\n\n## b\n\n### c\n\nd\n\ne\n", qtbot)
    sizes = [block.begin().fragment().charFormat().font().pixelSize() for block in blocks]
    assert sizes == [24, 18, 15, 15, 15]
    assert blocks[2].begin().fragment().charFormat().font().bold()
    layout = response.view.document().documentLayout()
    first, second = (layout.blockBoundingRect(block) for block in blocks[3:])
    assert second.top() - first.bottom() >= 10


def test_code_keeps_its_indentation_and_scrolls_sideways(
    response: ResponseView, theme: Theme, qtbot: QtBot
) -> None:
    line = "    x = 1  # " + "words " * 30
    blocks = shown(response, f"a\n\n```\nif x:\n{line}\n```\n\n{'word ' * 60}", qtbot)
    code = [block for block in blocks if block.blockFormat().hasProperty(CODE)]
    assert [block.text() for block in code] == ["if x:", line]
    assert [block.layout().lineCount() for block in code] == [1, 1]
    (bar,) = response.view.horizontal.bars
    assert bar.maximum() > 0
    assert blocks[-1].layout().lineCount() > 1
    (frame,) = in_sight(response.view, theme).code.values()
    assert frame.right() == response.view.viewport().width()
    assert frame.height() > 2 * code[0].layout().lineAt(0).height()
    rect = response.view.document().documentLayout().blockBoundingRect
    assert bar.y() >= rect(code[-1]).bottom()


AS_WRITTEN = "a -> b => c, 3x4"


@pytest.mark.parametrize("markdown", [True, False])
@pytest.mark.parametrize("turns", [(), (("User", AS_WRITTEN), ("Answer", ""))])
def test_no_letters_are_drawn_as_another_sign(
    response: ResponseView, turns: tuple[tuple[str, str], ...], markdown: bool
) -> None:
    """Inter would draw an arrow and a multiplication sign."""
    response.set_text(AS_WRITTEN, markdown=markdown, turns=turns)
    shown = [block for block in blocks_of(response) if block.text() == AS_WRITTEN]
    assert len(shown) == max(len(turns), 1)
    for block in shown:
        (run,) = block.layout().lineAt(0).glyphRuns()
        assert run.glyphIndexes() == run.rawFont().glyphIndexesForString(AS_WRITTEN)


@pytest.mark.parametrize("markdown", [True, False])
def test_letters_of_arabic_are_joined(response: ResponseView, markdown: bool) -> None:
    assert QLabel().font().featureValue(ALTERNATES) == 0
    response.set_text("نص عربي", markdown=markdown)
    fonts = response.view.document().defaultFont(), blocks_of(response)[0].charFormat().font()
    written = blocks_of(response)[0].begin().fragment().charFormat().font()
    assert 1 in [font.featureValue(ALTERNATES) for font in (*fonts, written)]


def test_code_has_a_fixed_width_without_ligatures_and_keeps_off_its_frame(
    response: ResponseView, theme: Theme, qtbot: QtBot
) -> None:
    (block,) = shown(response, "```\nf() -> int\n```", qtbot)
    font = block.begin().fragment().charFormat().font()
    fixed = QFontInfo(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)).family()
    assert QFontInfo(font).family() == fixed
    assert [font.featureValue(QFont.Tag(tag)) for tag in ("calt", "liga")] == [0, 0]
    (frame,) = in_sight(response.view, theme).code.values()
    line = block.layout().lineAt(0).rect().translated(block.layout().position())
    assert frame.top() >= 0
    assert line.top() - frame.top() >= 8


def test_a_wide_table_scrolls_and_its_words_are_whole(response: ResponseView, qtbot: QtBot) -> None:
    names = [f"contraindication{n}" for n in range(8)]
    row = "|".join(names)
    shown(response, f"|{row}|\n|{'-|' * 8}\n|{row}|\n", qtbot)
    (bar,) = response.view.horizontal.bars
    assert bar.maximum() > 0
    (table,) = response.view.document().rootFrame().childFrames()
    assert isinstance(table, QTextTable)
    layouts = [table.cellAt(1, n).firstCursorPosition().block().layout() for n in range(8)]
    assert [layout.lineCount() for layout in layouts] == [1] * 8


def test_a_quote_has_a_bar_at_the_side_that_it_is_read_from(
    response: ResponseView, theme: Theme, qtbot: QtBot
) -> None:
    blocks = shown(response, "> words\n\nbetween\n\n> שלום", qtbot)
    assert [bool(block.blockFormat().stringProperty(QUOTES)) for block in blocks] == [True, False, True]
    left, right = in_sight(response.view, theme).quotes.values()
    assert left.left() == 0
    assert right.right() == pytest.approx(response.view.document().textWidth(), abs=2)


def test_a_list_from_the_right_has_its_numbers_at_the_right(response: ResponseView, qtbot: QtBot) -> None:
    blocks = shown(response, "9. שלום\n10. abc", qtbot)
    assert [block.text() for block in blocks] == ["9.\tשלום", "10.\tabc"]
    for block in blocks:
        assert block.textDirection() is Qt.LayoutDirection.RightToLeft
        line = block.layout().lineAt(0)
        assert x_at(line, 0) > x_at(line, 3)


def test_mathematics_is_drawn_and_copied_as_written(response: ResponseView, qtbot: QtBot) -> None:
    source = r"so \(\frac{a}{b}\) and $x_1$ are" + "\n\n" + r"$$y$$" + "\n\n" + r"- $\frac{1}{$ not"
    blocks = shown(response, source, qtbot)
    assert [block.text().count(OBJECT_CHARACTER) for block in blocks] == [2, 1, 0]
    response.view.selectAll()
    copied = response.view.createMimeDataFromSelection().text()
    assert copied == "so \\(\\frac{a}{b}\\) and $x_1$ are\n$$y$$\n• $\\frac{1}{$ not"
    drawn = blocks[0].layout().lineAt(0)
    response.set_text("so and are", markdown=True)
    assert drawn.naturalTextWidth() < 220


def test_the_source_of_a_formula_is_seen_only_if_it_cannot_be_drawn(
    response: ResponseView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def color() -> int:
        cursor = response.view.document().find("zeta")
        return cursor.charFormat().foreground().color().alpha()

    monkeypatch.setattr(markdown_document, "draw", lambda *_, **__: None)
    response.set_text(r"so $\zeta_{917}$ is", markdown=True)
    assert color() == 0
    qtbot.waitUntil(lambda: not is_drawing(response.view))
    assert color() == 255


def test_a_formula_takes_no_room_for_its_source(response: ResponseView, qtbot: QtBot) -> None:
    (block,) = shown(response, "$" + "x" * 3 + r"\text{" + "a" * 60 + "}" * 1 + "$", qtbot)
    line = block.layout().lineAt(0)
    assert x_at(line, block.length() - 1) - x_at(line, 1) < 3


def test_a_formula_is_found_by_its_source(response: ResponseView, qtbot: QtBot) -> None:
    shown(response, r"so $\alpha + \beta$ is", qtbot)
    assert r"\beta" in response.view.toPlainText()


def test_entities_bring_no_hidden_character_in(response: ResponseView, qtbot: QtBot) -> None:
    (block,) = shown(response, "a &#x202e;b &amp; c", qtbot)
    assert block.text() == "a ⟨U+202E⟩b & c"


def test_an_empty_answer_says_so(response: ResponseView, theme: Theme) -> None:
    blank = response.view.grab().toImage()
    for text, markdown in (("", True), ("", False), (" \n\n", True), (" \n", False)):
        response.set_text(text, markdown=markdown)
        assert response.view.placeholderText() == "Empty answer"
        told = response.view.grab().toImage()
        response.view.setPlaceholderText("")
        assert told != response.view.grab().toImage()
        response.view.setPlaceholderText("Empty answer")
    response.set_text("words", markdown=True)
    assert response.view.grab().toImage() != blank


def test_the_same_text_is_set_the_same_way_twice(theme: Theme, qtbot: QtBot) -> None:
    pictures = []
    for name in ("Left", "Right"):
        made = on_screen(ResponseView(theme, name), qtbot, WIDTH, HEIGHT)
        shown(made, PAGES["markdown"] + PAGES["mathematics"], qtbot)
        made.view.clearFocus()
        pictures.append(made.grab().toImage())
    assert pictures[0] == pictures[1]


# Words of an answer found again in its Markdown: a page for browsers finds those that the window finds.


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


# A part of a long answer looks as it does within the whole.


TABLE = "Doses:\n\n| drug | dose |\n|:--|--:|\n"
CASES = {
    "table": (TABLE + "| a | 1 |\n", "| b | 2 |\n", "| drug | dose |\n|:--|--:|\n| b | 2 |\n"),
    "table is over": (TABLE + "| a | 1 |\n", "\nText | bar\n", "\nText | bar\n"),
    "bars without a table": ("a | b\n", "c | d\n", "c | d\n"),
    "code": ("x\n```python\na = 1\n", "# b\n```\ntext\n", "```python\n# b\n```\ntext\n"),
    "code is over": ("```\na\n```\n", "text\n", "text\n"),
    "longer fence": ("~~~~\na\n~~~\n", "b\n", "~~~~\nb\n"),
    "no fence": ("``` a`b\n", "text\n", "text\n"),
    "numbers": ("Steps:\n\n3. a\n4. b\n", "5. c\n", "5. c\n"),
    "all ones": ("Steps:\n\n1. a\n1. b\n   more\n\n1. c\n", "1. d\n1. e\n", "4. d\n1. e\n"),
    "another list": ("1. a\n2. b\n\nText\n\n1. c\n", "1. d\n", "2. d\n"),
    "a list begins": ("Text.\n\n", "1. a\n", "1. a\n"),
    "lazy quote": ("> a\n", "b\n", "> b\n"),
    "quote in the middle of a line": ("> a ", "b\n", "> b\n"),
    "quote with its mark": ("> a\n", "> b\n", "> b\n"),
    "quote is over": ("> a\n", "\nb\n", "\nb\n"),
    "bullets": ("- a\n", "- b\n", "- b\n"),
}


@pytest.mark.parametrize(("before", "part", "shown"), CASES.values(), ids=CASES)
def test_a_part_goes_on_with_what_it_is_in(before: str, part: str, shown: str) -> None:
    assert continued(before, part) == ShownPart(shown, header=shown.startswith("| drug"))
    crlf = continued(before.replace("\n", "\r\n"), part.replace("\n", "\r\n")).text
    assert crlf.replace("\r\n", "\n") == shown


@pytest.fixture
def narrow_response(theme: Theme, qtbot: QtBot) -> ResponseView:
    return on_screen(ResponseView(theme, "Left"), qtbot, 500, 300)


def test_each_part_of_a_table_has_its_header_row_which_is_not_copied(narrow_response: ResponseView) -> None:
    text = TABLE + "".join(f"| drug {n} | {n} mg |\n" for n in range(2000))
    narrow_response.set_text(text, markdown=True)
    first, second, *more = safe_text.parts(text, markdown=True)
    assert more
    narrow_response.show_part(1)
    frames = narrow_response.view.document().rootFrame().childFrames()
    (table,) = [frame for frame in frames if isinstance(frame, QTextTable)]
    assert table.columns() == 2
    assert table.cellAt(0, 0).firstCursorPosition().block().text() == "drug"
    assert table.rows() == second.count("\n") + 1
    narrow_response.view.selectAll()
    copied = narrow_response.view.createMimeDataFromSelection().text().split()
    assert copied[:2] == second.replace("|", "").split()[:2]
    assert narrow_response.text == text
    assert narrow_response.unseen[0] == first
    narrow_response.refresh()
    assert narrow_response.view.own_start > 0


def test_a_row_of_a_table_is_not_cut(narrow_response: ResponseView) -> None:
    text = TABLE + "".join(f"| {'word ' * 150} | {n} |\n" for n in range(100))
    assert all(part.endswith("\n") for part in safe_text.parts(text, markdown=True))
    assert "".join(safe_text.parts(text, markdown=True)) == text


def test_how_many_parts_there_are_is_told_once_they_are_counted(narrow_response: ResponseView) -> None:
    text = "A line of it.\n\n" * 8000
    narrow_response.set_text(text, markdown=True)
    place = child(narrow_response, QLabel, "part_of_text")
    assert place.text() == "Part 1; too long to show whole"
    idle()
    count = len(safe_text.parts(text, markdown=True))
    assert place.text() == f"Part 1 of {count}; too long to show whole"
    narrow_response.show_part(count - 1)
    assert place.text().startswith(f"Part {count} of {count};")
    narrow_response.show_part(count)
    assert place.text().startswith(f"Part {count} of {count};")
    assert "".join(narrow_response.unseen) + safe_text.parts(text, markdown=True)[-1] == text


def test_steps_lead_through_the_parts(narrow_response: ResponseView) -> None:
    narrow_response.set_text("A line of it.\n\n" * 8000, markdown=True)
    bar = narrow_response.view.verticalScrollBar()
    assert not narrow_response.step(-1)
    assert narrow_response.step(1)
    assert bar.value() == 0
    assert narrow_response.step(-1)
    assert bar.value() == bar.maximum() > 0
    narrow_response.go_to_end(1)
    assert len(narrow_response.unseen) == 1
    assert bar.value() == bar.maximum()
    assert not narrow_response.step(1)
    narrow_response.go_to_end(-1)
    assert bar.value() == 0
    assert not narrow_response.step(-1)
