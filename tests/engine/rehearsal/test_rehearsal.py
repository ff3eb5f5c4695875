"""The engine on a graphics card that does not exist: the tests for a card, and what memory does on one.

A process of its own runs them, because torch cannot forget the card (`card.install`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.rehearsal.device_guard import GUARD, compile_guard

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("g++") is None, reason="g++ for Linux compiles the card's guard"
)

ROOT = Path(__file__).parents[3]
ON_CARDS = "tests/engine/stacked_lora/test_stacked_lora_cuda.py"
DRAWING = "tests/engine/local/test_sampling.py"
SCENARIOS = tuple(f"tests/engine/rehearsal/scenarios_of_{name}.py" for name in ("memory", "jobs"))
OF_EVERY_CHANGE = (
    f"{ON_CARDS}::test_texts_on_cuda_are_the_references[False]",
    f"{ON_CARDS}::test_what_was_recorded_is_given_back",
    f"{DRAWING}::test_a_cuda_device_draws_what_the_cpu_draws",
    *SCENARIOS,
)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_guard(tmp_path_factory.mktemp("guard"))


def rehearse(guard: Path, *arguments: str, **variables: str) -> None:
    """Run these tests in a process that sees the card."""
    plugin = ("-p", "tests.engine.rehearsal.plugin", "-p", "no:cacheprovider", "-p", "no:randomly")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", *plugin, *arguments],
        cwd=ROOT,
        env={**os.environ, GUARD: str(guard), **variables},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, f"{ran.stdout[-20_000:]}\n{ran.stderr[-3000:]}"
    assert "skipped" not in ran.stdout.splitlines()[-1], ran.stdout[-3000:]


def test_the_engine_on_a_card(guard: Path) -> None:
    rehearse(guard, "-m", "not thorough", *OF_EVERY_CHANGE)


def test_every_shape_on_a_card_and_memory_that_runs_out_anywhere(guard: Path) -> None:
    rehearse(guard, ON_CARDS, DRAWING, *SCENARIOS, "-k", "cuda or scenarios", REHEARSAL_EVERY="1")
