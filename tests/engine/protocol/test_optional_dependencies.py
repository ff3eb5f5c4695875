"""A machine without the engine's libraries: what it says, and that the extra names them all."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.optional_dependencies import LIBRARIES, missing_libraries, require_engine
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
    with pytest.raises(EnvironmentFault, match=r"not installed here \(no torch\).*'\.\[engine\]'") as caught:
        make_backend("local")
    assert caught.value.code == "engine-missing"
    make_backend("fake")


def test_the_extra_and_nothing_else_holds_what_only_the_engine_needs() -> None:
    assert modules_of(PROJECT["optional-dependencies"]["engine"]) == set(LIBRARIES)
    assert not modules_of(PROJECT["dependencies"]) & set(LIBRARIES)
