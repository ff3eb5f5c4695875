"""The Cost tab: on which prompts fine-tuning lost clearly, and on which it won."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ftcompare.app.results.cost import (
    Clarity,
    ClearPrompts,
    JudgedPrompt,
    clear_prompts,
    judged_prompts,
    usual_clarity,
)
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.stats.differences import CLEAR
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.cost import words as say
from ftcompare.ui.pages.results.grid import fit_height
from ftcompare.ui.pages.results.parts import SnugLabel, how_button
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.pages.results.words import percent, slice_name
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import (
    Card,
    EmptyState,
    EnterButton,
    Heading,
    LinkButton,
    PlainButton,
    SectionLabel,
    label,
    set_role,
    waiting,
)
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.number_field import number_field
from ftcompare.ui.widgets.table import Cell, Column, DataTable, Row

ROWS_SHOWN = 12
"""A longer table scrolls."""

CATEGORY_COLUMN, SPLIT_COLUMN, PREFERENCE_COLUMN = 0, 2, 3


class CostTab(ResultsTab):
    """Prompts that one system won clearly, by category and split; each leads to its comparisons."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._shown: Shown | None = None
        self._pair: PairSummary | None = None
        self._judged: dict[str, JudgedPrompt] = {}
        self._found: ClearPrompts | None = None
        self._part = ("all", "")
        self.headline = Heading("")
        self.headline.setObjectName("cost_headline")
        self.doubt = SnugLabel()
        self.notes = label("", "muted", wrap=True)
        self._directions = QButtonGroup(self)
        self.cost_button, self.gain_button = self._segment("first"), self._segment("last")
        self.least = number_field(QSpinBox(), "cost_least")
        self.raters = number_field(QSpinBox(), "cost_raters")
        self.chart = FigureCard(
            context.theme,
            context.bar,
            "Prompts clearly won",
            "clear-prompts",
            "List these prompts below",
        )
        self.prompts_title = SectionLabel("")
        self.all_button = LinkButton("Show all")
        self.copy_button = PlainButton("Copy as table")
        self.table = self._make_table()
        self._arrange()
        self._connect()
        self._bring(self._waiting)

    def show_results(self, shown: Shown) -> None:
        """Fetch the prompts of the pair afresh."""
        self._shown = shown
        if shown.blinded:
            self._bring(self._blinded)
            return
        pair = shown.pair
        fetch = partial(judged_prompts, a=pair.a, b=pair.b, kind=pair.rater_kind)
        self._tasks.run(fetch, partial(self._take, shown))

    def search(self) -> None:
        """Put the cursor into the filter field of the prompts, where any are listed."""
        if self.table.isVisible():
            self.table.search()

    def _take(self, shown: Shown, judged: tuple[JudgedPrompt, ...]) -> None:
        if shown is not self._shown:
            return  # another pair was chosen meanwhile
        pair, before = shown.pair, self._pair
        other = before is None or (before.a, before.b, before.rater_kind) != (pair.a, pair.b, pair.rater_kind)
        self._judged = {prompt.key: prompt for prompt in judged}
        self._pair = pair
        self._set_controls(shown, judged, fresh=other)
        self._part = ("all", "") if other else self._part
        self._bring(self._body)
        self._refresh()

    def _set_controls(self, shown: Shown, judged: tuple[JudgedPrompt, ...], *, fresh: bool) -> None:
        for button, words in zip(
            (self.cost_button, self.gain_button),
            say.directions(shown.pair, tuned=_tuned(shown)),
            strict=True,
        ):
            button.setText(words)
            button.setAccessibleName(words)
        self.raters.blockSignals(True)  # filling it is no choice of the user's
        self.raters.setRange(1, max((prompt.raters for prompt in judged), default=1))
        if fresh:
            self.raters.setValue(usual_clarity(judged).raters)
        self.raters.blockSignals(False)

    def _refresh(self) -> None:
        shown, pair = self._shown, self._pair
        if shown is None or pair is None:
            return
        clarity = Clarity(self.least.value() / 100, self.raters.value())
        found = clear_prompts(self._judged.values(), clarity, gained=self.gain_button.isChecked())
        self._found = found
        self.headline.setText(say.cost_headline(found, pair, tuned=_tuned(shown)))
        self.doubt.set_text(say.doubt_sentence(found, pair))
        notes = say.cost_notes(found, pair)
        self.notes.setText(notes)
        self.notes.setVisible(bool(notes))
        self.chart.set_title(say.chart_title(found, pair))
        self.chart.view.set_chart(say.chart_of(found))
        self.chart.setVisible(found.whole is not None)
        self._fill_table(found, pair)

    # --- the prompts -----------------------------------------------------------------------------

    def _fill_table(self, found: ClearPrompts, pair: PairSummary) -> None:
        header = say.preference_title(found, pair)
        if self.table.model.columns[PREFERENCE_COLUMN].title != header:
            self.table.set_columns(self._columns(header))
        kept = [prompt for prompt in found.prompts if self._in_part(prompt)]
        self.table.set_rows([_row(found, prompt) for prompt in kept])
        self.table.view.setColumnHidden(CATEGORY_COLUMN, not any(p.category for p in found.prompts))
        self.table.view.setColumnHidden(SPLIT_COLUMN, not any(p.split for p in found.prompts))
        whole = self._part[0] == "all"
        title = "Prompts" if whole else f"Prompts: {say.part_name(*self._part)}"
        self.prompts_title.set_text(title)
        self.all_button.setVisible(not whole)
        self._none.setVisible(not kept)
        self._none.setText("No prompt is won as clearly as that.")
        self.table.setVisible(bool(kept))
        self.copy_button.setVisible(bool(kept))
        self._fit_table()

    def _in_part(self, prompt: JudgedPrompt) -> bool:
        dimension, stored = self._part
        return {"category": prompt.category, "split": prompt.split.value}.get(dimension, stored) == stored

    def _show_part(self, dimension: str, stored: str) -> None:
        self._part = (dimension, stored)
        if self._found is not None and self._pair is not None:
            self._fill_table(self._found, self._pair)
            self._scroll_to(self._prompts)

    def _scroll_to(self, widget: QWidget) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(widget)

    def _clicked(self, index: QModelIndex) -> None:
        """A plain click opens; one with Ctrl or Shift chooses rows to copy."""
        if QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier:
            self._open(self.table.model.shown[index.row()].key)

    def _open(self, key: object) -> None:
        self.comparisons_asked.emit(Part(Dimension.PROMPT, str(key)))

    def _copy(self) -> None:
        self.table.view.clearSelection()
        self.table.copy()
        self._context.bar.show_good("Copied as a table")

    # --- explaining ------------------------------------------------------------------------------

    def _explain_share(self) -> None:
        if self._found is not None and self._pair is not None:
            self.explained.emit(say.cost_explanation(self._found, self._pair))

    def _explain_doubt(self) -> None:
        if self._found is not None and self._pair is not None:
            self.explained.emit(say.doubt_explanation(self._found, self._pair))

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._waiting = waiting("Looking through the prompts…")
        self._blinded = EmptyState(
            "After unblinding",
            (
                "Here you will see what fine-tuning cost: the prompts on which the base was clearly "
                "preferred, by category and split, and what was gained. Single prompts with their winners "
                "could tell which system is which, so they come after unblinding."
            ),
        )
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(L)
        body.addLayout(self._top())
        body.addLayout(self._controls())
        body.addWidget(self.chart)
        body.addWidget(self._prompts_card())
        body.addStretch()
        for view in (self._waiting, self._blinded, self._body):
            column.addWidget(view)

    def _top(self) -> QVBoxLayout:
        top = QVBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.headline)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.doubt, 1)
        row.addWidget(how_button("Beyond doubt", self._explain_doubt), 0, Qt.AlignmentFlag.AlignTop)
        row.addStretch()
        top.addLayout(row)
        top.addWidget(self.notes)
        return top

    def _controls(self) -> FlowLayout:
        flow = FlowLayout(L)
        self._switch = QWidget()
        row = QHBoxLayout(self._switch)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.cost_button)
        row.addWidget(self.gain_button)
        self.cost_button.setObjectName("cost_direction")
        self.gain_button.setObjectName("gain_direction")
        self.cost_button.setChecked(True)
        self.least.setRange(55, 100)
        self.least.setSingleStep(5)
        self.least.setSuffix("%")
        self.least.setValue(round(100 * CLEAR))
        flow.addWidget(self._switch)
        flow.addWidget(_field("Clear from", self.least, "of the votes"))
        flow.addWidget(_field("by at least", self.raters, "raters"))
        return flow

    def _segment(self, end: str) -> QPushButton:
        button = EnterButton()
        button.setCheckable(True)
        button.setAutoDefault(False)
        set_role(button, role="segment", end=end)
        self._directions.addButton(button)
        return button

    def _prompts_card(self) -> Card:
        self._prompts = Card()
        head = QHBoxLayout()
        head.setSpacing(M)
        head.addWidget(self.prompts_title)
        head.addWidget(self.all_button)
        head.addStretch()
        head.addWidget(self.copy_button)
        self._none = label("", "muted")
        self.all_button.setObjectName("cost_all")
        self.copy_button.setObjectName("cost_copy")
        self._prompts.body.addLayout(head)
        self._prompts.body.addWidget(self._none)
        self._prompts.body.addWidget(self.table)
        return self._prompts

    def _make_table(self) -> DataTable:
        return DataTable(
            self._context.theme,
            "Prompts won clearly; Enter shows the comparisons",
            self._columns(""),
            "Filter prompts",
            "Words of the prompt, its category, split or tags",
        )

    def _columns(self, preference: str) -> tuple[Column, ...]:
        return (
            Column("Category", words=lambda stored: one_line(str(stored or ""), 40) or "–"),
            Column("Prompt", stretch=1),
            Column("Split", words=lambda stored: slice_name("split", str(stored)) if stored else "–"),
            Column(preference, numeric=True, words=_percent_cell, tip="Its share of the votes"),
            Column("Raters", numeric=True),
            Column("Judgments", numeric=True),
        )

    def _connect(self) -> None:
        self.chart.head.insertWidget(1, how_button("Prompts clearly won", self._explain_share))
        self.chart.view.picked.connect(self._show_part)
        self._directions.buttonClicked.connect(self._refresh)
        self.least.valueChanged.connect(self._refresh)
        self.raters.valueChanged.connect(self._refresh)
        self.all_button.clicked.connect(lambda: self._show_part("all", ""))
        self.copy_button.clicked.connect(self._copy)
        self.table.view.clicked.connect(self._clicked)
        self.table.view.opened.connect(lambda index: self._open(self.table.model.shown[index.row()].key))
        self._context.theme.changed.connect(self._fit_table)

    def _bring(self, view: QWidget) -> None:
        for each in (self._waiting, self._blinded, self._body):
            each.setVisible(each is view)

    def _fit_table(self) -> None:
        """As high as its rows, up to a number from which on it scrolls."""
        fit_height(self.table, ROWS_SHOWN)
        self._switch.setMinimumHeight(self.least.sizeHint().height())  # in the middle of its line


def _tuned(shown: Shown) -> bool:
    """Whether b is a fine-tune and a is none: then a's wins are what fine-tuning cost."""
    return shown.pair.b in shown.found.tuned and shown.pair.a not in shown.found.tuned


def _field(before: str, box: QSpinBox, after: str) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(S)
    for part in (label(before), box, label(after)):
        row.addWidget(part)
    box.setAccessibleName(f"{before} … {after}")
    return holder


def _percent_cell(cell: Cell) -> str:
    return "–" if cell is None else percent(float(cell))


def _row(found: ClearPrompts, prompt: JudgedPrompt) -> Row:
    return Row(
        key=prompt.key,
        cells=(
            prompt.category or None,
            prompt.text,
            prompt.split.value or None,
            round(found.share(prompt), 4),
            prompt.raters,
            prompt.judgments,
        ),
        tip=one_line(prompt.text, 400),
        hidden=" ".join(prompt.tags),
    )
