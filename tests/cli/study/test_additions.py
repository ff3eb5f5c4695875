"""``add``, notes of ``new``, and options that a format of ``export`` does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from tests.cli.study.conftest import write_lines


@pytest.fixture
def open_study(tmp_path: Path) -> Path:
    """A blinded study of one prompt and two served systems."""
    prompts, path = (
        write_lines(tmp_path / "one.jsonl", [{"prompt": "What is AF?"}]),
        tmp_path / "open.ftstudy",
    )
    models = ["--base", "http://127.0.0.1:9/v1#one", "--system", "two=http://127.0.0.1:9/v1#two"]
    assert run(["new", str(path), *models, "--prompts", str(prompts)]) == 0
    return path


def test_to_an_unblinded_study_nothing_is_added(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = write_lines(tmp_path / "more.jsonl", [{"prompt": "What is DVT?"}])
    assert run(["add", str(study), "--prompts", str(prompts)]) == 2
    assert "nobody could judge what is added" in capsys.readouterr().err


def test_systems_and_prompts_are_added_to_a_study(
    open_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = write_lines(
        tmp_path / "more.jsonl",
        [{"id": "dvt", "prompt": "What is DVT?"}, {"id": "pe", "prompt": "What is PE?"}],
    )
    served = "served=http://127.0.0.1:9/v1#tiny"
    assert run(["add", str(open_study), "--prompts", str(prompts), "--system", served]) == 0
    assert "Added 1 system and 2 prompts to" in capsys.readouterr().out
    assert run(["info", str(open_study), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (len(found["systems"]), found["prompts"]) == (3, 3)


def test_prompts_without_ids_are_added_under_the_next_ones(
    open_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [{"prompt": "What is DVT?", "topc": "veins"}, {"prompt": "What is AF?"}]
    prompts = write_lines(tmp_path / "more.jsonl", lines)
    assert run(["add", str(open_study), "--prompts", str(prompts)]) == 0
    told = capsys.readouterr()
    assert "Added 0 systems and 2 prompts to" in told.out
    assert "Note: FTCompare does not use this column: 'topc'." in told.err
    assert "Note: 1 prompt is word for word the same as one that was in the study" in told.err


def test_adding_nothing_is_a_usage_error(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", str(study)]) == 2
    assert "Nothing to add" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "option", "said"),
    [
        ("judgments", "--min-raters=3", "takes no filters of pairs"),
        ("outputs", "--parts=80/20", "takes no filters of pairs"),
        ("openai", "--standard", "has no plain form"),
        ("trl-preference", "--parts=3/4", "no shares of rows"),
    ],
)
def test_what_an_export_format_does_not_know_is_refused(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, option: str, said: str
) -> None:
    assert run(["export", str(study), str(tmp_path / "x.jsonl"), "--format", form, option]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))


def test_equal_prompts_are_noted_when_a_study_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [{"prompt": text} for text in ("What is AF?", "What is MI?", "What is AF?", "What is AF?")]
    prompts = write_lines(tmp_path / "p.jsonl", lines)
    models = ["--base", "http://127.0.0.1:9/v1#one", "--system", "two=http://127.0.0.1:9/v1#two"]
    assert run(["new", str(tmp_path / "s.ftstudy"), *models, "--prompts", str(prompts)]) == 0
    assert "2 prompts are word for word the same as another before" in capsys.readouterr().err
