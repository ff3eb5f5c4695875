"""The runs that compute measures in a line of buttons, their questions, and their progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ftcompare.app.generate.engine_run import EngineRun
from ftcompare.app.measures.judges.kind import JUDGED
from ftcompare.app.measures.kind import MeasureGroup
from ftcompare.app.measures.own import OWN
from ftcompare.app.measures.registry import KINDS, RUNS
from ftcompare.app.measures.retention.kind import BENCHMARKED
from ftcompare.app.measures.runs import (
    KEPT,
    AskedChoice,
    AskedConsent,
    AskedForm,
    AvailableRun,
    DoWork,
    MakeRun,
    MeasureRun,
    RunAnswer,
    RunAnswers,
    available_runs,
)
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import named_value, sentences, tr
from ftcompare.ui.dialogs.frames import NamedDialog, TaskDialog
from ftcompare.ui.engine.run_driver import ADVICE, EngineRunner
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.run_dialogs import BenchmarkDialog, JudgeDialog, OwnMeasureDialog
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XL, L, M
from ftcompare.ui.widgets.controls import (
    FoldButton,
    Heading,
    PlainButton,
    PrimaryButton,
    label,
    named,
    set_role,
)
from ftcompare.ui.widgets.engine_run_view import EngineRunView
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_grid, in_row
from ftcompare.ui.widgets.study_work import StudyWork

FORMS: Mapping[str, type[JudgeDialog | BenchmarkDialog | OwnMeasureDialog]] = {
    JUDGED: JudgeDialog,
    BENCHMARKED: BenchmarkDialog,
    OWN: OwnMeasureDialog,
}


Offers = Sequence[AvailableRun]


class RunsLine(QWidget):
    """The available runs. One runs at a time, and it continues while another page is shown.

    Args:
        backend: that of the engine.

    Signals:
        began: a run began; its button can no longer have the focus.
        computed: a run ended, and its results are to be shown.
        offered: the buttons have changed.
    """

    began = Signal()
    computed = Signal()
    offered = Signal()

    def __init__(
        self, context: PageContext, runs: Sequence[MeasureRun] = RUNS, backend: str = "local"
    ) -> None:
        super().__init__()
        self._context, self._runs, self._backend = context, tuple(runs), backend
        self._tasks = OwnedTasks(self, context.tasks)
        self._first = False
        self._missing: Mapping[MeasureGroup, str] = {}
        self._buttons: dict[str, PlainButton] = {}
        self._fold: FoldButton | None = None
        self._offers = Slot()
        self.work = StudyWork(context.tasks, lambda name: name or tr("Working"))
        self.runner = EngineRunner(context.tasks, doing=tr("Results is computing measures."), parent=self)
        stopped = sentences(tr("Stopped."), tr(KEPT))
        self.shown = EngineRunView(self.runner, "run", stopped, says_done=True)
        self.shown.named = False
        in_column(self._offers, self.work, self.shown, gap=M, of=self)
        self._connect()

    def refresh(self, missing: Mapping[MeasureGroup, str], *, named: bool, first: bool = True) -> None:
        """Find again what there is to do.

        Args:
            missing: what the measures of each group need that has none.
            named: whether systems are shown by name, so that a run's notes about them may be shown.
            first: whether no measure is shown, so that the runs are not folded.
        """
        self.shown.named, self._missing, self._first = named, missing, first
        self._tasks.run(partial(available_runs, runs=self._runs), self._show_offers, lambda _error: None)

    @property
    def running(self) -> bool:
        return self.runner.running or self.work.running

    # --- the offers ------------------------------------------------------------------------------

    def _show_offers(self, offers: tuple[AvailableRun, ...]) -> None:
        """The runs with work to do, folded below measures, and what other kinds without measures need."""
        held = next((key for key, button in self._buttons.items() if button.hasFocus()), "")
        possible = tuple(offer for offer in offers if offer.left.count)
        offered = {offer.run.key for offer in possible}
        kinds = {kind.group: {run.key for run in kind.runs} for kind in KINDS}
        needs = [
            label(named_value(group.heading, _need(text, own)), wrap=True)
            for group, text in self._missing.items()
            for own in [[one for one in offers if one.run.key in kinds.get(group, ())]]
            if not kinds.get(group, set()) & offered
        ]
        first = {key for group in self._missing for key in kinds.get(group, ())}
        self._buttons = {}
        ordered = sorted(possible, key=lambda offer: offer.run.key not in first)
        content = self._described(ordered, needs)
        if not self._first:
            fold, runs = FoldButton(tr("Measure more"), name="run_more", of=content), content
            content = filled(in_column(in_row(fold, STRETCH), runs, gap=M))
            fold.set_open(self._fold is not None and self._fold.is_open)
            self._fold = fold
        self._offers.set_content(content)
        self.setVisible(bool(possible or needs or self.running))
        self._show_acts()
        if held in self._buttons:
            self._buttons[held].setFocus()
        self.offered.emit()

    def _described(self, offers: Offers, needs: Sequence[QWidget]) -> QWidget:
        """The runs below each other, each with what it does, and folded what other kinds of measures need.

        While nothing is measured, the first run is the next step.
        """
        folded, holder = filled(in_column(*needs, gap=M)), QWidget()
        grid = in_grid(L, M, 1)
        for place, offer in enumerate(offers):
            button = self._button(offer)
            set_role(button, role="primary" if self._first and not place else "link")
            grid.addWidget(button, place, 0)
            grid.addWidget(label(tr(offer.run.does), "muted", wrap=True), place, 1)
        title = tr("What other measures need")
        links = [FoldButton(title, name="run_needs", of=folded)] if needs else []
        in_column(grid, in_row(*links, STRETCH), folded, gap=M, of=holder)
        return holder

    def _button(self, offer: AvailableRun) -> PlainButton:
        run = offer.run
        button = named(PlainButton(tr(run.title)), f"run_{run.key}")
        button.setAccessibleDescription(sentences(tr(run.does), offer.left.text))
        button.setToolTip(tip(sentences(tr(run.does), offer.left.text)))
        button.clicked.connect(partial(self._ask, offer))
        self._buttons[run.key] = button
        return button

    def _show_acts(self) -> None:
        """Show the runs, or in their place the progress of the one under way."""
        self._offers.setVisible(not self.running)

    # --- a run -----------------------------------------------------------------------------------

    def _ask(self, offer: AvailableRun) -> None:
        answers = answers_to(offer, self._context.tasks, self)
        if answers is not None and not self.running:
            self._begin(offer.run, answers)

    def _begin(self, run: MeasureRun, answers: RunAnswers) -> None:
        self.shown.tell([])
        forms = (FORMS[asked.key].advice() for asked in run.asks if isinstance(asked, AskedForm))
        self.shown.advice = next(forms, ADVICE)
        self.shown.stopped = sentences(tr("Stopped."), tr(run.when_stopped))
        if run.work is not None:
            self.work.run(partial(_work, run, run.work, answers), self._on_done, self._on_failed)
        elif run.engine is not None:
            self.runner.carry(partial(_engine_run, run, run.engine, answers, self._backend))
        self.began.emit()
        self._show_acts()

    def _on_done(self, outcome: str) -> None:
        self._context.bar.show_good(outcome)
        self._end()

    def _on_failed(self, error: FTCompareError) -> None:
        self._context.bar.show_error(error)
        self._end()

    def _on_cancelled(self) -> None:
        self.shown.tell([("caution", self.shown.stopped)])
        self._end()

    def _end(self) -> None:
        self._show_acts()
        self.computed.emit()

    def _connect(self) -> None:
        self.runner.finished.connect(self._end)
        self.work.cancelled.connect(self._on_cancelled)


def _need(text: str, idle: Sequence[AvailableRun]) -> str:
    """Return why the run of a kind has nothing to do, or ``text`` if that says the same."""
    return next((one.left.text for one in idle if not text.startswith(one.left.text.rstrip("."))), text)


def _engine_run(
    run: MeasureRun, make: MakeRun, answers: RunAnswers, backend: str, study: StudyFile
) -> EngineRun:
    _record(study, run)
    return make(study, answers, backend)


def _work(
    run: MeasureRun, work: DoWork, answers: RunAnswers, study: StudyFile, progress: ProgressCallback
) -> str:
    _record(study, run)
    return work(study, answers, progress)


def _record(study: StudyFile, run: MeasureRun) -> None:
    for asked in run.asks:
        if isinstance(asked, AskedConsent) and not asked.agreed(study):
            asked.record(study)


WIDTH, HEIGHT = 520, 320


def answers_to(offer: AvailableRun, tasks: StudyTasks, parent: QWidget) -> dict[str, RunAnswer] | None:
    """Ask all questions of a run, one after the other; None if the user canceled one."""
    answers: dict[str, RunAnswer] = {}
    for asked in offer.run.asks:
        if isinstance(asked, AskedConsent):
            if asked.title not in offer.agreed and not ConsentDialog(asked, parent).accepted_by_user():
                return None
            continue
        found = _found(asked, offer, tasks, parent)
        if found is None:
            return None
        answers[asked.key] = found
    return answers


def _found(
    question: AskedChoice | AskedForm, offer: AvailableRun, tasks: StudyTasks, parent: QWidget
) -> RunAnswer | None:
    if isinstance(question, AskedForm):
        form = FORMS[question.key](tasks, parent)
        return form.answer if form.accepted_by_user() else None
    dialog = ChoiceDialog(tr(question.title), offer.options.get(question.key, ()), parent)
    return dialog.chosen if dialog.accepted_by_user() else None


class ConsentDialog(NamedDialog):
    """Describes an action and asks for consent. Enter presses Cancel."""

    def __init__(self, question: AskedConsent, parent: QWidget) -> None:
        super().__init__("run_consent", tr(question.title), parent, modal=True, kept=True)
        self.setMinimumWidth(WIDTH)
        agree = PlainButton(tr(question.agree), name="consent_agree", act=self.accept)
        cancel = PrimaryButton(tr("Cancel"), name="consent_cancel", act=self.reject)
        parts = (
            Heading(tr(question.title), level=2),
            *(label(tr(text), wrap=True) for text in question.text),
        )
        buttons = in_row(STRETCH, agree, cancel, gap=L)
        in_column(*parts, buttons, gap=M, margins=(XL, XL, XL, XL), of=self)


class ChoiceDialog(TaskDialog):
    def __init__(self, title: str, options: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__("choice", title, tr("Choose"), parent)
        self.list = named(QListWidget(), "choice_list", title)
        for key, text in options:
            QListWidgetItem(one_line(text), self.list).setData(Qt.ItemDataRole.UserRole, key)
        self.arrange(Heading(title, level=2), (self.list, 1), foot=QWidget(), size=(WIDTH, HEIGHT))
        self.list.currentRowChanged.connect(lambda row: self.accept_button.setEnabled(row >= 0))
        self.accept_button.setEnabled(False)

    @property
    def chosen(self) -> tuple[str, ...]:
        return (str(self.list.currentItem().data(Qt.ItemDataRole.UserRole)),)
