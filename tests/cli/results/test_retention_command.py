"""``retention`` on the demonstration's models and tasks, before and after; nothing is downloaded."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import resources
from ftcompare.app.demo import demo_plan
from ftcompare.app.setup.new_study import create_study
from ftcompare.cli.main import run
from ftcompare.store.study.study_file import StudyFile
from tests.builders import errors_of, output_of, text_file
from tests.core.test_generation_settings import sample
from tests.formats.test_evaluation_logs import log

TASKS = ("everyday_choice", "everyday_definition")


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    path = tmp_path / "demo.ftstudy"
    create_study(path, demo_plan(), rng=Random(1), now=now).close()
    return path


def tasks() -> list[str]:
    return [
        part for name in TASKS for part in ("--tasks", str(resources() / "demo" / "tasks" / f"{name}.yaml"))
    ]


@pytest.mark.usefixtures("forked_workers")
def test_the_demonstration_does_its_tasks_before_and_after(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = errors_of(capsys, ["measures", "benchmarks", "run", str(study), *tasks(), "--chat"])
    assert "✓ cardiology: With the adapter on" in said
    assert "Every task is done" in said
    blinded = output_of(capsys, ["measures", "benchmarks", "show", str(study)])
    assert "All systems together completed 240 items of 2 tasks." in blinded
    assert "cardiology" not in blinded
    assert run(["measures", "benchmarks", "show", str(study), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"blinded": True, "items": 240, "tasks": 2}
    assert run(["generate", str(study), "--limit", "1"]) == 0
    output_of(capsys, ["unblind", str(study), "--reason", "done"])

    found = json.loads(output_of(capsys, ["measures", "benchmarks", "show", str(study), "--json"]))
    means = {one["key"]: {s: v["mean"] for s, v in one["values"].items()} for one in found["measures"]}
    assert set(means) == {
        "retention.everyday_choice.acc",
        "retention.everyday_choice.acc_norm",
        "retention.everyday_definition.exact_match",
    }
    assert all(mean > 0.6 for own in means.values() for mean in own.values())
    (pair,) = found["measures"][0]["differences"]
    assert (pair["before"], pair["after"], pair["items"]) == ("base", "cardiology", 60)
    assert pair["low"] < pair["difference"] < pair["high"]
    lost, gained = len(pair["lost"]), len(pair["gained"])
    assert pair["difference"] == pytest.approx((gained - lost) / 60)

    shown = output_of(capsys, ["measures", "benchmarks", "show", str(study), "--pair", "base", "cardiology"])
    assert "everyday_definition, exact_match: cardiology" in shown
    said = errors_of(capsys, ["measures", "benchmarks", "run", str(study), *tasks(), "--chat"])
    assert "✓" not in said
    assert "Nothing was run: every system has already run these tasks" in said
    assert "--again" in said
    own = log(study.parent, sample(0), name="samples_everyday_choice_2026-11-21T20-00-00.jsonl")
    assert run(["measures", "benchmarks", "import", str(study), "base", str(own)]) == 0
    assert f"measures benchmarks choose {study} 5" in capsys.readouterr().err
    after = json.loads(output_of(capsys, ["measures", "benchmarks", "show", str(study), "--json"]))
    assert after["measures"] == found["measures"]
    assert [(one["kind"], one["counts"]) for one in after["runs"]] == [
        *[("proven", True)] * 4,
        ("log", False),
    ]
    assert run(["measures", "benchmarks", "choose", str(study), "5", "--reason", "try"]) == 0
    assert "Run 5 counts for everyday_choice and base." in capsys.readouterr().out
    assert run(["measures", "benchmarks", "show", str(study)]) == 0
    assert "no verdict, because base and cardiology were asked differently" in capsys.readouterr().out
    assert run(["measures", "benchmarks", "choose", str(study)]) == 2
    assert "Give the number of a run, or --default." in capsys.readouterr().err
    assert run(["measures", "benchmarks", "choose", str(study), "--default"]) == 0
    assert "Run 1 counts for everyday_choice and base." in capsys.readouterr().out
    assert run(["measures", "benchmarks", "show", str(study), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measures"] == found["measures"]
    assert run(["check", str(study)]) == 0


def test_results_are_taken_from_logs(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    file = log(tmp_path, sample(0), sample(1))
    assert run(["measures", "benchmarks", "import", str(study), "base", str(file)]) == 0
    assert capsys.readouterr().out == "arc_easy: 2 items of base\n"
    assert run(["measures", "benchmarks", "import", str(study), "base", str(file)]) == 2
    assert "already in the study" in capsys.readouterr().err
    with StudyFile.open(study, now=now) as kept:
        assert kept.benchmarks.count() == (2, 1)
    file = log(tmp_path, sample(2), sample(3, acc=float("nan")))
    assert run(["measures", "benchmarks", "import", str(study), "base", str(file)]) == 0
    said = capsys.readouterr()
    assert "1 item of base; 1 line left out, for it holds NaN, an infinity" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task: t\ndoc_to_text: !function mine.ask\n", "--allow-code"),
        ("task: t\nunsafe_code: true\n", "code that models write"),
        ("task: [\n", "This is not a valid task file"),
    ],
)
def test_a_task_that_is_not_taken_is_refused_before_a_model_is_loaded(
    study: Path, tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = text_file(tmp_path / "task.yaml", text)
    assert run(["measures", "benchmarks", "run", str(study), "--tasks", str(path)]) == 2
    assert words in capsys.readouterr().err
