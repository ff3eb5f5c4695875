"""``results`` of many systems as text: all pairs in a table, few in full, and that is said."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.results.chosen_pairs import clear_preferences
from ftcompare.app.results.claim_sentences import headline
from ftcompare.app.results.study_results import detailed_results
from ftcompare.cli.main import run
from ftcompare.core.blinding import BlindItem
from ftcompare.core.scale import Choice
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import START, Names, judged_study

LARGE = 4
"""The place of the system added last."""
FIVE = Names(systems=("base", "early", "late", "small", "large"), raters=("Ada", "Ben"))


def told(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert run(["results", str(path), "--details"]) == 0
    return capsys.readouterr().out.splitlines()


def test_all_pairs_stand_in_a_table_and_those_with_the_base_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = judged_study(tmp_path / "s.ftstudy", prompts=9, names=FIVE, excluded="Ben")
    lines = told(path, capsys)
    with StudyFile.open(path, now=START) as study:
        pairs = detailed_results(study).results.summary.comparisons
    assert (pairs[0].a, pairs[0].b) == ("base", "early")
    start = lines.index("Every pair") + 1
    table = lines[start : start + 11]
    rates = ("Win rate", "95% interval", "Expected rate")
    heads = ("Pair", "Prompts", "Judgments", *rates, "Evidence", "In words")
    assert re.split("  +", table[0]) == list(heads)
    assert [line.split("  ")[0] for line in table[1:5]] == [
        f"{name} against base" for name in FIVE.systems[1:]
    ]
    assert {line.split("  ")[-1] for line in table[1:]} == {"no clear preference"}
    assert not clear_preferences(pairs)
    assert len({line.index("%") for line in table[1:]}) == 1  # numbers stand below each other
    assert lines[start + 12] == "4 pairs in full below; `results STUDY --json` has all 10."
    assert [headline(pair) in lines for pair in pairs] == [True] * 4 + [False] * 6
    scores = len(lines) - lines[::-1].index("Scores")  # those of the details
    ranking = lines[scores + 1 :][:5]
    assert {line.split()[0] for line in ranking} == set(FIVE.systems)
    assert all(re.search(r"% \([\d.]+–[\d.]+%\)$", line) for line in ranking)
    assert lines.count("With and without") == 4
    assert sum(line.startswith("Left out on the Raters page: Ben.") for line in lines) == 4


def the_large_one(item: BlindItem, rng: Random) -> Choice:
    """Of five systems the last, in each of its pairs; the earlier of the others."""
    left, right = (int(text[1]) for text in (item.left, item.right))
    if LARGE in (left, right):
        return Choice.LEFT if left == LARGE else Choice.RIGHT
    return Choice.TIE


def test_pairs_with_a_clear_preference_are_told_corrected_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for prompts, number in ((7, 0), (12, 4)):  # 12 of 12 is beyond doubt among ten pairs; 7 of 7 is not
        path = judged_study(tmp_path / f"{prompts}.ftstudy", prompts=prompts, names=FIVE, judge=the_large_one)
        lines = told(path, capsys)
        table = [line for line in lines if re.match(r"\w+ against \w+  ", line)]
        assert len(table) == 10
        with StudyFile.open(path, now=START) as study:
            pairs = detailed_results(study).results.summary.comparisons
        assert sum(pair.claims[0].made for pair in pairs) == 4
        clear = [line.split("  ")[0] for line in table if line.endswith("  large preferred")]
        assert clear == [f"{b} against {a}" for a, b, _ in clear_preferences(pairs)]
        assert len(clear) == number
        assert all(line.endswith("  no clear preference") for line in table if line[:5] != "large")


def test_while_blinded_no_pair_is_picked_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = judged_study(tmp_path / "s.ftstudy", prompts=3, names=FIVE, unblinded=False)
    lines = told(path, capsys)
    assert len([line for line in lines if line.startswith("System ") and " against System " in line]) == 10
    assert not [line for line in lines if line.endswith((" preferred", "no clear preference"))]
    assert [line.split()[-1] for line in lines if line.startswith("Pair ")] == ["Evidence"]
    assert any("No pair is shown in full; `results STUDY --json` has all 10." in line for line in lines)
    assert not [line for line in lines if line.startswith("One preferred") or line == "Scores"]


def test_without_an_interval_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = Names(systems=FIVE.systems, raters=("Ada", "Ben"))
    lines = told(judged_study(tmp_path / "s.ftstudy", prompts=1, names=few), capsys)
    table = [line for line in lines if " against " in line and line.endswith("too few prompts")]
    assert len(table) == 10
    assert all(re.search(r"– +[\d.]+% +[\d.]+  too few prompts$", line) for line in table)
    ranking = lines[lines.index("Scores") + 2 :][:5]
    assert all(line.endswith("(no interval)") for line in ranking)
