"""The recipe of the program for raters: what it leaves out, what its files say, and, slowly, the build."""

from __future__ import annotations

import gzip
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

import ftcompare
from ftcompare import rater_program

PACKAGING = Path(__file__).parents[2] / "packaging"
RECIPE = PACKAGING / "rater" / "ftcompare-rater.spec"
make_deb = SimpleNamespace(**runpy.run_path(str(PACKAGING / "linux" / "make_deb.py")))
libraries = SimpleNamespace(**runpy.run_path(str(PACKAGING / "rater" / "linux_libraries.py")))
OTHER_SYSTEMS = sorted((PACKAGING / "ci").glob("rater-*.yml"))


def test_no_model_library_and_no_statistics_are_built_in() -> None:
    lines = (PACKAGING / "rater" / "excluded_modules.txt").read_text(encoding="utf-8").splitlines()
    assert {"torch", "transformers", "scipy", "numpy", "matplotlib", "rdflib", "lxml"} <= set(lines)


def test_the_recipe_is_python_and_names_files_that_are_there() -> None:
    text = RECIPE.read_text(encoding="utf-8")
    compile(text, str(RECIPE), "exec")
    for name in (
        "resources/icons",
        "resources/application-icon.svg",
        "resources/schema",
        "resources/style_sheet.qss",
        "ftcompare/rater_program.py",
        "LICENSE",
    ):
        assert all(f'"{part}"' in text for part in name.split("/"))
        assert (PACKAGING.parent / name).exists()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("", ""),
        ("/home/builder/lib", ""),
        ("$ORIGIN/:$ORIGIN/../shiboken6/", "$ORIGIN/:$ORIGIN/../shiboken6/"),
        ("/home/builder/lib:$ORIGIN/..::lib", "$ORIGIN/.."),
    ],
)
def test_libraries_search_no_folder_of_the_machine_that_built_them(path: str, kept: str) -> None:
    assert libraries.portable(path) == kept


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a Debian package, laid out from a build with one library."""
    program = tmp_path / "dist" / make_deb.NAME
    licences = program / "_internal" / "licences"
    licences.mkdir(parents=True)
    (licences / "THIRD-PARTY.md").write_text("- Qt: LGPL-3.0\n", encoding="utf-8")
    for path in (program / make_deb.NAME, program / "_internal" / "libqt.so.6"):
        path.write_bytes(b"")
        path.chmod(0o755)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    make_deb.lay_out(tmp_path / "root", program)
    return tmp_path / "root" / "usr"


def test_of_the_files_in_the_package_only_the_program_can_be_executed(package: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in package.rglob("*") if path.is_file()}
    assert modes.pop(make_deb.NAME) == 0o755
    assert "libqt.so.6" in modes
    assert set(modes.values()) == {0o644}


def test_the_package_has_the_documents_that_debian_requires(package: Path) -> None:
    documents = package / "share" / "doc" / make_deb.NAME
    assert "/usr/share/common-licenses" in (documents / "copyright").read_text("utf-8")
    upstream = gzip.decompress((documents / "changelog.gz").read_bytes())
    assert upstream == (PACKAGING.parent / "CHANGELOG.md").read_bytes()
    entry = gzip.decompress((documents / "changelog.Debian.gz").read_bytes()).decode()
    assert entry.startswith(f"{make_deb.NAME} ({ftcompare.__version__}-1) unstable; ")
    assert entry.endswith(f"\n -- {make_deb.MAINTAINER}  Fri, 15 Jan 2027 08:00:00 +0000\n")
    assert "@" in make_deb.MAINTAINER
    manual = gzip.decompress((package / "share" / "man" / "man1" / "ftcompare-rater.1.gz").read_bytes())
    options = [option for action in rater_program._parser()._actions for option in action.option_strings]
    assert [option for option in options if option.replace("-", "\\-") not in manual.decode()] == []
    for folder, name, _ in make_deb.COMPLETIONS:
        completion = (package / "share" / folder / name).read_text("utf-8")
        words = (option.removeprefix("--") for option in options if option.startswith("--"))
        assert [word for word in words if word not in completion] == [], name


def test_every_override_of_lintian_has_a_reason(package: Path) -> None:
    text = (package / "share" / "lintian" / "overrides" / make_deb.NAME).read_text("utf-8")
    for part in text.strip().split("\n\n"):
        lines = part.splitlines()
        assert lines[0].startswith("# ")
        assert lines[-1].startswith(f"{make_deb.NAME}: ")


@pytest.mark.parametrize("path", OTHER_SYSTEMS, ids=lambda p: p.stem)
def test_recipes_for_other_systems_say_that_they_were_not_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "NOT RUN HERE" in text.split("name:")[0]
    commands = [line.partition("run: ")[2] for line in text.splitlines() if "run: " in line]
    assert "python packaging/rater/build.py" in commands
    assert any(".[build]" in command and "packaging/constraints.txt" in command for command in commands)


@pytest.mark.slow
def test_the_program_is_built_and_passes_its_own_test() -> None:
    if find_spec("PyInstaller") is None:
        pytest.skip("PyInstaller is not installed: make rater-build")
    done = subprocess.run(
        [sys.executable, str(PACKAGING / "rater" / "build.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Self-test passed: 2 pairs judged" in done.stdout
