"""Writes what a build of the program for raters holds of other people's work, with the licence texts."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

QT = ("pyside6", "shiboken6")
HEAD = """# What this program holds of other people's work

FTCompare itself is under the MIT licence (LICENSE). Beside it the program holds the libraries below; the
licence text of each is in this folder, under its name.

Qt and Qt for Python (PySide6, shiboken6) are used under the GNU Lesser General Public License, version 3
(LGPL-3.0.txt, GPL-3.0.txt). They lie beside the program as shared libraries: you may put others in their
place. Their source is at https://download.qt.io/official_releases/.

"""

BOOTLOADER = "PyInstaller, whose code starts the program: GPL-2.0, with an exception for programs built by it"


def write_third_party(folder: Path, modules: Iterable[str]) -> Path:
    """Write the list and the texts into the folder ``licences`` of a build.

    Args:
        folder: the build.
        modules: names of the Python modules in it.

    Returns:
        The list.
    """
    inside = folder / "_internal"
    target = inside / "licences"
    lines = [f"- Python {platform.python_version()}: PSF-2.0", f"- {BOOTLOADER}"]
    shutil.copy(_python_licence(), target / "Python.txt")
    for distribution in _distributions(modules, inside):
        lines.append(f"- {distribution.name} {distribution.version}: {_licence(distribution)}")
        for number, text in enumerate(_texts(distribution)):
            shutil.copy(text, target / f"{distribution.name}{number or ''}.txt")
    for package, libraries in sorted(_system_packages(inside).items()):
        lines.append(f"- {', '.join(sorted(libraries))}: from the system package {package}")
        shutil.copy(Path("/usr/share/doc", package, "copyright"), target / f"{package}.txt")
    listed = target / "THIRD-PARTY.md"
    listed.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return listed


def _python_licence() -> Path:
    places = (Path(sysconfig.get_path("stdlib"), "LICENSE.txt"), Path(sys.base_prefix, "LICENSE.txt"))
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise SystemExit(f"No licence text of Python at {' or '.join(map(str, places))}.")
    return found


def _distributions(modules: Iterable[str], inside: Path) -> list[metadata.Distribution]:
    """The installed packages that the modules, and the extensions beside them, come from."""
    extensions = (path.name.partition(".")[0] for path in inside.glob("*.so"))
    tops = {name.partition(".")[0] for name in (*modules, *extensions)}
    owners = metadata.packages_distributions()
    names = {name for top in tops for name in owners.get(top, ()) if name != "ftcompare"}
    return [metadata.distribution(name) for name in sorted(names, key=str.casefold)]


def _licence(distribution: metadata.Distribution) -> str:
    told = distribution.metadata
    if told["Name"].casefold().startswith(QT):
        return "LGPL-3.0"
    classifiers = (c.rpartition(" :: ")[2] for c in told.get_all("Classifier", []) if c.startswith("License"))
    # Old packages put the whole text into the field.
    return told["License-Expression"] or next(classifiers, "") or (told["License"] or "").partition("\n")[0]


def _texts(distribution: metadata.Distribution) -> Iterator[Path]:
    for file in distribution.files or ():
        named = file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
        if named and any(part.endswith(".dist-info") for part in file.parts):
            yield Path(str(file.locate()))


def _system_packages(inside: Path) -> dict[str, set[str]]:
    """Debian packages of the building machine, with the libraries and fonts from them; none elsewhere."""
    files = (*inside.glob("lib*.so*"), *inside.rglob("_resources/fonts/*"))
    found = {path.name for path in files if not path.is_symlink()}
    libraries = sorted(name for name in found if not name.startswith("libpython"))
    if not libraries or not shutil.which("dpkg-query"):
        return {}
    command = ["dpkg-query", "--search", *(f"*/{name}" for name in libraries)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    packages: dict[str, set[str]] = {}
    for line in told.splitlines():
        owner, _, path = line.partition(": ")
        packages.setdefault(owner.partition(":")[0], set()).add(Path(path).name)
    return packages
