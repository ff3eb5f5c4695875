"""Generate's card for the owner: speed and memory of each system, measured on request."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QWidget

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.generate.speed_and_savings import (
    OwnerTable,
    Prices,
    measured_words,
    owner_lines,
    owner_table,
    savings_words,
    speed_sentences,
)
from ftcompare.app.results.presentation.blocks import Column, Table
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.language import N_, tr
from ftcompare.ui.engine.run_driver import EngineRunner, end_lines, progress_line
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Card, Muted, PlainButton, ProgressLine, SectionLabel, label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.inputs import number_field
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row, put

MOST_PRICE = 100_000.0
CURRENCY_LENGTH = 8
NAME_LENGTH = 20
PRICE_WIDTH, CURRENCY_WIDTH = 104, 72


class PriceFields(QWidget):
    """Prices of a million tokens, read and written."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._read = self._box("generate_price_read", tr("Price per million input tokens"))
        self._written = self._box("generate_price_written", tr("Price per million output tokens"))
        line = QLineEdit(placeholderText="EUR", maxLength=CURRENCY_LENGTH)
        self._currency = named(line, "generate_currency", tr("Currency"))
        self._currency.textEdited.connect(lambda _text: self.changed.emit())
        self._currency.setFixedWidth(CURRENCY_WIDTH)
        read, written = label("read", "muted"), label("written", "muted")
        row = in_row(read, self._read, written, self._written, self._currency, STRETCH, gap=S)
        self._training = self._box("generate_training_cost", tr("One-time cost of fine-tuning"))
        self._once = filled(in_row(label(tr("Training, once"), "muted"), self._training, STRETCH, gap=S))
        in_column(label(tr("Price per million tokens")), row, self._once, gap=6, of=self)

    def show_training(self, shown: bool) -> None:
        self._once.setVisible(shown)

    def _box(self, name: str, title: str) -> QDoubleSpinBox:
        box = number_field(QDoubleSpinBox(maximum=MOST_PRICE, decimals=2, singleStep=0.1), name)
        box.setFixedWidth(PRICE_WIDTH)
        box.setAccessibleName(title)
        box.lineEdit().setAccessibleName(title)
        box.valueChanged.connect(lambda _value: self.changed.emit())
        return box

    @property
    def prices(self) -> Prices | None:
        read, written = self._read.value(), self._written.value()
        training = self._training.value()
        return Prices(read, written, self._currency.text().strip(), training) if read or written else None


ABOUT = N_("Each system answers a few prompts. The measurements name the systems. Raters never see them.")
BUSY = N_("Wait until the answers are generated.")


class MeasuredCard(Card):
    """The owner's table, with the systems' real names, and a button to measure again."""

    measure = Signal()
    cancel = Signal()
    priced = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("generate_measured")
        self._start = PlainButton(tr("Start measuring"), name="generate_measure", act=self.measure.emit)
        self._cancel = PlainButton(tr("Cancel"), name="generate_measure_cancel", act=self.cancel.emit)
        self._stage = named(label("", "muted", wrap=True), "generate_measure_stage")
        self._line = ProgressLine()
        self._problem = named(FieldMessage(), "generate_measure_problem")
        self._words = named(Muted("", small=True), "generate_measured_words")
        self._savings = named(label("", wrap=True), "generate_savings")
        self._table = FigureGrid(tr("Speed, memory, price"))
        self.prices = PriceFields()
        title = SectionLabel(tr("Speed, memory, price"))
        head = in_row((title, 1), self._cancel, self._start, gap=S)
        self._about = Muted("", small=True)
        put(self.body, head, self._about, self._stage, self._line, self._problem)
        put(self.body, self._table, self._words, self._savings, self.prices)
        self.prices.changed.connect(self.priced)
        self.set_running(False)
        self.show_table(None)

    def set_running(self, running: bool, *, stopping: bool = False, busy: bool = False) -> None:
        for part in (self._cancel, self._stage, self._line):
            part.setVisible(running)
        self._cancel.setEnabled(not stopping)
        self._start.setVisible(not running)
        self._start.setEnabled(not busy)
        self._about.setMinimumHeight(self._about.height() if busy else 0)  # nothing below it moves
        self._about.setText(tr(BUSY if busy else ABOUT))
        if running:
            self._problem.clear()

    def show_progress(self, progress: GenerationProgress) -> None:
        self._stage.setText(progress.stage)
        self._line.set(*progress_line(progress, tr("answers")))

    def show_end(self, progress: GenerationProgress) -> None:
        self._problem.show_lines(end_lines(progress))

    def show_table(self, table: OwnerTable | None) -> None:
        for part in (self._table, self._words, self._savings, self.prices):
            part.setVisible(table is not None)
        if table is not None:
            names = (one_line(row.name) for row in table.rows)
            columns = (Column(one_line(name, NAME_LENGTH), numbers=True, whole=name) for name in names)
            lines = tuple((title, *cells) for title, cells in owner_lines(table))
            self._table.set_table(Table("", (Column(""), *columns), lines))
            savings = savings_words(table)
            told = "\n".join(filter(None, (*speed_sentences(table), savings)))
            self._savings.setText(told)
            self._savings.setVisible(bool(told))
            self.prices.show_training(bool(savings))
            self._words.setText(measured_words(table))


class Measuring(QObject):
    """The card, and the engine's run for it with the ``settings`` for writing responses."""

    changed = Signal()  # measuring began or ended

    def __init__(
        self, context: PageContext, settings: Callable[[], GenerationSettings], backend: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._settings = settings
        self._backend = backend
        self.card = MeasuredCard()
        doing = tr("Generate is measuring speed and memory.")
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
