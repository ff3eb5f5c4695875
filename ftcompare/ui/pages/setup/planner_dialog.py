"""The planner: what prompts, raters, ties and time can show, live, each figure explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.planner import MOST_TIES, PlanEstimate, Question, plan_estimate
from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, FieldKind
from ftcompare.core.rating_design import MAX_RATERS
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.pages.setup.planner_texts import (
    KEYS,
    PlannerFigure,
    answers,
    changes_anything,
    source_words,
    use_words,
)
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XL, XS, L, M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.controls import ScrollColumn
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.settings_form import NumberField, equal_columns

WIDTH, HEIGHT, AROUND = 1080, 720, 60  # the last: pixels by which it is lower than the window


def _field(key: str, title: str, low: float, high: float, lowest: str = "", meaning: str = "") -> Field:
    return Field(key=key, title=title, help=meaning, kind=FieldKind.WHOLE, low=low, high=high, lowest=lowest)


def _share(key: str, title: str, low: float, high: float, lowest: str = "", meaning: str = "") -> Field:
    return replace(_field(key, title, low, high, lowest, meaning), kind=FieldKind.SHARE)


FIELDS = (
    _field("prompts", "Prompts", 1, 1_000_000),
    _field("raters", "Raters", 1, MAX_RATERS),
    _field("each", "Judgments per pair", 0, MAX_RATERS, "every rater"),
    _field("seconds", "Seconds per judgment", 1, 3600),
    _share("ties", "Ties", 0, MOST_TIES, "none", "Judgments without a winner, including “both bad”."),
    _share(
        "spread",
        "Spread of raters, in points (optional)",
        *(0, 0.5, "not known", "Standard deviation of the raters' own win rates."),
    ),
    _share("power", "Power", 0.5, 0.99, "", "Probability of finding a difference that exists."),
    _share("wanted", "Win rate to detect", 0.51, 0.99, "", "Of the decided judgments."),
)


class Planner(NamedDialog):
    """The dialog. It changes nothing itself: `used` carries the numbers for Setup.

    The fields begin with Setup's settings ``asked`` and its number of prompts, ``present`` (0 for none yet);
    ``fixed`` says why Setup accepts no numbers, empty if it does.
    """

    used = Signal(object, object, int)
    """The `Question` at the beginning, the one with the numbers to use, and Setup's number of prompts."""

    def __init__(
        self, question: Question, tasks: StudyTasks, parent: QWidget, *, present: int, fixed: str = ""
    ) -> None:
        super().__init__("planner", "Planner", parent)
        self._opened = self._asked = question
        self._present, self._fixed = present, fixed
        self._tasks = OwnedTasks(self, tasks)
        self.fields = _Fields(question)
        self.answers = _Answers()
        self._source = controls.Muted("", small=True)
        self._use_words = controls.named(controls.Muted("", small=True), "planner_use_words")
        self._use = controls.PrimaryButton("Use these numbers", name="planner_use", act=self._on_use)
        self._arrange()
        self.fields.connect_to(self._ask)
        self.resize(WIDTH, min(HEIGHT, parent.window().height() - AROUND))
        self.fields["prompts"].box.setFocus()
        self._ask()

    def _arrange(self) -> None:
        column = in_column(controls.Heading("What can this study find?", level=2), gap=L, of=self)
        column.setContentsMargins(XL, XL, XL, L)
        left = ScrollColumn(self.fields.card, self._source)
        left.setAccessibleName("Input of the plan")
        right = ScrollColumn(self.answers)
        right.setAccessibleName("Results of the plan")
        row = in_row((left, 1), (right, 1), gap=L)
        column.addLayout(row, 1)
        close = controls.PlainButton("Close", name="planner_close", act=self.accept)
        column.addLayout(in_row((self._use_words, 1), close, self._use, gap=L))

    def _on_use(self) -> None:
        self.used.emit(self._opened, self._asked, self._present)
        self.accept()

    def _show_use(self, *, good: bool) -> None:
        self._use.setEnabled(good and not self._fixed and changes_anything(self._opened, self._asked))
        told = use_words(self._opened, self._asked, self._present, self._fixed)
        self._use_words.setText(told)
        self._use.setAccessibleDescription(told)

    def _ask(self) -> None:
        try:
            asked = self.fields.read(self._asked)
        except UserError as error:
            self.fields["each"].show_problem(error.what)
            self._show_use(good=False)
            return
        self.fields["each"].show_problem("")
        self._asked = asked
        self._source.setText(source_words(asked.assumed))
        self._show_use(good=True)
        self.answers.set_old(old=True)
        self._tasks.call(lambda: plan_estimate(asked) if asked == self._asked else None, self._show_estimate)

    def _show_estimate(self, estimate: PlanEstimate | None) -> None:
        """None means that other numbers were entered before the result."""
        if estimate is not None and estimate.asked == self._asked:
            self.answers.show_answers(answers(estimate))
            self.answers.set_old(old=False)


class _Fields:
    def __init__(self, question: Question) -> None:
        self.card = controls.Card()
        self._fields = {field.key: NumberField(field, "planner") for field in FIELDS}
        assumed = question.assumed
        shown: dict[str, float] = {
            "prompts": question.prompts,
            "raters": question.raters,
            "each": question.design.each,
            "seconds": assumed.seconds,
            "ties": assumed.tie_share,
            "spread": assumed.rater_spread,
            "power": question.power,
            "wanted": question.wanted,
        }
        for key, value in shown.items():
            self[key].put(value)
        self["spread"].box.setSuffix("")
        self.card.body.addLayout(equal_columns(2, *self._fields.values()))

    def __getitem__(self, key: str) -> NumberField:
        return self._fields[key]

    def connect_to(self, changed: Callable[[], None]) -> None:
        for field in self._fields.values():
            field.changed.connect(changed)

    def read(self, before: Question) -> Question:
        """Return the question in the fields; raise UserError ``rating-design`` for inconsistent numbers."""
        known = before.known
        # A number shown rounded keeps its exact value until it is changed.
        assumed = replace(
            known,
            tie_share=self["ties"].kept(known.tie_share),
            seconds=self["seconds"].kept(known.seconds),
            rater_spread=self["spread"].kept(known.rater_spread),
        )
        assumed = replace(assumed, own=assumed != known)
        return replace(
            before,
            prompts=self["prompts"].whole,
            design=replace(before.design, raters=self["raters"].whole, each=self["each"].whole),
            assumed=assumed,
            power=self["power"].kept(before.power),
            wanted=self["wanted"].kept(before.wanted),
        )


class _Answers(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = in_column(gap=S, of=self)
        self._rows = {key: _AnswerRow(key) for key in KEYS}
        for row in self._rows.values():
            row.hide()
            column.addWidget(row)

    def show_answers(self, figures: Sequence[PlannerFigure]) -> None:
        for key, row in self._rows.items():
            answer = next((a for a in figures if a.key == key), None)
            if answer is not None:
                row.put(answer)
            row.setVisible(answer is not None)

    def set_old(self, *, old: bool) -> None:
        for row in self._rows.values():
            row.set_old(old=old)


class _AnswerRow(controls.Card):
    def __init__(self, key: str) -> None:
        super().__init__()
        self.setObjectName(f"planner_answer_{key}")
        self.body.setSpacing(XS)
        self.body.setContentsMargins(L, S, L, S)
        self._name, self._value = controls.label("", "muted"), controls.label("", "h2")
        self._detail = controls.Muted("", small=True)
        self._how = controls.named(controls.LinkButton("How is this computed?"), f"planner_how_{key}")
        self._how.setCheckable(True)
        self._words = controls.label("", wrap=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setProperty("role", "muted")
        self._words.hide()
        for left, right in ((self._name, self._value), (self._detail, self._how)):
            row = in_row((left, 1), (right, Qt.AlignmentFlag.AlignRight), gap=M)
            self.body.addLayout(row)
        self.body.addWidget(self._words)
        self._how.toggled.connect(self._words.setVisible)

    def put(self, answer: PlannerFigure) -> None:
        self._name.setText(answer.name)
        self._value.setText(answer.value)
        self._value.setAccessibleName(f"{answer.name}: {answer.value} {answer.detail}".strip())
        self._detail.setText(answer.detail)
        self._detail.setVisible(bool(answer.detail))
        self._words.setText("\n\n".join(answer.how))
        self._how.setAccessibleName(f"How is this computed? ({answer.name})")

    def set_old(self, *, old: bool) -> None:
        for words in (self._value, self._detail, self._words):
            words.setEnabled(not old)
