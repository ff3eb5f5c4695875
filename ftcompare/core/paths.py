"""Whether something exists at a path, for any name; where the application's resources are."""

from __future__ import annotations

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Return whether anything exists at a path; False for names too long or without permission."""
    return os.path.exists(path)  # noqa: PTH110 - before Python 3.14, Path.exists raises for such names


def shipped_folder(name: str) -> Path:
    """A folder of this name, such as ``docs``: inside an installed wheel, or beside the package."""
    package = Path(__file__).parents[1]
    installed = package / f"_{name}"
    return installed if installed.is_dir() else package.parent / name


def resources() -> Path:
    """The folder of icons, languages, the demo model, and texts of files that the program writes."""
    return shipped_folder("resources")


def file_text(name: str) -> str:
    """A text of ``resources/file_texts``, which the program writes into files."""
    return (resources() / "file_texts" / name).read_text("utf-8")
