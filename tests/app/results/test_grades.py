"""The results of grades: means and differences by hand, what is withheld, and nothing of pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftcompare.app.results.grades import grade_results
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.grades import grade_sections, grades_headline
from ftcompare.cli.main import run
from ftcompare.core.language import both_forms
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.rating_rules import wordings
from ftcompare.core.scale import Scale, ScaleKind
from ftcompare.stats.grades import Grade, summarise_grades
from ftcompare.store.study.study_file import StudyFile
from tests.builders import output_of, present
from tests.graded_studies import NOW, PERCENT, RUBRIC, SYSTEMS, graded_study

RATERS = ("Ann", "Bob", "Cid")
TWO = Scale("Is it good?", kind=ScaleKind.GRADE, low=0, high=1)


def test_means_and_differences_are_those_of_prompts() -> None:
    given = [
        *(Grade("p", "x", "a", grade) for grade in (1, 3)),  # two answers of one system to a prompt
        Grade("q", "x", "a", 4),
        Grade("p", "x", "b", 5),
        Grade("r", "x", "b", 1),
    ]
    found = summarise_grades(given, ("a", "b"), low=1, high=5)
    (a, b), (difference,) = found.systems, found.differences
    assert (a.value, a.counts, a.prompts) == (3.0, (1, 0, 1, 1, 0), 2)
    assert (b.value, b.counts, b.prompts) == (3.0, (1, 0, 0, 0, 1), 2)
    assert (difference.value, difference.prompts) == (3.0, 1)  # on p alone: 5 against 2
    assert {one.widest for one in (a, b, difference)} == {None}
    assert (found.grades, found.raters, found.prompts) == (5, 1, 3)


@pytest.mark.parametrize(
    ("prompts", "raters", "found"),
    [
        (("p", "q"), ("x", "x"), (0.0, 0, None, None)),  # no prompt on which both were graded
        (("p", "p"), ("x", "y"), (2.0, 10, "prompts", None)),  # nobody graded both
    ],
)
def test_without_shared_grades_there_is_no_difference_or_none_for_other_raters(
    prompts: tuple[str, str], raters: tuple[str, str], found: tuple[float, int, str | None, None]
) -> None:
    given = [
        Grade(f"{prompt}{number}", rater, system, grade)
        for prompt, rater, system, grade in zip(prompts, raters, "ab", (1, 3), strict=True)
        for number in range(10)
    ]
    (difference,) = summarise_grades(given, ("a", "b"), low=1, high=5).differences
    these = None if difference.these is None else difference.found
    assert (difference.value, difference.prompts, these, difference.others) == found


def test_an_interval_of_a_difference_is_students_over_prompts() -> None:
    grades = [(1, 2), (2, 4), (3, 3), (4, 5), (1, 3), (2, 3), (5, 5), (1, 2), (3, 5), (2, 4)]
    given = [
        Grade(f"p{place}", "x", system, grade)
        for place, pair in enumerate(grades)
        for system, grade in zip("ab", pair, strict=True)
    ]
    (found,) = summarise_grades(given, ("a", "b"), low=1, high=5).differences
    # mean 1.2, variance of the ten differences 0.6222, t(9) at 97.5% 2.2622
    these = present(found.these)
    assert found.others is None
    assert [found.value, these.low, these.high] == pytest.approx([1.2, 0.6357, 1.7643], abs=1e-4)
    assert found.found == "prompts"


@pytest.mark.parametrize(
    ("raters", "unblind", "scale", "headline"),
    [
        ((), True, None, "No grades yet."),
        (RATERS, False, None, "144 grades by 3 raters on 24 prompts."),
        (
            RATERS,
            True,
            None,
            "Raters of this kind grade tuned higher than base: 2.75 against 2.00 on average.",
        ),
        (
            RATERS[:1],
            True,
            None,
            "These raters graded tuned higher than base: 2.75 against 2.00 on average. This says nothing "
            "about other raters.",
        ),
        (
            RATERS,
            True,
            TWO,
            "Raters of this kind grade tuned higher than base: 92% against 67% on average.",
        ),
    ],
)
def test_the_sentence_says_whom_it_holds_for(
    tmp_path: Path, raters: tuple[str, ...], unblind: bool, scale: Scale | None, headline: str
) -> None:
    path = tmp_path / "s.ftstudy"
    named: dict[str, Any] = {"scale": scale} if scale else {}
    graded_study(path, raters, systems=("base", "tuned"), prompts=24, **named)
    with StudyFile.open(path, now=NOW) as study:
        if unblind:
            study.settings.unblind("done", now=NOW)
        found = present(grade_results(study))
    assert grades_headline(found)[0] == headline
    shown = {section.key for section in grade_sections(found)}
    assert ("grade_means" in shown) is (bool(raters) and unblind)
    assert ("grade_agreement" in shown) is (len(raters) > 1)


def test_the_document_has_grades_and_nothing_of_pairs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = graded_study(tmp_path / "s.ftstudy", RATERS, prompts=24)
    blinded = json.loads(output_of(capsys, ["results", str(path), "--json"]))
    assert (blinded["grades"]["systems"], blinded["grades"]["differences"]) == ([], [])
    assert {"grades.systems", "grades.differences"} <= set(blinded["held_back"])
    assert "grades of each system are shown after unblinding" in output_of(capsys, ["results", str(path)])
    run(["unblind", str(path), "--reason", "done"])
    capsys.readouterr()
    told = json.loads(output_of(capsys, ["results", str(path), "--json"]))
    assert (told["comparisons"], told["ranking"]["bradley_terry"]) == ([], {})
    assert told["study"] == {"title": "Hearts", "prompts": 24, "judgments": 216, "raters": 3}
    assert [one["system"] for one in told["grades"]["systems"]] == ["base", "tuned", "third"]
    assert [round(one["mean"], 2) for one in told["grades"]["systems"]] == [2.0, 2.75, 2.0]
    assert len(told["grades"]["differences"]) == 3
    assert told["grades"]["differences"][0]["level"] == pytest.approx(1 - 0.05 / 3)


def test_each_criterion_has_its_means_and_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = graded_study(tmp_path / "s.ftstudy", RATERS, scale=RUBRIC, systems=("base", "tuned"), prompts=24)
    blinded = json.loads(output_of(capsys, ["results", str(path), "--json"]))
    assert blinded["grades"]["criteria"] == []
    run(["unblind", str(path), "--reason", "done"])
    capsys.readouterr()
    told = json.loads(output_of(capsys, ["results", str(path), "--json"]))["grades"]
    assert [one["criterion"] for one in told["criteria"]] == [*RUBRIC.criteria]
    first, second, _ = told["criteria"]
    assert first["systems"] == told["systems"]  # in this study, the first criterion gets the overall grade
    assert second["systems"][1]["mean"] < told["systems"][1]["mean"]
    assert told["differences"][0]["level"] == 0.95
    assert first["differences"][0]["level"] == pytest.approx(1 - 0.05 / 3)
    shown = output_of(capsys, ["results", str(path)])
    assert "Mean grade of each system on each criterion" in shown
    assert "completeness" in shown


@pytest.mark.parametrize(("scale", "level"), [(RUBRIC, "ordinal"), (PERCENT, "interval")])
def test_agreement_of_raters_and_of_repeats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scale: Scale, level: str
) -> None:
    """Of the three raters, each grades otherwise than the others, but the same way again."""
    design = RatingDesign(repeats=0.2)
    path = graded_study(
        tmp_path / "s.ftstudy", RATERS, scale=scale, systems=SYSTEMS[:2], prompts=24, design=design
    )
    blinded = json.loads(output_of(capsys, ["results", str(path), "--json"]))["grades"]
    assert blinded["repeats"] == []
    run(["unblind", str(path), "--reason", "done"])
    capsys.readouterr()
    told = json.loads(output_of(capsys, ["results", str(path), "--json"]))["grades"]
    assert told["agreement"] == blinded["agreement"]
    assert [one["criterion"] for one in told["agreement"]] == [None, *RUBRIC.criteria]
    overall, again = told["agreement"][0], told["repeats"][0]
    assert (overall["answers"], overall["prompts"], overall["level_of_measurement"]) == (48, 24, level)
    assert -1 <= overall["low"] < overall["alpha"] < overall["high"] < 0.3
    assert (again["answers"], again["alpha"]) == (30, 1.0)
    assert "The same rater, on the same answer again" in output_of(capsys, ["results", str(path)])


def test_quality_of_raters_who_grade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design = RatingDesign(repeats=0.2)
    path = graded_study(tmp_path / "s.ftstudy", RATERS, systems=SYSTEMS[:2], prompts=24, design=design)
    held = [
        one["quality"]
        for one in json.loads(output_of(capsys, ["raters", "list", str(path), "--json"]))["raters"]
    ]
    assert held == [None] * 3
    run(["unblind", str(path), "--reason", "done"])
    capsys.readouterr()
    ann = json.loads(output_of(capsys, ["raters", "list", str(path), "--json"]))["raters"][0]
    assert ann["judgments"] == 48
    grades = ann["quality"]["grades"]
    assert grades == {
        "mean": pytest.approx(2.375), "spread": pytest.approx((43.25 / 47) ** 0.5), "most_given": 2,
        "share": pytest.approx(16 / 48), "change": 0.0,
    }  # fmt: skip
    assert ann["quality"]["repeats"]["value"] == 1.0
    said = output_of(capsys, ["raters", "list", str(path)])
    assert "48 grades" in said
    assert "2.38, spread 0.96" in said


def test_a_long_scale_has_few_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = graded_study(tmp_path / "s.ftstudy", RATERS, scale=PERCENT, prompts=24)
    run(["unblind", str(path), "--reason", "done"])
    shown = output_of(capsys, ["results", str(path)])
    assert "0 to 9 (very bad)" in shown
    assert "90 to 100 (very good)" in shown


def test_a_report_is_about_grades(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, report = graded_study(tmp_path / "s.ftstudy", RATERS, prompts=24), tmp_path / "r.html"
    run(["unblind", str(path), "--reason", "done"])
    output_of(capsys, ["results", str(path), "--html", str(report)])
    said = report.read_text("utf-8")
    for words in ("216 grades", "sees one answer to a prompt", "How often each grade was given", "3 people"):
        assert words in said
    for words in ("No judgments", "win rate", "side by side", "e-value"):
        assert words not in said


def test_while_blinded_nothing_tells_which_system_is_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for swapped in (False, True):
        path = tmp_path / f"{swapped}" / "s.ftstudy"
        path.parent.mkdir()
        graded_study(path, RATERS, prompts=12, swapped=swapped)
        with StudyFile.open(path, now=NOW) as study:
            document = results_json(study)
        said.append((document, output_of(capsys, ["results", str(path)])))
    assert said[0] == said[1]


def test_each_text_about_pairs_that_is_replaced_is_a_text_of_the_program() -> None:
    from babel.messages.pofile import read_po

    from ftcompare.core.paths import resources

    with (resources() / "languages" / "de.po").open("rb") as file:
        known = {one.id[0] if isinstance(one.id, tuple) else one.id for one in read_po(file)}
    with (resources() / "languages" / "owner" / "de.po").open("rb") as file:
        known |= {one.id[0] if isinstance(one.id, tuple) else one.id for one in read_po(file)}
    replaced = [*wordings()["raters"].values(), *wordings()["owners"].values()]
    texts = {both_forms(text)[0] for one in replaced for pair in one.items() for text in pair}
    assert texts <= known
