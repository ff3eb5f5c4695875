"""Measures of the owner: a Python file, phrases, or a command, from its file to gate and win rates."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.generate import own_measure
from ftcompare.app.generate.own_measure import (
    Better,
    OwnMeasureSettings,
    agree_to_measures,
    numbers_of,
    read_own_measure,
    run_own_measure,
    what_runs,
)
from ftcompare.app.measures.kind import TOGETHER, MeasureRow
from ftcompare.app.measures.own import KIND, study_own
from ftcompare.app.release.gate_file import gate_of
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.app.results.presentation.prediction_powered import powered_rates
from ftcompare.app.results.reasons import pair_reasons
from ftcompare.app.study.audit_log import audit_view
from ftcompare.app.work_progress import ignore_progress, stopped
from ftcompare.checks.code_sandbox import sandbox
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import CODE_LIMITS
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    RaterKind,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.formats.toml_file import TomlTable
from ftcompare.stats.reasons import FeatureStanding
from ftcompare.store.study.measured_results import OWN
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, output_of, present
from tests.code_isolation import needs_isolation

PROMPTS, WON = 12, 8
"""Of prompts p0, p1, …, the fine-tune is polite and preferred on so many, the first ones."""

PYTHON = """
def score(prompt, answer, reference):
    number = int(prompt[1:])
    if number == 11:
        return None
    return {"please": "please" in answer, "words": len(answer.split()), "known": reference == "yes"}
"""
COMMAND = """
import json, sys
for line in reversed(sys.stdin.readlines()):
    row = json.loads(line)
    print(json.dumps({"id": row["id"], "score": len(row["answer"])}))
"""
PHRASES = "name,phrase,pattern\nplease,Please,\nstart,,^answer\n"


@pytest.fixture
def study(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudyFile]:
    # tests of the sandbox itself run its trials
    monkeypatch.setattr(sandbox, "require_isolation", lambda **_: ())
    with StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(3), now=now) as made:
        keys = [made.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("base", "tuned")]
        for number in range(PROMPTS):
            spec = PromptSpec(f"p{number}", (Message("user", f"p{number}"),), reference="yes")
            (prompt,) = made.prompts.add([spec])
            texts = "answer of base", "answer of tuned" + " please" * (number < WON)
            drafts = [ResponseDraft(k, t, FinishReason.END, 3) for k, t in zip(keys, texts, strict=True)]
            made.responses.store(prompt.id, drafts, run=None)
        yield made


def judge(study: StudyFile, count: int, now: datetime) -> None:
    """People prefer the polite answer, and the base where neither is."""
    rater = drawn_rater(study, "Ada", rng=Random(5), now=now).id
    for _ in range(count):
        item = present(study.judgments.next_item(rater))
        polite = "please" in item.left, "please" in item.right
        left = polite[0] if any(polite) else "base" in item.left
        study.judgments.judge(item.allocation, Verdict(Choice.LEFT if left else Choice.RIGHT), now=now)


class Measuring:
    def __init__(self, study: StudyFile, folder: Path, now: datetime) -> None:
        self.study, self.folder, self.now = study, folder, now

    def run(self, source: str, text: str = "", **settings: Any) -> str:
        """Write the file of a source, and run it with consent."""
        if text:
            (self.folder / source.split()[-1]).write_text(text, encoding="utf-8")
        measure = read_own_measure(OwnMeasureSettings(source, **settings), self.folder)
        agree_to_measures(measure)
        return run_own_measure(self.study, measure, clock=lambda: self.now)

    def rows(self) -> dict[str, MeasureRow]:
        if self.study.settings.read().blinded:
            self.study.settings.unblind("done", now=self.now)
        return {row.key: row for row in KIND.rows(self.study, ignore_progress)}


@pytest.fixture
def measuring(study: StudyFile, tmp_path: Path, now: datetime) -> Measuring:
    return Measuring(study, tmp_path, now)


@needs_isolation
def test_a_python_file_phrases_and_a_command_are_measures_as_any_other(measuring: Measuring) -> None:
    command = f"{sys.executable} length.py"
    told = [
        measuring.run("polite.py", PYTHON),
        measuring.run("polite.py"),
        measuring.run(command, COMMAND, better=Better.LOWER),
        measuring.run("forms.csv", PHRASES, name="forms of answers"),
    ]
    assert told == [
        "“polite” measured 22 answers. 2 answers got no value.",
        "“polite” measured 0 answers. 2 answers got no value.",
        "“length” measured 24 answers.",
        "“forms of answers” measured 24 answers.",
    ]
    rows = measuring.rows()
    means = {key: [row.by_system[name].value for name in ("base", "tuned")] for key, row in rows.items()}
    assert means == {
        "own.polite.known": [1, 1],
        "own.polite.please": [0, pytest.approx(8 / 11)],
        "own.polite.words": [3, pytest.approx(3 + 8 / 11)],
        "own.length": [14, pytest.approx(15 + 7 * 8 / 12)],
        "own.forms of answers.please": [0, pytest.approx(8 / 12)],
        "own.forms of answers.start": [1, 1],
    }
    ways = {key: (row.unit.value, row.bounded, row.higher_is_better) for key, row in rows.items()}
    assert ways["own.polite.please"] == ("share", True, True)
    assert ways["own.length"] == ("score", False, False)
    assert ways["own.forms of answers.please"] == ("share", True, None)
    difference = present(rows["own.length"].difference("base", "tuned"))
    assert difference.difference == pytest.approx(1 + 7 * 8 / 12)
    assert "Consent to running a measure" in [line.what for line in audit_view(measuring.study).lines]
    assert measuring.study.verify().ok
    assert measuring.study.benchmarks.runs() == ()
    assert measuring.study.benchmarks.count() == (0, 0)


@needs_isolation
def test_a_changed_file_is_a_new_measure_and_other_answers_are_measured(
    measuring: Measuring, now: datetime
) -> None:
    measuring.run("one.py", "def score(**row): return 1")
    assert measuring.rows()["own.one"].by_system["base"].value == 1
    assert measuring.run("one.py") == "“one” has no new answers to measure."
    assert measuring.run("one.py", "def score(**row): return 2") == "“one” measured 24 answers."
    assert measuring.rows()["own.one"].by_system["base"].value == 2
    (prompt,) = measuring.study.prompts.add([PromptSpec("new", (Message("user", "p99"),))])
    system = measuring.study.systems.all()[0].id
    measuring.study.responses.store(prompt.id, [ResponseDraft(system, "x", FinishReason.END)], run=None)
    assert measuring.run("one.py") == "“one” measured 1 answer."
    (old, new) = {run.about["digest"] for run in measuring.study.benchmarks.runs(OWN)}
    assert old != new


@pytest.mark.parametrize(
    ("source", "text", "told"),
    [
        (
            "a.py",
            "def score(prompt, answer, reference):\n    return prompt.x",
            "a.py, line 2: An answer to the",
        ),
        ("a.py", "x = = 1", "a.py, line 1: An answer to the prompt p"),
        ("a.py", "x = 1", "AttributeError: module 'measure' has no attribute 'score'"),
        ("a.py", "def score(**row): return 'much'", "'much' is not a finite number"),
        ("a.py", "def score(**row): return float('nan')", "nan is not a finite number"),
        ("a.py", "def score(**row): return {'a.b': 1}", "A name has 1 to 60 characters and no dot"),
        ("a.py", "import os\ndef score(**row): os._exit(0)", "the process ended before"),
        ("a.py", "def score(**row): open('/etc/passwd')", "a.py, line 1: An answer to the prompt p"),
        ("a.py", "def score(**row): return {str(n): n for n in range(999)}", "the score is too long"),
        ("a.csv", "name,pattern\nslow,(a|aa)+$\n", "the regular expression took longer than 0.1 s"),
        (
            "a.csv",
            "name,pattern\nopen,(\n",
            "line 2: The pattern '(' is not a valid regular expression: missing )",
        ),
        ("a.csv", "phrase,pattern\nb,c\n", "line 2: The row has both a phrase and a pattern. Keep one"),
        ("a.csv", "name,phrase\na,\n", "line 2: The row has neither a phrase nor a pattern. Fill in one"),
        ("no.py", "", "There is no such file"),
        ('tool "open', "", "This is not a command."),
        ("no-such-tool", "", "The command cannot be started"),
        (f"{sys.executable} a.py", "raise SystemExit('no data')", "The command ended with status 1. no data"),
        (f"{sys.executable} a.py", "print('hi')", "Line 1 of its output is not a score: hi"),
        (f"{sys.executable} a.py", 'print(\'{"id": "99", "score": 1}\')', "Line 1 of its output is not a"),
    ],
)
@needs_isolation
def test_what_is_wrong_is_told_with_the_prompt_and_the_line(
    measuring: Measuring, source: str, text: str, told: str
) -> None:
    system = measuring.study.systems.all()[0].id
    (prompt,) = measuring.study.prompts.add([PromptSpec("long", (Message("user", "p99"),))])
    slow = ResponseDraft(system, "a" * 200 + "b", FinishReason.END)
    measuring.study.responses.store(prompt.id, [slow], run=None)
    with pytest.raises(UserError) as caught:
        measuring.run(source, text)
    assert told in str(caught.value)
    assert not any(name in str(caught.value) for name in ("base", "tuned"))


@pytest.mark.parametrize("source", ["a.py", f"{sys.executable} a.py"])
def test_code_runs_after_consent_to_this_version_alone(
    measuring: Measuring, source: str, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "a.py").write_text("raise SystemExit", encoding="utf-8")
    measure = read_own_measure(OwnMeasureSettings(source), tmp_path)
    assert what_runs(measure)
    with pytest.raises(UserError, match="only after you consent"):
        run_own_measure(measuring.study, measure, clock=lambda: now)
    assert not measuring.study.benchmarks.runs(OWN)
    agree_to_measures(measure)
    own_measure.require_measure_agreed(measure)
    (tmp_path / "a.py").write_text("raise SystemExit(1)", encoding="utf-8")
    with pytest.raises(UserError, match="only after you consent"):
        own_measure.require_measure_agreed(read_own_measure(OwnMeasureSettings(source), tmp_path))


@needs_isolation
def test_a_slow_answer_has_the_time_limit_for_itself_and_a_stopped_run_continues(
    measuring: Measuring, monkeypatch: pytest.MonkeyPatch, now: datetime, tmp_path: Path
) -> None:
    limits = replace(CODE_LIMITS, seconds=1)
    monkeypatch.setattr(own_measure, "CODE_LIMITS", limits)
    endless = "def score(prompt, **row):\n    while prompt == 'p3': pass\n    return 1"
    with pytest.raises(UserError, match="prompt p3 cannot be measured: it took longer than 1 s"):
        measuring.run("slow.py", endless)
    kept = len([*measuring.study.benchmarks.runs(OWN)])
    assert kept <= 2

    def stop(_: str, share: float | None) -> None:
        if share:
            raise stopped()

    monkeypatch.setattr(sandbox, "SCORED_AT_ONCE", 5)
    (tmp_path / "one.py").write_text("def score(**row): return 1", encoding="utf-8")
    measure = read_own_measure(OwnMeasureSettings("one.py"), tmp_path)
    agree_to_measures(measure)
    with pytest.raises(UserError, match="stopped"):
        run_own_measure(measuring.study, measure, stop, clock=lambda: now)
    assert measuring.run("one.py") == "“one” measured 19 answers."


@needs_isolation
def test_while_blinded_only_totals_are_shown(measuring: Measuring) -> None:
    measuring.run("polite.py", PYTHON)
    assert KIND.pooled is not None
    rows = {row.key: row for row in KIND.pooled(measuring.study, ignore_progress)}
    assert rows["own.polite.please"].by_system[TOGETHER].value == pytest.approx(4 / 11)
    assert all(not row.answers and [*row.by_system] == [TOGETHER] for row in rows.values())
    with pytest.raises(UserError) as caught:
        study_own(measuring.study)
    assert caught.value.code == "still-blinded"


@needs_isolation
def test_people_s_votes_make_a_measure_a_feature_of_reasons_and_correct_its_rate(
    measuring: Measuring, now: datetime
) -> None:
    judge(measuring.study, 10, now)
    measuring.run("forms.csv", PHRASES)
    measuring.run("polite.py", "def score(answer, **row): return 'please' in answer")
    measuring.rows()
    polite = sum(vote.preference == 1 for vote in measuring.study.judgments.votes())
    assert 5 < polite < 10
    features = {
        one.feature.id: one
        for one in pair_reasons(measuring.study, "base", "tuned", RaterKind.HUMAN).features
    }
    for key in ("own.polite", "own.forms.please"):  # only tuned has it
        result = features[key].result
        assert (result.standing, result.more_a, result.rate) == (FeatureStanding.RARE, 0, None)
    (rate,) = powered_rates(measuring.study)
    assert (rate.program, rate.refused, present(rate.estimate).further) == ("own.polite", None, 2)


def test_scores_are_finite_numbers_by_name() -> None:
    assert numbers_of(True) == {"": 1.0}
    assert numbers_of({"a": 1, "b": None}) == {"a": 1.0}
    assert numbers_of(None) == {}


@needs_isolation
@pytest.mark.parametrize(("bound", "holds"), [("at_least = 0.5", True), ("at_least = 0.9", False)])
def test_a_gate_names_a_measure_by_its_key(measuring: Measuring, bound: str, holds: bool) -> None:
    measuring.run("polite.py", PYTHON)
    measuring.rows()
    table: dict[str, Any] = {"key": "own.polite.please", "basis": "point"}
    name, _, value = bound.partition(" = ")
    gate = gate_of(TomlTable({"system": "tuned", "measure": [{**table, name: float(value)}]}, "g", "gate"))
    report = apply_gate(measuring.study, gate)
    assert [one.holds for one in report.conditions if "own." in one.name] == [holds]


@needs_isolation
def test_commands_run_and_show_it(
    measuring: Measuring, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.rows()
    path = str(measuring.study.path)
    measuring.study.close()
    file = tmp_path / "polite.py"
    file.write_text(PYTHON, encoding="utf-8")
    assert run(["measures", "run", path, str(file)]) == 2
    assert "add --i-consent-to-running-code once" in capsys.readouterr().err
    assert run(["measures", "run", path, str(file), "--i-consent-to-running-code", "--better", "lower"]) == 0
    assert "polite: please" in capsys.readouterr().out
    document = json.loads(output_of(capsys, ["measures", "own", path, "--json"]))
    assert [one["measure"] for one in document["measures"]] == [
        "polite.known",
        "polite.please",
        "polite.words",
    ]
