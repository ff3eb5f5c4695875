"""The scripts that measure what is promised, in short: they run, and what they look for holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork")


def run(script: str, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr[-3000:]}"
    return ran.stdout


@pytest.mark.parametrize(
    ("line", "findings"),
    [
        (
            "window_kills.py --kills 2 --packs 2",
            {"study: 2 kills": None, "pack: 2 kills": None, "lost 0, doubled 0, not in order 0": 2},
        ),
        ("gate_conditions.py --runs 200", {"Every cell holds its bound.": None}),
        ("mutated_files.py --files 3", {"in all 186 tried, 0 failed": None}),
        ("mutated_glossaries.py --files 56", {"in all 66 tried, 0 failed": None}),
        (
            "tampering.py --rounds 40 --packs 15",
            {
                "value altered: 40 of 40 found": None,
                "byte of the file altered: 40 of 40 found": None,
                "byte of a pack altered: 15 of 15 found": None,
            },
        ),
        ("damaged_packs.py --packs 12 --seconds 200", {"packs: 12 damaged": None, "failed: 0": None}),
        ("damaged_results.py --results 25 --seconds 200", {"results: 25 damaged": None, "failed: 0": None}),
        ("altered_pages.py --pages 4 --seconds 200", {"pages: 4 altered": None, "failed: 0": None}),
        pytest.param(
            "blindness.py --screens 0 --planted 48 --swapped 2",
            {"IS NOT FOUND": 0, "systems swapped: 0 of 2 screens differ": None},
            marks=pytest.mark.slow,
        ),
        (
            "false_term_finds.py --studies 25 --prompts 77",
            {"77 prompts, as built": None, "the rule holds": None},
        ),
        (
            "error_scores.py --runs 400",
            {"| critical errors: 5% |": 24, "Every cell holds its bound.": None},
        ),
        pytest.param(
            "prediction_powered.py --runs 30",
            {"| good |": 5, "Every cell holds its bound.": None},
            marks=pytest.mark.slow,
        ),
        ("judge_agreement.py --studies 40", {"\neven ": 24, "Every cell holds its bound.": None}),
    ],
)
def test_what_a_script_measures_is_as_promised(line: str, findings: dict[str, int | None]) -> None:
    printed = run(*line.split())
    for words, times in findings.items():
        assert words in printed if times is None else printed.count(words) == times, words


def test_scripted_raters_are_held_to_their_truth_and_the_table_goes_into_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Above.\n<!-- scripted raters -->\nold\n<!-- end of scripted raters -->\nBelow.\n", "utf-8"
    )
    printed = run("scripted_raters.py", "--studies", "4", "--whole", "1", "--page", str(page))
    assert "Every interval keeps what it says." in printed
    written = page.read_text("utf-8")
    assert written.startswith("Above.\n<!-- scripted raters -->\nSeed ")
    assert written.endswith("\n<!-- end of scripted raters -->\nBelow.\n")
    assert "| win rate, for other raters of this kind | 95% |" in written
    assert "old" not in written
