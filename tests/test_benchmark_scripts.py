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


def test_kills_of_the_real_window_lose_and_double_nothing() -> None:
    printed = run("window_kills.py", "--kills", "2", "--packs", "2")
    assert "study: 2 kills" in printed
    assert "pack: 2 kills" in printed
    assert printed.count("lost 0, doubled 0, not in order 0") == 2


def test_gates_of_many_conditions_let_no_more_worse_systems_out() -> None:
    assert "Every cell holds its bound." in run("gate_conditions.py", "--runs", "200")


def test_damaged_glossaries_are_taken_whole_or_not_at_all() -> None:
    printed = run("mutated_glossaries.py", "--files", "56")
    assert "in all 66 tried, 0 failed" in printed


def test_altered_bytes_are_found_in_studies_and_packs() -> None:
    printed = run("tampering.py", "--rounds", "40", "--packs", "15")
    assert "value altered: 40 of 40 found" in printed
    assert "byte of the file altered: 40 of 40 found" in printed
    assert "byte of a pack altered: 15 of 15 found" in printed


def test_of_damaged_packs_nothing_altered_is_merged() -> None:
    printed = run("damaged_packs.py", "--packs", "12", "--seconds", "200")
    assert "packs: 12 damaged" in printed
    assert "failed: 0" in printed


def test_of_damaged_results_nothing_altered_is_merged() -> None:
    printed = run("damaged_results.py", "--results", "25", "--seconds", "200")
    assert "results: 25 damaged" in printed
    assert "failed: 0" in printed


def test_in_altered_pages_nothing_altered_is_judged() -> None:
    printed = run("altered_pages.py", "--pages", "4", "--seconds", "200")
    assert "pages: 4 altered" in printed
    assert "failed: 0" in printed


@pytest.mark.slow
def test_planted_leaks_are_found_and_swapped_systems_look_the_same() -> None:
    printed = run("blindness.py", "--screens", "0", "--planted", "48", "--swapped", "2")
    assert "IS NOT FOUND" not in printed
    assert "systems swapped: 0 of 2 screens differ" in printed


def test_words_are_told_as_different_where_they_are_and_hardly_elsewhere() -> None:
    printed = run("false_term_finds.py", "--studies", "25", "--prompts", "77")
    assert "77 prompts, as built" in printed
    assert "the rule holds" in printed


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
    assert "| win rate, for raters like these | 95% |" in written
    assert "old" not in written


def test_intervals_of_error_scores_are_simulated_and_equal_systems_are_seldom_told_apart() -> None:
    printed = run("error_scores.py", "--runs", "60")
    assert printed.count("| critical errors: 5% |") == 24
    assert "Every cell holds its bound." in printed


@pytest.mark.slow
def test_the_interval_with_a_program_s_judgments_holds_the_truth_and_a_good_program_shortens_it() -> None:
    printed = run("prediction_powered.py", "--runs", "30")
    assert printed.count("| good |") == 5
    assert "Every cell holds its bound." in printed


def test_the_interval_of_a_judge_s_kappa_holds_the_truth() -> None:
    printed = run("judge_agreement.py", "--studies", "40")
    assert printed.count("\neven ") == 24
    assert "Every cell holds its bound." in printed
