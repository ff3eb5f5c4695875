"""The character formats of Markdown in a document, each made once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QTextCharFormat

from ftcompare.markup.blocks import Text
from ftcompare.ui.theme.theme import BODY, Theme

_HEADINGS = {1: 24, 2: 18}
"""Sizes of headings by level; further levels have that of the text, in bold."""

_MERGED = QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly


class MarkdownFormats:
    """Formats in the sizes and colours of a theme as it is now."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._made: dict[tuple[object, ...], QTextCharFormat] = {}
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._code_font = theme.font()
        self._code_font.setFamilies([fixed.family(), *theme.font().families()])
        self.metrics = QFontMetricsF(theme.font())
        self.code_metrics = QFontMetricsF(self._code_font)
        self.body = QTextCharFormat()
        self.body.setFont(theme.font())
        self.body.setForeground(theme.color("text"))
        self.code_block = QTextCharFormat(self.body)
        self.code_block.setFont(self._code_font)
        self.marker = self.quiet(self.body)
        self.hidden = _without_width()

    def heading(self, level: int) -> QTextCharFormat:
        form = QTextCharFormat(self.body)
        form.setFont(self._theme.font(_HEADINGS.get(level, BODY), QFont.Weight.DemiBold))
        return form

    def styled(self, base: QTextCharFormat, text: Text) -> QTextCharFormat:
        """The format of a piece of text within a line."""
        style = (text.strong, text.emphasis, text.struck, text.code)
        if not any(style):
            return base
        key = base.fontPointSize(), base.font().pixelSize(), base.fontWeight(), *style
        if key not in self._made:
            self._made[key] = self._new(base, text)
        return self._made[key]

    def _new(self, base: QTextCharFormat, text: Text) -> QTextCharFormat:
        form = QTextCharFormat(base)
        if text.code:
            font = QFont(self._code_font)
            font.setPixelSize(base.font().pixelSize())
            font.setWeight(base.font().weight())
            form.setFont(font)
            form.setBackground(self._theme.color("window"))
        if text.strong:
            form.setFontWeight(QFont.Weight.Bold.value)
        if text.emphasis:
            form.setFontItalic(True)
        if text.struck:
            form.setFontStrikeOut(True)
        return form

    def speaker(self) -> QTextCharFormat:
        form = self.quiet(self.body)
        form.setFont(self._theme.font(13, QFont.Weight.DemiBold))
        return form

    def strong(self) -> QTextCharFormat:
        return self.styled(self.body, Text("", strong=True))

    def link(self, base: QTextCharFormat) -> QTextCharFormat:
        """Words that lead somewhere. They cannot be followed."""
        form = QTextCharFormat(base)
        form.setFontUnderline(True)
        return form

    def quiet(self, base: QTextCharFormat) -> QTextCharFormat:
        form = QTextCharFormat(base)
        form.setForeground(self._theme.color("muted"))
        return form

    def raised(self, base: QTextCharFormat) -> QTextCharFormat:
        form = QTextCharFormat(base)
        form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
        return form


def _without_width() -> QTextCharFormat:
    """The format of text that takes no room, for copying, searching and screen readers."""
    font = QFont()
    font.setPixelSize(1)
    font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 1)
    form = QTextCharFormat()
    form.setFont(font)
    form.setForeground(Qt.GlobalColor.transparent)
    return form
