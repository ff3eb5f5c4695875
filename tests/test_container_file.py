"""The image for GPU servers: what its recipe copies is there and enough; commands that are shown exist."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hatchling.builders.wheel import WheelBuilder

from ftcompare.app.application_paths import HOME_VARIABLE
from tests.builders import commands_by_name

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / "packaging" / "Containerfile"
GUIDE = ROOT / "docs" / "gpu-server.md"
IMAGE = "ftcompare"
WITH_VALUE = ("--device", "--userns", "--gpus", "--user", "--network", "--entrypoint", "-v", "-e")
"""Options of podman and Docker that the guide shows with a value after them."""


def whole_lines(text: str) -> list[str]:
    """Lines without comments, those that go on on the next joined."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [line.strip() for line in re.sub(r"\\\n", " ", kept).splitlines() if line.strip()]


def instructions(name: str) -> list[str]:
    """What stands behind an instruction of the recipe, in its order."""
    told = (line.partition(" ") for line in whole_lines(RECIPE.read_text("utf-8")))
    return [rest.strip() for word, _, rest in told if word == name]


def copied() -> Iterator[tuple[str, str]]:
    """From the repository: source and target."""
    for told in instructions("COPY"):
        *sources, target = told.split()
        if not sources[0].startswith("--from"):
            yield from ((source, target) for source in sources)


def container_calls() -> list[list[str]]:
    """What the guide gives to the program in a container: the command, then its arguments."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in whole_lines(block)]
    return [in_container(shlex.split(line)) for line in lines if re.match(r"(podman|docker) run ", line)]


def in_container(words: list[str]) -> list[str]:
    entry = json.loads(instructions("ENTRYPOINT")[0])
    rest = iter(words[2:])
    for word in rest:
        if word == IMAGE:
            break
        value = next(rest) if word in WITH_VALUE else ""
        entry = [value] if word == "--entrypoint" else entry
    return [*entry, *rest]


def test_what_is_copied_is_in_the_repository_and_reaches_the_builder() -> None:
    ignored, *allowed = whole_lines((ROOT / ".dockerignore").read_text("utf-8"))
    assert ignored == "*"
    sources = {source for source, _ in copied()}
    assert {f"!{source}" for source in sources} == {line for line in allowed if line.startswith("!")}
    assert all((ROOT / source).exists() for source in sources)


def test_what_is_copied_is_enough_to_build_the_whole_wheel(tmp_path: Path) -> None:
    for source, target in copied():
        if target.startswith("/"):
            continue
        place = tmp_path / "source" / (source if target.endswith("/") else target)
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, place)
    (here,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path / "here"), versions=["standard"])
    (there,) = WheelBuilder(str(tmp_path / "source")).build(
        directory=str(tmp_path / "there"), versions=["standard"]
    )
    assert Path(there).read_bytes() == Path(here).read_bytes()


def test_it_runs_the_program_as_nobody_special_and_offline() -> None:
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", instructions("USER")[-1])
    environment = dict(part.split("=", 1) for line in instructions("ENV") for part in shlex.split(line))
    assert environment["HF_HUB_OFFLINE"] == "1"
    (volume,) = json.loads(instructions("VOLUME")[0])
    assert environment["HF_HOME"].startswith(f"{volume}/")
    assert environment[HOME_VARIABLE].startswith(f"{volume}/")


def test_the_extras_that_it_installs_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    (default,) = (told.removeprefix("EXTRAS=") for told in instructions("ARG") if told.startswith("EXTRAS="))
    shown = re.findall(r"EXTRAS=([a-z,]+)", GUIDE.read_text("utf-8"))
    assert shown
    for told in (default, *shown):
        assert "engine" in told.split(",")
        assert set(told.split(",")) <= extras


def test_the_guide_shows_the_folders_that_the_recipe_has() -> None:
    guide = GUIDE.read_text("utf-8")
    assert instructions("WORKDIR")[-1] == "/studies"
    assert "/studies" in guide
    assert f"`{json.loads(instructions('VOLUME')[0])[0]}` is a volume" in guide
    assert f"uid={instructions('USER')[-1].split(':')[0]}" in guide


@pytest.mark.parametrize("call", container_calls(), ids=" ".join)
def test_every_command_and_option_in_a_container_exists(call: list[str]) -> None:
    program, name, *arguments = call
    assert program == "ftcompare"
    command = commands_by_name()[name]
    with command.make_context(name, list(arguments), resilient_parsing=False) as context:
        assert isinstance(context, click.Context)


def test_the_entry_point_and_what_it_does_alone_exist() -> None:
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["ftcompare", "generate"]
    assert json.loads(instructions("CMD")[0]) == ["--help"]
    assert len(container_calls()) >= 4
