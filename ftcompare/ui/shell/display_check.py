"""Checks whether a window can be shown, before Qt is started: Qt would end the process if not."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from pathlib import Path

from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.language import tr

LIBRARIES = (
    "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libdbus-1-3"
)
HOW_TO_GET_LIBRARIES = f"Install the system libraries. On Debian or Ubuntu: apt-get install {LIBRARIES}"


WITHOUT_DISPLAY = "Start it on a desktop, or use the command line: generate, import, results, export."


def require_display(how: str = WITHOUT_DISPLAY) -> None:
    """Check display and libraries; raise EnvironmentFault ``no-display`` or ``qt-libraries``."""
    if not sys.platform.startswith("linux") or os.environ.get("WAYLAND_DISPLAY"):
        return
    if (os.environ.get("QT_QPA_PLATFORM") or "xcb").partition(":")[0] != "xcb":
        return
    if not _reachable(os.environ.get("DISPLAY", "")):
        raise EnvironmentFault("There is no display for the window.", how=how, code="no-display")
    import PySide6  # It may be missing if no window is needed; the caller that imports Qt reports this.

    plugin = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    try:
        ctypes.CDLL(str(plugin))
    except OSError as problem:
        raise EnvironmentFault(
            tr("Qt cannot show windows here: {problem}.", problem),
            how=HOW_TO_GET_LIBRARIES,
            code="qt-libraries",
        ) from problem


def _reachable(display: str) -> bool:
    """Whether an X server accepts connections for this display; assumed for displays of other machines."""
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local is None:
        return bool(display)
    place = f"/tmp/.X11-unix/X{local[1]}"  # noqa: S108 - where X servers listen
    return any(_answers(address) for address in (f"\0{place}", place))


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
    return True
