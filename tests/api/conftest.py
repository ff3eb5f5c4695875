"""A study of votes that a file has, made by the API."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

import ftcompare

CHOICES = ("b", "b", "tie", "a", "b", "both_bad")


@pytest.fixture(scope="module")
def votes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 36 votes of three people, who prefer the second system."""
    lines = [
        {
            "prompt": f"Question {number}?",
            "prompt_id": f"q{number:02}",
            "category": "rhythm" if number % 2 else "valves",
            "system_a": "base",
            "system_b": "meta/tuned",
            "response_a": f"Short {number}.",
            "response_b": f"A longer answer {number}.",
            "rater": rater,
            "choice": CHOICES[(number + 2 * place) % len(CHOICES)],
            "comment": "Clear." if number == 3 else "",
        }
        for number in range(12)
        for place, rater in enumerate(("Ada", "Ben", "Cleo"))
    ]
    path = tmp_path_factory.mktemp("votes") / "votes.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


@pytest.fixture(scope="module")
def created(votes: Path) -> Path:
    path = votes.with_suffix(".ftstudy")
    ftcompare.create_study(path, votes, "judgments", title="Votes")
    return path


@pytest.fixture
def study(created: Path, tmp_path: Path) -> Path:
    """A study of these votes, which a test may change."""
    return Path(shutil.copy(created, tmp_path))


Install = Callable[..., ModuleType]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a library for one test, with these members."""

    def install(name: str, **members: object) -> ModuleType:
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return install
