"""The foot of Setup: the plan's consequences, what is missing, the main button; and applying a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.study_content import StudyContent
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.ui.page_context import Bar
from ftcompare.ui.pages.setup.rater_checks_card import ChecksPart
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import LinkButton, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.setup.planner import PlanAssumptions, Question

Save = Callable[[Callable[[], None]], None]  # saves the fields, then calls back


@dataclass(frozen=True, slots=True)
class _Numbers:
    raters: int
    each: int
    basis: PlanAssumptions | None


class PlanUse:
    """Owned by the page; its undo takes the numbers back while there are any."""

    def __init__(self, page: QWidget, checks: ChecksPart, bar: Bar, save: Save) -> None:
        self._checks, self._bar, self._save = checks, bar, save
        self._place: Path | None = None
        self._before: _Numbers | None = None
        self._after: _Numbers | None = None
        self.basis: PlanAssumptions | None = None
        self.undo = QAction("Undo “Use these numbers”", page)
        self.undo.setObjectName("setup_undo_plan")
        self.undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        self.undo.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.undo.setEnabled(False)
        self.undo.triggered.connect(self._take_back)
        page.addAction(self.undo)

    def belongs_to(self, place: Path | None) -> None:
        """Set the study that is shown, None for a new one; the plan of another study is dropped."""
        if place != self._place:
            self._place, self.basis = place, None
            self._forget()

    def made(self, place: Path) -> None:
        """Continue the plan of a new study in the study that was created from it."""
        self._place = place
        self._forget()

    def use(self, opened: Question, question: Question, present: int) -> None:
        from ftcompare.app.setup.planner import basis_of, people_of

        self._before = self._present
        self._put(_Numbers(*people_of(opened, question), basis_of(question)))
        self._after = self._present
        self.undo.setEnabled(True)
        self._save(lambda: self._on_used(question.prompts, present))

    @property
    def _present(self) -> _Numbers:
        fields = self._checks.fields
        return _Numbers(fields["raters"].whole, fields["each"].whole, self.basis)

    def _put(self, numbers: _Numbers) -> None:
        self.basis = numbers.basis
        self._checks.put_people(numbers.raters, numbers.each)

    def _on_used(self, planned: int, present: int) -> None:
        from ftcompare.ui.pages.setup.planner_texts import left_words, people_words

        told = f"Planned: {people_words(self._present.raters, self._present.each)}."
        left = left_words(planned, present)
        self._bar.show_note(f"{told} {left}".strip(), self.undo.text(), self._take_back)

    def _take_back(self) -> None:
        before, undone = self._before, self._after
        self._forget()
        if before is None or self._present != undone:
            self._bar.show_note("The numbers have changed since, so they were not undone.")
            return
        self._put(before)
        self._save(lambda: self._bar.show_good("Undone: Use these numbers."))

    def _forget(self) -> None:
        self._before = self._after = None
        self.undo.setEnabled(False)


def fixed_words(content: StudyContent | None) -> str:
    """Return why a study accepts no other numbers of raters and judgments; empty if it does."""
    if content is None:
        return ""
    if closed := content.study.disclosure.rating_closed:
        return closed
    if content.shared_out:
        return f"The judgments per pair are fixed: {content.shared_out} raters already share the pairs."
    return ""


USUAL_PROMPTS = 100  # the planner's number of prompts if the study has none yet

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """The page's settings that a plan depends on."""

    prompts: int  # 0 for none yet
    design: RatingDesign
    scale: Scale
    systems: int
    samples: int = 1  # answers of each system to a prompt
    judgments: int | None = None
    """Judgments of the open study, whose ties and pace are used; None for a new study."""
    fixed: str = ""  # why the planner's numbers cannot be used; empty if they can
    basis: PlanAssumptions | None = None  # the planner's assumptions; None for what is known and usual


class _PlanLine(Muted):
    """The sentence. A click opens the planner, as the link below does by keyboard."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__("")
        self.setObjectName("setup_plan")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()


class SetupFooter(QWidget):
    """The plan in a line, the page's problem, and its two buttons."""

    numbers_used = Signal(object, object, int)  # `Planner.used`

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__()
        self._study_tasks = tasks
        self._tasks = OwnedTasks(self, tasks)
        self._asked: PlanAsked | None = None
        self._plan = _PlanLine()
        self._assumptions = Muted("", small=True)
        self._planner = LinkButton("Planner", name="setup_planner", act=self.open_planner)
        self._planner.setAccessibleDescription("Compute what the study can find with other numbers")
        self.problem = named(FieldMessage(), "setup_problem")
        self.primary = named(PrimaryButton("Create study"), "setup_create")
        self.cancel = named(PlainButton("Cancel"), "setup_cancel")
        words = in_column(STRETCH, self.problem, self._plan, self._assumptions, STRETCH, gap=2)
        in_row((words, 1), self._planner, self.cancel, self.primary, gap=L, of=self)
        self._plan.clicked.connect(self.open_planner)

    def show_plan(self, request: PlanAsked) -> None:
        if request == self._asked:
            return
        self._asked = request
        for part in (self._plan, self._assumptions):
            part.setVisible(bool(request.prompts))
        if request.prompts:
            self._with_question(_plan_words, self._on_plan)

    def open_planner(self) -> None:
        self._with_question(lambda question: question, self._on_question)

    def _with_question(self, work: Callable[[Question], Result], then: Callable[[Result], None]) -> None:
        asked = self._asked
        if asked is None:
            return
        if asked.judgments is None:
            self._tasks.call(lambda: work(_question(asked)), then)
        else:
            self._tasks.run(lambda study: work(_question(asked, study)), then)

    def _on_plan(self, words: tuple[str, str]) -> None:
        self._plan.setText(words[0])
        self._assumptions.setText(words[1])

    def _on_question(self, question: Question) -> None:
        from ftcompare.ui.pages.setup.planner_dialog import Planner

        asked = self._asked
        if asked is not None:
            present, fixed = asked.prompts, asked.fixed
            planner = Planner(question, self._study_tasks, self.window(), present=present, fixed=fixed)
            planner.used.connect(self.numbers_used)
            planner.open()


def _question(request: PlanAsked, study: StudyFile | None = None) -> Question:
    """Run on the study's thread: importing the statistics takes half a second."""
    from ftcompare.app.setup.plan_estimates import USUAL, observed
    from ftcompare.app.setup.planner import PlanAssumptions, Question, based

    question = Question(
        prompts=request.prompts or USUAL_PROMPTS,
        design=request.design,
        scale=request.scale,
        systems=request.systems,
        samples=request.samples,
        known=USUAL if study is None else observed(study),
    )
    return based(question, request.basis or PlanAssumptions())


def _plan_words(question: Question) -> tuple[str, str]:
    from ftcompare.app.setup.plan_estimates import plan

    found = plan(
        question.prompts,
        question.design,
        question.scale,
        systems=question.systems,
        samples=question.samples,
        assumed=question.assumed,
        power=question.power,
    )
    return found.sentence, found.assumptions
