"""Opens files, folders and mail drafts with the system's programs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_file(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def show_in_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def open_mail(link: str) -> bool:
    """Open the mail program with a ``mailto:`` link; whether the system knows one."""
    return QDesktopServices.openUrl(QUrl.fromEncoded(link.encode("ascii")))
