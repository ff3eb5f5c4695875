"""The report of a bug: versions, and the place in the code. It contains no text of users or models."""

from __future__ import annotations

import platform
import traceback

import PySide6

import ftcompare


def report(error: BaseException) -> str:
    """Versions, the type of the error and its place in the code.

    The error's message and the values of variables are left out, because both could contain prompt text.
    """
    versions = f"Python {platform.python_version()}, PySide {PySide6.__version__}"
    lines = [f"FTCompare {ftcompare.__version__}, {versions}, {platform.system()} {platform.machine()}"]
    lines.append(f"{type(error).__module__}.{type(error).__name__}")
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}")
    return "\n".join(lines)


def _short(file: str) -> str:
    """A file's path within the package or library, without the folders of this machine."""
    return "/".join(file.replace("\\", "/").split("/")[-3:])
