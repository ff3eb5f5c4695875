"""Draws the application's icon in the sizes and forms that systems ask for, from its one drawing."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColorConstants, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parents[2] / "resources" / "application-icon.svg"
SIZES = (16, 24, 32, 48, 64, 128, 256)


def write_icons(folder: Path) -> None:
    """Write ``rater.ico`` and ``rater.icns``, and a PNG of each size, as hicolor themes name them."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        (folder / f"{size}.png").write_bytes(_png(size))
    largest = Image.open(io.BytesIO(_png(max(SIZES))))
    largest.save(folder / "rater.ico", sizes=[(size, size) for size in SIZES])
    Image.open(io.BytesIO(_png(1024))).save(folder / "rater.icns")


def _png(size: int) -> bytes:
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(QColorConstants.Transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, b"PNG")
    return bytes(buffer.data().data())
