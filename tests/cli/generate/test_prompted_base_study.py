"""Base, base with a clinical few-shot recipe, and adapter in one study, on the demo model."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.cli.main import run
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, errors_of, output_of, text_file

pytestmark = pytest.mark.usefixtures("forked_workers")

DEMO = demo_resources()
RECIPE = DEMO / "clinical_recipe.toml"
MODELS = (
    "--base",
    str(DEMO / "base"),
    "--system",
    f"prompted={DEMO / 'base'}",
    "--adapter",
    str(DEMO / "adapter"),
)


def make(folder: Path, prompts: list[str], recipe: Path = RECIPE) -> Path:
    lines = [json.dumps({"id": f"q{n}", "prompt": text}) for n, text in enumerate(prompts, start=1)]
    (folder / "prompts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    study, asked = folder / "study.ftstudy", f"prompted={recipe}"
    assert (
        run(["new", str(study), *MODELS, "--recipe", asked, "--prompts", str(folder / "prompts.jsonl")]) == 0
    )
    return study


def rate(path: Path, now: datetime) -> None:
    """Three raters who always prefer what the adapter wrote."""
    with StudyFile.open(path, now=now) as study:
        tuned = {r.text for r in study.responses.all() if r.system == study.systems.all()[-1].id}
        for name in ("Ada", "Ben", "Cleo"):
            rater = drawn_rater(study, name, rng=Random(name), now=now).id
            while (item := study.judgments.next_item(rater)) is not None:
                left, right = item.left in tuned, item.right in tuned
                choice = Choice.TIE if left == right else Choice.LEFT if left else Choice.RIGHT
                study.judgments.judge(item.allocation, Verdict(choice, seconds=5.0), now=now)


def test_one_sentence_says_whether_the_fine_tune_beats_the_prompted_base_and_at_what_cost(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path, [f"How is chest pain on effort treated, case {n}?" for n in range(8)])
    assert run(["generate", str(path), "--max-new-tokens", "8"]) == 0
    told = "".join(capsys.readouterr())
    assert told.count("Its instructions: ") == 1
    rate(path, now)
    output_of(capsys, ["unblind", str(path), "--reason", "over"])
    sentence = output_of(capsys, ["results", str(path)]).splitlines()[0]
    assert sentence.startswith(
        "The fine-tuned adapter beats prompted (the base with instructions) for other raters of this kind: "
        "win rate 100%; "
    )
    assert run(["results", str(path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["prompted_base"]
    assert found["beats"] is True
    tokens = found["prompt_tokens"]
    assert tokens["base"] > tokens["fine_tune"] + 100
    assert f"{tokens['saved_per_1000_answers']:,.0f} on 1,000 answers" in sentence
    assert not tokens["measured"]


def test_a_recipe_that_takes_the_place_of_a_prompt_s_system_turn_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Why?"}]
    (tmp_path / "prompts.jsonl").write_text(
        json.dumps({"id": "own", "messages": turns}) + '\n{"id": "q2", "prompt": "How?"}', encoding="utf-8"
    )
    path = tmp_path / "study.ftstudy"
    asked = ["--recipe", f"prompted={RECIPE}", "--prompts", str(tmp_path / "prompts.jsonl")]
    assert run(["new", str(path), *MODELS, *asked]) == 0
    told = "replaces the prompt's own system turn"
    capsys.readouterr()
    assert run(["prompts", "instructions", str(path), "prompted", "--prompt", "own"]) == 0
    assert told in capsys.readouterr().err
    assert run(["prompts", "instructions", str(path), "prompted", "--prompt", "q2"]) == 0
    assert run(["prompts", "instructions", str(path), "base", "--prompt", "own"]) == 0
    assert told not in capsys.readouterr().err
    assert run(["generate", str(path), "--max-new-tokens", "4"]) == 0
    note = "The system prompt of prompted's instructions replaces the system turn of 1 prompt."
    assert "".join(capsys.readouterr()).count(note) == 1


def test_prompts_that_do_not_fit_with_a_recipe_are_named_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path, ["Why?", "heart " * 845, "heart " * 1500, "heart " * 850])
    capsys.readouterr()
    said = errors_of(capsys, ["generate", str(path), "--max-new-tokens", "4"], 2)
    line = said.splitlines()[-1]
    assert line.startswith(
        "ftcompare: 2 prompts do not fit the model with its instructions or the context. No answers"
    )
    assert "prompt 2 (q2): The prompt has" in line
    assert "prompt 4 (q4): The prompt has" in line
    assert "prompt 3" not in line  # it does not fit alone, either: it fails when pairs are written
    assert "0 of 12 written, 0 failed" in output_of(capsys, ["info", str(path)])
    assert "generate --leave-out-too-long" in said
    assert run(["prompts", "instructions", str(path), "prompted", "--clear"]) == 0
    assert run(["generate", str(path), "--max-new-tokens", "4"]) == 0
    assert "Prompt 3 could not be answered" in "".join(capsys.readouterr())


def test_prompts_that_do_not_fit_with_a_recipe_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path, ["Why?", "heart " * 845])
    capsys.readouterr()
    assert run(["generate", str(path), "--max-new-tokens", "4", "--leave-out-too-long"]) == 0
    assert "Prompt 2 could not be answered: The prompt has" in "".join(capsys.readouterr())
    assert "3 of 6 written, 3 failed" in output_of(capsys, ["info", str(path)])


def test_a_recipe_that_fits_with_no_prompt_is_told_with_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = text_file(tmp_path / "long.toml", f'system_prompt = "{"Use clinical terms. " * 200}"')
    path = make(tmp_path, ["Why?"], recipe)
    capsys.readouterr()
    line = errors_of(capsys, ["generate", str(path), "--max-new-tokens", "4"], 2).splitlines()[-1]
    assert "prompt 1 (q1) and all others do not fit. No answers were generated." in line
