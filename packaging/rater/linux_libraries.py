"""Prepares the libraries of a Linux build for machines other than the one that built them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

TOOLS = ("strip", "patchelf")


def prepare_libraries(folder: Path) -> None:
    """Remove debug symbols, search paths on this machine, and execute permissions from all libraries.

    Raises:
        SystemExit: a tool is missing.
    """
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        raise SystemExit(f"Install {' and '.join(missing)}: sh packaging/system_libraries.sh build")
    libraries = [path for path in folder.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    # Before patchelf: strip can damage a library whose search path was changed.
    subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)
    for path in libraries:
        path.chmod(0o644)
        found = search_path(path)
        if (kept := portable(found)) != found:
            subprocess.run(["patchelf", "--set-rpath", kept, path], check=True)


def search_path(library: Path) -> str:
    """The RUNPATH or RPATH of a library: folders, separated by colons."""
    command = ["patchelf", "--print-rpath", str(library)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def portable(path: str) -> str:
    """A search path without the folders that are not relative to the library.

    The program finds its own libraries without them: PyInstaller sets LD_LIBRARY_PATH at the start.
    """
    return ":".join(part for part in path.split(":") if part.startswith("$ORIGIN"))
