"""Recipes on the command line: given with ``new`` and ``add``, shown and set with ``recipe``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from ftcompare.store.study.study_file import StudyFile
from tests.builders import errors_of, output_of, text_file
from tests.cli.study.conftest import write_lines

BASE = "http://127.0.0.1:9/v1#one"
TOML = """
system_prompt = "You answer cardiologists."
context = "only"
[[examples]]
user = "What is a stent?"
assistant = "A mesh tube."
"""


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    lines = [
        {"id": "af", "prompt": "What is AF?"},
        {"id": "dvt", "messages": [{"role": "user", "content": "What is\n DVT?"}]},
    ]
    return write_lines(tmp_path / "prompts.jsonl", lines)


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    return text_file(tmp_path / "clinical.toml", TOML)


@pytest.fixture
def asked(tmp_path: Path, prompts: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A study of a base, the same with a recipe, and a fine-tune."""
    path = tmp_path / "asked.ftstudy"
    tuned = "http://127.0.0.1:9/v1#model=one&adapter=two"
    systems = ["--base", BASE, "--system", f"tuned={tuned}", "--system", f"prompted={BASE}"]
    status = run(
        ["new", str(path), *systems, "--recipe", f"prompted={recipe_file}", "--prompts", str(prompts)]
    )
    assert (status, capsys.readouterr().err) == (0, "")
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run([*arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    said = errors_of(capsys, [*arguments], 2)
    assert said.count("\n") == 1
    return said


def test_a_base_stands_twice_and_before_what_was_fine_tuned(
    asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = printed(capsys, "prompts", "instructions", str(asked)).splitlines()
    assert [line.partition(":")[0] for line in listed] == ["base", "prompted", "tuned"]
    assert listed[0] == "base: the prompt without added instructions"
    assert listed[1].startswith("prompted: system prompt of 25 characters; 1 example; context: only; seal ")
    found = json.loads(printed(capsys, "prompts", "instructions", str(asked), "prompted", "--json"))[
        "systems"
    ]
    assert found[0]["recipe"]["system_prompt"] == "You answer cardiologists."
    assert len(found[0]["recipe"]["digest"]) == 64


def test_a_prompt_is_shown_as_a_system_is_asked_it(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = printed(capsys, "prompts", "instructions", str(asked), "prompted", "--prompt", "dvt").split(
        "\n\n"
    )
    assert turns[0] == "System:\n  You answer cardiologists."
    assert turns[-1] == "User:\n  What is\n   DVT?\n"
    assert (
        printed(capsys, "prompts", "instructions", str(asked), "tuned", "--prompt", "af")
        == "User:\n  What is AF?\n"
    )
    assert "No prompt has the id 'x'" in refused(
        capsys, "prompts", "instructions", str(asked), "base", "--prompt", "x"
    )


def test_a_prompt_with_turns_of_tools_is_shown(
    asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [{"role": role, "content": "x"} for role in ("developer", "user", "function_call", "tool")]
    further = text_file(tmp_path / "further.jsonl", json.dumps({"id": "tools", "messages": turns}) + "\n")
    output_of(capsys, ["prompts", "add", str(asked), "--prompts", str(further)])
    told = printed(capsys, "prompts", "instructions", str(asked), "tuned", "--prompt", "tools").split("\n\n")
    assert [turn.partition(":")[0] for turn in told] == ["Developer", "User", "Function call", "Tool"]


def test_a_recipe_is_saved_set_and_cleared(
    asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "saved.toml"
    printed(capsys, "prompts", "instructions", str(asked), "prompted", "--save", str(saved))
    told = printed(capsys, "prompts", "instructions", str(asked), "base", "--set", str(saved))
    assert told.startswith("Instructions of base: system prompt of 25 characters; 1 example")
    both = json.loads(printed(capsys, "prompts", "instructions", str(asked), "--json"))["systems"]
    assert both[0]["recipe"] == both[1]["recipe"]
    assert (
        printed(capsys, "prompts", "instructions", str(asked), "base", "--clear")
        == "Instructions of base: the prompt without added instructions.\n"
    )
    shown = printed(capsys, "prompts", "instructions", str(asked), "prompted")
    assert shown.endswith("User:\n  What is a stent?\n\nAssistant:\n  A mesh tube.\n")


def test_while_blinded_info_tells_how_many_are_asked_by_a_recipe_and_after_it_which(
    asked: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    blinded = printed(capsys, "info", str(asked))
    assert "1 system has its own; shown after unblinding" in blinded
    assert "recipe" not in printed(capsys, "info", str(asked), "--json")
    with StudyFile.open(asked, now=now) as study:
        study.settings.unblind("over", now=now)
    named = printed(capsys, "info", str(asked))
    assert (
        "Instructions for prompted  system prompt of 25 characters; 1 example; context: only; seal "
    ) in named
    systems = json.loads(printed(capsys, "info", str(asked), "--json"))["systems"]
    assert [len(system.get("recipe", "")) for system in systems] == [0, 64, 0]


def test_a_system_is_added_with_its_recipe_or_not_at_all(
    asked: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("prompts", "add", str(asked), "--system", f"longer={BASE}", "--recipe")
    assert "No system is called 'shorter'" in refused(capsys, *more, f"shorter={recipe_file}")
    assert "longer" not in printed(capsys, "prompts", "instructions", str(asked))
    printed(capsys, *more, f"longer={recipe_file}")
    assert "longer: system prompt" in printed(capsys, "prompts", "instructions", str(asked))


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("prompted", "does not name a system"),
        ("prompted=FILE", "No system is called 'prompted'. The systems are base."),
        ("base=NONE", "none.toml"),
    ],
)
def test_a_recipe_that_cannot_be_given_leaves_no_study(
    recipe: str,
    said: str,
    tmp_path: Path,
    prompts: Path,
    recipe_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "new.ftstudy"
    named = recipe.replace("FILE", str(recipe_file)).replace("NONE", str(tmp_path / "none.toml"))
    options = ("--base", BASE, "--prompts", str(prompts), "--recipe", named)
    assert said in refused(capsys, "new", str(path), *options)
    assert not path.exists()


def test_one_name_gets_one_recipe(
    tmp_path: Path, prompts: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = ("--recipe", f"base={recipe_file}") * 2
    options = ("--base", BASE, "--prompts", str(prompts), *twice)
    assert "'base' has two instruction files" in refused(capsys, "new", str(tmp_path / "new"), *options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("base", "--clear", "--prompt", "af"), "Give only one of --set"),
        (("--clear",), "Give the name of a system"),
        (("nobody",), "No system is called 'nobody'. The systems are base, prompted, tuned."),
    ],
)
def test_one_act_on_one_system(
    options: tuple[str, ...], said: str, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(capsys, "prompts", "instructions", str(asked), *options)


def test_imported_answers_are_asked_nothing(
    study: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = printed(capsys, "prompts", "instructions", str(study))
    assert listed == (
        "base: no instructions: its answers were imported\ntuned: no instructions: its "
        "answers were imported\n"
    )
    said = refused(capsys, "prompts", "instructions", str(study), "base", "--set", str(recipe_file))
    assert "were imported, so it cannot answer prompts" in said
