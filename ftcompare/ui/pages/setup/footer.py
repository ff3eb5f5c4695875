"""The foot of Setup: what follows from the plan, what is missing, and the button that goes on."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.ui.owned_tasks import OwnedTasks
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import L
from ftcompare.ui.widgets.basics import Muted, PlainButton, PrimaryButton
from ftcompare.ui.widgets.file_field import FieldMessage


class SetupFooter(QWidget):
    """The plan in a line, the page's problem, and its two buttons."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__()
        self._tasks = OwnedTasks(self, tasks)
        self._asked: tuple[int, RatingDesign, Scale, int] | None = None
        self._plan = Muted("")
        self._plan.setObjectName("setup_plan")
        self._assumptions = Muted("", small=True)
        self.problem = FieldMessage()
        self.problem.setObjectName("setup_problem")
        self.primary = PrimaryButton(self.tr("Create study"))
        self.primary.setObjectName("setup_create")
        self.cancel = PlainButton(self.tr("Cancel"))
        self.cancel.setObjectName("setup_cancel")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch()
        for part in (self.problem, self._plan, self._assumptions):
            words.addWidget(part)
        words.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(L)
        row.addLayout(words, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.primary)

    def show_plan(self, prompts: int, design: RatingDesign, scale: Scale, systems: int) -> None:
        """Say what follows from a plan; nothing where there is no prompt."""
        asked = (prompts, design, scale, systems)
        if asked == self._asked:
            return
        self._asked = asked
        for part in (self._plan, self._assumptions):
            part.setVisible(bool(prompts))
        if prompts:
            self._tasks.call(lambda: _plan_words(prompts, design, scale, systems), self._on_plan)

    def _on_plan(self, words: tuple[str, str]) -> None:
        self._plan.setText(words[0])
        self._assumptions.setText(words[1])


def _plan_words(prompts: int, design: RatingDesign, scale: Scale, systems: int) -> tuple[str, str]:
    """Imported only when first asked, on the study's thread: the statistics take half a second."""
    from ftcompare.app.planning import plan

    found = plan(prompts, design, scale, systems=systems)
    return found.sentence, found.assumptions
