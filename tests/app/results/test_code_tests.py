"""pass@k of systems: figures by hand, samples, groups, command, matrix, while blinded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ftcompare.app.generate.code_run import agree_to_code, code_to_run, digest_of_tests
from ftcompare.app.measures import code_tests as code
from ftcompare.app.measures.blocks import pair_answer_blocks
from ftcompare.app.measures.code_tests import (
    BEGIN,
    GROUP,
    NOT_RUN,
    CodeTotals,
    StudyCode,
    code_blocks,
    code_totals,
    study_code,
    total_blocks,
)
from ftcompare.app.measures.kind import TOGETHER
from ftcompare.app.measures.runs import AskedConsent
from ftcompare.app.results.chosen_pairs import measured_pairs
from ftcompare.app.results.presentation.blocks import Figures, Paragraph, Table
from ftcompare.app.work_progress import ignore_progress
from ftcompare.cli import measures
from ftcompare.cli.command_support import say
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import CodeOutcome
from ftcompare.store.records import CodeResult
from ftcompare.store.study.engine_runs import CODE_RUN
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study
from tests.app.results.code_study import BROKEN, GOOD, PROMPTS, TESTS, WRONG, code_study
from tests.builders import errors_of, of_kind, output_of, present
from tests.code_isolation import needs_isolation


def with_results(path: Path, now: datetime, *, but: int = 0) -> Path:
    """What running the code comes to, without running it; ``but`` for the last answers."""
    with StudyFile.open(path, now=now) as study:
        agree_to_code(study, now=now)
        examination = study.scores.add_examination(CODE_RUN, {}, now=now)
        every = code_to_run(study)
        for one in every[: len(every) - but]:
            text = one.response.text
            outcome, detail = {GOOD: ("passed", ""), WRONG: ("failed", "line 2"), BROKEN: ("error", "x")}.get(
                text, ("no_code", "")
            )
            result = CodeResult(one.response.id, digest_of_tests(one.tests), outcome, detail)
            study.code_results.store(result, examination=examination)
    return path


def found(path: Path, now: datetime, *ks: int) -> StudyCode:
    with StudyFile.open(path, now=now) as study:
        return study_code(study, ks=ks)


def test_one_sample_each_by_hand(tmp_path: Path, now: datetime) -> None:
    code_of = found(with_results(code_study(tmp_path / "s.ftstudy", now), now), now)
    (measure,) = code_of.measures
    base, tuned = (code_of.mean(measure, system) for system in ("base", "tuned"))
    assert base is not None
    assert tuned is not None
    assert (base, tuned) == (0.4, 0.8)
    test = present(code_of.mcnemar(measure, "base", "tuned"))
    assert (test.only_a, test.only_b) == (2, 6)
    assert code_of.outcomes("base") == {
        CodeOutcome.PASSED: 4,
        CodeOutcome.FAILED: 2,
        CodeOutcome.ERROR: 2,
        CodeOutcome.NO_CODE: 2,
    }
    described = {system: str(own) for system, own in code_of.prompts[4].evidence.items()}
    assert described == {"base": "0 of 1 pass; error: x", "tuned": "1 of 1 pass"}


def test_pass_at_k_over_samples(tmp_path: Path, now: datetime) -> None:
    """Of four samples tuned has four or three that pass, base one or none."""
    path = with_results(code_study(tmp_path / "s.ftstudy", now, samples=4), now)
    measures = {m.label: m for m in found(path, now).measures}
    assert [*measures] == ["pass@1", "pass@4"]
    assert measures["pass@4"].id == "pass_at_k"
    own = found(path, now, 2)
    at_1, at_2 = own.measures
    assert (at_1.id, at_2.id) == ("pass_at_1", "pass_at_2")
    for measure, base_value, tuned_value in ((at_1, 0.25 * 0.4, (8 + 2 * 0.75) / 10), (at_2, 0.5 * 0.4, 1)):
        base, tuned = (own.mean(measure, system) for system in ("base", "tuned"))
        assert base is not None
        assert tuned is not None
        assert base == pytest.approx(base_value)
        assert tuned == pytest.approx(tuned_value)
    assert own.mcnemar(at_1, "base", "tuned") is None
    assert found(path, now, 9).mean(found(path, now, 9).measures[1], "base") is None


def test_blocks_tell_figures_rules_and_limits(tmp_path: Path, now: datetime) -> None:
    code_of = found(with_results(code_study(tmp_path / "s.ftstudy", now), now), now)
    blocks = [*code_blocks(code_of)]
    means, outcomes = (block for block in blocks if isinstance(block, Table))
    assert means.plain_rows[0][:2] == ("base", "10")
    assert outcomes.plain_rows[0] == ("base", "4", "2", "2", "0", "0", "2")
    (figures,) = (b for b in pair_answer_blocks(code_of, "base", "tuned") if isinstance(b, Figures))
    assert [figure.id for figure in figures.figures] == ["code:pass_at_1", "code:pass_at_1:mcnemar"]
    assert "tuned 80% − base 40%" in str(figures.figures[0].explanation)
    assert measured_pairs(code_of.systems, None) == (("base", "tuned"),)


def test_few_prompts_have_no_interval(tmp_path: Path, now: datetime) -> None:
    path = with_results(code_study(tmp_path / "s.ftstudy", now), now, but=2)
    code_of = found(path, now)
    (figures,) = (b for b in pair_answer_blocks(code_of, "base", "tuned") if isinstance(b, Figures))
    assert figures.figures[0].note == "an interval needs 10"


def test_without_results_it_says_how_to_begin(tmp_path: Path, now: datetime) -> None:
    not_run, begin = (Paragraph(GROUP.with_command(text)) for text in (NOT_RUN, BEGIN))
    assert [*code_blocks(found(code_study(tmp_path / "s.ftstudy", now), now))] == [not_run]
    assert [*code_blocks(found(checked_study(tmp_path / "c.ftstudy", now), now))] == [begin]
    with StudyFile.open(code_study(tmp_path / "b.ftstudy", now, blinded=True), now=now) as study:
        assert [*total_blocks(code_totals(study))][1:] == [not_run]


def test_while_blinded_only_totals_are_told(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = with_results(code_study(tmp_path / "b.ftstudy", now, blinded=True), now)
    with StudyFile.open(path, now=now) as study:
        totals = of_kind(code_totals(study), CodeTotals)
        assert (totals.prompts, totals.answers, totals.passed) == (PROMPTS, 20, 12)
        with pytest.raises(UserError, match="after unblinding"):
            study_code(study)
        assert code.KIND.pooled is not None
        (row,) = code.KIND.pooled(study, ignore_progress)
        assert row.by_system[TOGETHER].value == pytest.approx(0.6)
        assert row.answers == {}
    assert run(["measures", "code", str(path), "--last"]) == 0
    assert "The code of 12 of 20 answers passes its tests (60%)." in capsys.readouterr().out
    told = json.loads(output_of(capsys, ["measures", "code", str(path), "--last", "--json"]))
    assert told == {"blinded": True, "prompts": 10, "answers": 20, "passed": 12}


def test_rows_of_the_matrix_and_its_run(tmp_path: Path, now: datetime) -> None:
    path = code_study(tmp_path / "s.ftstudy", now, samples=2)
    (consent,) = code.RUN_CODE.asks
    assert isinstance(consent, AskedConsent)
    assert code.KIND.details is not None
    with StudyFile.open(path, now=now) as study:
        assert code.KIND.details(study, ignore_progress) == ()
        assert code.RUN_CODE.left(study).text == "code of 40 answers to run"
        assert not consent.agreed(study)
        consent.record(study)
        assert consent.agreed(study)
        assert datetime.fromisoformat(study.audit.entries("code-agreed")[0].at) <= datetime.now(UTC)
    with_results(path, now)
    with StudyFile.open(path, now=now) as study:
        assert code.RUN_CODE.left(study).count == 0
        assert code.RUN_CODE.left(study).text == "The code of every answer was run."
        at_1, at_k = code.KIND.rows(study, ignore_progress)
        assert (at_1.key, at_k.key, at_k.name) == ("code.pass_at_1", "code.pass_at_k", "pass@2")
        assert at_1.by_system["tuned"].value == pytest.approx(0.9)
        assert at_k.by_system["tuned"].value == 1
        assert len(code.KIND.details(study, ignore_progress)) == 1
        assert code.RUN_CODE.work is not None
        assert code.RUN_CODE.work(study, {}, ignore_progress) == "The code of every answer was run."
    with StudyFile.open(checked_study(tmp_path / "c.ftstudy", now), now=now) as other:
        assert code.RUN_CODE.left(other).text.startswith("No prompt has tests for code")


@needs_isolation
def test_the_command_runs_the_code_once_after_consent(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = code_study(tmp_path / "s.ftstudy", now)
    assert "--i-consent-to-running-code" in errors_of(capsys, ["measures", "code", str(path)], 2)
    assert run(["measures", "code", str(path), "--i-consent-to-running-code", "--details"]) == 0
    captured = capsys.readouterr()
    assert "The code of 20 answers was run with its tests." in captured.err
    for words in ("pass@1", "6 against 2", "by category", "No code", "0 of 1 pass; failed: line 2"):
        assert words in captured.out
    told = json.loads(output_of(capsys, ["measures", "code", str(path), "--json"]))
    assert told["prompts_with_tests"] == 10
    assert told["outcomes"][1]["passed"] == 8
    assert told["systems"][0]["measures"][0]["value"] == 0.4
    assert told["prompts"][0]["systems"][0] == {"system": "base", "pass_at_1": 1.0, "told": "1 of 1 pass"}


@needs_isolation
def test_ctrl_c_keeps_what_was_run(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import signal

    path = code_study(tmp_path / "s.ftstudy", now)

    def stop_at_the_second_line(line: str, *, err: bool = False) -> None:
        say(line, err=err)
        if line.startswith("Running code: 2"):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(measures, "say", stop_at_the_second_line)
    assert run(["measures", "code", str(path), "--i-consent-to-running-code"]) == 130
    assert "Stopped. Results so far are kept." in capsys.readouterr().err
    with StudyFile.open(path, now=now) as study:
        assert 0 < len([*study.code_results.all()]) < 20
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_results_of_changed_tests_are_left_out(tmp_path: Path, now: datetime) -> None:
    path = code_study(tmp_path / "s.ftstudy", now)
    with StudyFile.open(path, now=now) as study:
        examination = study.scores.add_examination(CODE_RUN, {}, now=now)
        first = next(iter(study.responses.all()))
        study.code_results.store(
            CodeResult(first.id, "of other tests", "passed", ""), examination=examination
        )
        assert study_code(study).prompts == ()
        assert TESTS.entry == "add"
