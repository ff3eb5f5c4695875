"""The dialog for a bug of the program, with a report that can be copied and contains no user text."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from ftcompare.ui.study_thread.study_tasks import report
from ftcompare.ui.theme.theme import XL, M
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton
from ftcompare.ui.widgets.layouts import in_column, in_row

log = logging.getLogger(__name__)


class CrashDialog(QDialog):
    """Says that the program has a bug and that stored work is safe, and shows the report."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("crash")
        self.setWindowTitle("FTCompare")
        self.report = report(error)
        heading = Heading("Something went wrong in FTCompare", level=2)
        told = Muted(
            "This is a fault of the program. What was shown as saved is saved. "
            "The report below holds no text of your study; please send it to the makers."
        )
        text = QPlainTextEdit(self.report)
        text.setReadOnly(True)
        text.setAccessibleName("Report")
        copy = PlainButton("Copy report", "copy", name="crash_copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report))
        buttons = in_row(None, copy, PrimaryButton("Go on", act=self.accept))
        in_column(heading, told, (text, 1), buttons, gap=M, margins=(XL, XL, XL, XL), of=self)
        self.resize(680, 420)


@contextmanager
def crashes_shown(show: Callable[[BaseException], None]) -> Iterator[None]:
    """While active, call ``show`` for each uncaught error in the window's thread."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before(kind, error, trace)
            return
        log.error("uncaught error\n%s", report(error))
        show(error)

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = before
