"""Export's filters: which judged pairs become training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QGridLayout, QLabel, QSpinBox, QWidget

from ftcompare.app.export.export_request import ExportRequest, FilterChoices
from ftcompare.app.setup.study_content import PromptsOverview
from ftcompare.core.hashing import Json
from ftcompare.core.study import RaterId, Split
from ftcompare.formats.export_format import AnyExportFormat
from ftcompare.ui.pages.export.expert_choices import ExpertChoices
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.text.short_names import split_name
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Card, FoldButton, Muted, label, named, set_tab_order
from ftcompare.ui.widgets.inputs import choice_box, number_field
from ftcompare.ui.widgets.layouts import in_column, put

MOST_RATERS = 50
MOST_CHARACTERS = 1_000_000
CHARACTERS_STEP = 500
LONGEST_NAME = 32
"""Largest number of characters shown of a name beside a box; the tooltip has the whole name."""


class Checks(QWidget):
    """Tick boxes below each other."""

    changed = Signal()

    def __init__(self, stem: str) -> None:
        super().__init__()
        self._stem = stem
        self._boxes: dict[str, QCheckBox] = {}
        self._kept: Mapping[str, bool] = {}
        self._column = in_column(gap=0, of=self)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._boxes)

    @property
    def boxes(self) -> tuple[QCheckBox, ...]:
        return tuple(self._boxes.values())

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of ticked boxes, in the order offered."""
        return tuple(name for name, box in self._boxes.items() if box.isChecked())

    @property
    def ticks(self) -> dict[str, bool]:
        return {**self._kept, **{name: box.isChecked() for name, box in self._boxes.items()}}

    def restore(self, ticks: Mapping[str, bool]) -> None:
        self._kept = ticks
        for name, box in self._boxes.items():
            box.setChecked(ticks.get(name, box.isChecked()))

    def offer(self, entries: list[tuple[str, str, bool]]) -> None:
        """Offer these boxes: name, text, and whether it is ticked at first; does nothing if unchanged."""
        if self.names == tuple(name for name, _, _ in entries):
            return
        for box in self._boxes.values():
            self._column.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._boxes = {name: self._box(name, words, self._kept.get(name, on)) for name, words, on in entries}

    def _box(self, name: str, words: str, on: bool) -> QCheckBox:
        shown = one_line(words, LONGEST_NAME).replace("&", "&&")
        box = named(QCheckBox(shown), f"{self._stem}_{name or 'none'}", words)
        box.setToolTip(tip(one_line(words)) if len(words) > LONGEST_NAME else "")
        box.setChecked(on)
        box.toggled.connect(lambda _on: self.changed.emit())
        self._column.addWidget(box)
        return box


class MoreFilters(QWidget):
    """Rarely used filters: strength, criterion, length, tags, raters, reasons."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.strength = number_field(
            QDoubleSpinBox(minimum=0.0, maximum=3.0, singleStep=0.5, decimals=1), "export_strength"
        )
        self.strength.setSpecialValueText("any")
        self.criterion = named(choice_box(), "export_criterion")
        self.length = number_field(
            QSpinBox(maximum=MOST_CHARACTERS, singleStep=CHARACTERS_STEP, suffix=" characters"),
            "export_length",
        )
        self.length.setSpecialValueText("any")
        self.tags, self.raters = Checks("export_tag"), Checks("export_rater")
        self.reasons = Checks("export_reason")
        self._rows: dict[QWidget, QLabel] = {}
        self._lay_out()
        self.strength.valueChanged.connect(lambda _value: self.changed.emit())
        self.length.valueChanged.connect(lambda _value: self.changed.emit())
        self.criterion.currentIndexChanged.connect(lambda _index: self.changed.emit())
        for checks in (self.tags, self.raters, self.reasons):
            checks.changed.connect(self.changed)

    def _lay_out(self) -> None:
        grid = _grid(self)
        for row, (words, part) in enumerate(
            (
                ("Strength, at least", self.strength),
                ("Also preferred on", self.criterion),
                ("Longest answer", self.length),
                ("Tags", self.tags),
                ("Judgments of", self.raters),
                ("Only with a reason", self.reasons),
            )
        ):
            self._rows[part] = _add_row(grid, row, words, part)

    def show_choices(self, choices: FilterChoices) -> None:
        """Offer the values that the study has; the user's choices are kept."""
        chosen = self.criterion.currentText()
        with_none = ("any criterion", *choices.criteria)
        if tuple(self.criterion.itemText(n) for n in range(self.criterion.count())) != with_none:
            self.criterion.blockSignals(True)  # the same choice in another list is no change
            self.criterion.clear()
            self.criterion.addItems(with_none)
            self.criterion.setCurrentText(chosen)
            self.criterion.blockSignals(False)
        self.tags.offer([(tag, one_line(tag), True) for tag in choices.tags])
        people = [(str(rater), one_line(name), True) for rater, name in choices.raters]
        self.raters.offer(people)
        self.reasons.offer([(name, one_line(name), False) for name in choices.reasons])
        self._show_row(self.strength, shown=choices.strengths > 1)
        self._show_row(self.criterion, shown=bool(choices.criteria))
        self._show_row(self.tags, shown=bool(choices.tags))
        self._show_row(self.raters, shown=len(people) > 1)
        self._show_row(self.reasons, shown=bool(choices.reasons))

    def _show_row(self, part: QWidget, *, shown: bool) -> None:
        part.setVisible(shown)
        self._rows[part].setVisible(shown)

    @property
    def state(self) -> dict[str, Json]:
        """The choices, for storing."""
        return {
            "strength": self.strength.value(),
            "criterion": self._criterion,
            "characters": self.length.value(),
            "tags": {**self.tags.ticks},
            "raters": {**self.raters.ticks},
            "reasons": {**self.reasons.ticks},
        }

    def restore(self, state: Mapping[str, Json]) -> None:
        """Restore stored choices as far as they are still possible."""
        _restore_number(self.strength, state.get("strength"))
        _restore_number(self.length, state.get("characters"))
        self.criterion.setCurrentText(str(state.get("criterion") or ""))
        for name, checks in (("tags", self.tags), ("raters", self.raters), ("reasons", self.reasons)):
            checks.restore(_ticks(state.get(name)))

    @property
    def _criterion(self) -> str:
        return self.criterion.currentText() if self.criterion.currentIndex() > 0 else ""

    def asked(self, request: ExportRequest) -> ExportRequest:
        """A request with these filters, too."""
        people = self.raters.chosen
        filters = replace(
            request.filters,
            min_strength=self.strength.value(),
            criterion=self._criterion,
            max_characters=self.length.value(),
            tags=None if self.tags.chosen == self.tags.names else frozenset(self.tags.chosen),
            raters=None if people == self.raters.names else frozenset(RaterId(int(n)) for n in people),
            reasons=frozenset(self.reasons.chosen) or None,
        )
        return replace(request, filters=filters)


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
        self._flagged = named(QCheckBox("Include flagged pairs"), "export_flagged")
        self._cut = named(QCheckBox("Include answers cut off at the length limit"), "export_cut")
        self._empty = named(QCheckBox("Include empty answers"), "export_empty")
        self._live = named(QCheckBox("Include pairs of the Live page"), "export_live")
        conversational = QCheckBox("As chat messages (conversational form)")
        self._conversational = named(conversational, "export_conversational")
        self._conversational.setChecked(True)
        self._splits = Checks("export_split")
        self._categories = Checks("export_category")
        self._guard = Muted("Prompts that are trained on can no longer test the fine-tune.", small=True)
        self.experts = ExpertChoices()
        self._fold = named(FoldButton("More filters"), "export_more")
        self.more = MoreFilters()
        self.more.hide()
        self._lay_out()
        self._fold.clicked.connect(self._toggle)
        for number in (self._raters, self._agreement):
            number.valueChanged.connect(lambda _value: self.changed.emit())
        for box in self._boxes:
            box.toggled.connect(lambda _on: self.changed.emit())
        for part in (self._splits, self._categories, self.experts, self.more):
            part.changed.connect(self.changed)

    def _lay_out(self) -> None:
        grid = _grid()
        _add_row(grid, 0, "Raters a pair, at least", self._raters)
        _add_row(grid, 1, "Judgments for the winner, at least", self._agreement)
        self._split_title = _add_row(grid, 2, "Splits", self._splits)
        grid.addWidget(self._guard, 3, 1, 1, 2)
        self._category_title = _add_row(grid, 4, "Categories", self._categories)
        fold = (self._fold, Qt.AlignmentFlag.AlignLeft)
        put(self.body, grid, *self._boxes, self.experts, fold, self.more)

    @property
    def _boxes(self) -> tuple[QCheckBox, ...]:
        return self._flagged, self._cut, self._empty, self._live, self._conversational

    def _toggle(self) -> None:
        self.more.setVisible(self.more.isHidden())
        self._fold.set_open(not self.more.isHidden())

    def show_prompts(self, prompts: PromptsOverview) -> None:
        """Offer the splits and categories of the study; the user's choices are kept."""
        splits = tuple(split for split, _ in prompts.splits)
        self._splits.offer([(s.value, split_name(s), s is not Split.HELD_OUT) for s in splits])
        categories = [(n, one_line(n) or "(none)", True) for n, _ in prompts.categories]
        self._categories.offer(categories)
        for part in (self._splits, self._split_title):
            part.setVisible(any(split is not Split.NONE for split in splits))
        self._guard.setVisible(Split.HELD_OUT in splits)
        for part in (self._categories, self._category_title):
            part.setVisible(len(categories) > 1)
        boxes = (*self._splits.boxes, *self._categories.boxes)
        choices = (self.experts.decision, self.experts.corrections)
        set_tab_order(self._raters, self._agreement, *boxes, *self._boxes, *choices, self._fold)

    def show_choices(self, found: FilterChoices, form: AnyExportFormat) -> None:
        """Offer the other values to filter by; the user's choices are kept."""
        self.more.show_choices(found)
        self.experts.show_choices(found, form)

    def show_flagged(self, flagged: int) -> None:
        self._flagged.setText(f"Include flagged pairs ({flagged:,})")

    def show_form(self, form: AnyExportFormat) -> None:
        """Show the filters that matter for a format; none if it does not export pairs."""
        self._conversational.setVisible(form.plain_form)
        self.experts.show_form(form)
        self.setVisible(form.rows.trains)

    @property
    def state(self) -> dict[str, Json]:
        """The choices, for storing."""
        return {
            "least_raters": self._raters.value(),
            "agreement": self._agreement.value(),
            "flagged": self._flagged.isChecked(),
            "cut": self._cut.isChecked(),
            "empty": self._empty.isChecked(),
            "live": self._live.isChecked(),
            "conversational": self._conversational.isChecked(),
            "splits": {**self._splits.ticks},
            "categories": {**self._categories.ticks},
            "experts": self.experts.state,
            "more": self.more.state,
        }

    def restore(self, state: Mapping[str, Json]) -> None:
        """Restore stored choices as far as they are still possible."""
        _restore_number(self._raters, state.get("least_raters"))
        _restore_number(self._agreement, state.get("agreement"))
        for name, box in {
            "flagged": self._flagged,
            "cut": self._cut,
            "empty": self._empty,
            "live": self._live,
        }.items():
            box.setChecked(state.get(name) is True)
        self._conversational.setChecked(state.get("conversational") is not False)
        self._splits.restore(_ticks(state.get("splits")))
        self._categories.restore(_ticks(state.get("categories")))
        for name, part in (("experts", self.experts), ("more", self.more)):
            kept = state.get(name)
            part.restore(kept if isinstance(kept, dict) else {})

    def request(self, form: AnyExportFormat) -> ExportRequest:
        """The export request for a format; formats that export everything have no filters."""
        if not form.rows.trains:
            return ExportRequest(form)
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
            include_cut=self._cut.isChecked(),
            include_empty=self._empty.isChecked(),
            include_live=self._live.isChecked(),
        )
        conversational = self._conversational.isChecked() or not form.plain_form
        return self.experts.asked(
            self.more.asked(ExportRequest(form, filters, conversational=conversational))
        )


def _grid(holder: QWidget | None = None) -> QGridLayout:
    """Names, fields, and room: lists go on to the right."""
    grid = QGridLayout(holder) if holder is not None else QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(L)
    grid.setVerticalSpacing(S)
    grid.setColumnStretch(2, 1)
    return grid


def _add_row(grid: QGridLayout, row: int, words: str, part: QWidget) -> QLabel:
    """A field with its name before it; the name of a list is at its top."""
    name = label(words)
    if isinstance(part, Checks):
        grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(part, row, 1, 1, 2)
    else:
        name.setBuddy(part)
        part.setAccessibleName(words)
        grid.addWidget(name, row, 0)
        grid.addWidget(part, row, 1)
    return name


def _restore_number(box: QSpinBox | QDoubleSpinBox, value: Json) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        kept = min(max(value, box.minimum()), box.maximum())
        box.setValue(kept) if isinstance(box, QDoubleSpinBox) else box.setValue(round(kept))


def _ticks(value: Json) -> dict[str, bool]:
    found = value if isinstance(value, dict) else {}
    return {name: on for name, on in found.items() if isinstance(on, bool)}
