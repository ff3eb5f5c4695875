"""Markdown as a reader sees it: structure, mathematics, what is copied, and golden pictures.

The pictures are made anew by this, and are to be looked at before they are kept:

    FTCOMPARE_GOLDEN=write python -m pytest tests/ui/text/test_markdown_document.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QFontInfo, QGuiApplication, QImage, QTextBlock, QTextLine, QTextTable
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftcompare.ui.text.horizontal_scroll import in_sight
from ftcompare.ui.text.markdown_document import CODE, OBJECT_CHARACTER, QUOTES
from ftcompare.ui.text.response_view import ResponseView
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import Card
from tests.ui.conftest import idle

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
DIFFERENT, SHARE = 48, 0.02  # by how much a channel may differ until a pixel counts, and how many pixels may


@pytest.fixture
def response(theme: Theme, qtbot: QtBot) -> ResponseView:
    made = ResponseView(theme, "Left")
    qtbot.addWidget(made)
    made.resize(WIDTH, HEIGHT)
    made.show()
    return made


def shown(response: ResponseView, text: str, qtbot: QtBot) -> list[QTextBlock]:
    """Show a text, wait for its formulas, and give its blocks."""
    response.set_text(text, markdown=True)
    qtbot.waitUntil(lambda: not response.view.is_drawing)
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
    if QGuiApplication.platformName() != "offscreen" or families != ("DejaVu Sans", "DejaVu Sans Mono"):
        pytest.skip(f"the pictures are made offscreen with DejaVu, and here are {families}")
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
    kept = GOLDEN / f"{page.replace(' ', '_')}_{mode}.png"
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
        made = ResponseView(theme, name)
        qtbot.addWidget(made)
        made.resize(WIDTH, HEIGHT)
        made.show()
        shown(made, PAGES["markdown"] + PAGES["mathematics"], qtbot)
        made.view.clearFocus()
        pictures.append(made.grab().toImage())
    assert pictures[0] == pictures[1]
