"""Pairs of systems asked for by name: their figures are those of a study that has no other pair."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.app.results.chosen_pairs import asked_pairs
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.study_results import detailed_results, live_results, results
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import RaterKind
from ftcompare.stats import summary
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import Names, judged_study
from tests.app.voted_study import voted, voted_study

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SYSTEMS = ("base", "early", "late", "large", "small")
ASKED = ("early", "small")
"""The pair that was judged least."""


def judged() -> list[JudgmentRecord]:
    rng = Random(7)
    pairs = [(a, b) for i, a in enumerate(SYSTEMS) for b in SYSTEMS[i + 1 :]]
    votes = [
        voted(f"p{n}", rater, rng.choice(("a", "b", "tie", "both_bad")), a=a, b=b, category=f"c{n % 2}")
        for a, b in pairs
        for n in range(4 if (a, b) == ASKED else 7)
        for rater in ("Ada", "Ben")
    ]
    automatic = voted("p1", "a model", "b", a="early", b="small", rater_kind=RaterKind.AUTOMATIC)
    return [*votes, automatic]


def of_the_pair(votes: list[JudgmentRecord]) -> list[JudgmentRecord]:
    return [vote for vote in votes if {vote.system_a, vote.system_b} == set(ASKED)]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten pairs, three with figures."""
    monkeypatch.setattr(summary, "MOST_IN_FULL", 3)
    path = tmp_path / "many.ftstudy"
    voted_study(path, judged(), Random(1), NOW).close()
    return path


@pytest.fixture
def only(tmp_path: Path) -> Path:
    path = tmp_path / "only.ftstudy"
    voted_study(path, of_the_pair(judged()), Random(1), NOW).close()
    return path


def test_a_pair_asked_for_has_the_figures_of_a_study_of_it_alone(many: Path, only: Path) -> None:
    with StudyFile.open(many, now=NOW) as study, StudyFile.open(only, now=NOW) as alone:
        by_judgments = results(study).summary
        asked = asked_pairs(study, [("small", "early")])
        found, expected = detailed_results(study, asked=asked), detailed_results(alone)
        assert not live_results(study, asked).comparisons
    of_people = [p for p in by_judgments.comparisons if p.rater_kind is RaterKind.HUMAN]
    assert ASKED not in [(pair.a, pair.b) for pair in of_people]
    assert len(of_people) == 3
    assert found.results.summary.comparisons == expected.results.summary.comparisons
    assert [pair.rater_kind for pair in found.results.summary.comparisons] == [*RaterKind]
    assert found.evidence == expected.evidence
    assert found.details == expected.details
    every = {*by_judgments.further, *found.results.summary.further}
    assert len(every) == 10  # nine of people beside the pair; the pair itself was counted before
    assert found.results.summary.ranking == by_judgments.ranking


def test_a_pair_that_is_counted_only_has_the_counts_of_its_figures(many: Path) -> None:
    with StudyFile.open(many, now=NOW) as study:
        found = results(study).summary
        for pair in found.further:
            (full,) = results(study, asked_pairs(study, [(pair.a, pair.b)])).summary.comparisons[:1]
            counts = (full.prompts, full.judgments, full.wins_a, full.wins_b, full.ties, full.both_bad)
            assert pair.counts == summary.Counts(*counts)
            assert pair.win_rate == pytest.approx(
                (full.wins_b + (full.ties + full.both_bad) / 2) / full.judgments
            )


def test_the_document_has_the_pairs_asked_for_and_counts_the_others(many: Path, only: Path) -> None:
    with StudyFile.open(many, now=NOW) as study, StudyFile.open(only, now=NOW) as alone:
        found: Any = results_json(study, asked_pairs(study, [ASKED, ("base", "late"), ASKED]))
        whole: Any = results_json(study)
        expected: Any = results_json(alone)
    kinds = [(pair["a"], pair["b"], pair["rater_kind"]) for pair in found["comparisons"]]
    assert kinds == [("base", "late", "human"), (*ASKED, "human"), (*ASKED, "automatic")]
    for pair in (*found["comparisons"], *expected["comparisons"]):
        pair.pop("pooled_rate")  # drawn towards the rates of the pairs that have figures
    assert found["comparisons"][1:] == expected["comparisons"]
    assert len(found["further_comparisons"]) == 8
    assert set(found) == set(whole)
    assert all(found[key] == whole[key] for key in ("study", "ranking", "agreement", "position"))


def test_criteria_are_told_of_the_pairs_that_have_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "MOST_IN_FULL", 3)
    votes = [replace(vote, criteria=(("tone", "a"),)) for vote in judged()]
    with voted_study(tmp_path / "s.ftstudy", votes, Random(1), NOW) as study:
        found: Any = results_json(study)
        asked: Any = results_json(study, asked_pairs(study, [ASKED]))
    for told in (found, asked):
        pairs = {(pair["a"], pair["b"]) for pair in told["comparisons"]}
        assert {(of["a"], of["b"]) for of in told["criteria"]} == pairs


def test_a_report_of_pairs_asked_for_tells_them_in_full_and_that_there_are_others(many: Path) -> None:
    with StudyFile.open(many, now=NOW) as study:
        report = document(gather(study, now=NOW, asked=asked_pairs(study, [ASKED])))
        usual = document(gather(study, now=NOW))
    assert report.summary[-1] == "9 further pairs are counted only: the figures are of the 2 asked for."
    assert "small" in report.summary[0]
    assert "early" in report.summary[0]
    keys = {section.key for section in report.sections}
    assert "pairs" not in keys
    assert "win-rate" in keys
    assert "pairs" in {section.key for section in usual.sections}


@pytest.mark.parametrize(
    ("named", "code", "words"),
    [
        (("early", "elsewhere"), "no-such-system", "There is no system 'elsewhere'."),
        (("early", "early"), "same-system", "twice"),
        (("late", "apart"), "pair-not-judged", "'late' and 'apart' were not judged against each other."),
    ],
)
def test_what_is_no_judged_pair_is_refused(
    tmp_path: Path, named: tuple[str, str], code: str, words: str
) -> None:
    votes = [*judged(), voted("p1", "Ada", "b", a="base", b="apart")]
    with voted_study(tmp_path / "s.ftstudy", votes, Random(1), NOW) as study:
        with pytest.raises(UserError) as refused:
            asked_pairs(study, [named])
        assert refused.value.code == code
        assert words in str(refused.value)
        assert asked_pairs(study, []) is None


def test_a_message_lists_few_of_many_names(tmp_path: Path) -> None:
    votes = [voted("p1", "Ada", "b", a="base", b=f"tuned {n:02}") for n in range(30)]
    study = voted_study(tmp_path / "s.ftstudy", votes, Random(1), NOW)
    with study, pytest.raises(UserError) as refused:
        asked_pairs(study, [("base", "x")])
    assert "tuned 18 and 11 more." in refused.value.how


def test_the_command_tells_the_pairs_asked_for(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", str(many), "--pair", *ASKED]) == 0
    told = capsys.readouterr().out
    assert "9 further pairs are counted only: the figures are of the 2 asked for." in told
    assert told.count("Win rate of small for these raters alone") == 2
    assert "Wins of base" not in told
    assert run(["results", str(many), "--json", "--pair", *ASKED, "--pair", "late", "base"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {frozenset((p["a"], p["b"])) for p in found["comparisons"]} == {
        frozenset(ASKED),
        frozenset(("base", "late")),
    }
    page = many.with_suffix(".html")
    assert run(["results", str(many), "--html", str(page), "--pair", "base", "late"]) == 0
    assert "10 further pairs are counted only: the figures are of the pair asked for." in page.read_text(
        "utf-8"
    )
    capsys.readouterr()
    assert run(["results", str(many), "--pair", "base", "nobody"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_while_blinded_pairs_go_by_their_neutral_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = Names(systems=("base", "early", "late", "small", "large"), raters=("Ada", "Ben"))
    path = judged_study(tmp_path / "s.ftstudy", prompts=3, names=names, unblinded=False)
    assert run(["results", str(path), "--pair", "base", "early"]) == 2
    refused = capsys.readouterr().err
    assert "no system 'base'" in refused
    assert "early" not in refused.replace("--pair", "")
    with StudyFile.open(path, now=NOW) as study:
        first, second, *_ = (system.neutral_name for system in study.systems.all())
    assert run(["results", str(path), "--pair", first, second]) == 0
    told = capsys.readouterr().out
    assert told.count("Human raters") == 1
    assert not {"base", "late", "small", "large"} & set(told.split())
    assert "rater: " not in told
