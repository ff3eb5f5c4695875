"""The filters of the list of answers: a search field, and the others behind a button."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from ftcompare.core.language import N_, tr
from ftcompare.core.study import Split
from ftcompare.ui.safe_text import one_line, short_name, split_name, tip
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import FoldButton, LinkButton, label, named
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, named_choice, number_field
from ftcompare.ui.widgets.layouts import FlowLayout, filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.review.answer_list import AnswerChoices, AnswerFilter

DELAY = 250  # milliseconds after the last key press until the search starts
MOST_CHARACTERS, CHARACTERS_STEP = 10_000_000, 100
LONGEST = 200
NAME_LENGTH = 32
ANY = N_("any")

NAMED = ("system", "tag", "task", "context_kind", "term")  # choices of a name; empty for any
TITLES = {
    "system": N_("System"),
    "split": N_("Split"),
    "category": N_("Category"),
    "tag": N_("Tag"),
    "task": N_("Task"),
    "context_kind": N_("Kind of context"),
    "term": N_("Term"),
}
BOXES = {
    "flagged": (N_("Flagged"), N_("A rater flagged a pair that contains this answer")),
    "disputed": (N_("Raters disagree"), N_("Two people judged a pair that contains this answer differently")),
    "marked": (N_("With marks"), N_("An expert marked an error in the answer")),
    "corrected": (N_("Corrected"), N_("An expert corrected the answer")),
    "check_failed": (N_("Check failed"), N_("The answer fails a check of its prompt")),
    "unreviewed": (N_("Not yet reviewed"), N_("No expert has fully read this answer")),
}


class AnswerFilterBar(QWidget):
    """The filters; `chosen` combines them."""

    changed = Signal()  # the filters changed; after typing, with a short delay

    def __init__(self) -> None:
        super().__init__()
        self._to_judge = False
        self.words = named(QLineEdit(maxLength=LONGEST), "answers_words", tr("Words in the answer"))
        self.prompt_words = named(
            QLineEdit(maxLength=LONGEST), "answers_prompt_words", tr("Words in the prompt")
        )
        self.fold = FoldButton(tr("Filters"), name="answers_filters", act=self._unfold)
        self.clear_button = LinkButton(tr("Clear filters"), name="answers_clear", act=self.clear)
        self.choices: dict[str, QComboBox] = {name: choice_box() for name in TITLES}
        self.shortest, self.longest = _length("answers_shortest"), _length("answers_longest")
        self.boxes = {
            name: named(QCheckBox(tr(words)), f"answers_{name}") for name, (words, _) in BOXES.items()
        }
        self._soon = QTimer(self, singleShot=True, interval=DELAY)
        self._arrange()
        self._connect()

    @property
    def chosen(self) -> AnswerFilter:
        from ftcompare.app.review.answer_list import AnswerFilter

        split, category = self.choices["split"].currentData(), self.choices["category"].currentData()
        given: dict[str, Any] = {name: box.isChecked() for name, box in self.boxes.items()}
        given |= {name: self.choices[name].currentData() or "" for name in NAMED}
        return AnswerFilter(
            split=None if split is None else Split(split),
            category=category,
            shortest=self.shortest.value(),
            longest=self.longest.value(),
            contains=self.words.text().strip(),
            prompt_contains=self.prompt_words.text().strip(),
            to_judge=self._to_judge,
            **given,
        )

    def offer(self, choices: AnswerChoices) -> None:
        entries = {
            "system": [(short_name(one, NAME_LENGTH), one) for one in choices.systems],
            "split": [(split_name(one), one.value) for one in choices.splits],
            "category": [(one_line(one, NAME_LENGTH) or tr("none"), one) for one in choices.categories],
            "tag": [(one_line(one, NAME_LENGTH), one) for one in choices.tags],
            "task": [(one_line(one, NAME_LENGTH), one) for one in choices.tasks],
            "context_kind": [(one, one) for one in choices.context_kinds],
            "term": [(one_line(one, NAME_LENGTH), one) for one in choices.terms],
        }
        for name, offered in entries.items():
            choice = self.choices[name]
            fill_choice(choice, [(tr(ANY), None), *offered], choice.currentData())
            self._named[name].setVisible(len(offered) > (name in ("system", "split", "category")))
        shown = {"marked": choices.marks, "corrected": choices.corrections, "unreviewed": True}
        shown["check_failed"] = choices.checks
        for name, there in shown.items():
            self.boxes[name].setVisible(there or self.boxes[name].isChecked())
        self._tell()

    def ask(self, chosen: AnswerFilter) -> None:
        """Set the filters without emitting `changed`."""
        self._soon.stop()
        every = (*self.choices.values(), *self.boxes.values(), self.shortest, self.longest)
        blockers = [QSignalBlocker(part) for part in (*every, self.words, self.prompt_words)]
        split = None if chosen.split is None else chosen.split.value
        values = {name: getattr(chosen, name) or None for name in NAMED}
        values |= {"split": split, "category": chosen.category}
        for name, value in values.items():
            choice = self.choices[name]
            choice.setCurrentIndex(max(choice.findData(value), 0))
        for name, box in self.boxes.items():
            box.setChecked(getattr(chosen, name))
        self.shortest.setValue(chosen.shortest)
        self.longest.setValue(chosen.longest)
        self.words.setText(chosen.contains)
        self.prompt_words.setText(chosen.prompt_contains)
        self._to_judge = chosen.to_judge
        del blockers
        self._tell()

    def ask_to_judge(self, listed: bool) -> None:
        """Set whether prompts with pairs still to be judged are listed, too."""
        self._to_judge = listed
        self.changed.emit()

    def search(self) -> None:
        self.words.setFocus()
        self.words.selectAll()

    def clear(self) -> None:
        from ftcompare.app.review.answer_list import AnswerFilter

        self.ask(replace(AnswerFilter(), to_judge=self._to_judge))
        self.words.setFocus()
        self.changed.emit()

    def _tell(self) -> None:
        chosen = self.chosen
        behind = replace(chosen, contains="").chosen
        self.fold.set_text(tr("Filters ({number})", behind) if behind else tr("Filters"))
        self.fold.set_open(self._more.isVisibleTo(self))
        self.clear_button.setVisible(chosen.chosen > 0)

    def _unfold(self) -> None:
        self._more.setVisible(not self._more.isVisibleTo(self))
        self._tell()

    def _on_change(self) -> None:
        self._soon.stop()
        self._tell()
        self.changed.emit()

    def _arrange(self) -> None:
        self.words.setPlaceholderText(tr("Words in the answer"))
        self.words.setClearButtonEnabled(True)
        self.prompt_words.setPlaceholderText(tr("Words in the prompt"))
        self.prompt_words.setClearButtonEnabled(True)
        self.prompt_words.setMinimumWidth(200)
        for name, (_, told) in BOXES.items():
            self.boxes[name].setToolTip(tip(tr(told)))
        self._named = {
            name: named_choice(tr(TITLES[name]), choice, f"answers_{name}")
            for name, choice in self.choices.items()
        }
        flow = FlowLayout(L)
        above, between = label(tr("Length from"), "muted"), label(tr("to"), "muted")
        lengths = in_row(above, self.shortest, between, self.longest, gap=S)
        for part in (self.prompt_words, *self._named.values(), filled(lengths), *self.boxes.values()):
            flow.addWidget(part)
        self._more = filled(flow)
        self._more.hide()
        head = filled(in_row((self.words, 1), self.fold, self.clear_button, gap=M))
        in_column(head, self._more, gap=S, of=self)

    def _connect(self) -> None:
        for choice in self.choices.values():
            choice.currentIndexChanged.connect(self._on_change)
        for box in self.boxes.values():
            box.toggled.connect(self._on_change)
        for field in (self.words, self.prompt_words):
            field.textChanged.connect(lambda _: self._soon.start())
            field.returnPressed.connect(self._on_change)
        for number in (self.shortest, self.longest):
            number.valueChanged.connect(lambda _: self._soon.start())
        self._soon.timeout.connect(self._on_change)


def _length(name: str) -> QSpinBox:
    box = number_field(QSpinBox(maximum=MOST_CHARACTERS, singleStep=CHARACTERS_STEP), name)
    box.setSpecialValueText(tr(ANY))
    box.setAccessibleName(tr("Minimum length") if name.endswith("shortest") else tr("Maximum length"))
    return box
