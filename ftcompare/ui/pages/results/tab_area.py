"""The tabs of the Results page, each created when first shown, with the explanation beside them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QStackedWidget, QWidget
from shiboken6 import isValid

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.theme.theme import L, Theme
from ftcompare.ui.widgets.button_groups import follow_layout, page_tabs
from ftcompare.ui.widgets.controls import ScrollPanel
from ftcompare.ui.widgets.layouts import filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.results.presentation.blocks import Explanation
    from ftcompare.ui.figures.cards import ExplanationPanel
    from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab, ShownStudy

SIDE_WIDTH = 400
CHART_WIDTH = 560
"""Smallest width in pixels of a chart beside the side column."""
WIDEST = 16_777_215
"""Qt's QWIDGETSIZE_MAX."""


def too_narrow(theme: Theme, width: int) -> bool:
    return width < theme.px(SIDE_WIDTH) + theme.px(CHART_WIDTH)


def put_beside(row: QBoxLayout, side: QWidget, theme: Theme, *, below: bool) -> None:
    """Lay out the last part of a row at the side, in its own width, or below in that of the row."""
    width, direction = theme.px(SIDE_WIDTH), QBoxLayout.Direction
    row.setDirection(direction.TopToBottom if below else direction.LeftToRight)
    side.setMinimumWidth(0 if below else width)
    side.setMaximumWidth(WIDEST if below else width)


class TwoColumns(QWidget):
    """Two columns. The owner fills ``left`` and ``side``; an explanation may replace ``side``."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._covered = False
        self.left, self.side = in_column(gap=L), in_column(gap=L)
        self._side = filled(self.side)
        self._row = in_row((self.left, 1), self._side, gap=L, of=self)
        theme.changed.connect(self._fit)
        self._fit()

    def cover(self, covered: bool) -> None:
        self._covered = covered
        self._side.setVisible(not covered)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """No minimum width: that of the two-column layout would prevent the change to one column."""
        return QSize(1, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        below = not self._covered and too_narrow(self._theme, self.width())
        put_beside(self._row, self._side, self._theme, below=below)


class TabSpec(NamedTuple):
    """A tab: id, title, and name of its class, whose module is imported when it is first shown."""

    id: str
    title: str
    module: str
    name: str
    systems: int = 2  # smallest number of systems for which the tab exists
    judged: bool = True  # whether the tab exists only in studies with judgments
    of_pair: bool = True  # whether its content depends on the chosen pair of systems


class TabArea(QWidget):
    """The current tab and, beside it (below it in a narrow window), how a figure is computed.

    Signals:
        comparisons_asked: the `Part` of the judged pairs to list.
        refresh_asked: a tab changed data that all tabs show.
    """

    comparisons_asked = Signal(object)
    refresh_asked = Signal()

    def __init__(self, context: PageContext, specs: Sequence[TabSpec]) -> None:
        super().__init__()
        self._context = context
        self._specs = tuple(specs)
        self._tabs: dict[str, ResultsTab] = {}
        self._told: dict[str, ResultsData | ShownStudy] = {}
        self._shown: ResultsData | ShownStudy | None = None
        self._judged = True
        self._panel: ExplanationPanel | None = None
        self._asked_from: QWidget | None = None
        titles = [spec.title for spec in self._specs]
        self.bar = page_tabs(titles, "results_tabs", "Parts of the results")
        self._scrolls = [_scroll(spec.title) for spec in self._specs]
        self._stack = QStackedWidget()
        for scroll in self._scrolls:
            self._stack.addWidget(scroll)
        self._aside = _scroll("How is this computed?")
        self._aside.hide()
        self._row = in_row((self._stack, 3), (self._aside, 2), gap=L, of=self)
        self.bar.currentChanged.connect(self._on_chosen)
        context.theme.changed.connect(self._fit)

    @property
    def front(self) -> ScrollPanel:
        return self._scrolls[self.bar.currentIndex()]

    def show_results(self, shown: ResultsData) -> None:
        """Show other results, in the current tab now and in the others when they are shown."""
        self._shown = shown
        self._judged = True
        self._offer_tabs(len(shown.info.systems))
        self._on_chosen()

    def show_study(self, shown: ShownStudy) -> None:
        """Offer the first tab and the tabs that need no judgments.

        The owner shows in the first tab what is missing.
        """
        self._shown, self._judged = shown, False
        self._offer_tabs(len(shown.info.systems))
        self._on_chosen()

    @property
    def front_is_told(self) -> bool:
        """Whether the current tab has something to show; if not, the owner explains why."""
        return self._judged or not self._specs[self.bar.currentIndex()].judged

    @property
    def front_is_of_pair(self) -> bool:
        """Whether the current tab depends on the chosen pair of systems."""
        return self._specs[self.bar.currentIndex()].of_pair

    def shut_down(self) -> None:
        for tab in self._tabs.values():
            tab.shut_down()

    def _offer_tabs(self, systems: int) -> None:
        """Update the tabs.

        A tab's visibility is set only if it changes, because Qt 6.11 otherwise forgets tab widths.
        """
        for place, spec in enumerate(self._specs):
            offered = systems >= spec.systems and (self._judged or not spec.judged or place == 0)
            if self.bar.isTabVisible(place) != offered:
                self.bar.setTabVisible(place, offered)

    def search(self) -> None:
        tab = self._tabs.get(self._specs[self.bar.currentIndex()].id)
        if tab is not None:
            tab.search()

    def choose(self, tab: str) -> None:
        """Bring a tab to the front, where the study has it."""
        place = [spec.id for spec in self._specs].index(tab)
        if self.bar.isTabVisible(place):
            self.bar.setCurrentIndex(place)

    def explain(self, explanations: tuple[Explanation, ...]) -> None:
        """Show explanations of figures beside the tab."""
        if not self._aside.isVisible():
            self._asked_from = QApplication.focusWidget()
        panel = self._explanation()
        panel.show_explanations(explanations)
        self._aside.verticalScrollBar().setValue(0)
        self._aside.show()
        self._fit()
        panel.close_button.setFocus()

    def close_explanation(self) -> None:
        """Hide the explanation, and return the focus to the widget that opened it."""
        held = self._aside.isAncestorOf(QApplication.focusWidget() or self)
        self._aside.hide()
        self._fit()
        asked = self._asked_from
        if held and asked is not None and isValid(asked):
            asked.setFocus()
        self._asked_from = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _on_chosen(self) -> None:
        self.close_explanation()
        self._show_tab()

    def _show_tab(self) -> None:
        spec, shown = self._specs[self.bar.currentIndex()], self._shown
        self._stack.setCurrentIndex(self.bar.currentIndex())
        if shown is not None and self.front_is_told and self._told.get(spec.id) is not shown:
            self._told[spec.id] = shown
            tab = self._tab(spec)
            shown.bring_to(tab)
            follow_layout(tab)

    def _tab(self, spec: TabSpec) -> ResultsTab:
        if spec.id not in self._tabs:
            made: ResultsTab = getattr(importlib.import_module(spec.module), spec.name)(self._context)
            made.comparisons_asked.connect(self.comparisons_asked)
            made.refresh_asked.connect(self.refresh_asked)
            made.tab_asked.connect(self.choose)
            made.explained.connect(self.explain)
            self._scrolls[self._specs.index(spec)].setWidget(made)
            self._tabs[spec.id] = made
        return self._tabs[spec.id]

    def _explanation(self) -> ExplanationPanel:
        if self._panel is None:
            from ftcompare.ui.figures.cards import ExplanationPanel

            self._panel = ExplanationPanel()
            self._panel.closed.connect(self.close_explanation)
            self._aside.setWidget(self._panel)
        return self._panel

    def _fit(self) -> None:
        theme = self._context.theme
        narrow = too_narrow(theme, self.width())
        put_beside(self._row, self._aside, theme, below=narrow)
        beside = not narrow and not self._aside.isHidden()
        for tab in self._tabs.values():
            tab.make_room(beside)


def _scroll(name: str) -> ScrollPanel:
    made = ScrollPanel()
    made.setAccessibleName(name)
    return made
