"""The planner: what prompts, raters, ties and time can show, live, with how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.planner import (
    MOST_TIES,
    PlanAssumptions,
    PlanEstimate,
    Question,
    basis_of,
    plan_estimate,
)
from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, FieldKind
from ftcompare.core.language import N_, named_value, sentences, tr
from ftcompare.core.rating_design import MAX_RATERS
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.pages.setup.planner_texts import (
    KEYS,
    PlannerFigure,
    answers,
    changes_anything,
    how_computed,
    source_words,
    use_words,
)
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XL, XS, L, M
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.controls import ScrollColumn
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row, kept_place, put
from ftcompare.ui.widgets.settings_form import NumberField, equal_columns

WIDTH, HEIGHT, AROUND = 1080, 720, 60  # the last: pixels by which it is lower than the window


def _field(key: str, title: str, low: float, high: float, lowest: str = "", meaning: str = "") -> Field:
    return Field(key=key, title=title, help=meaning, kind=FieldKind.WHOLE, low=low, high=high, lowest=lowest)


def _share(key: str, title: str, low: float, high: float, lowest: str = "", meaning: str = "") -> Field:
    return replace(_field(key, title, low, high, lowest, meaning), kind=FieldKind.SHARE)


PLANNED = (
    _field("prompts", N_("Prompts"), 1, 1_000_000),
    _field("raters", N_("Raters"), 0, MAX_RATERS, N_("any")),
    _field("each", N_("Judgments per pair"), 0, MAX_RATERS, N_("every rater")),
    _field("seconds", N_("Seconds per judgment"), 1, 3600),
)
ASSUMED = (
    _share(
        "ties", N_("Ties"), 0, MOST_TIES, N_("none"), N_("Judgments without a winner, including “both bad”.")
    ),
    _share(
        "spread",
        N_("Difference between raters"),
        *(0, 0.5, N_("typical"), N_("How far a rater's win rate is from the average (standard deviation).")),
    ),
    _share(
        "wanted",
        N_("Difference to show"),
        0.51,
        0.99,
        "",
        N_("Wins of one model in judgments with a winner."),
    ),
    _share(
        "power", N_("Certainty"), 0.5, 0.99, "", N_("Share of such studies that show the difference (power).")
    ),
)
SUFFIXES = {"spread": N_(" points"), "wanted": N_(" of 100")}


class Planner(NamedDialog):
    """The dialog. It changes nothing itself: `used` carries the numbers for Setup.

    The fields begin with Setup's settings ``asked`` and its number of prompts, ``present`` (0 for none yet);
    ``fixed`` says why Setup accepts no numbers, empty if it does.
    """

    used = Signal(object, int)
    """The `Question` with the numbers to use, and Setup's number of prompts."""

    def __init__(
        self, question: Question, tasks: StudyTasks, parent: QWidget, *, present: int, fixed: str = ""
    ) -> None:
        super().__init__("planner", tr("Planner"), parent)
        self._opened = self._asked = question
        self._present, self._fixed = present, fixed
        self._tasks = OwnedTasks(self, tasks)
        self.fields = _Fields(question)
        self.answers = _Answers()
        self._sentence = controls.named(controls.label("", wrap=True), "planner_sentence")
        self._sentence.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self._advice = kept_place(controls.named(controls.label("", "muted"), "planner_advice"))
        self._try = kept_place(controls.LinkButton("", name="planner_try", act=self._on_try))
        self._recommended = 0
        self._source = controls.Muted("", small=True)
        self._use_words = controls.named(controls.Muted("", small=True), "planner_use_words")
        self._use = controls.PrimaryButton(tr("Use these numbers"), name="planner_use", act=self._on_use)
        self._arrange()
        self.fields.connect_to(self._ask)
        self.resize(WIDTH, min(HEIGHT, parent.window().height() - AROUND))
        self.fields["prompts"].box.setFocus()
        self._ask()

    def _arrange(self) -> None:
        heading = controls.Heading(tr("What can this study show?"), level=2)
        advice = in_row(self._advice, self._try, STRETCH, gap=M)
        column = in_column(in_column(heading, self._sentence, advice, gap=XS), gap=L, of=self)
        column.setContentsMargins(XL, XL, XL, L)
        left = ScrollColumn(self.fields.card, self._source)
        left.setAccessibleName(tr("Input of the plan"))
        right = ScrollColumn(self.answers)
        right.setAccessibleName(tr("Results of the plan"))
        row = in_row((left, 1), (right, 1), gap=L)
        column.addLayout(row, 1)
        close = controls.PlainButton(tr("Close"), name="planner_close", act=self.accept)
        column.addLayout(in_row((self._use_words, 1), close, self._use, gap=L))

    def _on_try(self) -> None:
        self.fields["raters"].box.setFocus()  # the link may go
        self.fields["raters"].box.setValue(self._recommended)

    def _on_use(self) -> None:
        self.used.emit(self._asked, self._present)
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
        self._set_old(old=True)
        self._tasks.call(lambda: plan_estimate(asked) if asked == self._asked else None, self._show_estimate)

    def _show_estimate(self, estimate: PlanEstimate | None) -> None:
        """None means that other numbers were entered before the result."""
        if estimate is None or estimate.asked != self._asked:
            return
        better = None if self._fixed else estimate.better
        self._recommended = better.asked.raters if better else 0
        self._sentence.setText(estimate.plan.found_words)
        self._advice.setText(better.recommended if better else "")
        self._try.set_text(tr("Try {raters} raters", self._recommended))
        self._try.setVisible(better is not None)
        self.answers.show_answers(answers(estimate), how_computed(estimate))
        self._set_old(old=False)

    def _set_old(self, *, old: bool) -> None:
        for part in (self._sentence, self._advice, self._try, self.answers):
            part.setEnabled(not old)


class _Fields:
    """The numbers of the plan, and below a fold what the plan assumes."""

    def __init__(self, question: Question) -> None:
        self.card = controls.Card()
        self._fields = {field.key: NumberField(field, "planner") for field in (*PLANNED, *ASSUMED)}
        assumed = question.assumed
        shown: dict[str, float] = {
            "prompts": question.prompts,
            "raters": question.design.raters,
            "each": question.design.each,
            "seconds": assumed.seconds,
            "ties": assumed.tie_share,
            "spread": assumed.rater_spread,
            "power": question.power,
            "wanted": question.wanted,
        }
        for key, value in shown.items():
            self[key].put(value)
        for key, suffix in SUFFIXES.items():
            self[key].box.setSuffix(tr(suffix))
        planned, self._assumed = (
            filled(equal_columns(2, *(self[field.key] for field in fields))) for fields in (PLANNED, ASSUMED)
        )
        self._fold = controls.FoldButton(tr("Assumptions"), name="planner_assumptions", act=self._toggle)
        put(self.card.body, planned, (self._fold, Qt.AlignmentFlag.AlignLeft), self._assumed)
        self._assumed.setVisible(basis_of(question) != PlanAssumptions())
        self._fold.set_open(not self._assumed.isHidden())

    def _toggle(self) -> None:
        self._assumed.setVisible(self._assumed.isHidden())
        self._fold.set_open(not self._assumed.isHidden())

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


class _Answers(controls.Card):
    """A title, a value, and details of each figure, and below a link how they are computed."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = {
            key: (controls.label(""), controls.label("", "h2"), controls.Muted("", True)) for key in KEYS
        }
        for key, (name, value, detail) in self._parts.items():
            row = filled(in_column(in_row((name, 1), value, gap=M), detail, gap=XS))
            self.body.addWidget(controls.named(row, f"planner_answer_{key}"))
        self._how = controls.LinkButton(tr("How is this computed?"), name="planner_how")
        self._how.setCheckable(True)
        self._words = controls.named(controls.label("", "muted", wrap=True), "planner_how_words")
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.hide()
        self._how.toggled.connect(self._words.setVisible)
        put(self.body, (self._how, Qt.AlignmentFlag.AlignLeft), self._words)

    def show_answers(self, figures: Sequence[PlannerFigure], how: str) -> None:
        for one in figures:
            name, value, detail = self._parts[one.key]
            name.setText(one.name)
            value.setText(one.value)
            value.setAccessibleName(sentences(named_value(one.name, one.value), one.detail))
            detail.setText(one.detail)
        self._words.setText(how)
