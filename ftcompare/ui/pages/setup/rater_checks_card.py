"""Setup's card of who judges what, and of the checks on raters and on the blind."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.rating_summary import NOT_GUESSED
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import MAX_END_GUESSES, MAX_SHARE, GoldItem, RatingDesign
from ftcompare.core.study import fine_tuning_known
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.ui.pages.setup.rating_fields import PERCENT, NumberField, equal_columns, share_of
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS
from ftcompare.ui.widgets.controls import Card, Muted, PlainButton, label, named
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found
from ftcompare.ui.widgets.layouts import STRETCH, in_column, put

RATERS_ABOUT = "How many people will rate. Open: whoever comes."
EACH_ABOUT = "Fewer than the raters: they share the pairs, as evenly as can be."
REPEATS_ABOUT = "Pairs that come again, sides swapped: is a rater consistent? 5 to 10% is usual."
CONTROLS_ABOUT = (
    "The same system on both sides: how often is one preferred where none is better? Two answers of it where "
    "answers are drawn (temperature above 0): Generate writes a second one to so many prompts. Else the same "
    "text twice."
)
GOLD_ABOUT = "One answer is known to be better: does a rater read with care?"
GUESS_SHARE_ABOUT = "Asked after this share of the pairs. It tells whether raters could know."
END_GUESSES_ABOUT = "Pairs shown once more at the end, with the same question."

MOST_RATERS = 500
MOST_PERCENT = round(MAX_SHARE * PERCENT)


class Numbers(TypedDict):
    """What the card decides of a `RatingDesign`."""

    raters: int
    each: int
    repeats: float
    controls: float
    gold: float
    guess_share: float
    end_guesses: int


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
        about = "Without a file, an answer is set against one to another prompt."
        in_column(self.field, self._summary, Muted(about, small=True), STRETCH, gap=XS, of=self)
        self.check: FieldCheck[tuple[GoldItem, ...]] = FieldCheck(
            self.field,
            tasks,
            look=lambda text: read_gold(typed(text)),
            describe=lambda found: Found(counted(len(found), "known-answer check")),
            settled=self._on_settled,
        )
        self._apply.clicked.connect(lambda: self.apply_asked.emit(typed(self.field.text)))

    @property
    def path(self) -> Path | None:
        return typed(self.field.text) if self.field.text else None

    def show_count(self, count: int | None) -> None:
        """How many the open study holds; None for a new study."""
        if (count is not None) != self._open:
            self._open = count is not None
            self.field.set_text("")
        self._summary.setVisible(bool(count))
        self._summary.setText(f"{counted(count or 0, 'known-answer check')} in the study")

    def fold(self) -> None:
        """Empty the field: what it named is in the study."""
        self.field.set_text("")

    def _on_settled(self) -> None:
        self._apply.setVisible(self._open and self.check.state is CheckState.FOUND)
        self.changed.emit()


class ChecksPart(Card):
    """The card. In an open study, an edited number is told by `edited`."""

    changed = Signal()
    edited = Signal()
    gold_asked = Signal(object)
    """A file of gold items to be taken into the open study."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__("Blinding and checks")
        self._open = False
        self._design = RatingDesign()
        self.raters = _number("Raters planned", "setup_raters", RATERS_ABOUT, MOST_RATERS, "open")
        every = "every rater judges all"
        self.each = _number("Judgments a pair", "setup_each", EACH_ABOUT, MOST_RATERS, every)
        self.repeats = _share("Hidden repeats", "setup_repeats", REPEATS_ABOUT)
        self.controls = _share("Same answer twice", "setup_controls", CONTROLS_ABOUT)
        self.gold = _share("Known-answer checks", "setup_gold", GOLD_ABOUT)
        self.gold_file = GoldField(tasks)
        self.guess_share = _share("Which was fine-tuned?", "setup_guess_share", GUESS_SHARE_ABOUT)
        name, most = "setup_end_guesses", MAX_END_GUESSES
        self.end_guesses = _number("Which was fine-tuned? At the end", name, END_GUESSES_ABOUT, most, "none")
        self._note = named(Muted("", small=True), "setup_checks_note")
        checks = self.repeats, self.controls, self.gold, self.gold_file, self.guess_share, self.end_guesses
        put(self.body, equal_columns(3, self.raters, self.each, *checks), self._note)
        self.gold_file.changed.connect(self.changed)
        self.gold_file.apply_asked.connect(self.gold_asked)
        for field in self._numbers():
            field.changed.connect(self.changed)
            field.edited.connect(self._on_edited)

    def _numbers(self) -> tuple[NumberField, ...]:
        checks = self.repeats, self.controls, self.gold, self.guess_share, self.end_guesses
        return self.raters, self.each, *checks

    @property
    def numbers(self) -> Numbers:
        """The card's part of a design, as it stands in the fields."""
        return Numbers(
            raters=self.raters.value,
            each=self.each.value,
            repeats=share_of(self.repeats, self._design.repeats),
            controls=share_of(self.controls, self._design.controls),
            gold=share_of(self.gold, self._design.gold),
            guess_share=share_of(self.guess_share, self._design.guess_share),
            end_guesses=self.end_guesses.value,
        )

    def start_new(self) -> None:
        """Fields for a study to be made: nobody planned, nothing checked."""
        self._open = False
        self.gold_file.field.set_text("")
        self.put(RatingDesign())
        self._show_state(None)

    def put_people(self, raters: int, each: int) -> None:
        """Show other numbers of raters and of judgments a pair, also in a field that has the cursor."""
        for field, number in ((self.raters, raters), (self.each, each)):
            field.put(number)
            field.box.setValue(number)
        self.changed.emit()

    def show_study(self, content: StudyContent) -> None:
        """Fields of the open study; what is being typed is left alone."""
        self._open = True
        self.put(content.design)
        self._show_state(content)

    def complete(self) -> bool:
        """Whether the numbers go together; where they do not is marked."""
        each, raters = self.each.value, self.raters.value
        told = f"{each} judgments a pair need at least {each} raters."
        self.each.show_problem(told if each > raters else "")
        unused = bool(self.gold_file.path) and not self.gold.value and not self._open
        self.gold.show_problem("Give a share: without one nobody sees these checks." if unused else "")
        return each <= raters and not unused and self.gold_file.check.state is not CheckState.WRONG

    def put(self, design: RatingDesign) -> None:
        """Fill the fields."""
        self._design = design
        self.raters.put(design.raters)
        self.each.put(design.each)
        for field, share in (
            (self.repeats, design.repeats),
            (self.controls, design.controls),
            (self.gold, design.gold),
            (self.guess_share, design.guess_share),
        ):
            field.put(round(share * PERCENT))
        self.end_guesses.put(design.end_guesses)

    def _show_state(self, content: StudyContent | None) -> None:
        """What can still be changed, and why the rest cannot."""
        closed = content.study.disclosure.rating_closed if content else ""
        shared = content.shared_out if content else 0
        for field in self._numbers():
            field.setEnabled(not closed)
        self.gold_file.setEnabled(not closed)
        self.gold_file.show_count(content.gold if content else None)
        self.each.setEnabled(not closed and not shared)
        self.raters.set_least(shared)
        note = ""
        if closed:
            note = closed
        elif shared:
            note = (
                f"The pairs are shared out among {shared} raters: judgments a pair stay as they are, raters "
                "can be added. Other changes hold for raters who begin from now on."
            )
        elif content is not None and content.begun:
            note = "Checks are drawn when a rater begins: changes hold for those who begin now."
        guessed = self.guess_share.value or self.end_guesses.value
        if content and not closed and guessed and not fine_tuning_known(s.spec for s in content.systems):
            note = f"{note} Guesses: {NOT_GUESSED}.".strip()
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def _on_edited(self) -> None:
        if self._open:
            self.edited.emit()


def _number(title: str, name: str, about: str, most: int, none: str) -> NumberField:
    return NumberField(title, name, about, most=most, none=none)


def _share(title: str, name: str, about: str) -> NumberField:
    return NumberField(title, name, about, most=MOST_PERCENT, none="none", share=True)
