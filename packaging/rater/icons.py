"""Draws the application's icon in the sizes and forms that systems ask for, from its one drawing."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtGui import QColorConstants, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parents[2] / "resources" / "application-icon.svg"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def write_icons(folder: Path) -> None:
    """Write ``rater.ico`` and ``rater.icns``, and a PNG of each size, as hicolor themes name them."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {size: _draw(size, folder / f"{size}.png") for size in SIZES}
    with Image.open(drawn[256]) as image:
        image.save(folder / "rater.ico", sizes=[(size, size) for size in SIZES])
    with Image.open(drawn[512]) as image:
        image.save(folder / "rater.icns")


def _draw(size: int, path: Path) -> Path:
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(QColorConstants.Transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    if not image.save(str(path)):
        raise SystemExit(f"The icon cannot be written to {path}.")
    return path
