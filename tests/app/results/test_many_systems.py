"""Hundreds of systems: the most judged pairs in full, the rest counted, and nothing left out unsaid."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.blocks import Paragraph, Picture
from ftcompare.app.results.study_results import detailed_results, results
from ftcompare.cli.main import cli
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.stats.ranking import MOST_WITH_INTERVALS
from ftcompare.stats.summary import MOST_IN_FULL
from ftcompare.store.study import responses
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import WRITTEN
from tests.app.voted_study import voted, voted_study

SYSTEMS = [f"system {number:03}" for number in range(60)]


def judged() -> list[JudgmentRecord]:
    """Each two systems meet once; the last two three times."""
    rng = Random(4)
    pairs = [*combinations(SYSTEMS, 2), (SYSTEMS[-2], SYSTEMS[-1]), (SYSTEMS[-2], SYSTEMS[-1])]
    return [voted(f"p{n % 23}", "Ada", rng.choice("ab"), a=a, b=b) for n, (a, b) in enumerate(pairs)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "many.ftstudy"
    voted_study(path, judged(), Random(1), WRITTEN).close()
    return path


def test_the_most_judged_pairs_have_figures_and_the_rest_counts(many: Path) -> None:
    with StudyFile.open(many, now=WRITTEN) as study:
        found = results(study).summary
        detailed = detailed_results(study)
    assert len(found.comparisons) == MOST_IN_FULL
    assert len(found.comparisons) + len(found.further) == 60 * 59 // 2
    assert (found.comparisons[0].a, found.comparisons[0].b) == (SYSTEMS[0], SYSTEMS[1])
    last = found.comparisons[-1]
    assert (last.a, last.b, last.judgments) == (SYSTEMS[-2], SYSTEMS[-1], 3)
    together = sum(p.judgments for p in found.comparisons) + sum(p.counts.judgments for p in found.further)
    assert together == found.judgments == len(judged())
    assert len(detailed.evidence) == MOST_IN_FULL


def test_the_ranking_is_of_all_judgments_and_without_intervals(many: Path) -> None:
    with StudyFile.open(many, now=WRITTEN) as study:
        ranking = results(study).summary.ranking
    assert len(SYSTEMS) > MOST_WITH_INTERVALS
    assert ranking.intervals is None
    won = dict.fromkeys(SYSTEMS, 0)
    for record in judged():
        won[record.system_a if record.choice == "a" else record.system_b] += 1
    best = max(won, key=lambda name: won[name])
    assert set(ranking.average_win_rate) == set(SYSTEMS)
    assert ranking.average_win_rate[best] == max(filter(None, ranking.average_win_rate.values()))


def test_the_document_lists_every_pair(many: Path) -> None:
    with StudyFile.open(many, now=WRITTEN) as study:
        found = json.loads(json.dumps(results_json(study)))
    further = found["further_comparisons"]
    assert {(p["a"], p["b"]) for p in (*found["comparisons"], *further)} == set(combinations(SYSTEMS, 2))
    assert set(further[0]) == {
        "a", "b", "rater_kind", "prompts", "judgments", "wins_a", "wins_b", "ties", "both_bad", "win_rate_b",
    }  # fmt: skip
    assert all(p["win_rate_b"] == p["wins_b"] / p["judgments"] for p in further)


def test_report_and_command_say_what_has_no_figures(many: Path) -> None:
    told = "1,270 further pairs are counted only: the 500 with the most judgments have figures."
    with StudyFile.open(many, now=WRITTEN) as study:
        report = document(gather(study, now=WRITTEN))
    said = {
        section.key: " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
        for section in report.sections
    }
    assert told in said["pairs"]
    assert told in said["counts"]
    ranking = next(section for section in report.sections if section.key == "ranking")
    captions = " ".join(block.caption for block in ranking.blocks if isinstance(block, Picture))
    assert f"there are none for more than {MOST_WITH_INTERVALS} systems" in captions
    assert "500 most judged pairs" in report.summary[-1]
    assert told in CliRunner().invoke(cli, ["results", str(many), "--details"]).output


def test_pairing_more_systems_than_can_be_judged_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "MOST_COMPARISONS", 10)
    outputs = tmp_path / "outputs.jsonl"
    outputs.write_text(
        "".join(
            json.dumps({"prompt": "Why?", "system": f"s{number}", "response": f"Answer {number}"}) + "\n"
            for number in range(6)
        ),
        encoding="utf-8",
    )
    path = tmp_path / "s.ftstudy"
    done = CliRunner().invoke(cli, ["import", str(path), str(outputs), "--format", "outputs"])
    assert isinstance(done.exception, UserError)
    assert done.exception.code == "too-many-comparisons"
    assert "more than 10 pairs" in str(done.exception)
    assert not path.exists()
