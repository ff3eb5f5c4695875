"""The binding to Qt must not use up the interpreter: a window stays open for hours."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QTextCharFormat

CALLS = 1000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_calls_that_return_nothing_keep_the_count_of_none() -> None:
    timer, form, thing = QTimer(), QTextCharFormat(), QObject()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        timer.setInterval(1)
        form.setFontPointSize(3.0)
        thing.setObjectName("x")
    assert before - sys.getrefcount(None) < CALLS
