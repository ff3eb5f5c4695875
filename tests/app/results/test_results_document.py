"""``results --json`` and ``results`` hold back what the page does, and tell each rater's win rates."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.results.json_document import HELD_BACK, results_json
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import CATEGORIES, CHECKS, judged_study
from tests.app.voted_study import voted, voted_study
from tests.builders import output_of


@pytest.fixture(scope="module")
def blinded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three raters judged, with every check; still blinded."""
    path = tmp_path_factory.mktemp("document") / "s.ftstudy"
    return judged_study(path, prompts=12, design=CHECKS, unblinded=False)


def document(path: Path, now: datetime) -> Any:
    with StudyFile.open(path, now=now) as study:
        return json.loads(json.dumps(results_json(study), allow_nan=False))


@pytest.fixture
def both(blinded: Path, tmp_path: Path, now: datetime) -> tuple[Any, Any]:
    """The document before and after unblinding."""
    copy = Path(shutil.copy(blinded, tmp_path))
    before = document(copy, now)
    with StudyFile.open(copy, now=now) as study:
        study.settings.unblind("done", now=now)
    return before, document(copy, now)


def test_while_blinded_there_are_no_parts_and_the_keys_stay(both: tuple[Any, Any]) -> None:
    before, after = both
    assert list(before) == list(after)
    for key in ("categories", "splits"):
        assert before[key] == []
        assert after[key] != []
    assert before["agreement"]["cohen_kappa"] == []
    assert len(after["agreement"]["cohen_kappa"]) == 3
    assert list(before["raters"][0]) == list(after["raters"][0])
    assert {rater["win_rates"] for rater in before["raters"]} == {None}
    (pair,) = before["comparisons"]
    assert pair["split_differences"] == []
    assert list(pair) == list(after["comparisons"][0])
    assert pair["e_value"] == pytest.approx(after["comparisons"][0]["e_value"])


def test_what_is_held_back_is_named_and_is_indeed_empty(both: tuple[Any, Any]) -> None:
    before, after = both
    assert after["held_back"] == []
    assert {"comparisons.win_rate_b", "ranking.bradley_terry", "agreement.cohen_kappa"} <= {
        *before["held_back"]
    }
    for key, within in HELD_BACK.items():
        holders = before[key] if isinstance(before[key], list) and within else [before[key]]
        for holder in holders:
            if within and holder is not None:  # the study may have no such part
                assert not any(holder[name] for name in within)
            else:
                assert holder in ([], None)


def test_while_blinded_only_what_may_be_watched_has_numbers(both: tuple[Any, Any]) -> None:
    before, after = both
    (pair,) = before["comparisons"]
    told = {"a", "b", "rater_kind", "prompts", "judgments", "ties", "both_bad", "claims"}
    evidence = {"e_value", "e_value_highest", "confidence_sequence", "judgments_until_enough"}
    assert {key for key, value in pair.items() if value not in (None, [])} == told | evidence
    assert all(claim["favours"] is None for claim in pair["claims"])
    assert {*before["ranking"].values(), *before["position"].values()} == {None}
    assert after["comparisons"][0]["win_rate_b"]["value"] > 0
    assert after["ranking"]["average_win_rate"]


def test_in_words_no_part_is_told_while_blinded(
    blinded: Path, tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copy(blinded, tmp_path))
    told = output_of(capsys, ["results", str(copy), "--details"])
    assert "Rates by category, split, tag, rater, and criterion are shown after unblinding." in told
    assert not any(part in told for part in (*CATEGORIES, "By split", "By rater", "Ada"))
    with StudyFile.open(copy, now=now) as study:
        study.settings.unblind("done", now=now)
    told = output_of(capsys, ["results", str(copy), "--details"])
    assert all(part in told for part in (*CATEGORIES, "By rater", "Ada "))


def test_each_rater_has_a_win_rate_for_each_pair(tmp_path: Path, rng: Random, now: datetime) -> None:
    votes = [voted(f"p{n}", "Ada", "b" if n < 8 else "a") for n in range(10)]
    # Two samples of one prompt: no interval, for it would be over prompts.
    votes += [voted("p0", "Ben", "tie"), replace(voted("p0", "Ben", "b"), response_b="another sample")]
    votes += [voted("p0", "Ben", "b", b="other")]
    with voted_study(tmp_path / "s.ftstudy", votes, rng, now) as study:
        told: Any = results_json(study)
    rates = {(r["name"], w["b"]): w for r in told["raters"] for w in r["win_rates"]}
    # Wilson for 8 of 10.
    ada = rates["Ada", "tuned"]
    assert (ada["value"], ada["n"], ada["judgments"], ada["reason"]) == (0.8, 10, 10, None)
    assert (ada["low"], ada["high"]) == (pytest.approx(0.490162, abs=1e-6), pytest.approx(0.943318, abs=1e-6))
    assert rates["Ben", "tuned"] | {"method": ""} == {
        "a": "base", "b": "tuned", "value": 0.75, "low": None, "high": None, "level": 0.95, "method": "",
        "n": 1, "judgments": 2, "reason": "one prompt has no interval",
    }  # fmt: skip
    none = rates["Ada", "other"]
    assert (none["value"], none["n"], none["reason"]) == (None, 0, "this rater judged none of it")
