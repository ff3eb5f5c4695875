"""The system's file dialogs, all of them: each opens in the folder where the last one was left.

Where the folder is kept is said by `remember_in` when the program starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from ftcompare.app.application_paths import is_folder


@dataclass(frozen=True, slots=True)
class FolderMemory:
    """Where the last folder is kept; nowhere for widgets that stand alone.

    Args:
        read: the folder; empty where none is known.
        keep: stores another one.
    """

    read: Callable[[], str] = str
    keep: Callable[[str], object] = str


_memory = [FolderMemory()]


def remember_in(memory: FolderMemory) -> None:
    """Keep the last folder there from now on."""
    _memory[:] = [memory]


def start_of(proposed: str) -> str:
    """Where a dialog opens: the last folder, with the proposed file's name, or what is proposed.

    Args:
        proposed: a folder, or a file that need not be there.
    """
    last = _memory[0].read()
    if not last or not is_folder(Path(last)):
        return proposed
    return last if not proposed or is_folder(Path(proposed)) else str(Path(last) / Path(proposed).name)


def choose_file(parent: QWidget, title: str, start: str, kinds: str) -> Path | None:
    """A file that is there; None where the user chose none.

    ``start``: where to open, such as `start_of` gives it.
    """
    chosen, _ = QFileDialog.getOpenFileName(parent, title, start, kinds)
    return _kept(chosen)


def choose_files(parent: QWidget, title: str, start: str, kinds: str) -> list[Path]:
    """Files that are there; empty where the user chose none. ``start`` as for `choose_file`."""
    chosen, _ = QFileDialog.getOpenFileNames(parent, title, start, kinds)
    _kept(chosen[0] if chosen else "")
    return [Path(path) for path in chosen]


def choose_folder(parent: QWidget, title: str, start: str) -> Path | None:
    """A folder; None where the user chose none. ``start`` as for `choose_file`."""
    return _kept(QFileDialog.getExistingDirectory(parent, title, start))


def name_file(parent: QWidget, title: str, start: str, kinds: str) -> tuple[Path | None, str]:
    """A file to write, and the filter that was chosen; None where the user named none.

    The dialog asks before it gives the name of a file that is there. ``start`` as for `choose_file`.
    """
    chosen, kind = QFileDialog.getSaveFileName(parent, title, start, kinds)
    return _kept(chosen), kind


def _kept(chosen: str) -> Path | None:
    """The path, its folder remembered."""
    if not chosen:
        return None
    path = Path(chosen)
    _memory[0].keep(str(path.parent))
    return path
