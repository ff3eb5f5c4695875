"""The program: the command line, and the window where a command shows one, each loaded when needed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from ftcompare.core.errors import EnvironmentFault

EXIT_INTERRUPTED = 130


class QtWindow:
    """The window, as the command line asks for it (`ftcompare.cli.window.Window`).

    Raises (from both):
        EnvironmentFault: there is no display, or Qt's system libraries are missing.
    """

    def show(self, study: Path | None, page: str = "") -> int:
        """Show the window until it is closed; its exit status."""
        require_qt()
        from ftcompare.ui.shell.application import run

        return run(study, page=page)

    def self_test(self, pack: Path | None) -> str:
        """Bring the window up, show a rater pack where there is one, and close it; how it went, in words."""
        require_qt()
        from ftcompare.ui.shell.application import self_test_window

        return self_test_window(pack)


def require_qt() -> None:
    """Load Qt.

    Raises:
        EnvironmentFault: ``qt-libraries``, its system libraries are missing.
    """
    try:
        import PySide6.QtWidgets  # noqa: F401 - whether it loads is the question
    except ImportError as error:
        from ftcompare.ui.shell.display_check import HOW_TO_GET_LIBRARIES

        missing = isinstance(error, ModuleNotFoundError)
        how = "Install it: pip install PySide6-Essentials" if missing else HOW_TO_GET_LIBRARIES
        raise EnvironmentFault(f"Qt cannot be loaded: {error}.", how=how, code="qt-libraries") from error


def main() -> None:
    """Load the command line and run it. Ctrl-C ends it without a word while it is still being loaded."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        # Not by an exception: libraries take one during their import for a failure of theirs.
        signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPTED))
    from ftcompare.cli.main import main as run_command_line

    signal.signal(signal.SIGINT, before)
    run_command_line(QtWindow())


if __name__ == "__main__":
    main()
