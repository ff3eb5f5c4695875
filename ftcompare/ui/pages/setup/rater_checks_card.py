"""Setup's card of who judges what, and of the checks on raters and on the blind."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.study_content import StudyContent, gold_in
from ftcompare.core.errors import FTCompareError
from ftcompare.core.rating_design import MAX_END_GUESSES, MAX_SHARE, GoldItem, RatingDesign
from ftcompare.ui.pages.setup.folder_texts import gold_words
from ftcompare.ui.pages.setup.rating_fields import PERCENT, Columns, NumberField, share_of
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS
from ftcompare.ui.widgets.controls import Card, Muted, PlainButton, label
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found

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
            "Gold items from a file (optional)",
            "setup_gold_file",
            folder=False,
            hint="JSONL: prompt, better, worse",
            kinds=("Gold items", "*.jsonl"),
        )
        self._apply = PlainButton("Add to study")
        self._apply.setObjectName("setup_gold_apply")
        self._apply.hide()
        self.field.row.addWidget(self._apply)
        self._summary = label("", wrap=True)
        self._summary.setObjectName("setup_gold_summary")
        about = "Without a file, an answer is set against one to another prompt."
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        for part in (self.field, self._summary, Muted(about, small=True)):
            column.addWidget(part)
        column.addStretch()
        self.check: FieldCheck[tuple[GoldItem, ...]] = FieldCheck(
            self.field,
            tasks,
            look=lambda text: gold_in(typed(text)),
            describe=lambda found: Found(gold_words(len(found), self.tr)),
            settled=self._on_settled,
        )
        self._apply.clicked.connect(lambda: self.apply_asked.emit(typed(self.field.text)))

    @property
    def path(self) -> Path | None:
        """The file chosen for a new study."""
        return typed(self.field.text) if self.field.text else None

    def show_count(self, count: int | None) -> None:
        """How many the open study holds; None for a new study."""
        if (count is not None) != self._open:
            self._open = count is not None
            self.field.set_text("")
        self._summary.setVisible(bool(count))
        self._summary.setText(f"{gold_words(count or 0, self.tr)} in the study")

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
        self._make_people()
        self._make_checks()
        self.gold_file = GoldField(tasks)
        self._make_guesses()
        self._note = Muted("", small=True)
        self._note.setObjectName("setup_checks_note")
        columns = Columns(3)
        columns.add(self.raters, self.each, self.repeats, self.controls, self.gold, self.gold_file)
        columns.add(self.guess_share, self.end_guesses)
        self.body.addWidget(columns)
        self.body.addWidget(self._note)
        self.gold_file.changed.connect(self.changed)
        self.gold_file.apply_asked.connect(self.gold_asked)
        for field in self._numbers():
            field.changed.connect(self.changed)
            field.edited.connect(self._on_edited)

    def _make_people(self) -> None:
        self.raters = NumberField(
            "Raters planned",
            "setup_raters",
            "How many people will rate. Open: whoever comes.",
            none="open",
            most=MOST_RATERS,
            share=False,
        )
        self.each = NumberField(
            "Judgments a pair",
            "setup_each",
            "Fewer than the raters: they share the pairs, as evenly as can be.",
            none="every rater judges all",
            most=MOST_RATERS,
            share=False,
        )

    def _make_checks(self) -> None:
        self.repeats = self._share(
            "Hidden repeats",
            "setup_repeats",
            "Pairs that come again, sides swapped: is a rater consistent? 5 to 10% is usual.",
        )
        self.controls = self._share(
            "Controls",
            "setup_controls",
            "The same system twice: how often is one preferred where none is better?",
        )
        self.gold = self._share(
            "Gold items",
            "setup_gold",
            "One answer is known to be better: does a rater read with care?",
        )

    def _make_guesses(self) -> None:
        self.guess_share = self._share(
            "Guesses on the way",
            "setup_guess_share",
            "After this share of pairs: which was fine-tuned? It tells whether the blind holds.",
        )
        self.end_guesses = NumberField(
            "Guesses at the end",
            "setup_end_guesses",
            "Pairs shown once more at the end, with the same question.",
            none="none",
            most=MAX_END_GUESSES,
            share=False,
        )

    def _share(self, title: str, name: str, about: str) -> NumberField:
        return NumberField(title, name, about, none="none", most=MOST_PERCENT, share=True)

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
        self._put(RatingDesign())
        self._show_state(None)

    def put(self, design: RatingDesign) -> None:
        """Fill the fields of a new study."""
        self._put(design)

    def put_people(self, raters: int, each: int) -> None:
        """Show other numbers of raters and of judgments a pair, also in a field that has the cursor."""
        for field, number in ((self.raters, raters), (self.each, each)):
            field.put(number)
            field.box.setValue(number)
        self.changed.emit()

    def show_study(self, content: StudyContent) -> None:
        """Fields of the open study; what is being typed is left alone."""
        self._open = True
        self._put(content.design)
        self._show_state(content)

    def complete(self) -> bool:
        """Whether the numbers go together; where they do not is marked."""
        each, raters = self.each.value, self.raters.value
        told = f"{each} judgments a pair need at least {each} raters."
        self.each.show_problem(told if each > raters else "")
        unused = bool(self.gold_file.path) and not self.gold.value and not self._open
        self.gold.show_problem("Give a share: without one nobody sees the gold items." if unused else "")
        return each <= raters and not unused and self.gold_file.check.state is not CheckState.WRONG

    def show_error(self, error: FTCompareError) -> None:
        """Put an error of saving where it belongs."""
        self.each.show_problem(f"{error.what} {error.how}".strip())

    def _put(self, design: RatingDesign) -> None:
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
                f"The pairs are shared out among {shared} raters: judgments a pair stay as they are, "
                "raters can be "
                "added. Other changes hold for raters who begin from now on."
            )
        elif content is not None and content.begun:
            note = "Checks are drawn when a rater begins: changes hold for those who begin now."
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def _on_edited(self) -> None:
        if self._open:
            self.edited.emit()
