"""Runs the measurements of Generate's card for the owner."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from ftcompare.app.generate.benchmark import OwnerTable, Prices, owner_table
from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.ui.engine.run_driver import EngineRunner
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.benchmark_card import MeasuredCard
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks


class Measuring(QObject):
    """The card, and the engine's run for it.

    Args:
        settings: returns the current settings for writing responses.
        backend: ``local``, or ``fake`` for tests.
    """

    changed = Signal()
    """Measuring began or ended."""

    def __init__(
        self, context: PageContext, settings: Callable[[], GenerationSettings], backend: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._settings = settings
        self._backend = backend
        self.card = MeasuredCard()
        doing = "Generate is measuring what each system takes."
        self.runner = EngineRunner(context.tasks, doing=doing, parent=self)
        self.card.measure.connect(self._start)
        self.card.cancel.connect(self._cancel)
        self.card.priced.connect(self.refresh)
        self.runner.progress.connect(self.card.show_progress)
        self.runner.finished.connect(self._on_finished)

    @property
    def running(self) -> bool:
        return self.runner.running

    def begin_study(self) -> None:
        self.card.show_end(GenerationProgress())
        self.card.show_table(None)

    def refresh(self) -> None:
        prices = self.card.prices.prices
        self._tasks.run(lambda study: _measured(study, prices), self.card.show_table, _passed_over)

    def show_acts(self, *, busy: bool) -> None:
        self.card.set_running(self.running, stopping=self.runner.stopping, busy=busy)

    def shut_down(self) -> None:
        """End the engine; an incomplete measurement is discarded."""
        self.runner.shut_down()
        self.card.set_running(running=False)

    def _start(self) -> None:
        self.card.set_running(running=True)
        self.runner.measure(self._settings(), backend=self._backend)
        self.changed.emit()

    def _cancel(self) -> None:
        self.runner.stop()
        self.changed.emit()

    def _on_finished(self, progress: GenerationProgress) -> None:
        self.card.show_end(progress)
        self.changed.emit()
        self.refresh()


def _measured(study: StudyFile, prices: Prices | None) -> OwnerTable | None:
    try:
        return owner_table(study, prices)
    except UserError as error:
        if error.code != "not-measured":
            raise
        return None


def _passed_over(error: FTCompareError) -> None:
    """Ignore the error, because the page itself shows that no study is open."""
