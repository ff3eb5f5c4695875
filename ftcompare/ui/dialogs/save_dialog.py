"""Asks where to save a file, and whether an existing file may be replaced."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from ftcompare.app.application_paths import is_there
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.widgets.file_dialogs import name_file, start_of


def ask_where(
    parent: QWidget, title: str, proposed: str, kinds: str, *, beside: Callable[[Path], Path] | None = None
) -> Path | None:
    """Ask for a path; an existing file there may be replaced. None if the user cancelled.

    Args:
        parent: parent of the dialog.
        title: title of the dialog.
        proposed: proposed path.
        kinds: filters of the dialog; the first suffix of the chosen one is added to a name without one.
        beside: returns the path of a second file that is written with the first, since the dialog itself asks
            only about the first.
    """
    chosen, kind = name_file(parent, title, start_of(proposed), kinds)
    if chosen is None:
        return None
    path = chosen
    if not path.suffix:
        path = path.with_name(f"{path.name}{_suffix(kind or kinds)}")
    unasked = [path] if path != chosen else []
    if beside is not None and not is_there(path):
        unasked.append(beside(path))
    return path if all(may_replace(parent, each) for each in unasked if is_there(each)) else None


def may_replace(parent: QWidget, path: Path) -> bool:
    """Ask whether an existing file may be replaced; True if there is none."""
    words = "{0} is there already. Do you want to replace it?"
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    box = QMessageBox(parent)
    box.setObjectName("may_replace")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Replace the file?")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(words.format(f"“{one_line(path.name)}”"))
    box.setStandardButtons(yes | no)
    box.setDefaultButton(no)
    answer = box.exec()
    box.deleteLater()
    return answer == yes


def _suffix(kinds: str) -> str:
    found = re.search(r"\*(\.\w+)", kinds)
    return found[1] if found else ""
