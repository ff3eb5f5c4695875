"""Each of the twelve studies has the votes that its name promises."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.results.study_results import PairSummary, results
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.twelve_studies import odd_study


def main_pair(tmp_path: Path, name: str, now: datetime) -> PairSummary:
    with StudyFile.open(odd_study(tmp_path / "study.ftstudy", name), now=now) as study:
        return results(study).summary.comparisons[0]


@pytest.mark.parametrize(
    ("name", "wins", "ties", "raters"),
    [
        ("one-of-three-opposed", (80, 40), (0, 0), 3),
        ("one-rater-judged-most", (75, 26), (0, 0), 3),
        ("all-both-bad", (0, 0), (0, 60), 3),
        ("all-ties", (0, 0), (60, 0), 3),
        ("sign-test-without-claim", (49, 38), (3, 0), 3),
        ("raters-opposed", (40, 40), (0, 0), 2),
        ("one-judgment-per-side", (1, 1), (38, 0), 3),
        ("six-of-six", (6, 0), (0, 0), 1),
        ("trained-and-unseen", (165, 135), (0, 0), 3),
        ("three-coins", (117, 114), (0, 0), 3),
    ],
)
def test_votes(
    name: str, wins: tuple[int, int], ties: tuple[int, int], raters: int, tmp_path: Path, now: datetime
) -> None:
    pair = main_pair(tmp_path, name, now)
    assert ((pair.wins_b, pair.wins_a), (pair.ties, pair.both_bad), pair.raters) == (wins, ties, raters)


def test_a_sign_test_without_a_claim(tmp_path: Path, now: datetime) -> None:
    pair = main_pair(tmp_path, "sign-test-without-claim", now)
    assert pair.sign_test_p == pytest.approx(0.016, abs=5e-4)
    assert not any(claim.made for claim in pair.claims)
