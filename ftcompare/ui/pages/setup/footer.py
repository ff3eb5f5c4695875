"""The foot of Setup: the plan's consequences, what is missing, and the main button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import LinkButton, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.setup.planner import PlanAssumptions, Question

USUAL_PROMPTS = 100  # the planner begins with so many where the study has none yet

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
    fixed: str = ""  # why no numbers can be taken over from the planner; empty where they can
    basis: PlanAssumptions | None = None
    """The planner's assumptions; None for what is known and usual."""


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
        self._planner.setAccessibleDescription("What the study can find, with other numbers")
        self.problem = named(FieldMessage(), "setup_problem")
        self.primary = named(PrimaryButton("Create study"), "setup_create")
        self.cancel = named(PlainButton("Cancel"), "setup_cancel")
        words = in_column(STRETCH, self.problem, self._plan, self._assumptions, STRETCH, gap=2)
        in_row((words, 1), self._planner, self.cancel, self.primary, gap=L, of=self)
        self._plan.clicked.connect(self.open_planner)

    def show_plan(self, request: PlanAsked) -> None:
        """Show the plan's consequences; nothing without prompts."""
        if request == self._asked:
            return
        self._asked = request
        for part in (self._plan, self._assumptions):
            part.setVisible(bool(request.prompts))
        if request.prompts:
            self._with_question(_plan_words, self._on_plan)

    def open_planner(self) -> None:
        self._with_question(lambda asked: asked, self._on_question)

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
