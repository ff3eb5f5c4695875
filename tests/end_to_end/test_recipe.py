"""The recipe from judgments to a new adapter and back, as `make recipe` runs it, with few steps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "recipes" / "train_on_preferences.py"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "kto"])
def test_a_new_adapter_is_trained_on_judgments_and_judged(tmp_path: Path, method: str) -> None:
    given = ["--work", str(tmp_path / "work"), "--method", method, "--steps", "2", "--prompts", "12"]
    surroundings = {**os.environ, "FTCOMPARE_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, SCRIPT, *given],
        capture_output=True,
        text=True,
        env=surroundings,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "trained against base: win rate" in done.stdout
    assert "trained against cardiology: win rate" in done.stdout
