"""Export's filters: which judged pairs become training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.export.export_request import ExportRequest, FilterChoices
from ftcompare.app.setup.study_content import PromptsOverview
from ftcompare.core.fields import Field, FieldKind
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterId, Split
from ftcompare.formats.export_format import AnyExportFormat
from ftcompare.formats.training.filters import Corrections, Decision
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.short_names import split_name
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Card, FoldButton, Muted, set_tab_order
from ftcompare.ui.widgets.inputs import TickBoxes, fill_choice, named_choice
from ftcompare.ui.widgets.layouts import filled, in_column, put
from ftcompare.ui.widgets.settings_form import PERCENT, SettingsForm

NO_CRITERION = "any criterion"
DECISIONS = (
    ("the majority of its raters", Decision.MAJORITY.value),
    ("its adjudication, where there is one", Decision.ADJUDICATED.value),
)


def _corrections(count: int) -> tuple[tuple[str, str], ...]:
    return (
        (f"add {counted(count, 'row')}", Corrections.ADD.value),
        ("these rows alone", Corrections.ONLY.value),
        ("leave out", Corrections.LEAVE_OUT.value),
    )


def _number(key: str, title: str, low: int, high: int, **more: Any) -> Field:
    kind = more.pop("kind", FieldKind.WHOLE)
    return Field(key=key, title=title, help="", kind=kind, default=low, low=low, high=high, **more)


def _flag(key: str, title: str, *, default: bool = False) -> Field:
    return Field(key=key, title=title, help="", kind=FieldKind.FLAG, default=default)


def _list(key: str, title: str) -> Field:
    return Field(key=key, title=title, help="", kind=FieldKind.LIST, default={})


def _choice(key: str, title: str, choices: tuple[tuple[str, str], ...]) -> Field:
    chosen = choices[0][1]
    return Field(key=key, title=title, help="", kind=FieldKind.CHOICE, default=chosen, choices=choices)


BOXES = (
    _flag("flagged", "Include flagged pairs"),
    _flag("cut", "Include answers cut off at the length limit"),
    _flag("empty", "Include empty answers"),
    _flag("live", "Include pairs of the Live page"),
    _flag("conversational", "As chat messages (conversational form)", default=True),
)
USUAL = (
    _number("least_raters", "Raters a pair, at least", 1, 50),
    # at the least share of one half a winner still has more than half
    _number("agreement", "Judgments for the winner, at least", 50, PERCENT, step=5, lowest="more than half"),
    _list("splits", "Splits"),
    _list("categories", "Categories"),
    *BOXES,
)
EXPERTS = (
    _choice("decided_by", "A pair is decided by", DECISIONS),
    _choice("corrections", "Corrected answers", _corrections(0)),
)
MORE = (
    _number("strength", "Strength, at least", 0, 3, kind=FieldKind.NUMBER, step=0.5, lowest="any"),
    _choice("criterion", "Also preferred on", ((NO_CRITERION, ""),)),
    _number("characters", "Longest answer", 0, 1_000_000, step=500, lowest="any"),
    _list("tags", "Tags"),
    _list("raters", "Judgments of"),
    _list("reasons", "Only with a reason"),
)
GROUPS = {"experts": EXPERTS, "more": MORE}  # the filters that are stored under a name of their own


class FiltersCard(Card):
    """Which pairs become training rows."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Which pairs")
        suffixes = {"agreement": " %", "characters": " characters"}
        self.form = SettingsForm("export", (*USUAL, *EXPERTS, *MORE), self, suffixes)
        self._guard = Muted("Prompts that are trained on can no longer test the fine-tune.", small=True)
        self._experts = {
            field.key: named_choice(field.title, self.form[field.key], f"export_{field.key}")
            for field in EXPERTS
        }
        self.experts = filled(in_column(*self._experts.values(), gap=S))
        self.experts.hide()
        self._found = FilterChoices()
        self._fold = FoldButton("More filters", name="export_more", act=self._toggle)
        self.more = filled(self.form.lines([field.key for field in MORE]))
        self.more.hide()
        grid = self.form.lines(("least_raters", "agreement", "splits"))
        grid.addWidget(self._guard, grid.rowCount(), 1, 1, 2)
        self.form.lines(["categories"], grid)
        fold = (self._fold, Qt.AlignmentFlag.AlignLeft)
        put(self.body, grid, *self._boxes, self.experts, fold, self.more)
        self.form.changed.connect(self.changed)

    @property
    def _boxes(self) -> tuple[QWidget, ...]:
        return tuple(self.form[field.key] for field in BOXES)

    def _toggle(self) -> None:
        self.more.setVisible(self.more.isHidden())
        self._fold.set_open(not self.more.isHidden())

    def show_prompts(self, prompts: PromptsOverview) -> None:
        form, splits = self.form, tuple(split for split, _ in prompts.splits)
        form["splits"].offer([(s.value, split_name(s), s is not Split.HELD_OUT) for s in splits])
        form["categories"].offer([(n, one_line(n) or "(none)", True) for n, _ in prompts.categories])
        form.show("splits", shown=any(split is not Split.NONE for split in splits))
        form.show("categories", shown=len(prompts.categories) > 1)
        self._guard.setVisible(Split.HELD_OUT in splits)
        boxes = (*form["splits"].boxes, *form["categories"].boxes)
        choices = (form["decided_by"], form["corrections"])
        set_tab_order(form["least_raters"], form["agreement"], *boxes, *self._boxes, *choices, self._fold)

    def show_choices(self, choices: FilterChoices, form: AnyExportFormat) -> None:
        self._found = choices
        criteria = [(NO_CRITERION, ""), *((name, name) for name in choices.criteria)]
        for key, entries in (("criterion", criteria), ("corrections", _corrections(choices.corrections))):
            fill_choice(self.form[key], entries, self.form[key].currentData())
        self.form["tags"].offer([(tag, one_line(tag), True) for tag in choices.tags])
        self.form["raters"].offer([(str(rater), one_line(name), True) for rater, name in choices.raters])
        self.form["reasons"].offer([(name, one_line(name), False) for name in choices.reasons])
        for key, shown in (
            ("strength", choices.strengths > 1),
            ("criterion", bool(choices.criteria)),
            ("tags", bool(choices.tags)),
            ("raters", len(choices.raters) > 1),
            ("reasons", bool(choices.reasons)),
        ):
            self.form.show(key, shown=shown)
        self._show_experts(form)

    def show_flagged(self, flagged: int) -> None:
        self.form["flagged"].setText(f"Include flagged pairs ({flagged:,})")

    def show_form(self, form: AnyExportFormat) -> None:
        """Show the filters that matter for a format; none if it does not export pairs."""
        self.form["conversational"].setVisible(form.plain_form)
        self._show_experts(form)
        self.setVisible(form.rows.trains)

    def _show_experts(self, form: AnyExportFormat) -> None:
        """Show the choices on experts' work if there is any and the format can hold it."""
        holds = form.rows.takes_corrections or form.folder
        self._experts["corrections"].setVisible(holds and self._found.corrections > 0)
        self._experts["decided_by"].setVisible(self._found.adjudicated > 0)
        self.experts.setVisible(not all(part.isHidden() for part in self._experts.values()))

    @property
    def state(self) -> dict[str, Json]:
        values = self.form.values
        usual: dict[str, Json] = {field.key: values[field.key] for field in USUAL}
        groups = {name: {field.key: values[field.key] for field in of} for name, of in GROUPS.items()}
        return {**usual, **groups}

    def restore(self, state: Mapping[str, Json]) -> None:
        """Restore stored choices that are still possible; others get their default."""
        with QSignalBlocker(self.form):
            self.form.put({field.key: field.default for field in (*USUAL, *EXPERTS, *MORE)})
            for kept in (state, *(state.get(name) for name in GROUPS)):
                self.form.put(kept if isinstance(kept, Mapping) else {})
        self.changed.emit()

    def request(self, form: AnyExportFormat) -> ExportRequest:
        """Return the export request for a format; formats that export everything have no filters."""
        if not form.rows.trains:
            return ExportRequest(form)
        values, people = self.form.values, _chosen(self.form["raters"])
        splits = self.form["splits"]
        chosen = {Split(value) for value in splits.chosen}
        everything = {Split(value) for value in splits.names} - {Split.HELD_OUT} <= chosen
        filters = replace(
            ExportRequest(form).filters,
            min_raters=values["least_raters"],
            min_agreement=values["agreement"] / PERCENT,
            include_held_out=Split.HELD_OUT in chosen,
            categories=_chosen(self.form["categories"]),
            splits=None if everything else frozenset(chosen),
            include_flagged=values["flagged"],
            include_cut=values["cut"],
            include_empty=values["empty"],
            include_live=values["live"],
            min_strength=values["strength"],
            criterion=values["criterion"],
            max_characters=values["characters"],
            tags=_chosen(self.form["tags"]),
            raters=None if people is None else frozenset(RaterId(int(number)) for number in people),
            reasons=frozenset(self.form["reasons"].chosen) or None,
        )
        if not self._experts["corrections"].isHidden():
            filters = replace(filters, corrections=Corrections(values["corrections"]))
        if not self._experts["decided_by"].isHidden():
            filters = replace(filters, decided_by=Decision(values["decided_by"]))
        conversational = values["conversational"] or not form.plain_form
        return ExportRequest(form, filters, conversational=conversational)


def _chosen(boxes: TickBoxes) -> frozenset[str] | None:
    return None if boxes.chosen == boxes.names else frozenset(boxes.chosen)
