"""``generate --shard`` and ``--collect`` with the demo model: real engines, one process for each shard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.cli.main import run
from ftcompare.store.study.study_file import StudyFile
from tests.builders import errors_of, output_of

DEMO = demo_resources()
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PAIRS = 5
SAMPLED = ("--max-new-tokens", "6", "--temperature", "0.8", "--strict")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    prompts, path = tmp_path / "prompts.jsonl", tmp_path / "study.ftstudy"
    lines = [{"id": f"p{n}", "prompt": f"What is angina{', doctor' * n}?"} for n in range(PAIRS)]
    prompts.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    models = ["--base", str(DEMO / "base"), "--adapter", str(DEMO / "adapter")]
    assert run(["new", str(path), *models, "--prompts", str(prompts)]) == 0
    return path


def responses(study: Path) -> dict[tuple[object, ...], str]:
    with StudyFile.open(study, now=NOW) as file:
        return {place: digest for place, _, digest in file.responses.of_runs()}


def test_processes_that_generate_shards_at_once_write_what_one_writes(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = study.with_name("whole.ftstudy")
    shutil.copy(study, whole)
    program = [sys.executable, "-m", "ftcompare", "generate", str(study), *SAMPLED]
    started = [subprocess.Popen([*program, "--shard", f"{number}/3"]) for number in (1, 2, 3)]
    assert [process.wait(240) for process in started] == [0, 0, 0]
    files = [str(study.with_name(f"study.shard-{number}-of-3.ftstudy")) for number in (1, 2, 3)]
    assert f"{2 * PAIRS} new answers of 3 shards." in output_of(
        capsys, ["generate", str(study), "--collect", *files]
    )
    assert run(["generate", str(whole), *SAMPLED]) == 0
    assert responses(study) == responses(whole)
    assert len(responses(study)) == 2 * PAIRS
    assert run(["check", str(study)]) == 0


@pytest.mark.usefixtures("forked_workers")
def test_a_shard_is_generated_stopped_continued_and_collected(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = study.with_name("mine.ftstudy")
    first = ["generate", str(study), "--shard", "1/2", "--out", str(shard), *SAMPLED]
    assert "Everything requested is written" in errors_of(capsys, [*first, "--limit", "1"])
    assert run(["generate", str(study), "--collect", str(shard)]) == 1
    shown = capsys.readouterr()
    assert "✓ base: verified in 1 run" in shown.err
    assert "2 new answers of 1 shard." in shown.out
    assert "Shard 1 of 2 is incomplete: 2 prompts." in shown.err
    assert "Shard 2 of 2 is missing: 2 prompts." in shown.err
    told = output_of(capsys, ["generate", str(shard)])  # the file knows that it is a shard
    assert re.search(r"Next: when all shards are generated, .* STUDY --collect SHARD\.\.\.", told)
    assert run(["generate", str(study), "--collect", str(shard)]) == 1
    assert "4 new answers of 1 shard." in capsys.readouterr().out
    assert {place[0] for place in responses(study)} == {place[0] for place in responses(shard)}
    assert len(responses(study)) == 2 * 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--collect"], "--collect needs the files of the shards."),
        (["--collect", "study.ftstudy"], "Name the study once, and then the files of its shards."),
        (["other.ftstudy"], "Use --collect with files of shards."),
        (["--out", "mine.ftstudy"], "--out can only be used with --shard."),
        (["--shard", "1/2", "--rewrite-cut"], "--shard cannot be used with --rewrite-cut."),
        (["--shard", "1/2", "--collect", "x.ftstudy"], "--shard cannot be used with --collect."),
        (["--shard", "2"], "This is not a shard."),
        (["--shard", "1/2", "--out", "prompts.csv"], "This file is not a study."),
    ],
)
def test_options_that_do_not_fit_are_refused(
    study: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    capsys.readouterr()
    study.with_name("prompts.csv").write_text("prompt\n")
    options = [str(study.with_name(one)) if "." in one else one for one in options]
    assert run(["generate", str(study), *options]) == 2
    assert words in capsys.readouterr().err
    assert not list(study.parent.glob("*.shard-*"))
