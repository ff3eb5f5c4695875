"""Errors that experts marked, in the results: computed by hand, in every renderer, after unblinding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.results.error_marks import error_marks, error_marks_json
from ftcompare.app.results.presentation.blocks import Figure
from ftcompare.app.results.presentation.number_format import detail_words, value_words
from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import Group, pair_results
from ftcompare.app.results.study_results import detailed_results
from ftcompare.app.review.marks import add_mark, set_looked_through
from ftcompare.cli.main import run
from ftcompare.core.annotations import Mark
from ftcompare.core.study import Response
from ftcompare.stats.error_marks import LEAST_SCORED
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study
from tests.builders import output_of, present
from tests.swapped_studies import swapped_studies


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """Two prompts; each answer has the three words “base on p0”."""
    with voted_study(
        tmp_path / "s.ftstudy", [voted(f"p{n}", "Ada", "a") for n in range(2)], Random(1), now
    ) as file:
        yield file


def answer(study: StudyFile, text: str) -> Response:
    return next(one for one in study.responses.all() if one.text == text)


def mark(study: StudyFile, name: str, text: str, words: str, now: datetime, *said: str) -> None:
    given = answer(study, text)
    start = text.index(words)
    kind, severity = said or ("style", "minor")
    add_mark(study, name, Mark(given.id, start, start + len(words), words, kind, severity), now=now)


def marked(study: StudyFile, now: datetime) -> None:
    """Base 1 + 5 in 6 words, tuned 1 in 3; Eve and Max agree on one word of three."""
    mark(study, "Eve", "base on p0", "base", now)
    mark(study, "Eve", "base on p1", "on p1", now, "accuracy", "major")
    mark(study, "Eve", "tuned on p0", "tuned", now)
    mark(study, "Max", "tuned on p0", "tuned on", now)


def shown(study: StudyFile) -> dict[str, Figure]:
    found = detailed_results(study)
    told = pair_results(found, found.results.summary.comparisons[0])
    return {figure.id: figure for figure in figures(told, Group.MARKS).figures}


def test_scores_differences_and_agreement_by_hand(study: StudyFile, now: datetime) -> None:
    marked(study, now)
    found = error_marks(study)
    assert found.scores["base"].score == 100 * 6 / 6
    assert found.scores["tuned"].score == pytest.approx(100 / 3)
    difference = present(found.difference("base", "tuned"))
    assert (difference.prompts, difference.low) == (1, None)
    assert difference.score_a == pytest.approx(100 / 3)
    (agreement,) = found.agreement
    assert agreement.alpha == pytest.approx(1 - 5 * 1 / (3 * 3))
    assert agreement.f1 == 1.0


def test_they_are_told_with_what_they_rest_on(study: StudyFile, now: datetime) -> None:
    marked(study, now)
    found = shown(study)
    assert (value_words(found["error_score_a"]), value_words(found["error_score_b"])) == ("100.00", "33.33")
    few = detail_words(found["error_score_difference"])
    assert few == f"n = 1 prompt, an interval needs {LEAST_SCORED} prompts: too few to compare the two"
    assert value_words(found["error_type:style"]) == "3"
    assert detail_words(found["error_type:style"]) == "tuned: 2 minor; base: 1 minor"
    assert detail_words(found["error_type:accuracy"]) == "base: 1 major"
    assert value_words(found["mark_alpha:0"]) == "0.44"
    assert "base: 100 · 6 / 6 words = 100.00" in str(found["error_score_a"].explanation)


def test_an_answer_looked_through_counts_and_an_unmarked_study_tells_nothing(
    study: StudyFile, now: datetime
) -> None:
    assert shown(study) == {}
    assert error_marks_json(error_marks(study)) is None
    set_looked_through(study, "Eve", answer(study, "base on p0").id, done=True, now=now)
    assert value_words(shown(study)["error_score_a"]) == "0.00"
    assert [*shown(study)] == ["error_score_a"]


def test_two_who_mark_nothing_have_no_agreement(study: StudyFile, now: datetime) -> None:
    for name in ("Eve", "Max"):
        set_looked_through(study, name, answer(study, "base on p0").id, done=True, now=now)
    assert detail_words(shown(study)["mark_alpha:0"]).endswith("nothing is marked, or everything")


def test_of_many_prompts_the_difference_has_an_interval(tmp_path: Path, now: datetime) -> None:
    votes = [voted(f"p{n}", "Ada", "a") for n in range(LEAST_SCORED)]
    with voted_study(tmp_path / "many.ftstudy", votes, Random(1), now) as study:
        for n in range(LEAST_SCORED):
            mark(study, "Eve", f"base on p{n}", "base", now)
            if n % 2:
                mark(study, "Eve", f"tuned on p{n}", "tuned", now)
            else:
                set_looked_through(study, "Eve", answer(study, f"tuned on p{n}").id, done=True, now=now)
        figure = shown(study)["error_score_difference"]
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < -100 / 6 < figure.high < 0
        assert "no clear difference" not in detail_words(figure)
        for n in range(1, LEAST_SCORED, 2):
            mark(study, "Eve", f"tuned on p{n}", "on", now)
        assert detail_words(shown(study)["error_score_difference"]).endswith("no clear difference")


def test_command_json_and_reports_tell_them(
    study: StudyFile, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    marked(study, now)
    study.close()
    page = study.path.with_name("r.html")
    assert "Error score of tuned" in output_of(capsys, ["results", str(study.path), "--details"])
    document = json.loads(output_of(capsys, ["results", str(study.path), "--json"]))["error_marks"]
    scores = {one["system"]: one["score"] for one in document["systems"]}
    assert scores["base"] == 100.0
    assert document["counts"][0] == {
        "system": "base",
        "error_type": "accuracy",
        "severity": "major",
        "marks": 1,
    }
    assert run(["results", str(study.path), "--html", str(page)]) == 0
    text = page.read_text("utf-8")
    assert "Errors that experts marked" in text
    assert "tuned minus base, same prompts" in text


def test_nothing_is_told_while_the_study_is_blinded(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(swapped_studies(tmp_path, now).one, now=now) as study:
        assert error_marks(study).reviewed == ()
        study.settings.unblind(reason="done", now=now)
        assert len(error_marks(study).scores) == 2
