"""Installs the wheel in a fresh environment and runs the program's self-test there; prints sizes and times.

check_distribution.py dist                  as a rater has it, without the engine
check_distribution.py dist --engine         with the engine: the demo's pairs are written from the wheel alone
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

from packaging.metadata import Metadata
from packaging.version import Version

CONSTRAINTS = Path(__file__).resolve().parent / "constraints.txt"
ODD_NAME = "a folder – Prüfung 審査"
"""Neither the environment nor the working folder may need a plain name."""


def main() -> int:
    """0 where everything holds."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("folder", type=Path, help="holds one wheel and one sdist")
    parser.add_argument("--engine", action="store_true", help="install the engine as well")
    asked = parser.parse_args()
    wheel, sdist = only(asked.folder, "ftcompare-[0-9]*.whl"), only(asked.folder, "ftcompare-[0-9]*.tar.gz")
    print(f"{wheel.name}: {megabytes(wheel.stat().st_size)}; {sdist.name}: {megabytes(sdist.stat().st_size)}")
    with tempfile.TemporaryDirectory(prefix="ftcompare-dist-") as name:
        return check(wheel.resolve(), Path(name) / ODD_NAME, engine=asked.engine)


def only(folder: Path, pattern: str) -> Path:
    """The one file of a kind."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} holds {len(found)} files {pattern}, not one. Type: make dist")
    return found[0]


def check(wheel: Path, folder: Path, *, engine: bool) -> int:
    """Installs it below the folder and tries it."""
    began = time.monotonic()
    venv.create(folder / "environment", with_pip=True)
    scripts = folder / "environment" / ("Scripts" if sys.platform == "win32" else "bin")
    wanted = f"ftcompare[engine] @ {wheel.as_uri()}" if engine else str(wheel)
    run(folder, scripts / "python", "-m", "pip", "install", "--quiet", "--constraint", CONSTRAINTS, wanted)
    took = time.monotonic() - began
    print(f"Installed in {took:.0f} s: {megabytes(size_of(folder / 'environment'))}")
    told = run(folder, scripts / "ftcompare", "--version")
    if Version(told.split()[-1]) != version_of(wheel):
        raise SystemExit(f"{wheel.name} says of itself: {told}")
    run(folder, scripts / "ftcompare", "check", "--installation", shown=True)
    if engine:
        run(folder, scripts / "ftcompare", "demo", "--no-window", "--limit", 4, shown=True)
    return 0


def run(folder: Path, *command: object, shown: bool = False) -> str:
    """What a command prints; ends the check where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    arguments = [str(part) for part in command]
    kept = None if shown else subprocess.PIPE
    done = subprocess.run(arguments, cwd=folder, env=environment, stdout=kept, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}.")
    return done.stdout or ""


def version_of(wheel: Path) -> Version:
    """The version in the wheel's own description, which has to be valid."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (n for n in file.namelist() if n.endswith(".dist-info/METADATA"))
        return Metadata.from_email(file.read(name), validate=True).version


def size_of(folder: Path) -> int:
    """Bytes of all files below it."""
    return sum(p.lstat().st_size for p in folder.rglob("*") if not p.is_symlink() and p.is_file())


def megabytes(size: int) -> str:
    """In words."""
    return f"{size / 1e6:,.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
