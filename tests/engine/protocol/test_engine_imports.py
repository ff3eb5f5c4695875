"""The window's side of the engine must not import what computes."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "protocol",
        "client",
        "blocking_transport",
        "models.model_folder",
        "worker",
        "backends.fake",
        "backends.served",
    ],
)
def test_no_torch_on_this_side(module: str) -> None:
    banned = ("torch", "transformers", "peft", "accelerate", "numpy", "PySide6")
    program = f"import sys, ftcompare.engine.{module}; print([m for m in {banned} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
