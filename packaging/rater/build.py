"""Builds the program for raters, looks at what is in it, tests it in another folder, and measures its start.

Nothing that is needed at run time is fetched. Exit status 1 where a check fails.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from icons import write_icons
from linux_libraries import prepare_libraries
from start_time import display, start_times, words
from third_party import write_third_party

from ftcompare.app.raters.raters_program import made_pack

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "rater"
NAME = "ftcompare-rater"
MOST_BYTES = 150_000_000
START = 1.5
"""Seconds until the window can be used."""
LEAST_MODULES = 300
"""Fewer, and the list of them was not understood."""
FAR_BEYOND = 4
"""Only a start that takes so many times as long fails: the machine may be busy."""


def main() -> None:
    """Build, check, test, measure."""
    write_icons(BUILD / "icons")
    folder = build()
    program = folder / (f"{NAME}.exe" if sys.platform == "win32" else NAME)
    modules = modules_in(program)
    refuse_excluded(modules)
    print(f"Libraries in it: {write_third_party(folder, modules)}")
    print(size_words(folder))
    with TemporaryDirectory(prefix="ftcompare-build-") as elsewhere:
        away = Path(elsewhere, "program")
        shutil.copytree(folder, away, symlinks=True)
        self_test(away / program.name, Path(elsewhere))
        measure(away / program.name, Path(elsewhere))
    print(f"The program for raters: {program}")


def build() -> Path:
    """Run PyInstaller over the recipe; the folder that it made."""
    places = ["--distpath", str(BUILD / "dist"), "--workpath", str(BUILD / "work")]
    recipe = str(HERE / f"{NAME}.spec")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", *places, recipe]
    subprocess.run(command, check=True)
    folder = BUILD / "dist" / NAME
    if sys.platform == "linux":
        prepare_libraries(folder)
    return folder


def modules_in(program: Path) -> list[str]:
    """Names of the Python modules that are in a built program."""
    viewer = "PyInstaller.utils.cliutils.archive_viewer"
    command = [sys.executable, "-m", viewer, "--list", "--recursive", "--brief", str(program)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.strip() for line in told.partition("PYZ.pyz' (PYZ):\n")[2].splitlines()]


def excluded() -> list[str]:
    """Names of modules that are not to be in it."""
    lines = (HERE / "excluded_modules.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def refuse_excluded(modules: list[str]) -> None:
    """End where something is in it that should not be."""
    found = [name for name in modules for left in excluded() if f"{name}.".startswith(f"{left}.")]
    if found:
        raise SystemExit(f"In the build, and should not be: {', '.join(found)}.")
    if len(modules) < LEAST_MODULES:
        raise SystemExit(f"Only {len(modules)} modules were found in the build.")


def size_words(folder: Path) -> str:
    """How large a build is, unpacked; ends where it is too large."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    share = f"{size / MOST_BYTES:.0%} of {MOST_BYTES / 1e6:.0f} MB"
    told = f"Unpacked: {size / 1e6:.0f} MB in {len(files)} files, {share}"
    if size > MOST_BYTES:
        raise SystemExit(f"{told}: too large.")
    return f"{told}{_libc(files)}"


def _libc(files: list[Path]) -> str:
    """The newest C library that any file asks for, on Linux."""
    if not sys.platform.startswith("linux"):
        return ""
    asked = re.compile(rb"GLIBC_2\.(\d+)\x00")
    libraries = [path for path in files if ".so" in path.name or path.name == NAME]
    newest = max(int(number) for path in libraries for number in asked.findall(path.read_bytes()))
    return f"; needs glibc 2.{newest} or newer"


def self_test(program: Path, folder: Path) -> None:
    """Have it judge a pack, with nothing of this environment and in another folder."""
    kept = {"SYSTEMROOT": "C:\\Windows"} if sys.platform == "win32" else {}
    kept["LC_ALL"] = "C.UTF-8"
    done = subprocess.run([str(program), "--self-test"], env=kept, cwd=folder, check=False)
    if done.returncode:
        raise SystemExit("The self-test of the program failed.")


def measure(program: Path, folder: Path) -> None:
    """Print how long it takes to come up, alone and with a pack; ends where that is far too long."""
    if sys.platform == "win32":
        print("Start: not measured, as a program of windows has no output on Windows.")
        return
    pack = made_pack(folder, rng=Random(1), clock=lambda: datetime.now(UTC))
    with display() as environment:
        environment |= {"FTCOMPARE_HOME": str(folder), "LC_ALL": "C.UTF-8"}
        for name, files in (("Start, first page", ()), ("Start, first pair of a pack", (pack,))):
            times = start_times(program, environment, *files)
            print(words(name, times, START))
            if median(one.elapsed for one in times) > FAR_BEYOND * START:
                raise SystemExit("The program takes too long to come up.")


if __name__ == "__main__":
    main()
