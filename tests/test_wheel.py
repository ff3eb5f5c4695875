"""What is built for others: wheel and sdist are whole, and the program works from the wheel alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.metadata import Metadata

import ftcompare
from ftcompare.app.self_test.steps import SHIPPED_FILES
from ftcompare.core.language import ENGLISH, LANGUAGES
from tests.builders import text_file

ROOT = Path(__file__).parent.parent
NAME = f"ftcompare-{ftcompare.__version__}"
INFO = f"{NAME}.dist-info"
NOTICES = {
    *("demo/README.md", "demo/adapter/README.md", "demo/base/README.md", "safety/README.md"),
    "icons/LICENSE",
}
"""Of the resources, what people read and the program does not."""
READ_BY_THE_PROGRAM = (".py", ".js", ".css", ".html", ".j2", ".json", ".toml", ".typed")
"""Ends of the names of the package's files, but for those with which the browser page's script is checked."""

RATER = """
import sys
from importlib.util import find_spec
from ftcompare.engine import optional_dependencies
optional_dependencies.find_spec = lambda name: None if name == "torch" else find_spec(name)
sys.argv = ["ftcompare", "check", "--installation"]
from ftcompare.__main__ import main
main()
"""
"""The self-test of an installation without the engine."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")))
    return Path(path)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files in a folder whose name is no plain one, as pip puts them there."""
    folder = tmp_path_factory.mktemp("place") / "mein Gerät – 審査"
    options = ("--no-deps", "--no-index", "--no-compile", "--quiet", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def built_wheel(source: Path, target: Path) -> Path:
    (path,) = WheelBuilder(str(source)).build(directory=str(target), versions=["standard"])
    return Path(path)


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as file:
        return file.namelist()


def self_test(installed: Path, folder: Path, **environment: str) -> tuple[int, str]:
    """Run in a folder, without a display and without anything of this environment's but its libraries."""
    kept = {
        name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ
    }
    place = {"PYTHONPATH": str(installed), "HOME": str(folder), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RATER],
        cwd=folder,
        env={**kept, **place, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_wheel_holds_the_package_its_resources_and_nothing_else(wheel: Path) -> None:
    names = set(names_in(wheel))
    files = (p for p in (ROOT / "ftcompare").rglob("*") if p.suffix in READ_BY_THE_PROGRAM)
    files = (p for p in files if p.name != "tsconfig.json")
    package = {p.relative_to(ROOT).as_posix() for p in files}
    compiled = [f"languages/{one.locale}.mo" for one in LANGUAGES if one.code != ENGLISH]
    owner = [f"languages/owner/{p.stem}.mo" for p in (ROOT / "resources/languages/owner").glob("*.po")]
    resources = {f"ftcompare/_resources/{name}" for name in (*SHIPPED_FILES, *NOTICES, *compiled, *owner)}
    pages = {
        f"ftcompare/_docs/{p.relative_to(ROOT / 'docs').as_posix()}" for p in (ROOT / "docs").rglob("*.md")
    }
    told = {n for n in names if n.startswith(f"{INFO}/")}
    assert names - told == package | resources | pages
    assert "ftcompare/py.typed" in names
    assert {n.removeprefix(f"{INFO}/") for n in told} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt"),
        *("licenses/LICENSE", "licenses/resources/icons/LICENSE"),
    }


def test_the_metadata_are_valid_and_the_version_is_that_of_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        metadata = Metadata.from_email(file.read(f"{INFO}/METADATA"), validate=True)
        commands = file.read(f"{INFO}/entry_points.txt").decode()
    assert str(metadata.version) == ftcompare.__version__
    assert metadata.license_expression == "MIT AND ISC"
    assert {"engine", "parquet", "quantised", "retention"} <= set(metadata.provides_extra or ())
    assert metadata.description
    assert "ftcompare = ftcompare.__main__:main" in commands


def test_the_sdist_holds_what_the_repository_holds_and_nothing_that_was_built(sdist: Path) -> None:
    with tarfile.open(sdist) as file:
        names = {str(PurePosixPath(m.name).relative_to(NAME)) for m in file.getmembers() if m.isfile()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        kept = {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()}
        left_out = {name for name in kept if name.startswith(".")}
        assert kept - left_out <= names
    assert {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", "packaging/constraints.txt"} <= names
    built = re.compile(r"(^|/)(__pycache__|build|dist|\.venv|demo\.ftstudy|\.pytest_cache)(/|$)|\.py[co]$")
    assert not [name for name in names if built.search(name)]


def test_the_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as file:
        file.extractall(tmp_path, filter="data")
    again = built_wheel(tmp_path / NAME, tmp_path)
    assert again.read_bytes() == wheel.read_bytes()


def test_the_program_works_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    """In any folder, without a display, without the engine, and where the user's folder cannot be written."""
    closed = text_file(tmp_path / "file", "no folder")
    place = tmp_path / "Ordner mit Leerzeichen, 部屋"
    place.mkdir()
    code, told = self_test(
        installed, place, HOME=str(closed / "home"), XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert code == 0, told
    steps = dict(re.findall(r"^\w+ +([\w' ]+): (.*)$", told, re.MULTILINE))
    assert str(installed) in steps["Program"]
    assert steps["Rater packs"].startswith("one judged and merged; one written as a page for browsers")
    assert "without Engine: not installed" in told
    assert "without User's folder:" in told
    assert "there is no display here, and a pack in it" in steps["Window"]
    assert not list(place.iterdir())


def test_a_wheel_that_lacks_files_is_found_out(installed: Path, tmp_path: Path) -> None:
    gone = ("_resources/icons/flag.svg", "app/report/templates/report.css", "formats/browser_pack/rating.css")
    damaged = Path(shutil.copytree(installed, tmp_path / "damaged"))
    for name in gone:
        (damaged / "ftcompare" / name).unlink()
    code, told = self_test(damaged, tmp_path)
    assert code == 3
    failed = dict(re.findall(r"^FAILED +([\w' ]+): (.*)$", told, re.MULTILINE))
    assert set(failed) == {"Resources", "Rater packs", "Report"}
    assert "icons/flag.svg" in failed["Resources"]
    assert "rating.css" in failed["Rater packs"]
    assert "report.css" in failed["Report"]
