"""Export's choices on experts' work: corrected answers, and adjudicated pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from ftcompare.app.export.export_request import ExportRequest, FilterChoices
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.formats.export_format import AnyExportFormat
from ftcompare.formats.training.filters import Corrections, Decision
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, named_choice
from ftcompare.ui.widgets.layouts import in_column, put

_DECISIONS = (
    ("the majority of its raters", Decision.MAJORITY),
    ("its adjudication, where there is one", Decision.ADJUDICATED),
)


class ExpertChoices(QWidget):
    """Whose verdict decides a pair, and how corrections are used; hidden if experts made neither."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.corrections, self.decision = choice_box(), choice_box()
        self._corrections = named_choice("Corrected answers", self.corrections, "export_corrections")
        self._decision = named_choice("A pair is decided by", self.decision, "export_decision")
        fill_choice(self.decision, _DECISIONS, Decision.MAJORITY)
        self._offer_corrections(0)
        self._found = FilterChoices()
        put(in_column(gap=S, of=self), self._decision, self._corrections)
        for choice in (self.corrections, self.decision):
            choice.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.hide()

    def _offer_corrections(self, count: int) -> None:
        entries = (
            (f"add {counted(count, 'row')}", Corrections.ADD),
            ("these rows alone", Corrections.ONLY),
            ("leave out", Corrections.LEAVE_OUT),
        )
        fill_choice(self.corrections, entries, self.corrections.currentData())

    def show_choices(self, found: FilterChoices, form: AnyExportFormat) -> None:
        self._found = found
        self._offer_corrections(found.corrections)
        self.show_form(form)

    def show_form(self, form: AnyExportFormat) -> None:
        """The same for another format."""
        holds = form.rows.takes_corrections or form.folder
        self._corrections.setVisible(holds and self._found.corrections > 0)
        self._decision.setVisible(self._found.adjudicated > 0)
        self.setVisible(not (self._corrections.isHidden() and self._decision.isHidden()))

    @property
    def state(self) -> dict[str, Json]:
        corrections, decision = self._chosen
        return {"corrections": corrections.value, "decided_by": decision.value}

    def restore(self, state: Mapping[str, Json]) -> None:
        _choose(self.corrections, Corrections, state.get("corrections"))
        _choose(self.decision, Decision, state.get("decided_by"))

    @property
    def _chosen(self) -> tuple[Corrections, Decision]:
        return Corrections(self.corrections.currentData()), Decision(self.decision.currentData())

    def asked(self, request: ExportRequest) -> ExportRequest:
        """A request with these choices, where they are offered."""
        corrections, decision = self._chosen
        filters = request.filters
        if not self._corrections.isHidden():
            filters = replace(filters, corrections=corrections)
        if not self._decision.isHidden():
            filters = replace(filters, decided_by=decision)
        return replace(request, filters=filters)


def _choose(choice: QComboBox, kind: type[Corrections] | type[Decision], kept: Json) -> None:
    known = {one.value: one for one in kind}
    if isinstance(kept, str) and kept in known:
        choice.setCurrentIndex(choice.findData(known[kept]))
