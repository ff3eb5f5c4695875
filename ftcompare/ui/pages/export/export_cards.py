"""The parts of Export: which format, which pairs, and what would stand in the file."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QTextOption
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ftcompare.app.export.exporting import BY_EXCLUDED, ExportPreview, ExportRequest
from ftcompare.app.setup.study_content import PromptsOverview
from ftcompare.core.disclosure import Withheld
from ftcompare.core.study import Split
from ftcompare.formats.export_format import AnyExportFormat, RowKind
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.ui.pages.setup.folder_texts import split_words
from ftcompare.ui.safe_text import one_line, soft_broken, visible
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Card, Line, Muted, PlainButton, SectionLabel, label, set_tab_order
from ftcompare.ui.widgets.number_field import number_field

MOST_RATERS = 50
PREVIEW_PIXELS = 13
MAX_ROW = 2000
INDENT = 30


class FormatCard(Card):
    """The formats, each with a sentence; those that name systems say so while that is withheld."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Format")
        self._group = QButtonGroup(self)
        self._closed: list[QWidget] = []
        self._forms = tuple(EXPORT_FORMATS)
        for number, form in enumerate(self._forms):
            self.body.addWidget(self._choice(number, form))
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(self._on_toggled)

    @property
    def form(self) -> AnyExportFormat:
        """The format chosen."""
        return self._forms[self._group.checkedId()]

    def show_withheld(self, withheld: Withheld | None) -> None:
        """Whether what names systems must wait."""
        for note in self._closed:
            note.setVisible(withheld is not None)

    def _choice(self, number: int, form: AnyExportFormat) -> QWidget:
        choice = QWidget()
        column = QVBoxLayout(choice)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        button = QRadioButton(form.title)
        button.setObjectName(f"export_{form.id}")
        button.setAccessibleDescription(form.description)
        self._group.addButton(button, number)
        column.addWidget(button)
        below = QVBoxLayout()
        below.setContentsMargins(INDENT, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(Muted(form.description, small=True))
        if form.names_systems:
            note = Muted("Names the systems: after unblinding.", small=True)
            self._closed.append(note)
            below.addWidget(note)
        column.addLayout(below)
        return choice

    def _on_toggled(self, _number: int, checked: bool) -> None:
        if checked:
            self.changed.emit()


class Checks(QWidget):
    """Boxes to tick, below each other.

    Args:
        stem: of the boxes' object names.
    """

    changed = Signal()

    def __init__(self, stem: str) -> None:
        super().__init__()
        self._stem = stem
        self._boxes: dict[str, QCheckBox] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    @property
    def names(self) -> tuple[str, ...]:
        """All that is offered."""
        return tuple(self._boxes)

    @property
    def boxes(self) -> tuple[QCheckBox, ...]:
        """The boxes, from the top."""
        return tuple(self._boxes.values())

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is ticked, in the order offered."""
        return tuple(name for name, box in self._boxes.items() if box.isChecked())

    def offer(self, entries: list[tuple[str, str, bool]]) -> None:
        """Offer these, each with its words and whether it is ticked at first; nothing if unchanged."""
        if self.names == tuple(name for name, _, _ in entries):
            return
        for box in self._boxes.values():
            self._column.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._boxes = {name: self._box(name, words, on) for name, words, on in entries}

    def _box(self, name: str, words: str, on: bool) -> QCheckBox:
        box = QCheckBox(words.replace("&", "&&"))
        box.setObjectName(f"{self._stem}_{name or 'none'}")
        box.setAccessibleName(words)
        box.setChecked(on)
        box.toggled.connect(lambda _on: self.changed.emit())
        self._column.addWidget(box)
        return box


class FiltersCard(Card):
    """Which pairs become training rows."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Which pairs")
        self._raters = number_field(QSpinBox(minimum=1, maximum=MOST_RATERS), "export_min_raters")
        self._agreement = number_field(
            QSpinBox(minimum=50, maximum=100, singleStep=5, suffix=" %"), "export_agreement"
        )
        # at the least share of one half a winner still has more than half
        self._agreement.setSpecialValueText("more than half")
        self._flagged = QCheckBox("Pairs that a rater flagged, too")
        self._flagged.setObjectName("export_flagged")
        self._flagged.setChecked(True)
        self._conversational = QCheckBox("As chat messages (conversational form)")
        self._conversational.setObjectName("export_conversational")
        self._conversational.setChecked(True)
        self._splits = Checks("export_split")
        self._categories = Checks("export_category")
        self._split_title = label("Splits")
        self._category_title = label("Categories")
        self._guard = Muted("Prompts that are trained on can no longer test the fine-tune.", small=True)
        self._lay_out()
        self._raters.valueChanged.connect(lambda _value: self.changed.emit())
        self._agreement.valueChanged.connect(lambda _value: self.changed.emit())
        self._flagged.toggled.connect(lambda _on: self.changed.emit())
        self._conversational.toggled.connect(lambda _on: self.changed.emit())
        self._splits.changed.connect(self.changed.emit)
        self._categories.changed.connect(self.changed.emit)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(1, 1)
        pairs = (
            ("Raters a pair, at least", self._raters),
            ("Judgments for the winner, at least", self._agreement),
        )
        for row, (words, box) in enumerate(pairs):
            name = label(words)
            name.setBuddy(box)
            box.setAccessibleName(words)
            box.setMinimumWidth(self._agreement.sizeHint().width())
            grid.addWidget(name, row, 0)
            grid.addWidget(box, row, 1, Qt.AlignmentFlag.AlignLeft)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self._split_title, 2, 0, top)
        grid.addWidget(self._splits, 2, 1)
        grid.addWidget(self._guard, 3, 1)
        grid.addWidget(self._category_title, 4, 0, top)
        grid.addWidget(self._categories, 4, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self._flagged)
        self.body.addWidget(self._conversational)

    def show_prompts(self, prompts: PromptsOverview) -> None:
        """Offer the splits and categories of the study; what was chosen stays chosen."""
        splits = tuple(split for split, _ in prompts.splits)
        self._splits.offer([(s.value, split_words(s, self.tr), s is not Split.HELD_OUT) for s in splits])
        categories = [(n, one_line(n, 50) or "(none)", True) for n, _ in prompts.categories]
        self._categories.offer(categories)
        for part in (self._splits, self._split_title):
            part.setVisible(any(split is not Split.NONE for split in splits))
        self._guard.setVisible(Split.HELD_OUT in splits)
        for part in (self._categories, self._category_title):
            part.setVisible(len(categories) > 1)
        boxes = (*self._splits.boxes, *self._categories.boxes)
        set_tab_order(self._raters, self._agreement, *boxes, self._flagged, self._conversational)

    def show_form(self, form: AnyExportFormat) -> None:
        """Offer what matters for a format; nothing where that takes no pairs."""
        self._conversational.setVisible(form.plain_form)
        self.setVisible(form.rows is RowKind.PREFERENCE)

    def request(self, form: AnyExportFormat) -> ExportRequest:
        """What is asked for, in a format."""
        chosen = {Split(value) for value in self._splits.chosen}
        everything = {Split(value) for value in self._splits.names} - {Split.HELD_OUT} <= chosen
        categories = self._categories.chosen
        filters = replace(
            ExportRequest(form).filters,
            min_raters=self._raters.value(),
            min_agreement=self._agreement.value() / 100,
            include_held_out=Split.HELD_OUT in chosen,
            categories=None if categories == self._categories.names else frozenset(categories),
            splits=None if everything else frozenset(chosen),
            include_flagged=self._flagged.isChecked(),
        )
        return ExportRequest(form, filters, conversational=self._conversational.isChecked())


class PreviewCard(Card):
    """How many rows, what is left out and why, and the first rows as they would stand in the file."""

    unblind = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__("What will be written")
        self._theme = theme
        self._count = label("", "h2", wrap=True)
        self._count.setObjectName("export_count")
        self._why = Muted("")
        self._why.setObjectName("export_why")
        self._unblind = PlainButton("Unblind…")
        self._unblind.setObjectName("export_unblind")
        self._unblind.clicked.connect(self.unblind.emit)
        self._dropped = QWidget()
        self._dropped.setObjectName("export_dropped")
        self._grid = QGridLayout(self._dropped)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(XL)
        self._grid.setColumnStretch(2, 1)
        self._rule, self._first = Line(), SectionLabel("The first rows")
        self._rows = QPlainTextEdit()
        self._rows.setObjectName("export_preview")
        self._rows.setAccessibleName("The first rows")
        self._rows.setProperty("role", "text")
        self._rows.setReadOnly(True)
        self._rows.document().setDocumentMargin(0)
        self._rows.setTabChangesFocus(True)
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._rest = QWidget()
        row = QHBoxLayout()
        row.addWidget(self._unblind)
        row.addStretch()
        self.body.addWidget(self._count)
        self.body.addWidget(self._why)
        self.body.addLayout(row)
        for part in (self._dropped, self._rule, self._first):
            self.body.addWidget(part)
        self.body.addWidget(self._rows, 1)
        self.body.addWidget(self._rest, 1)
        self.body.setSpacing(M)
        theme.changed.connect(self._set_font)
        self._set_font()

    def show_preview(self, found: ExportPreview, why: str) -> None:
        """Counts and rows; ``why`` says what is to be done where there is nothing to write."""
        self._count.setText(self._count_words(found))
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self._unblind.setVisible(bool(found.refused) and not found.altered)
        self._show_dropped(found.dropped)
        rows = (row if len(row) <= MAX_ROW else row[: MAX_ROW - 1] + "…" for row in found.sample)
        self._rows.setPlainText("\n\n".join(soft_broken(visible(row)) for row in rows))
        for part in (self._rule, self._first, self._rows):
            part.setVisible(bool(found.sample))
        self._rest.setVisible(not found.sample)

    def _count_words(self, found: ExportPreview) -> str:
        if found.altered:
            return "None: the study was altered"
        if found.refused:
            return "Not while the study is blinded"
        return "1 row" if found.kept == 1 else "{} rows".format(f"{found.kept:,}")

    def _show_dropped(self, dropped: dict[str, int]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if dropped:
            total = _sum_of(dropped)
            self._grid.addWidget(label("Left out", "muted"), 0, 0)
            self._grid.addWidget(_number(total), 0, 1)
        for row, (reason, count) in enumerate(dropped.items(), start=1):
            self._grid.addWidget(label(f"    {one_line(reason)}", "muted"), row, 0)
            self._grid.addWidget(_number(count), row, 1)
        self._dropped.setVisible(bool(dropped))
        self._dropped.setAccessibleName("; ".join(f"{reason}: {n}" for reason, n in dropped.items()))

    def _set_font(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(self._theme.px(PREVIEW_PIXELS))
        self._rows.setFont(font)


def _number(count: int) -> QLabel:
    made = label(f"{count:,}")
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    return made


def _sum_of(dropped: dict[str, int]) -> int:
    """The pairs left out; judgments are no pairs, and are summed only where nothing else is."""
    return sum(n for reason, n in dropped.items() if reason != BY_EXCLUDED) or sum(dropped.values())
