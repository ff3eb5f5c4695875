"""Packs the program for raters, once built, as a Debian package with menu entry, icon and file types."""

from __future__ import annotations

import email.utils
import gzip
import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import ftcompare

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "rater"
NAME = "ftcompare-rater"
APP = "io.github.ftcompare.Rater"
MAINTAINER = "The FTCompare authors <ftcompare@users.noreply.github.com>"
VERSION = f"{ftcompare.__version__}-1"
"""FTCompare's version, and the number of its package."""

COMPLETIONS = (
    ("bash-completion/completions", NAME, "bash"),
    ("zsh/vendor-completions", f"_{NAME}", "zsh"),
    ("fish/vendor_completions.d", f"{NAME}.fish", "fish"),
)
"""By shell, the folder and the name that it looks for, and the suffix of the completion here."""

CONTROL = """Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: fontconfig-config, fonts-dejavu-core | fonts-liberation | fonts-noto-core, {depends}
Recommends: desktop-file-utils, hicolor-icon-theme, shared-mime-info
Section: science
Priority: optional
Homepage: https://github.com/ftcompare/ftcompare
Description: judge rater packs of FTCompare
 Opens a rater pack (*.ftpack), shows its pairs of answers, and stores the
 rater's choices. It needs no model. Python and Qt are included.
"""
CHANGELOG = """{name} ({version}) unstable; urgency=medium

  * New version. changelog.gz lists the changes.

 -- {maintainer}  {date}
"""
COMMON_LICENSES = """On Debian systems, the texts of common licenses are in /usr/share/common-licenses:
LGPL-3, GPL-2, GPL-3, Apache-2.0. All license texts are in /usr/lib/{name}/_internal/licences.
"""


def main() -> None:
    """Write the package beside the build, and say where it is."""
    program = BUILD / "dist" / NAME
    if not program.is_dir():
        raise SystemExit("The program is not built yet: make rater-build")
    with TemporaryDirectory(prefix="ftcompare-deb-") as folder:
        root = Path(folder, "root")
        lay_out(root, program)
        target = BUILD / f"{NAME}_{VERSION}_{architecture()}.deb"
        write_control(root, program)
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(target)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"Debian package: {target} ({target.stat().st_size / 1e6:.0f} MB)")
    check(target)


def check(package: Path) -> None:
    """Run lintian over a package, where it is installed.

    Raises:
        SystemExit: lintian found an error or a warning.
    """
    if not shutil.which("lintian"):
        print("The package was not checked: lintian is not installed.")
    elif subprocess.run(["lintian", "--fail-on", "error,warning", str(package)], check=False).returncode:
        raise SystemExit("lintian found errors or warnings in the package.")
    else:
        print("lintian found no errors or warnings.")


def lay_out(root: Path, program: Path) -> None:
    """Put every file where the package has it. Triggers of other packages update menus and file types."""
    shutil.copytree(program, root / "usr" / "lib" / NAME, symlinks=True)
    binary = root / "usr" / "bin" / NAME
    binary.parent.mkdir()
    binary.symlink_to(f"../lib/{NAME}/{NAME}")
    share = root / "usr" / "share"
    _copy(HERE / f"{APP}.desktop", share / "applications")
    _copy(HERE / f"{APP}.metainfo.xml", share / "metainfo")
    _copy(HERE / "io.github.ftcompare.xml", share / "mime" / "packages")
    for size in BUILD.joinpath("icons").glob("*.png"):
        _copy(size, share / "icons" / "hicolor" / f"{size.stem}x{size.stem}" / "apps", f"{APP}.png")
    _copy(ROOT / "resources" / "application-icon.svg", share / "icons/hicolor/scalable/apps", f"{APP}.svg")
    for folder, name, suffix in COMPLETIONS:
        _copy(HERE / "completions" / f"{NAME}.{suffix}", share / folder, name)
    _copy(HERE / f"{NAME}.lintian-overrides", share / "lintian" / "overrides", NAME)
    write_documents(share, program)
    executable = root / "usr" / "lib" / NAME / NAME
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path == executable else 0o644)


def write_documents(share: Path, program: Path) -> None:
    """Write copyright, changelogs and manual page, as Debian's policy names them."""
    texts = (ROOT / "LICENSE", program / "_internal" / "licences" / "THIRD-PARTY.md")
    copyright_text = "\n".join([*(t.read_text("utf-8") for t in texts), COMMON_LICENSES.format(name=NAME)])
    now = datetime.fromtimestamp(float(os.environ.get("SOURCE_DATE_EPOCH", time.time())), UTC)
    entry = CHANGELOG.format(
        name=NAME, version=VERSION, maintainer=MAINTAINER, date=email.utils.format_datetime(now)
    )
    documents = share / "doc" / NAME
    manual = share / "man" / "man1"
    for folder in (documents, manual):
        folder.mkdir(parents=True)
    (documents / "copyright").write_text(copyright_text, encoding="utf-8")
    for target, text in (
        (documents / "changelog.gz", (ROOT / "CHANGELOG.md").read_bytes()),
        (documents / "changelog.Debian.gz", entry.encode()),
        (manual / f"{NAME}.1.gz", (HERE / f"{NAME}.1").read_bytes()),
    ):
        target.write_bytes(gzip.compress(text, mtime=0))


def write_control(root: Path, program: Path) -> None:
    """Say what the package is, how large, and what of the system it needs."""
    kilobytes = sum(p.lstat().st_size for p in root.rglob("*") if p.is_file()) // 1024
    told = CONTROL.format(
        name=NAME,
        version=VERSION,
        maintainer=MAINTAINER,
        architecture=architecture(),
        kilobytes=kilobytes,
        depends=", ".join(depends(program)),
    )
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(told, encoding="utf-8")


def depends(program: Path) -> list[str]:
    """Packages of the libraries that the build does not hold itself, and the C library it was built with."""
    linked = {library for path in _programs(program) for library in _outside(path, program)}
    searched = subprocess.run(
        ["dpkg-query", "--search", *sorted(f"*/{name}" for name in linked)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    packages = {line.partition(":")[0] for line in searched.stdout.splitlines()}
    libc = subprocess.run(
        ["dpkg-query", "--show", "-f", "${Version}", "libc6"], capture_output=True, text=True, check=True
    ).stdout.partition("-")[0]
    return sorted({f"libc6 (>= {libc})" if name == "libc6" else name for name in packages})


def _programs(program: Path) -> list[Path]:
    found = [path for path in program.rglob("*") if ".so" in path.name and not path.is_symlink()]
    return [program / NAME, *(path for path in found if path.is_file())]


def _outside(path: Path, program: Path) -> set[str]:
    """Names of libraries that a file loads from the system."""
    told = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
    found = re.findall(r"^\s*(\S+) => (/\S+)", told, re.MULTILINE)
    held = {p.name for p in program.rglob("*.so*")}
    return {name for name, where in found if name not in held and not Path(where).is_relative_to(program)}


def architecture() -> str:
    """Debian's name for this kind of processor."""
    command = ["dpkg", "--print-architecture"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _copy(source: Path, folder: Path, name: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / (name or source.name))


if __name__ == "__main__":
    main()
