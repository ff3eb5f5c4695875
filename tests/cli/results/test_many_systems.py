"""``results`` of many systems as text: all pairs in a table, few in full, and that is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from tests.app.report.report_studies import Names, judged_study

FIVE = Names(systems=("base", "early", "late", "small", "large"), raters=("Ada", "Ben"))


def told(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert run(["results", str(path)]) == 0
    return capsys.readouterr().out.splitlines()


def test_all_pairs_stand_in_a_table_and_those_with_the_base_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = judged_study(tmp_path / "s.ftstudy", prompts=9, names=FIVE, excluded="Ben")
    lines = told(path, capsys)
    assert lines[0].startswith("Raters preferred early over base in ")
    table = lines[2:13]
    heads = ("Pair", "Prompts", "Judgments", "Win rate", "95% interval", "E-value", "In words")
    assert re.split("  +", table[0]) == list(heads)
    assert [line.split("  ")[0] for line in table[1:5]] == [
        f"{name} against base" for name in FIVE.systems[1:]
    ]
    assert all("enough to tell" in line or " better" in line for line in table[1:])
    assert len({line.index("%") for line in table[1:]}) == 1  # numbers stand below each other
    assert lines[14] == "4 pairs told in full below; `results STUDY --json` has all 10."
    assert len([line for line in lines if line.startswith("Human raters")]) == 4
    ranking = lines[lines.index("Scores") + 2 :][:5]
    assert {line.split()[0] for line in ranking} == set(FIVE.systems)
    assert all(re.search(r"% \([\d.]+–[\d.]+%\)$", line) for line in ranking)
    without = lines.index(next(line for line in lines if line.startswith("The same without Ben")))
    assert [line.split("  ")[0] for line in lines[without + 1 :][:4]] == [
        f"{name} against base" for name in FIVE.systems[1:]
    ]


def test_while_blinded_no_pair_is_picked_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = judged_study(tmp_path / "s.ftstudy", prompts=3, names=FIVE, unblinded=False)
    lines = told(path, capsys)
    assert len([line for line in lines if line.startswith("System ") and " against System " in line]) == 10
    assert not [line for line in lines[1:] if "enough to tell" in line or "too little to say" in line]
    assert [line.split()[-1] for line in lines if line.startswith("Pair ")] == ["E-value"]
    assert any("No pair is told in full; `results STUDY --json` has all 10." in line for line in lines)
    assert not [line for line in lines if line.startswith("Human raters") or line == "Scores"]


def test_without_an_interval_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = Names(systems=FIVE.systems, raters=("Ada", "Ben"))
    lines = told(judged_study(tmp_path / "s.ftstudy", prompts=1, names=few), capsys)
    table = [line for line in lines if " against " in line]
    assert len(table) == 10
    assert all(re.search(r"– +[\d.]+  too little to say$", line) for line in table)
    ranking = lines[lines.index("Scores") + 2 :][:5]
    assert all(line.endswith("(no interval)") for line in ranking)
