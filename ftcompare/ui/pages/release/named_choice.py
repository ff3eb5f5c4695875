"""A choice with its name before it."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import label


def named_choice(title: str, choice: QComboBox, name: str, spoken: str = "") -> QWidget:
    """A choice, as wide as its longest entry, behind its name.

    Args:
        title: of what is chosen.
        choice: to be named.
        name: by which tests and scripts find it.
        spoken: what a screen reader calls it; empty for the title.
    """
    choice.setObjectName(name)
    choice.setAccessibleName(spoken or title)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    before = label(title, "muted")
    before.setBuddy(choice)
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(S)
    row.addWidget(before)
    row.addWidget(choice)
    return holder
