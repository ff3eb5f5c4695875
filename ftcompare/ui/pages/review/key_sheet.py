"""The keys of each tab of Review, in a dialog."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ftcompare.core.language import N_, tr
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.theme.theme import XL, L
from ftcompare.ui.widgets.controls import Heading, KeyCap, PrimaryButton, label
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_grid, in_row

_ROWS = ("Up … Down", N_("Select a row"))
_STEPS = (("J", N_("Next")), ("K", N_("Previous")))
_BACK = ("Esc", N_("Back to the list"))
_TEXT = (("X", N_("Context")), ("M", N_("Plain text")))
_GLOSSARY = ("G", N_("Change in glossary or add to it"))
KEYS = (
    (_ROWS, ("Enter", N_("List uses")), _GLOSSARY),
    (
        *(_ROWS, ("Enter", N_("Open the pair")), *_STEPS, _BACK, *_TEXT, ("H", N_("Steps or fields"))),
        *(("F3", N_("Next highlight")), ("N", N_("Next place")), ("Shift+N", N_("Previous place"))),
    ),
    (_ROWS, ("Enter", N_("Open")), _GLOSSARY),
    (
        *(
            _ROWS,
            ("Enter", N_("Open the answer")),
            *_STEPS,
            _BACK,
            ("F6", N_("Switch between list and answer")),
        ),
        *(("P", N_("Prompt")), *_TEXT, ("V", N_("What raters said"))),
        *(("B", N_("Another answer")), ("R", N_("Reference answer"))),
        *(("E", N_("Mark error")), ("C", N_("Write correction")), ("W", N_("What the answer rests on…"))),
        *(("Ctrl+Enter", N_("Fully read, next")), ("Ctrl+Z", N_("Undo"))),
    ),
    (
        *(*_STEPS, ("P", N_("Prompt")), ("S", N_("What raters said (after your verdict)"))),
        *(("F6", N_("Switch between texts and reason")), ("Esc", N_("Close what was opened last"))),
    ),
)
"""The fixed keys of each tab, in the order of the tabs."""


class KeySheet(NamedDialog):
    """Lists keys with what they do; Enter, Esc, and ``key``, which opened it, close it."""

    def __init__(self, title: str, rows: Iterable[tuple[str, str]], key: str, parent: QWidget | None) -> None:
        super().__init__("review_keys", tr("Keys"), parent, modal=True)
        grid = in_grid(L, 6, 1)
        everywhere = (("Ctrl+F", tr("Search")), ("F1", tr("Manual")))
        for row, (cap, words) in enumerate((*rows, *everywhere)):
            grid.addWidget(KeyCap(cap), row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label(words), row, 1)
        close = PrimaryButton(tr("Close"), name="review_keys_close", act=self.accept)
        parts = (Heading(title, level=2), grid, in_row(STRETCH, close))
        in_column(*parts, gap=L, margins=(XL, XL, XL, XL), of=self)
        QShortcut(QKeySequence(key), self, self.accept)
