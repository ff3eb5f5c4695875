"""Code of answers is run only after consent, shut off, one result each; what is stored stays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.generate.code_run import (
    CODE_AGREED,
    CodeRunTotals,
    agree_to_code,
    code_is_agreed,
    code_prompts,
    code_to_run,
    digest_of_tests,
    run_code_tests,
)
from ftcompare.app.setup.consent import CODE
from ftcompare.app.study.audit_log import audit_view
from ftcompare.app.work_progress import stopped
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.prompt_check import CodeLimits, CodeOutcome, PythonTestsCheck
from ftcompare.core.scale import Scale
from ftcompare.store.study.engine_runs import CODE_RUN
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.code_study import GOOD, PROMPTS, TESTS, code_study
from tests.code_isolation import needs_isolation

OUTCOMES = {CodeOutcome.PASSED: 12, CodeOutcome.FAILED: 3, CodeOutcome.ERROR: 3, CodeOutcome.NO_CODE: 2}


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(code_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


def run(study: StudyFile, now: datetime) -> CodeRunTotals:
    return run_code_tests(study, clock=lambda: now)


def test_nothing_is_run_without_consent(study: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError, match="only after you consent") as caught:
        run(study, now)
    assert caught.value.code == "code-not-agreed"
    assert not study.scores.examinations(CODE_RUN)


def test_consent_is_asked_once_and_stays_with_machine_and_study(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    assert not code_is_agreed(study)
    agree_to_code(study, now=now)
    agree_to_code(study, now=now)
    assert code_is_agreed(study)
    (entry,) = study.audit.entries(CODE_AGREED)
    assert entry.detail["limits"] == asdict(CodeLimits())
    assert entry.detail["python"]
    (line,) = (line for line in audit_view(study).lines if line.what == "Consent to running code")
    assert "Python 3." in line.detail
    study.save_copy(tmp_path / "copy.ftstudy")
    with StudyFile.open(tmp_path / "copy.ftstudy", now=now) as copy:
        assert code_is_agreed(copy)
    elsewhere = CODE.read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTCOMPARE_HOME", str(tmp_path / "other machine"))
        assert not code_is_agreed(study)
    with StudyFile.open(code_study(tmp_path / "silent.ftstudy", now), now=now) as silent:
        CODE.add((silent.settings.founding_digest(),))
        assert not code_is_agreed(silent)
    assert elsewhere


def test_an_audit_line_of_a_user_without_a_name(
    study: StudyFile, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    agree_to_code(study, now=now)
    (line,) = (line for line in audit_view(study).lines if line.what == "Consent to running code")
    assert line.detail.startswith("Python 3.")


@needs_isolation
def test_every_answer_has_one_result(study: StudyFile, now: datetime) -> None:
    agree_to_code(study, now=now)
    told: list[tuple[str, float | None]] = []
    totals = run_code_tests(study, lambda *said: told.append(said), clock=lambda: now)
    assert (totals.done, totals.outcomes) == (2 * PROMPTS, OUTCOMES)
    assert totals.words == "The code of 20 answers was run with its tests."
    results = [*study.code_results.all()]
    assert {one.tests for one in results} == {digest_of_tests(TESTS)}
    assert {one.detail for one in results if one.outcome == "failed"} == {"line 2: assert f(2, 3) == 5"}
    assert ("Running code: 19 of 20", 19 / 20) in told
    assert told[0][0].startswith("Trying to break out")
    (record,) = study.scores.examinations(CODE_RUN)
    assert "open a socket" in str(record["trials"])
    assert "Running of code started" in [line.what for line in audit_view(study).lines]
    assert [finding for finding in study.check() if not finding.ok] == []
    again = run(study, now)
    assert (again.done, again.words) == (0, "The code of every answer was run.")
    assert len(study.scores.examinations(CODE_RUN)) == 1


@needs_isolation
def test_stopping_keeps_what_was_run(study: StudyFile, now: datetime) -> None:
    agree_to_code(study, now=now)

    def until_five(name: str, _share: float | None) -> None:
        if name.startswith("Running code: 5"):
            raise stopped()

    with pytest.raises(UserError, match="stopped"):
        run_code_tests(study, until_five, clock=lambda: now)
    assert len([*study.code_results.all()]) == 5
    assert audit_view(study).lines[0].detail == "5 × code results"
    assert len(code_to_run(study)) == 2 * PROMPTS - 5
    assert run(study, now).done == 2 * PROMPTS - 5


def test_where_code_cannot_be_shut_off_nothing_is_run(
    study: StudyFile, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    agree_to_code(study, now=now)
    with pytest.raises(EnvironmentFault, match="no code was run"):
        run_code_tests(study, clock=lambda: now)
    assert not [*study.code_results.all()]
    assert not study.scores.examinations(CODE_RUN)


def test_a_study_without_tests_says_how_to_begin(tmp_path: Path, now: datetime, study: StudyFile) -> None:
    assert len(code_prompts(study)) == PROMPTS
    plain = next(p for p in study.prompts.all() if p.spec.key == "plain")
    assert plain.id not in code_prompts(study)
    with StudyFile.create(
        tmp_path / "none.ftstudy", title="N", scale=Scale(), rng=Random(1), now=now
    ) as none:
        agree_to_code(none, now=now)
        with pytest.raises(UserError, match="No prompt has tests for code"):
            run(none, now)


def test_other_tests_are_others() -> None:
    digests = {digest_of_tests(PythonTestsCheck(tests, entry)) for tests in ("a", "b") for entry in ("", "f")}
    assert len(digests) == 4
    assert GOOD.startswith("Here")
