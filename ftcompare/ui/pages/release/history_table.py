"""The table of a ledger: a line for each checkpoint, with the step from the one before."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from PySide6.QtCore import Signal

from ftcompare.app.release.checkpoint_history import Ledger, LedgerRow, LedgerStep, distinct_names
from ftcompare.core.study import RaterKind
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.release import history_texts as say
from ftcompare.ui.pages.results.parts import how_button
from ftcompare.ui.pages.results.words import percent, range_words
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Card, Muted, QuietButton, SectionLabel, set_role
from ftcompare.ui.widgets.table import Cell, Column, DataTable, Row

ROW_HEIGHT = 34
"""Pixels, before zoom."""

MOST_ROWS = 12
FILTERED_FROM = 9
"""So many lines are worth a filter field."""

LONGEST_NAME = 200


class LedgerTable(Card):
    """The table, its copy, and how a line comes about.

    Signals:
        explained: an `Explanation`.
        save_asked: the ledger is wanted as JSON.
    """

    explained = Signal(object)
    save_asked = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found = Ledger((), ())
        self._these = "Interval: these raters, other prompts"
        self._like_these = "Interval: other raters, other prompts"
        self.table = DataTable(
            context.theme,
            "Checkpoints",
            (),
            "Filter checkpoints",
            "Words of the checkpoint or study",
        )
        self._how = how_button("Checkpoint", self._explain)
        self._arrange()
        self.table.opened.connect(self._explain_row)
        context.theme.changed.connect(self._fit)

    def show_ledger(self, found: Ledger) -> None:
        """Show other checkpoints."""
        self._found = found
        steps = {step.after: step for step in found.steps}
        studies = _studies(found)
        several = bool(studies)
        kinds = len({row.rater_kind for row in found.rows}) > 1
        self.table.set_columns(self._columns(several=several, kinds=kinds, steps=bool(steps)))
        self.table.set_rows(
            [
                Row(
                    place,
                    (*_names(row, studies.get(row.file, ""), kinds), *_rates(row), *_changes(place, steps)),
                    f"{row.study}: {row.file}",
                    row.file,
                )
                for place, row in enumerate(found.rows)
            ]
        )
        self.table.field.setVisible(len(found.rows) >= FILTERED_FROM)
        self._fit()

    def _columns(self, *, several: bool, kinds: bool, steps: bool) -> list[Column]:
        columns = [Column("Checkpoint", stretch=1)]
        columns += [Column("Study")] if several else []
        columns += [Column("Judged by")] if kinds else []
        return [
            *columns,
            *(Column(title, numeric=True, words=_whole) for title in self._amounts()),
            Column("Win\nrate", numeric=True, words=_share, tip="Against the base"),
            Column("For these\nraters", numeric=True, tip=self._these),
            Column("For raters\nlike these", numeric=True, tip=self._like_these),
            *(self._step_columns() if steps else ()),
        ]

    def _step_columns(self) -> tuple[Column, ...]:
        shared = "Over the prompts that both were judged on, prompt by prompt"
        return (
            Column("Points on\nthe last", numeric=True, words=_points, tip=shared),
            Column("Interval of\nthe points", numeric=True, tip=shared),
            Column("Than\nthe last", numeric=True, tip="Whether that interval leaves out 0"),
        )

    def _amounts(self) -> tuple[str, str, str]:
        return "Prompts", "Judged", "Raters"

    # --- acts ------------------------------------------------------------------------------------

    def _explain(self) -> None:
        """The line in hand; where none is, the whole."""
        index = self.table.view.currentIndex()
        if index.isValid():
            self._explain_row(self.table.model.shown[index.row()].key)
        else:
            self.explained.emit(say.ledger_explanation(self._found))

    def _explain_row(self, key: Hashable) -> None:
        for place, row in enumerate(self._found.rows):
            if place == key:
                step = next((step for step in self._found.steps if step.after == place), None)
                before = distinct_names(self._found.rows)[step.before] if step else ""
                self.explained.emit(say.row_explanation(row, step, before))

    def _copy(self) -> None:
        self.table.copy()
        self._context.bar.show_good("Copied as tab-separated text")

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        copy = QuietButton("Copy table", icon="copy")
        copy.setObjectName("ledger_copy")
        copy.clicked.connect(self._copy)
        save = QuietButton("Save JSON…", icon="save")
        save.setObjectName("ledger_save")
        save.setToolTip("Every figure for programs, as “ftcompare ledger --json” tells it")
        save.clicked.connect(self.save_asked)
        self.table.head.insertWidget(0, SectionLabel("Checkpoints"))
        self.table.head.insertWidget(1, self._how)
        self.table.head.insertStretch(2)
        for button in (copy, save):
            set_role(button, role="tool")
            self.table.head.addWidget(button)
        hint = "Choose a line and press Enter, or double-click it, for how its figures come about."
        self.body.setSpacing(S)
        self.body.addWidget(self.table)
        self.body.addWidget(Muted(hint, small=True))

    def _fit(self) -> None:
        """As high as its lines, up to a number of them."""
        view, lines = self.table.view, min(len(self._found.rows), MOST_ROWS)
        around = view.horizontalHeader().sizeHint().height() + 2 * view.frameWidth()
        bar = view.horizontalScrollBar().sizeHint().height()
        view.setFixedHeight(around + self._context.theme.px(ROW_HEIGHT) * lines + bar)


def _studies(found: Ledger) -> dict[str, str]:
    """What to call the study of each file: its title, or where two have one title the file; {} for one."""
    titles = {row.file: row.study for row in found.rows}
    alike = len(set(titles.values())) < len(titles)
    return {file: file if alike else title for file, title in titles.items()} if len(titles) > 1 else {}


def _names(row: LedgerRow, study: str, kinds: bool) -> list[Cell]:
    programs = row.rater_kind is RaterKind.AUTOMATIC
    by = "programs" if programs else "people"
    studies = [one_line(study, LONGEST_NAME)] if study else []
    return [one_line(row.system, LONGEST_NAME), *studies, *([by] if kinds else [])]


def _rates(row: LedgerRow) -> list[Cell]:
    these, over = row.win_rate, row.win_rate_over_raters
    amounts: list[Cell] = [row.prompts, row.judgments, row.raters, these.value]
    return [
        *amounts,
        range_words(these.low, these.high) or None,
        (range_words(over.low, over.high) or None) if over else None,
    ]


def _changes(place: int, steps: Mapping[int, LedgerStep]) -> list[Cell]:
    """What follows from the step that ends here; nothing where no line has one."""
    if not steps:
        return []
    step = steps.get(place)
    found = step.difference if step else None
    return [100 * found.value if found else None, say.span(found) or None, say.change_words(step) or None]


def _whole(cell: Cell) -> str:
    return f"{cell:,}"


def _share(cell: Cell) -> str:
    return percent(cell) if isinstance(cell, float) else "–"


def _points(cell: Cell) -> str:
    return say.signed(cell) if isinstance(cell, float) else "–"
