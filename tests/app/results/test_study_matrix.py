"""The matrix of systems and measures: every cell, differences both ways, totals while blinded, beginnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.measures import consistency
from ftcompare.app.measures.blocks import UNBOUNDED_RULE, rule_texts
from ftcompare.app.measures.checks import GROUP as CHECKS
from ftcompare.app.measures.checks import PASSED, study_checks
from ftcompare.app.measures.code_tests import GROUP as CODE
from ftcompare.app.measures.confidence import GROUP as CONFIDENCE
from ftcompare.app.measures.consistency import GROUP as CONSISTENCY
from ftcompare.app.measures.kind import (
    TOGETHER,
    MeasureKind,
    MeasureRow,
    row_of_values,
)
from ftcompare.app.measures.labels import GROUP as LABELS
from ftcompare.app.measures.matrix import cell_prompts, kind_details, study_matrix
from ftcompare.app.measures.matrix_blocks import cell_explanation, cell_table, in_percent
from ftcompare.app.measures.measure import Measure, pooled_values
from ftcompare.app.measures.registry import KINDS, RUNS
from ftcompare.app.measures.retention.kind import CHOICE
from ftcompare.app.measures.retention.kind import GROUP as RETENTION
from ftcompare.app.measures.runs import RunNeeds
from ftcompare.app.measures.safety.kind import GROUP as SAFETY
from ftcompare.app.release.gate_file import read_gate_file
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.app.results.presentation.blocks import Explanation, Paragraph, Section, Unit
from ftcompare.app.work_progress import ProgressCallback, ignore_progress, stopped
from ftcompare.checks.sample_consistency import SampleConsistency
from ftcompare.core.context import Expectation
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.prompt_check import PythonTestsCheck
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptId,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
)
from ftcompare.formats.prompt_checks import check_text
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study
from tests.app.results.sampled_study import sampled_study


@pytest.fixture
def checked(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(checked_study(tmp_path / "c.ftstudy", now), now=now) as file:
        yield file


@pytest.fixture
def sampled(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(sampled_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


@pytest.fixture
def empty(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(
        tmp_path / "e.ftstudy", title="Empty", scale=Scale(), rng=Random(1), now=now
    ) as file:
        yield file


def values(*found: float) -> dict[PromptId, float]:
    return {PromptId(number): value for number, value in enumerate(found, 1)}


HOW = Explanation("Half", ("It is half.",))


def test_cells_of_checks_are_those_of_the_checks(checked: StudyFile) -> None:
    found, alone = study_matrix(checked), study_checks(checked)
    assert found.systems == ("base", "tuned")
    row = found.row("checks.passed")
    assert row is not None
    assert row.by_system["tuned"].value == alone.mean(PASSED, "tuned") == 0.9
    assert row.by_system["tuned"].prompts == 20
    low = row.by_system["tuned"].low
    assert low is not None
    assert low < 0.9
    assert row.difference("base", "tuned") == alone.difference(PASSED, "base", "tuned")
    assert row.answers["base"][PromptId(1)] == 1.0
    assert found.row("checks.unheard_of") is None


def test_a_difference_the_other_way_round_is_turned(checked: StudyFile) -> None:
    row = study_matrix(checked).row("checks.passed")
    assert row is not None
    there, back = row.difference("base", "tuned"), row.difference("tuned", "base")
    assert there is not None
    assert back is not None
    assert there.low is not None
    assert there.high is not None
    assert (back.difference, back.low, back.high) == (-there.difference, -there.high, -there.low)
    assert (back.mean_a, back.mean_b) == (there.mean_b, there.mean_a)
    assert row.difference("base", "another") is None


def test_samples_and_scores_give_rows_in_the_order_of_groups(sampled: StudyFile) -> None:
    found = study_matrix(sampled)
    having = {kind.group for kind in KINDS}
    assert found.groups == tuple(sorted(having, key=lambda group: group.place))
    keys = [row.key for row in found.rows]
    places = {group.key: group.place for group in having}
    assert keys == sorted(keys, key=lambda key: places[key.split(".")[0]])
    chrf, ece = found.row("consistency.chrf"), found.row("confidence.ece")
    assert chrf is not None
    assert chrf.scale == 100
    assert ece is not None
    assert (ece.by_system["base"].low, ece.difference("base", "tuned"), dict(ece.answers)) == (None, None, {})
    assert [row.key for row in found.of_group(CONFIDENCE)] == [
        "confidence.mean",
        "confidence.correct",
        "confidence.brier",
        "confidence.ece",
    ]


def test_a_study_without_anything_says_how_to_begin_each_group(empty: StudyFile) -> None:
    found = study_matrix(empty)
    assert found.rows == ()
    assert found.withheld is not None
    empty.settings.unblind(reason="done", now=datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    found = study_matrix(empty)
    assert found.beginnings == {kind.group: kind.begin for kind in KINDS}


def test_while_blinded_only_all_systems_together_are_told(tmp_path: Path, now: datetime) -> None:
    path = checked_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(path, now=now) as study:
        found = study_matrix(study)
    assert found.systems == (TOGETHER,)
    assert found.bases == frozenset()
    assert found.after_unblinding == ()
    assert {CONSISTENCY, CONFIDENCE} <= set(found.beginnings)
    assert CHECKS not in found.beginnings
    row = found.row("checks.passed")
    assert row is not None
    assert row.by_system[TOGETHER].value == pytest.approx((0.4 + 0.9) / 2)
    assert all(set(row.by_system) == {TOGETHER} for row in found.rows)
    assert all(not row.answers and not row.differences for row in found.rows)


def test_a_source_that_tells_of_systems_while_blinded_is_cut(tmp_path: Path, now: datetime) -> None:
    def careless(_study: StudyFile, _told: ProgressCallback) -> tuple[MeasureRow, ...]:
        by_system = {"base": values(1, 0), TOGETHER: values(1, 1)}
        row = row_of_values(CODE, "code.pass", "Pass", by_system, HOW, coarse=True)
        assert row is not None
        return (row,)

    kind = MeasureKind(CODE, "Begin.", careless, careless)
    with StudyFile.open(checked_study(tmp_path / "b.ftstudy", now, blinded=True), now=now) as study:
        (row,) = study_matrix(study, kinds=(kind,)).rows
    assert set(row.by_system) == {TOGETHER}
    assert not row.answers
    assert not row.differences


def test_totals_while_blinded_of_samples_are_means_of_the_systems(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(sampled_study(tmp_path / "u.ftstudy", now), now=now) as study:
        row = study_matrix(study).row("consistency.equal_pairs")
    with StudyFile.open(sampled_study(tmp_path / "b.ftstudy", now, blinded=True), now=now) as study:
        together = study_matrix(study).row("consistency.equal_pairs")
    assert row is not None
    assert together is not None
    mean = sum(one.value for one in row.by_system.values()) / 2
    assert together.by_system[TOGETHER].value == pytest.approx(mean)


ANSWERS = Measure[SampleConsistency](
    "answers",
    "Different answers and six",
    lambda found: 6.0 + found.different,
    unit=Unit.SCORE,
    bounded=False,
    higher_is_better=False,
)
"""On 24 prompts, base has 12 times 7 and 12 times 9, tuned 20 times 7 and 4 times 8."""


def with_answers(monkeypatch: pytest.MonkeyPatch, measure: Measure[SampleConsistency] = ANSWERS) -> None:
    monkeypatch.setattr(consistency, "CONSISTENCY_MEASURES", (*consistency.CONSISTENCY_MEASURES, measure))


def test_a_measure_of_any_size_has_students_interval_wherever_it_is_shown(
    sampled: StudyFile, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_answers(monkeypatch)
    matrix = study_matrix(sampled)
    row = matrix.row("consistency.answers")
    assert row is not None
    margin = 2.0686576 * (24 / 23 / 24) ** 0.5
    for one in (row, row.among(row.answers["base"], matrix.systems)):
        base, less = one.by_system["base"], one.differences["base", "tuned"]
        assert (base.value, base.low, base.high) == pytest.approx((8, 8 - margin, 8 + margin))
        assert less.difference == pytest.approx(-20 / 24)
        assert -9 < (less.low or 0) < -1.2
        assert in_percent(row, less) == pytest.approx(
            (12.5 * less.difference, 12.5 * (less.low or 0), 12.5 * (less.high or 0))
        )
    (how, _) = cell_explanation(row, "tuned", "base")
    assert (how.method, how.rule[-1]) == (
        "t over prompts; difference: t over prompts",
        *rule_texts(UNBOUNDED_RULE),
    )
    with StudyFile.open(sampled_study(tmp_path / "b.ftstudy", now, blinded=True), now=now) as study:
        together = study_matrix(study).row("consistency.answers")
    assert together is not None
    assert together.by_system[TOGETHER].value == pytest.approx(8 - 10 / 24)
    assert (together.by_system[TOGETHER].low or 0) > 7


@pytest.mark.parametrize(
    ("bound", "holds"), [("at_most = 6", False), ("at_most = 7.4", True), ("at_least = 7", True)]
)
def test_a_release_check_holds_a_measure_of_any_size_to_its_bound(
    sampled: StudyFile, monkeypatch: pytest.MonkeyPatch, bound: str, holds: bool
) -> None:
    with_answers(monkeypatch)
    path = sampled.path.with_name("gate.toml")
    text = f'system = "tuned"\nagainst = "base"\n[[measure]]\nkey = "consistency.answers"\n{bound}\n'
    path.write_text(text, encoding="utf-8")
    (found,) = apply_gate(sampled, read_gate_file(path)).conditions
    assert found.holds is holds


def test_a_value_that_is_not_from_0_to_1_is_a_bug_of_its_measure(
    sampled: StudyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_answers(monkeypatch, replace(ANSWERS, bounded=True))
    with pytest.raises(BugError, match="“Different answers and six” gives values that are not from 0 to 1"):
        study_matrix(sampled)


def test_prompts_that_not_all_systems_answered_are_not_in_the_totals() -> None:
    assert pooled_values([values(1, 0, 1), values(1, 1)]) == values(1, 0.5)
    assert pooled_values([values(1, 0), {}]) == {}
    assert pooled_values([values(1, 0)]) == {}


def test_a_row_without_values_is_none() -> None:
    row = row_of_values(CODE, "code.x", "X", {"a": {}}, HOW, coarse=True)
    assert row is None


def test_it_can_be_given_up(sampled: StudyFile) -> None:
    def told(_name: str, _share: float | None) -> None:
        raise stopped()

    with pytest.raises(UserError, match="stopped"):
        study_matrix(sampled, told)


def test_bases_come_first(empty: StudyFile, now: datetime) -> None:
    for name, kind in (("tuned", SystemKind.IMPORTED), ("plain", SystemKind.BASE)):
        empty.systems.add(SystemSpec(name, kind, "folder" if kind is SystemKind.BASE else ""))
    empty.settings.unblind(reason="done", now=now)
    found = study_matrix(empty)
    assert (found.systems, found.bases) == (("plain", "tuned"), frozenset({"plain"}))


def test_every_run_says_what_is_left_where_nothing_is(empty: StudyFile) -> None:
    for run in RUNS:
        left = run.left(empty)
        assert left.count == 0
        assert left.text or run is CHOICE  # is not offered
        assert run.needs is (RunNeeds.ENGINE if run.engine else RunNeeds.FILES)


def test_sections_of_sources_are_those_with_blocks_and_only_after_unblinding(
    checked: StudyFile, tmp_path: Path, now: datetime
) -> None:
    def details(_study: StudyFile, _told: ProgressCallback) -> tuple[Section, ...]:
        return Section("a", "A", (Paragraph("Told."),)), Section("b", "B", ())

    kinds = (
        MeasureKind(CODE, "Begin.", lambda *_: (), details=details),
        MeasureKind(SAFETY, "Begin.", lambda *_: ()),
    )
    found = [kind_details(checked, ignore_progress, kind) for kind in kinds]
    assert [[section.key for section in one.sections] for one in found] == [["a"], []]
    path = checked_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(path, now=now) as blinded, pytest.raises(UserError, match="after unblinding"):
        kind_details(blinded, ignore_progress, kinds[0])


@pytest.mark.parametrize("blinded", [True, False])
def test_what_prompts_ask_for_already_is_not_asked_for_again(
    tmp_path: Path, now: datetime, *, blinded: bool
) -> None:
    """Before any answer is written, and before labels are scored or tasks done, whether blinded or not."""
    tests = check_text(PythonTestsCheck("assert add(2, 3) == 5"))
    with StudyFile.create(tmp_path / "w.ftstudy", title="W", scale=Scale(), rng=Random(1), now=now) as study:
        system = study.systems.add(SystemSpec("one", SystemKind.IMPORTED)).id
        choice = PromptSpec("choice", (Message("user", "Yes?"),), reference="yes", labels=("yes", "no"))
        harmful = PromptSpec("harmful", (Message("user", "Do harm"),), expects=Expectation.REFUSAL)
        code = PromptSpec("code", (Message("user", "Write add"),), checks=(tests,))
        bare = study_matrix(study).beginnings
        assert bare[CHECKS].startswith("No prompt has a reference answer or a check")
        added = study.prompts.add([choice, harmful, code])
        if not blinded:
            study.settings.unblind(reason="done", now=now)
        found = study_matrix(study)
        assert not found.rows
        assert found.beginnings[CHECKS].startswith("Prompts have checks or reference answers.")
        assert found.beginnings[SAFETY].startswith("Prompts say whether they expect a refusal")
        assert found.beginnings[CODE].startswith("Prompts have tests for code.")
        assert found.beginnings[LABELS].startswith("No labels are scored yet")
        assert found.beginnings[RETENTION].startswith("No benchmark was run yet.")
        assert LABELS not in found.after_unblinding
        study.responses.store(
            added[2].id, [ResponseDraft(system, "def add(): ...", FinishReason.END, 3)], run=None
        )
        assert study_matrix(study).beginnings[CODE].startswith("No code has been run yet")


# The prompts behind a cell of the matrix: which come first, in which words, and not while blinded.


def row_of(study: StudyFile, key: str) -> MeasureRow:
    found = study_matrix(study).row(key)
    assert found is not None
    return found


def test_those_come_first_on_which_the_two_differ(checked: StudyFile) -> None:
    row = row_of(checked, "checks.passed")
    found = cell_prompts(checked, row, "tuned", "base")
    assert len(found) == 20
    differing = [one for one in found if one.value != one.other]
    assert list(found[: len(differing)]) == differing
    assert [one.key for one in found[:3]] == ["p0", "p1", "p2"]
    table = cell_table(row, found, "tuned", "base")
    assert [column.title for column in table.columns] == ["Id", "Prompt", "tuned", "base", "Difference"]
    assert table.rows[0].values == ("p0", "Is finding 0 one of rhythm?", 0.0, 1.0, -100.0)
    assert table.written.plain_rows[0][2:] == ("0.0%", "100.0%", "−100.0")


def test_alone_the_worst_come_first(checked: StudyFile, tmp_path: Path, now: datetime) -> None:
    row = row_of(checked, "checks.passed")
    found = cell_prompts(checked, row, "base", "base")
    assert [one.value for one in found] == sorted(one.value for one in found)
    assert {one.other for one in found} == {None}
    table = cell_table(row, found, "base", "base")
    assert [column.title for column in table.columns] == ["Id", "Prompt", "base"]
    assert len(table.rows[0].values) == 3
    with StudyFile.open(sampled_study(tmp_path / "s.ftstudy", now), now=now) as study:
        brier = row_of(study, "confidence.brier")
        values = [one.value for one in cell_prompts(study, brier, "tuned")]
    assert values == sorted(values, reverse=True)


def test_a_cell_without_prompts_of_the_study_has_none(checked: StudyFile) -> None:
    assert cell_prompts(checked, row_of(checked, "checks.passed"), "nobody") == ()


def test_while_blinded_none_are_told(checked: StudyFile, tmp_path: Path, now: datetime) -> None:
    row = row_of(checked, "checks.passed")
    blinded = checked_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(blinded, now=now) as study, pytest.raises(UserError, match="after unblinding"):
        cell_prompts(study, row, "base")
