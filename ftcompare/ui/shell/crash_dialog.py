"""What happens when we are at fault: a dialog with a report that can be copied and tells nobody's text."""

from __future__ import annotations

import logging
import platform
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

import ftcompare
from ftcompare.ui.theme.theme import XL, M
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton

log = logging.getLogger(__name__)


def report(error: BaseException) -> str:
    """Versions, the kind of error and where in our code it came up.

    Neither the error's message nor the values of variables are in it: both could hold prompt text.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join(
        [
            (
                f"FTCompare {ftcompare.__version__}, Python {platform.python_version()}, "
                f"PySide {PySide6.__version__}, {platform.system()} {platform.machine()}"
            ),
            f"{type(error).__module__}.{type(error).__name__}",
            *lines,
        ]
    )


def _short(file: str) -> str:
    """A file's place within the package or library, without the folders of the machine."""
    return "/".join(file.replace("\\", "/").split("/")[-3:])


class CrashDialog(QDialog):
    """Says that it was our fault, that stored work is safe, and offers the report."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("crash")
        self.setWindowTitle("FTCompare")
        self.report = report(error)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(M)
        column.addWidget(Heading("Something went wrong in FTCompare", level=2))
        told = Muted(
            "This is a fault of the program. What was shown as saved is saved. "
            "The report below holds no text of your study; please send it to the makers."
        )
        column.addWidget(told)
        text = QPlainTextEdit(self.report)
        text.setReadOnly(True)
        text.setAccessibleName("Report")
        column.addWidget(text, 1)
        copy = PlainButton("Copy report", "copy")
        copy.setObjectName("crash_copy")
        close = PrimaryButton("Go on")
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(copy)
        row.addWidget(close)
        column.addLayout(row)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report))
        close.clicked.connect(self.accept)
        self.resize(680, 420)


@contextmanager
def crashes_shown(show: Callable[[BaseException], None]) -> Iterator[None]:
    """While it lasts, an error that nobody caught in the window's thread is shown."""
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
