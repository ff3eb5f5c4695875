"""A machine without the engine's libraries: what it says, and that the extra names them all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from fake_backend import FAKE

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine import optional_dependencies
from ftcompare.engine.optional_dependencies import (
    LIBRARIES,
    how_to_get,
    installed_bytes,
    missing_libraries,
    require_engine,
    require_harness,
)
from ftcompare.engine.worker import make_backend

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def modules_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", entry)[0].replace("-", "_").lower() for entry in requirements}


def test_here_nothing_is_missing() -> None:
    assert missing_libraries() == ()
    require_engine()


def test_an_engine_that_is_not_installed_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert missing_libraries() == ("torch",)
    with pytest.raises(EnvironmentFault, match=r"not installed here \(no torch\).*\[engine\]'") as caught:
        make_backend("local")
    assert caught.value.code == "engine-missing"
    make_backend(FAKE)


def test_tasks_take_an_extra_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    require_harness()
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    with pytest.raises(EnvironmentFault, match=r"no lm_eval\).*engine,retention\]'") as caught:
        require_harness()
    assert caught.value.code == "engine-missing"


def installed(monkeypatch: pytest.MonkeyPatch, place: Path, origin: object) -> None:
    """FTCompare as pip put it into a folder; ``origin`` is what it wrote of where that came from."""
    record = place / "ftcompare-0.1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.4\nName: ftcompare\nVersion: 0.1.0\n", "utf-8")
    if origin is not None:
        (record / "direct_url.json").write_text(json.dumps(origin), "utf-8")
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])


def test_in_a_copy_of_the_repository_its_folder_and_its_versions_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, tmp_path / "site", {"url": ROOT.as_uri(), "dir_info": {"editable": True}})
    line = f"In the folder {ROOT}, type: pip install -c packaging/constraints.txt '.[engine]'"
    assert how_to_get().startswith(line)
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in how_to_get()
    assert "'.[engine,quantised]'" in how_to_get("quantised")


@pytest.mark.parametrize(
    ("origin", "typed"),
    [
        (None, "'ftcompare[engine]'"),
        ("no object", "'ftcompare[engine]'"),
        (
            {"url": "file:///home/a/ftcompare-0.1.0-py3-none-any.whl", "archive_info": {}},
            "'ftcompare[engine] @ file:///home/a/ftcompare-0.1.0-py3-none-any.whl'",
        ),
        (
            {"url": "https://example.org/ftcompare.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "'ftcompare[engine] @ git+https://example.org/ftcompare.git'",
        ),
        ({"url": "file:///gone/repository", "dir_info": {}}, "'ftcompare[engine]'"),
    ],
)
def test_a_wheel_has_no_folder_to_type_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: object, typed: str
) -> None:
    installed(monkeypatch, tmp_path, origin)
    assert how_to_get().startswith(f"Type: pip install {typed} (")
    (tmp_path / "ftcompare-0.1.0.dist-info" / "direct_url.json").write_text("{", "utf-8")
    assert how_to_get().startswith("Type: pip install 'ftcompare[engine]' (")


@pytest.mark.parametrize(
    ("left", "typed", "without_cuda"),
    [
        (
            "pipx_metadata.json",
            "pipx install --force",
            "--pip-args='--extra-index-url https://download.pytorch.org/whl/cpu'",
        ),
        ("uv-receipt.toml", "uv tool install --force", "--torch-backend cpu"),
    ],
)
def test_what_a_tool_installed_is_installed_anew_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str, typed: str, without_cuda: str
) -> None:
    wheel = "file:///home/a/ftcompare-0.1.0-py3-none-any.whl"
    installed(monkeypatch, tmp_path / "site", {"url": wheel, "archive_info": {}})
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / left).touch()
    monkeypatch.setattr(optional_dependencies, "find_spec", lambda name: name == "pyarrow" or None)
    told = f"Type: {typed} 'ftcompare[engine,parquet] @ {wheel}' (without CUDA add: {without_cuda}; "
    assert how_to_get().startswith(told)
    monkeypatch.setattr(optional_dependencies, "find_spec", lambda name: name != "lm_eval" or None)
    assert f"'ftcompare[engine,retention,parquet,quantised] @ {wheel}'." in how_to_get("retention")


def test_a_tool_may_have_installed_a_copy_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, tmp_path / "site", {"url": ROOT.as_uri(), "dir_info": {}})
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / "uv-receipt.toml").touch()
    assert "Type: uv tool install --force 'ftcompare[engine,parquet," in how_to_get()
    assert f"] @ {ROOT.as_uri()}' (" in how_to_get()


def test_a_program_that_nobody_installed_names_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("ftcompare.engine.optional_dependencies.distribution", nothing)
    assert how_to_get("quantised").startswith("Type: pip install 'ftcompare[engine,quantised]', or ")
    assert installed_bytes() == 0


def test_the_size_of_the_engine_is_that_of_what_it_needs_alone() -> None:
    torch = sum(file.size or 0 for file in distribution("torch").files or ())
    assert torch < installed_bytes() < torch + 10**10


def test_the_extra_and_nothing_else_holds_what_only_the_engine_needs() -> None:
    assert modules_of(PROJECT["optional-dependencies"]["engine"]) == set(LIBRARIES)
    assert not modules_of(PROJECT["dependencies"]) & set(LIBRARIES)


# The window's side of the engine must not import what computes.


@pytest.mark.parametrize(
    "module",
    [
        "protocol",
        "client",
        "blocking_transport",
        "models.model_folder",
        "worker",
        "backends.served",
    ],
)
def test_no_torch_on_this_side(module: str) -> None:
    banned = ("torch", "transformers", "peft", "accelerate", "numpy", "PySide6")
    program = f"import sys, ftcompare.engine.{module}; print([m for m in {banned} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
