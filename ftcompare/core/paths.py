"""Tests whether something exists at a path, for any name."""

from __future__ import annotations

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Return whether anything exists at a path; False for names too long or without permission."""
    return os.path.exists(path)  # noqa: PTH110 - before Python 3.14, Path.exists raises for such names
