"""Setup: makes a new study, and shows and amends the open one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app import content as contents
from ftcompare.app.content import StudyContent
from ftcompare.app.demo import demo_plan
from ftcompare.app.paths import default_study_folder
from ftcompare.app.studies import AdapterChoice, StudyPlan, create_study
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import SystemId
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.context import Page, PageContext
from ftcompare.ui.owned_tasks import OwnedTasks
from ftcompare.ui.pages.setup_material import GlossaryPart, PromptsPart
from ftcompare.ui.pages.setup_study import StudyPart
from ftcompare.ui.pages.setup_systems import SystemsPart
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme import L
from ftcompare.ui.widgets.basics import (
    Heading,
    LinkButton,
    Muted,
    NoticeLabel,
    PlainButton,
    PrimaryButton,
    page_layout,
)
from ftcompare.ui.widgets.columns import ScrollColumn
from ftcompare.ui.widgets.file_field import CheckState, FieldMessage

Change = Callable[[StudyFile], StudyContent]


class SetupPage(Page):
    """The page.

    Args:
        context: what every page is given.
        save_folder: where a new study is proposed to be kept.
    """

    created = Signal(object)
    """The `Path` of a study that has just been made; it is not open yet."""

    def __init__(self, context: PageContext, save_folder: Callable[[], Path] = default_study_folder) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._content: StudyContent | None = None
        body, right = page_layout(self, self.tr("New study"))
        self._heading = next(iter(self.findChildren(Heading)))
        self._notice = NoticeLabel()
        self._place = Muted("", small=True)
        self._place.setWordWrap(False)
        self._demo = LinkButton(self.tr("Fill with the demo"))
        self._demo.setObjectName("setup_demo")
        for part in (self._notice, self._place, self._demo):
            right.addWidget(part)
        self.study = StudyPart(save_folder)
        self.systems = SystemsPart(context.tasks)
        self.prompts = PromptsPart(context.tasks)
        self.glossary = GlossaryPart(context.tasks)
        body.addWidget(self._scrolled(), 1)
        body.addLayout(self._footer())
        self._connect()
        self.begin_new()

    def _scrolled(self) -> ScrollColumn:
        """What is asked above; below it of whom, and with what."""
        below = QWidget()
        columns = QHBoxLayout(below)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(L)
        for parts in ((self.systems,), (self.prompts, self.glossary)):
            column = QVBoxLayout()
            column.setSpacing(L)
            for part in parts:
                column.addWidget(part)
            column.addStretch(1)
            columns.addLayout(column, 1)
        return ScrollColumn(self.study, below)

    def _footer(self) -> QHBoxLayout:
        self._plan = Muted("")
        self._plan.setObjectName("setup_plan")
        self._assumptions = Muted("", small=True)
        self._problem = FieldMessage()
        self._problem.setObjectName("setup_problem")
        self.primary = PrimaryButton(self.tr("Create study"))
        self.primary.setObjectName("setup_create")
        self._cancel = PlainButton(self.tr("Cancel"))
        self._cancel.setObjectName("setup_cancel")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch()
        for part in (self._problem, self._plan, self._assumptions):
            words.addWidget(part)
        words.addStretch()
        row = QHBoxLayout()
        row.setSpacing(L)
        row.addLayout(words, 1)
        row.addWidget(self._cancel)
        row.addWidget(self.primary)
        return row

    def _connect(self) -> None:
        self._demo.clicked.connect(self._fill_demo)
        self.primary.clicked.connect(self._on_primary)
        self._cancel.clicked.connect(lambda: self._context.trigger("page.welcome"))
        self.prompts.changed.connect(self._show_plan)
        self.systems.changed.connect(self._clear_problem)
        self.study.edited.connect(self._save_words)
        self.systems.base_asked.connect(self._add_base)
        self.systems.adapter_asked.connect(self._add_adapter)
        self.systems.removal_asked.connect(self._remove_system)
        self.prompts.apply_asked.connect(self._add_prompts)
        self.glossary.apply_asked.connect(self._use_glossary)

    def enter(self) -> None:
        """Show the open study; without one, stay with the new."""
        self._tasks.run(contents.content, self._show_study, self._on_no_study)

    def begin_new(self) -> None:
        """Empty fields for a new study."""
        self._content = None
        self._heading.setText(self.tr("New study"))
        self._notice.set("")
        self._place.hide()
        self._demo.show()
        self._cancel.show()
        self._problem.clear()
        self.primary.set_text(self.tr("Create study"))
        self.primary.setEnabled(True)
        for part in (self.study, self.systems, self.prompts, self.glossary):
            part.start_new()
        self._show_plan()
        self.study.title.edit.setFocus()

    def _on_no_study(self, error: FTCompareError) -> None:
        if error.code != "no-study":
            self._context.bar.show_error(error)
        elif self._content is not None:
            self.begin_new()
        else:
            self.study.title.edit.setFocus()

    def _show_study(self, content: StudyContent) -> None:
        self._content = content
        self._heading.setText(self.tr("Setup"))
        self._notice.set(content.study.notice)
        self._place.setText(one_line(content.path.name))
        self._place.setToolTip(str(content.path))
        self._place.show()
        self._demo.hide()
        self._cancel.hide()
        self._problem.clear()
        self.primary.set_text(self.tr("Go to Generate"))
        self.primary.setEnabled(True)
        self.study.show_study(content)
        self.systems.show_study(content)
        self.prompts.show_study(content.prompts)
        self.glossary.show_study(content.glossary)
        self._show_plan()

    def _show_plan(self) -> None:
        self._clear_problem()
        found = self.prompts.found
        count = found.count if found else 0
        self._plan.setVisible(bool(count))
        self._assumptions.setVisible(bool(count))
        if count:
            self._tasks.call(lambda: _plan_words(count), self._on_plan)

    def _on_plan(self, words: tuple[str, str]) -> None:
        self._plan.setText(words[0])
        self._assumptions.setText(words[1])

    def _clear_problem(self) -> None:
        self._problem.clear()

    def _fill_demo(self) -> None:
        self._tasks.call(demo_plan, self._put, self._show_problem)

    def _put(self, plan: StudyPlan) -> None:
        self.study.title.edit.setText(plan.title)
        self.study.question.edit.setText(plan.scale.question)
        self.study.answers.setCurrentIndex(plan.scale.strengths - 1)
        self.study.show_problems("", "")
        self.systems.put(plan.model, plan.adapters)
        self.prompts.field.set_text(str(plan.prompts or ""))
        self.glossary.field.set_text(str(plan.glossary or ""))

    def _on_primary(self) -> None:
        if self._content is not None:
            self._context.trigger("page.generate")
        else:
            self._create()

    def _create(self) -> None:
        if not self._complete():
            return
        plan, path = self._asked_plan(), self.study.save.path
        self.primary.setEnabled(False)
        self._problem.show_note(self.tr("Writing the study…"))

        def create() -> Path:
            now = datetime.now(UTC)
            with create_study(path, plan, rng=SystemRandom(), now=now):
                return path

        self._tasks.call(create, self._on_created, self._on_not_created)

    def _asked_plan(self) -> StudyPlan:
        return StudyPlan(
            title=self.study.title.text,
            model=self.systems.base.text,
            adapters=self.systems.adapters,
            prompts=self.prompts.path,
            glossary=self.glossary.path,
            scale=self.study.scale,
        )

    def _complete(self) -> bool:
        """Whether a study can be made; what is missing or wrong is marked where it stands."""
        checks = (self.prompts.check.state, self.glossary.check.state)
        if self.systems.looking or CheckState.LOOKING in checks:
            self._problem.show_note(self.tr("Still looking at a folder or file; try again in a moment."))
            return False
        complete = (self.study.complete(), self.systems.complete(), CheckState.WRONG not in checks)
        if not all(complete):
            self._problem.show_problem(self.tr("Something is missing or wrong; it is marked above."))
        return all(complete)

    def _on_created(self, path: Path) -> None:
        self._problem.clear()
        self.primary.setEnabled(True)
        self.created.emit(path)

    def _on_not_created(self, error: FTCompareError) -> None:
        self.primary.setEnabled(True)
        self._problem.clear()
        if error.code == "study-exists":
            self.study.save.show_problem(f"{error.what} {error.how}")
        elif not self.systems.fail(error):
            self._show_problem(error)

    def _show_problem(self, error: FTCompareError) -> None:
        self._problem.show_error(error)

    def _change(
        self, change: Change, done: Callable[[], None], failed: Callable[[FTCompareError], None]
    ) -> None:
        def then(content: StudyContent) -> None:
            done()
            self._show_study(content)
            self._context.study_changed()

        self._tasks.run(change, then, failed)

    def _save_words(self) -> None:
        title, scale = self.study.title.text, self.study.scale
        self._change(
            lambda study: contents.set_words(study, title, scale, now=datetime.now(UTC)),
            lambda: self._context.bar.show_good(self.tr("Saved.")),
            self.study.show_error,
        )

    def _add_base(self, model: str) -> None:
        self._change(
            lambda study: contents.add_base(study, model),
            lambda: self._context.bar.show_good(self.tr("Base model added.")),
            self._on_system_refused,
        )

    def _add_adapter(self, choice: AdapterChoice) -> None:
        self._change(
            lambda study: contents.add_adapter(study, choice),
            lambda: self._context.bar.show_good(self.tr("{0} added.").format(one_line(choice.name))),
            self._on_system_refused,
        )

    def _remove_system(self, system: SystemId) -> None:
        self._change(
            lambda study: contents.remove_system(study, system),
            lambda: self._context.bar.show_good(self.tr("Removed.")),
            self._on_system_refused,
        )

    def _on_system_refused(self, error: FTCompareError) -> None:
        if not self.systems.fail(error):
            self._show_problem(error)

    def _add_prompts(self, path: Path) -> None:
        self._change(
            lambda study: contents.add_prompts(study, path),
            lambda: self._taken(self.prompts, self.tr("Prompts added.")),
            self.prompts.fail,
        )

    def _use_glossary(self, path: Path) -> None:
        self._change(
            lambda study: contents.use_glossary(study, path),
            lambda: self._taken(self.glossary, self.tr("Glossary taken over.")),
            self.glossary.fail,
        )

    def _taken(self, part: PromptsPart | GlossaryPart, words: str) -> None:
        part.fold()
        self._context.bar.show_good(words)


def _plan_words(count: int) -> tuple[str, str]:
    """Imported only when first asked, on the study's thread: the statistics take half a second."""
    from ftcompare.app.planning import plan

    found = plan(count)
    return found.sentence, found.assumptions
