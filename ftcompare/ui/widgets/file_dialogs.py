"""All file dialogs of the system; each opens in the folder that was used last.

The program calls `remember_in` when it starts, to set where the folder is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from ftcompare.app.application_paths import is_folder


@dataclass(frozen=True, slots=True)
class FolderMemory:
    """Functions that load and store the last folder; by default nothing is stored.

    Args:
        read: returns the folder; empty if none is known.
        keep: stores a folder.
    """

    read: Callable[[], str] = str
    keep: Callable[[str], object] = str


_memory = [FolderMemory()]


def remember_in(memory: FolderMemory) -> None:
    """Keep the last folder there from now on."""
    _memory[:] = [memory]


def start_of(proposed: str) -> str:
    """The start path of a dialog: the last folder with the proposed file name, or the proposed path.

    Args:
        proposed: a folder, or a file that need not exist.
    """
    last = _memory[0].read()
    if not last or not is_folder(Path(last)):
        return proposed
    return last if not proposed or is_folder(Path(proposed)) else str(Path(last) / Path(proposed).name)


def choose_file(parent: QWidget, title: str, start: str, kinds: str) -> Path | None:
    """Ask for an existing file; None if the user cancelled.

    ``start`` is the path at which the dialog opens, such as the result of `start_of`.
    """
    chosen, _ = QFileDialog.getOpenFileName(parent, title, start, kinds)
    return _kept(chosen)


def choose_files(parent: QWidget, title: str, start: str, kinds: str) -> list[Path]:
    """Ask for existing files; empty if the user cancelled. ``start`` as for `choose_file`."""
    chosen, _ = QFileDialog.getOpenFileNames(parent, title, start, kinds)
    _kept(chosen[0] if chosen else "")
    return [Path(path) for path in chosen]


def choose_folder(parent: QWidget, title: str, start: str) -> Path | None:
    """A folder; None where the user chose none. ``start`` as for `choose_file`."""
    return _kept(QFileDialog.getExistingDirectory(parent, title, start))


def name_file(parent: QWidget, title: str, start: str, kinds: str) -> tuple[Path | None, str]:
    """Ask for a file to write; returns it and the chosen filter, None if the user cancelled.

    The dialog asks for confirmation if the file exists. ``start`` as for `choose_file`.
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
