"""The recipe of the program for raters: what it leaves out, what its files say, and, slowly, the build."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
RECIPE = PACKAGING / "rater" / "ftcompare-rater.spec"
OTHER_SYSTEMS = sorted((PACKAGING / "ci").glob("*.yml"))


def test_no_model_library_and_no_statistics_are_built_in() -> None:
    lines = (PACKAGING / "rater" / "excluded_modules.txt").read_text(encoding="utf-8").splitlines()
    assert {"torch", "transformers", "scipy", "numpy", "matplotlib", "rdflib", "lxml"} <= set(lines)


def test_the_recipe_is_python_and_names_files_that_are_there() -> None:
    text = RECIPE.read_text(encoding="utf-8")
    compile(text, str(RECIPE), "exec")
    for name in (
        "resources/icons",
        "resources/application-icon.svg",
        "ftcompare/rater_program.py",
        "LICENSE",
    ):
        assert all(f'"{part}"' in text for part in name.split("/"))
        assert (PACKAGING.parent / name).exists()


@pytest.mark.parametrize("path", OTHER_SYSTEMS, ids=lambda p: p.stem)
def test_recipes_for_other_systems_say_that_they_were_not_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "NOT RUN HERE" in text.split("name:")[0]
    commands = [line.partition("run: ")[2] for line in text.splitlines() if "run: " in line]
    assert "python packaging/rater/build.py" in commands
    assert any(".[build]" in command and "packaging/constraints.txt" in command for command in commands)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_program_is_built_and_passes_its_own_test() -> None:
    if find_spec("PyInstaller") is None:
        pytest.skip("PyInstaller is not installed: make rater-build")
    done = subprocess.run(
        [sys.executable, str(PACKAGING / "rater" / "build.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Self-test passed: 2 pairs judged" in done.stdout
