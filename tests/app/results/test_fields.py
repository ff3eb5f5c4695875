"""Fields of structured answers in a study: in the matrix, the command, a release check, and while blinded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.measures.checks import study_checks
from ftcompare.app.measures.fields import KIND, MACRO, MICRO, OVERLAPPING, study_fields
from ftcompare.app.measures.kind import TOGETHER
from ftcompare.app.release.gate_file import gate_of
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.app.work_progress import ignore_progress
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import CheckKind
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats.toml_file import TomlTable
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, import_systems, output_of
from tests.structured_answers import CLOSE, FAR, REFERENCE, spelled

PROMPTS = 12


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="Letters", scale=Scale(), rng=Random(7), now=now) as study:
        import_systems(study, "base", "tuned")
        checks = json.dumps({"fields": [*REFERENCE]})
        specs = [
            PromptSpec(
                f"p{n}", (Message("user", f"Extract {n}."),), reference=spelled(REFERENCE), checks=(checks,)
            )
            for n in range(PROMPTS)
        ]
        specs.append(PromptSpec("prose", (Message("user", "Why?"),), reference="Because."))
        for number, prompt in enumerate(study.prompts.add(specs)):
            base = "{broken" if number < 3 else spelled(FAR)
            tuned = REFERENCE if number % 2 else CLOSE
            answer_elsewhere(study, prompt, (base, spelled(tuned, fenced=bool(number % 3))))
        yield study


def test_fields_are_scored_by_system(study: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError, match="after unblinding"):
        study_fields(study)
    together = KIND.pooled(study, ignore_progress) if KIND.pooled else ()
    assert [row.key for row in together][:3] == ["fields.f1", "fields.precision", "fields.recall"]
    assert all([*row.by_system] == [TOGETHER] for row in together)
    study.settings.unblind("done", now=now)
    found = study_fields(study)
    assert len(found.prompts) == PROMPTS
    assert found.invalid("base") == (3, 12)
    tuned = found.scores("tuned")
    assert tuned["drugs"].f1 == pytest.approx((6 * 3 + 6 * 2) / 36)
    assert tuned["findings"].f1 == pytest.approx(18 / 24)
    assert tuned[OVERLAPPING.format(field="findings")].f1 == 1
    assert tuned["visits"].f1 == 1
    assert (tuned["allergies"].f1, tuned["allergies"].expected) == (0, 0)
    assert tuned[MACRO].f1 == pytest.approx((30 / 36 + 18 / 24 + 4) / 6)
    assert tuned[MICRO].expected == 120
    base = found.scores("base")
    assert base["patient.name"].recall == 0
    assert base["drugs"].recall == pytest.approx(9 / 36)
    difference = found.field_differences("base", "tuned")
    assert difference["drugs"].difference == pytest.approx(tuned["drugs"].f1 - base["drugs"].f1)
    assert difference[MACRO].f1_b == pytest.approx(tuned[MACRO].f1)
    low = difference[MICRO].interval.low
    assert low is not None
    assert 0 < low < difference[MICRO].difference
    checks = study_checks(study)
    assert checks.by_kind("tuned")[CheckKind.FIELDS] == (6, 12)
    assert checks.by_kind("base")[CheckKind.FIELDS] == (0, 12)


def test_the_command_and_a_release_check_have_the_figures(
    study: StudyFile, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    study.settings.unblind("done", now=now)
    bound = {"key": "fields.f1", "basis": "point", "at_least": 0.9}
    gate = gate_of(TomlTable({"system": "tuned", "measure": [bound]}, "g", "gate"))
    report = apply_gate(study, gate)
    assert [one.holds for one in report.conditions if "fields." in one.name] == [True]
    path = study.path
    study.close()
    shown = output_of(capsys, ["measures", "fields", str(path)])
    assert "Fields of base: 3 of 12 answers are not valid JSON" in shown
    assert "All fields (micro)" in shown
    document = json.loads(output_of(capsys, ["measures", "fields", str(path), "--json"]))
    base, tuned = document["fields"]
    assert (base["system"], base["invalid"], base["answers"]) == ("base", 3, 12)
    scores = {one["field"]: one for one in tuned["scores"]}
    assert scores["drugs"]["expected"] == 36
    assert {one["field"] for one in document["field_differences"]} >= {"drugs", MICRO, MACRO}
    assert run(["measures", "show", str(path)]) == 0


def test_nothing_is_measured_without_structured_references(tmp_path: Path, now: datetime) -> None:
    with StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(7), now=now) as study:
        import_systems(study, "base", "tuned")
        (prompt,) = study.prompts.add([PromptSpec("p", (Message("user", "?"),), reference="42")])
        answer_elsewhere(study, prompt, ("{}", "42"))
        assert not (KIND.waits(study) if KIND.waits else "")
        study.settings.unblind("done", now=now)
        assert not study_fields(study).prompts
