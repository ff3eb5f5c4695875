"""Whether the tests pass again and again on a busy machine: runs beside a process that burns one core.

    python benchmarks/repeated_suite.py --runs 5

A line is printed for each run, and the end of what a failed one said. The exit status is 1 where any failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAST_WORDS = 6000


def main() -> int:
    """Run, print, and say by the exit status whether all passed."""
    options = parse()
    failed = 0
    with burner():
        for number in range(1, options.runs + 1):
            failed += not passed(number, options.command)
    print(f"{options.runs} runs, {failed} failed")
    return 1 if failed else 0


def parse() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("command", nargs="*", default=["make", "test"], help="by default: make test")
    return parser.parse_args()


@contextmanager
def burner() -> Iterator[None]:
    """A process that never rests, for as long as this lasts."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def passed(number: int, command: list[str]) -> bool:
    """One run and its line."""
    begun = time.monotonic()
    ran = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    good = ran.returncode == 0
    print(f"run {number}: {'passed' if good else 'FAILED'} in {minutes} min {seconds} s", flush=True)
    if not good:
        print(ran.stdout[-LAST_WORDS:], flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
