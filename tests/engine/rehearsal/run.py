"""``python -m tests.engine.rehearsal.run SCRIPT ARGUMENTS``: the script runs on a rehearsed graphics card."""

from __future__ import annotations

import importlib
import runpy
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engine.rehearsal.device_guard import compile_guard


def main() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("accelerate", "peft", "transformers"):  # as in `plugin`
            importlib.import_module(name)
    card = importlib.import_module("tests.engine.rehearsal.card")
    with TemporaryDirectory() as folder:
        card.install(compile_guard(Path(folder)))
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(sys.argv[0]).resolve().parent))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
