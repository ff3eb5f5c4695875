"""The program for raters: it opens rater packs and nothing else. `packaging/rater` builds it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ftcompare.core.errors import FTCompareError
from ftcompare.core.version import VERSION

EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the window, or test the program; the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        # Qt is loaded here: whoever asks for help or the version need not wait for it.
        from ftcompare.ui.shell import rater_application

        if asked.self_test:
            told = rater_application.self_test()
        else:
            return rater_application.run(asked.file, say_ready=asked.say_ready)
    except (FTCompareError, ImportError) as error:
        _say(str(error), failed=True)
        return EXIT_FAILED
    _say(f"Self-test passed: {told}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "ftcompare-rater", description="Judge the pairs of a rater pack (*.ftpack).", allow_abbrev=False
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="PACK", help="opened at once")
    parser.add_argument("--version", action="version", version=f"FTCompare {VERSION}")
    parser.add_argument("--self-test", action="store_true", help="judge a small pack of its own, unseen")
    parser.add_argument("--say-ready", action="store_true", help="print `ready` once the window can be used")
    return parser


def _say(text: str, *, failed: bool = False) -> None:
    """On the terminal, where there is one: a program of windows has none on some systems."""
    stream = sys.stderr if failed else sys.stdout
    if stream is not None:
        held = text.encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8")
        stream.write(f"{held}\n")


if __name__ == "__main__":
    sys.exit(main())
