"""The tabs of the Results page in tests: found, brought to the front by clicks, explanations read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QTabBar, QWidget

from ftcompare.app.review.result_slice import Part
from ftcompare.ui.figures.explanation import ExplanationPanel
from ftcompare.ui.pages.results.breakdown.tab import WhereTab
from ftcompare.ui.pages.results.overview.tab import OverviewTab
from ftcompare.ui.pages.results.page import TABS, ResultsPage

ASKS = "How is this computed? ("


def overview_of(page: ResultsPage) -> OverviewTab:
    """The tab that is in front at first."""
    tab = page.findChild(OverviewTab)
    assert isinstance(tab, OverviewTab)
    return tab


def panel_of(page: ResultsPage) -> ExplanationPanel:
    """The explanation that was asked for last, beside the tabs; a pair in hand has one of its own."""
    panel = page.tabs.findChild(ExplanationPanel)
    assert isinstance(panel, ExplanationPanel)
    return panel


def click_tab(page: ResultsPage, tab: str) -> None:
    """Bring a tab to the front with the mouse."""
    bar = page.findChild(QTabBar, "results_tabs")
    assert isinstance(bar, QTabBar)
    place = [spec.id for spec in TABS].index(tab)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())


def where_of(page: ResultsPage) -> WhereTab:
    """The tab of the parts, brought to the front."""
    click_tab(page, "where")
    tab = page.findChild(WhereTab)
    assert isinstance(tab, WhereTab)
    return tab


def asks_of(parent: QWidget) -> dict[str, QAbstractButton]:
    """Every visible button that asks how something is computed, by what it asks of."""
    found = [b for b in parent.findChildren(QAbstractButton) if b.accessibleName().startswith(ASKS)]
    return {b.accessibleName().removeprefix(ASKS).removesuffix(")"): b for b in found if b.isVisible()}


def explained(page: ResultsPage, ask: QAbstractButton) -> str:
    """Ask by a click, read the panel, close it by Esc."""
    ask.click()
    panel = panel_of(page)
    assert panel.isVisible()
    told = panel.accessibleDescription()
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    return told


def listed(page: ResultsPage, part: Part, settle: Callable[[], None]) -> list[str]:
    """The prompts of the judged pairs of a part."""
    page.show_comparisons(part)
    settle()
    return [str(row.cells[0]) for row in page.comparisons.table.model.shown]
