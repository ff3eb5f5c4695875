"""``attribute`` on the demo model and through the real engine."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.cli.main import run
from ftcompare.core.study import FinishReason, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile

pytestmark = pytest.mark.usefixtures("forked_workers")

DEMO = demo_resources()
QUESTION = "What is a blood clot in the leg? Explain it to my doctor."
WORDS = ["What", "is", "a", "blood", "clot", "in", "the", "leg", "Explain", "it", "to", "my", "doctor"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unblinded study of the demo model, and of answers from elsewhere; to be copied."""
    folder = tmp_path_factory.mktemp("attribute")
    prompts = folder / "prompts.jsonl"
    prompts.write_text(json.dumps({"id": "p", "prompt": QUESTION}) + "\n", encoding="utf-8")
    study = folder / "study.ftstudy"
    models = ["--base", str(DEMO / "base"), "--adapter", str(DEMO / "adapter")]
    assert run(["new", str(study), *models, "--prompts", str(prompts)]) == 0
    assert run(["generate", str(study), "--max-new-tokens", "8"]) == 0
    with StudyFile.open(study, now=datetime.now(UTC)) as file:
        elsewhere = file.systems.add(SystemSpec("elsewhere", SystemKind.IMPORTED))
        (prompt,) = file.prompts.all()
        answer = ResponseDraft(elsewhere.id, "A clot.", FinishReason.END, 3)
        file.responses.store(prompt.id, [answer], run=None)
    assert run(["unblind", str(study), "--reason", "a trial"]) == 0
    return study


@pytest.fixture
def study(written: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(written, tmp_path))


def test_each_word_of_the_prompt_stands_with_what_it_contributes(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["attribute", str(study), "p", "--answer", "adapter", "--words", "Deep vein"]
    assert run([*asked, "--json"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert "13 of 14 readings" in told.err or "14 of 14 readings" in told.err
    assert [one["text"] for one in found["parts"]] == WORDS
    assert [(one["name"], one["wrote_the_answer"]) for one in found["systems"]] == [
        ("base", False), ("adapter", True),
    ]  # fmt: skip
    assert found["not_asked"] == ["elsewhere"]
    assert any(abs(one["contributions"]["base"]) > 0.1 for one in found["parts"])
    assert run(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "“Deep vein” in the answer of adapter to p"
    assert lines[1].endswith("Evidence by likelihood, not attention.")
    assert [line.split()[0] for line in lines[3:6]] == ["under", "base", "adapter"]
    assert lines[5].endswith("“Deep vein”")
    head = next(line for line in lines if line.startswith("word left out"))
    assert head.split()[-2:] == ["base", "adapter"]
    table = lines[lines.index(head) + 1 :][: len(WORDS)]
    assert sorted(line.split()[0] for line in table) == sorted(WORDS)
    sizes = [abs(float(line.split()[-1].replace("−", "-"))) for line in table]
    assert sizes == sorted(sizes, reverse=True)
    assert lines[-2] == "Not asked, for this machine has no model of theirs: elsewhere."
    assert lines[-1] == "13 words, the largest change under adapter first; computed in float32."
    assert run(["check", str(study)]) == 0


def test_sentences_are_left_out_where_they_are_asked_for(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["attribute", str(study), "p", "--answer", "adapter", "--words", "Deep", "--by", "sentence"]
    assert run(asked) == 0
    out = capsys.readouterr().out
    assert "What is a blood clot in the leg?  user 1" in out
    assert "2 sentences" in out


def test_what_cannot_be_asked_is_said(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for answer, words, expected in (
        ("elsewhere", "clot", "were imported"),
        ("adapter", "zzz", "does not have the words"),
        ("nobody", "Deep", "has no answer “nobody”"),
    ):
        assert run(["attribute", str(study), "p", "--answer", answer, "--words", words]) == 2
        assert expected in capsys.readouterr().err


def test_it_can_be_interrupted_and_leaves_nothing(study: Path) -> None:
    before = study.read_bytes()
    command = [sys.executable, "-m", "ftcompare", "attribute", str(study), "p"]
    with subprocess.Popen(
        [*command, "--answer", "adapter", "--words", "Deep"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stderr
        assert child.stdout
        for line in child.stderr:
            if line.startswith("Loading"):
                child.send_signal(signal.SIGINT)
                break
        rest = child.stderr.read()
        assert child.stdout.read() == ""
    assert child.returncode == 130, rest
    assert "nothing is kept" in rest
    assert study.read_bytes() == before
