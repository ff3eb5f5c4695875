"""Setup's card of who judges what, and of the checks on raters and blinding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.rating_summary import NOT_GUESSED
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.core.fields import fields_of
from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.study import fine_tuning_known
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS
from ftcompare.ui.widgets.controls import Card, Muted, PlainButton, label, named
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found
from ftcompare.ui.widgets.layouts import STRETCH, in_column, put
from ftcompare.ui.widgets.settings_form import NumberField, equal_columns

COUNTED = ("raters", "each", "repeats", "controls", "gold")
GUESSES = ("guess_share", "end_guesses")


class GoldField(QWidget):
    """Pairs with a known better answer: a file, to be chosen for a new study or added to the open one."""

    changed = Signal()
    apply_asked = Signal(object)

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__()
        self._open = False
        self.field = FileField(
            "Known-answer checks from a file (optional)",
            "setup_gold_file",
            folder=False,
            hint="JSONL: prompt, better, worse",
            kinds=("Known-answer checks", "*.jsonl"),
        )
        self._apply = named(PlainButton("Add to study"), "setup_gold_apply")
        self._apply.hide()
        self.field.row.addWidget(self._apply)
        self._summary = named(label("", wrap=True), "setup_gold_summary")
        about = "Without a file, FTCompare pairs an answer with an answer to another prompt."
        in_column(self.field, self._summary, Muted(about, small=True), STRETCH, gap=XS, of=self)
        self.check: FieldCheck[tuple[GoldItem, ...]] = FieldCheck(
            self.field,
            tasks,
            look=lambda text: read_gold(typed(text)),
            describe=lambda result: Found(counted(len(result), "known-answer check")),
            settled=self._on_settled,
        )
        self._apply.clicked.connect(lambda: self.apply_asked.emit(typed(self.field.text)))

    @property
    def path(self) -> Path | None:
        return typed(self.field.text) if self.field.text else None

    def show_count(self, count: int | None) -> None:
        if (count is not None) != self._open:
            self._open = count is not None
            self.field.set_text("")
        self._summary.setVisible(bool(count))
        self._summary.setText(f"{counted(count or 0, 'known-answer check')} in the study")

    def fold(self) -> None:
        self.field.set_text("")

    def _on_settled(self) -> None:
        self._apply.setVisible(self._open and self.check.state is CheckState.FOUND)
        self.changed.emit()


class ChecksPart(Card):
    """The card. In an open study, `edited` reports a changed number."""

    changed = Signal()
    edited = Signal()
    gold_asked = Signal(object)  # a file of gold items to be taken into the open study

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__("Blinding and checks")
        self._open = False
        described = {one.attribute: one for one in fields_of(RatingDesign).values()}
        self.fields = {
            key: NumberField(replace(described[key], key=key), "setup") for key in (*COUNTED, *GUESSES)
        }
        self.gold_file = GoldField(tasks)
        self._note = named(Muted("", small=True), "setup_checks_note")
        counted, guesses = ([self.fields[key] for key in keys] for keys in (COUNTED, GUESSES))
        put(self.body, equal_columns(3, *counted, self.gold_file, *guesses), self._note)
        self.gold_file.changed.connect(self.changed)
        self.gold_file.apply_asked.connect(self.gold_asked)
        for field in self.fields.values():
            field.changed.connect(self.changed)
            field.edited.connect(self._on_edited)

    @property
    def numbers(self) -> dict[str, Any]:
        return {key: field.value for key, field in self.fields.items()}

    def start_new(self) -> None:
        self._open = False
        self.gold_file.field.set_text("")
        self.put(RatingDesign())
        self._show_state(None)

    def put_people(self, raters: int, each: int) -> None:
        """Show other numbers of raters and judgments per pair, even in a focused field."""
        for key, number in (("raters", raters), ("each", each)):
            self.fields[key].put(number)
            self.fields[key].box.setValue(number)
        self.changed.emit()

    def show_study(self, content: StudyContent) -> None:
        self._open = True
        self.put(content.design)
        self._show_state(content)

    def complete(self) -> bool:
        each, raters = self.fields["each"].whole, self.fields["raters"].whole
        told = f"{each} judgments per pair need at least {each} raters."
        self.fields["each"].show_problem(told if each > raters else "")
        unused = bool(self.gold_file.path) and not self.fields["gold"].whole and not self._open
        self.fields["gold"].show_problem(
            "Set a share above 0, or nobody sees these checks." if unused else ""
        )
        return each <= raters and not unused and self.gold_file.check.state is not CheckState.WRONG

    def put(self, design: RatingDesign) -> None:
        for key, field in self.fields.items():
            field.put(getattr(design, key))

    def _show_state(self, content: StudyContent | None) -> None:
        closed = content.study.disclosure.rating_closed if content else ""
        shared = content.shared_out if content else 0
        for field in self.fields.values():
            field.setEnabled(not closed)
        self.gold_file.setEnabled(not closed)
        self.gold_file.show_count(content.gold if content else None)
        self.fields["each"].setEnabled(not closed and not shared)
        self.fields["raters"].set_least(shared)
        note = ""
        if closed:
            note = closed
        elif shared:
            note = (
                f"The pairs are divided among {shared} raters. The judgments per pair are fixed, but you can "
                "add raters. Other changes apply to raters who start from now on."
            )
        elif content is not None and content.begun:
            note = "Checks are drawn when a rater starts, so changes apply only to new raters."
        guessed = any(self.fields[key].whole for key in GUESSES)
        if content and not closed and guessed and not fine_tuning_known(s.spec for s in content.systems):
            note = f"{note} Guesses: {NOT_GUESSED}.".strip()
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def _on_edited(self) -> None:
        if self._open:
            self.edited.emit()
