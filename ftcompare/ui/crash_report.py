"""The report of a bug: versions, and where in our code it came up. It holds nobody's text."""

from __future__ import annotations

import platform
import traceback

import PySide6

import ftcompare


def report(error: BaseException) -> str:
    """Versions, the kind of error and where in our code it came up.

    Neither the error's message nor the values of variables are in it: both could hold prompt text.
    """
    versions = f"Python {platform.python_version()}, PySide {PySide6.__version__}"
    lines = [f"FTCompare {ftcompare.__version__}, {versions}, {platform.system()} {platform.machine()}"]
    lines.append(f"{type(error).__module__}.{type(error).__name__}")
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}")
    return "\n".join(lines)


def _short(file: str) -> str:
    """A file's place within the package or library, without the folders of the machine."""
    return "/".join(file.replace("\\", "/").split("/")[-3:])
