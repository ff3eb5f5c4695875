"""A preview of an export: number of rows, what is left out and why, and the first rows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QTextOption
from PySide6.QtWidgets import QCheckBox, QGridLayout, QPlainTextEdit, QWidget

from ftcompare.app.export.export_rows import BY_EXCLUDED
from ftcompare.app.export.exporting import ExportPreview
from ftcompare.core.plurals import counted
from ftcompare.core.study import ComparisonId
from ftcompare.formats.training.rows import PreferenceRow, RowSource
from ftcompare.formats.training.selection import OF_ANSWERS
from ftcompare.ui.safe_text import one_line, soft_broken, visible
from ftcompare.ui.text.response_view import ResponseView
from ftcompare.ui.theme.theme import XL, XS, L, S, Theme
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.layouts import STRETCH, discard, in_column, in_row, put

PREVIEW_PIXELS = 13
MAX_ROW = 2000
PROMPT_SHOWN = 300


class PairsView(QWidget):
    """The training rows, one at a time; `ticked` carries a row's comparison and whether to write it."""

    ticked = Signal(object, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._pairs: tuple[PreferenceRow, ...] = ()
        self._shown = 0
        self._prompt = controls.named(controls.label("", wrap=True), "export_pair_prompt")
        self.chosen, self.rejected = ResponseView(theme, "Chosen"), ResponseView(theme, "Rejected")
        self._without: frozenset[ComparisonId] = frozenset()
        self._tick = controls.named(QCheckBox("Write this row"), "export_pair_written")
        self._tick.clicked.connect(self._on_tick)
        self._place = controls.Muted("", small=True)
        self._place.setWordWrap(False)
        self._back = self._step_button("chevron-up", "Row before", "export_pair_back", -1)
        self._forth = self._step_button("chevron-down", "Next row", "export_pair_next", 1)
        sides = (
            in_column(controls.SectionLabel(name), (view, 1), gap=XS)
            for name, view in (("Chosen", self.chosen), ("Rejected", self.rejected))
        )
        self._source = controls.named(controls.Muted("", small=True), "export_pair_source")
        acts = in_row(self._tick, self._source, STRETCH, self._place, self._back, self._forth, gap=S)
        head = in_column(self._prompt, acts, gap=XS)
        in_column(head, (in_row(*((side, 1) for side in sides), gap=L), 1), gap=S, of=self)
        for view in (self.chosen, self.rejected):
            theme.changed.connect(view.refresh)

    def _step_button(self, icon: str, words: str, name: str, by: int) -> controls.QuietButton:
        button = controls.named(controls.QuietButton("", icon=icon), name, words)
        controls.set_role(button, role="tool")
        button.setToolTip(words)
        button.clicked.connect(lambda: self._show(self._shown + by))
        return button

    def set_pairs(self, pairs: tuple[PreferenceRow, ...], without: frozenset[ComparisonId]) -> None:
        """Show these rows from the first; those in ``without`` are not to be written."""
        self._without = without
        if pairs != self._pairs:
            self._pairs = pairs
            self._show(0)
        else:
            self._show_tick()

    def _show_tick(self) -> None:
        if self._pairs:
            row = self._pairs[self._shown]
            self._tick.setChecked(row.comparison not in self._without)
            self._tick.setVisible(row.comparison is not None)
            self._source.setText(_SOURCES.get(row.source, ""))

    def _on_tick(self, on: bool) -> None:
        self.ticked.emit(self._pairs[self._shown].comparison, on)

    def _show(self, index: int) -> None:
        if not self._pairs:
            return
        self._shown = min(max(index, 0), len(self._pairs) - 1)
        row = self._pairs[self._shown]
        self._prompt.setText(one_line(row.prompt.text, PROMPT_SHOWN))
        self.chosen.set_text(row.chosen, markdown=True)
        self.rejected.set_text(row.rejected, markdown=True)
        self._place.setText(f"{self._shown + 1} / {len(self._pairs)}")
        self._back.setEnabled(self._shown > 0)
        self._forth.setEnabled(self._shown < len(self._pairs) - 1)
        self._show_tick()


_SOURCES = {
    RowSource.ADJUDICATED: "Decided by adjudication",
    RowSource.CORRECTED: "An expert's correction against the answer",
}


class PreviewCard(controls.Card):
    """Number of rows, what is left out and why, and the first rows as they would be in the file."""

    unblind = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__("What will be written")
        self._theme = theme
        self._count = controls.named(controls.label("", "h2", wrap=True), "export_count")
        self._why = controls.named(controls.Muted(""), "export_why")
        self._unblind = controls.named(controls.PlainButton("Unblind…"), "export_unblind")
        self._unblind.clicked.connect(self.unblind.emit)
        self._dropped = controls.named(QWidget(), "export_dropped")
        self._grid = QGridLayout(self._dropped)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(XL)
        self._grid.setColumnStretch(2, 1)
        self._rule, self._first = controls.Line(), controls.SectionLabel("The first rows")
        self._rows = controls.named(QPlainTextEdit(), "export_preview", "The first rows")
        self._rows.setProperty("role", "text")
        self._rows.setReadOnly(True)
        self._rows.document().setDocumentMargin(0)
        self._rows.setTabChangesFocus(True)
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.pairs = PairsView(theme)
        self._as_file = controls.LinkButton("", name="export_as_file", act=self._toggle)
        self._in_file = self._has_pairs = False
        self._rest = QWidget()
        put(self.body, self._count, self._why, in_row(self._unblind, STRETCH), self._dropped)
        put(self.body, self._rule, in_row((self._first, 1), self._as_file))
        put(self.body, (self.pairs, 1), (self._rows, 1), (self._rest, 1))
        theme.changed.connect(self._set_font)
        self._set_font()

    def show_preview(
        self, result: ExportPreview, why: str, without: frozenset[ComparisonId] = frozenset()
    ) -> None:
        """Show counts and rows; ``why`` is what to do if there are none, ``without`` the deselected rows."""
        self._count.setText(self._count_words(result))
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self._unblind.setVisible(bool(result.refused) and not result.altered)
        self._show_dropped(result.dropped)
        rows = (row if len(row) <= MAX_ROW else row[: MAX_ROW - 1] + "…" for row in result.sample)
        self._rows.setPlainText("\n\n".join(soft_broken(visible(row)) for row in rows))
        some = bool(result.sample or result.pairs)
        self._has_pairs = bool(result.pairs)
        self._first.set_text("The rows" if result.pairs else "The first rows")
        self.pairs.set_pairs(result.pairs, without)
        for part in (self._rule, self._first):
            part.setVisible(some)
        self._rest.setVisible(not some)
        self._show_kind(some=some)

    def _toggle(self) -> None:
        self._in_file = not self._in_file
        self._show_kind(some=True)

    def _show_kind(self, *, some: bool) -> None:
        read = self._has_pairs and not self._in_file
        self.pairs.setVisible(read)
        self._rows.setVisible(some and not read)
        self._as_file.setVisible(self._has_pairs)
        self._as_file.set_text("As in the file" if read else "As cards")

    def _count_words(self, result: ExportPreview) -> str:
        if result.altered:
            return "None: the study was altered"
        if result.refused:
            return "Not while the study is blinded"
        return counted(result.kept, "row")

    def _show_dropped(self, dropped: dict[str, int]) -> None:
        discard(self._grid)
        reasons = [(f"    {one_line(reason)}", count) for reason, count in dropped.items()]
        lines = [("Left out", _sum_of(dropped)), *reasons] if dropped else []
        for row, (words, count) in enumerate(lines):
            self._grid.addWidget(controls.label(words, "muted"), row, 0)
            self._grid.addWidget(controls.label(f"{count:,}"), row, 1, Qt.AlignmentFlag.AlignRight)
        self._dropped.setVisible(bool(dropped))
        self._dropped.setAccessibleName("; ".join(f"{reason}: {n}" for reason, n in dropped.items()))

    def _set_font(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(self._theme.px(PREVIEW_PIXELS))
        self._rows.setFont(font)


def _sum_of(dropped: dict[str, int]) -> int:
    """Return the number of pairs left out; of judgments or answers only if there are no pairs."""
    pairs = (
        n for reason, n in dropped.items() if reason != BY_EXCLUDED and not reason.startswith(OF_ANSWERS)
    )
    return sum(pairs) or sum(dropped.values())
