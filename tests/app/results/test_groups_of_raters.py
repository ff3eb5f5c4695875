"""Results by groups of raters: which answers to the owner's questions they gave."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.pair_results import pair_results, part_title
from ftcompare.app.results.presentation.subsets import dimensions_of, part_tables, parts_lines
from ftcompare.app.results.study_results import detailed_results
from ftcompare.app.review.result_slice import Dimension, Part, belongs
from ftcompare.app.review.terminology import judged_pairs
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.survey import AGREED, SurveyAnswer, SurveyMoment
from ftcompare.formats.registry import export_format
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

DESIGN = RatingDesign(
    consent="You may stop.",
    ask_before=("Profession | doctor | nurse", "Country | Peru | Chad", "Years | number"),
)
PROFESSIONS = {"Ann": "doctor", "Ben": "nurse", "Cleo": "doctor", "Eve": ""}  # Eve was not asked
GROUPS = ["Profession: doctor", "Profession: nurse"]  # everybody lives in one country


@pytest.fixture
def grouped_study(tmp_path: Path, rng: Random, now: datetime) -> StudyFile:
    votes = [
        voted(f"P{n}", rater, "b" if rater == "Ben" else "a") for rater in PROFESSIONS for n in range(12)
    ]
    study = voted_study(tmp_path / "v.ftstudy", votes, rng, now)
    study.settings.set_rating(Scale(), DESIGN, now=now)
    for rater in study.raters.all():
        given = {
            "You may stop.": AGREED,
            "Profession": PROFESSIONS[rater.name],
            "Country": "Peru",
            "Years": "7",
        }
        answers = (SurveyAnswer(SurveyMoment.BEFORE, *one, stamp(now)) for one in given.items())
        study.survey.add(rater.id, answers if given["Profession"] else ())
    return study


def test_results_by_group_of_raters(grouped_study: StudyFile) -> None:
    with grouped_study as study:
        detailed = detailed_results(study)
        results = pair_results(detailed, detailed.results.summary.comparisons[0])
        assert Dimension.RATER_GROUP in dimensions_of(results)
        parts = {
            one.name: (one.rate.value, one.counts.judgments) for one in results.slices(Dimension.RATER_GROUP)
        }
        assert parts == {GROUPS[0]: (0.0, 24), GROUPS[1]: (1.0, 12)}
        (table,) = (one for one, _ in part_tables(results) if one.caption == "By group of raters")
        assert [row[0] for row in table.rows] == GROUPS
        assert "by raters with “Profession: nurse”" in parts_lines(results, Dimension.RATER_GROUP)[0]
        nurses = Part(Dimension.RATER_GROUP, GROUPS[1])
        assert {one.rater.name for one in judged_pairs(study) if belongs(one, results.stored, nurses)} == {
            "Ben"
        }
        assert part_title(results.stored, nurses) == "raters with “Profession: nurse”"
        written = results_json(study)["rater_groups"]
        assert isinstance(written, list)
        assert [one["rater_group"] for one in written if isinstance(one, dict)] == GROUPS


def test_a_table_of_judgments_has_a_column_for_each_question(
    grouped_study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    with grouped_study as study:
        export(study, tmp_path / "j.csv", ExportRequest(export_format("csv")), now=now)
    with (tmp_path / "j.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["rater"]: row for row in csv.DictReader(file)}
    asked = ("consent", "Profession", "Country", "Years")
    assert [rows["Ben"][f"rater: {question}"] for question in asked] == ["agreed", "nurse", "Peru", "7"]
    assert [rows["Eve"][f"rater: {question}"] for question in asked] == [""] * 4
