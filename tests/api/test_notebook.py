"""docs/examples: the cells of a notebook run in order, in a program of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run(notebook: Path, tmp_path: Path) -> None:
    document = json.loads(notebook.read_text("utf-8"))
    cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in cells] == [[]] * len(cells), "strip the outputs"
    (tmp_path / "cells.py").write_text("\n".join("".join(cell["source"]) for cell in cells), "utf-8")
    paths = [str(FOLDER.parents[1]), *filter(None, sys.path)]
    program = f"import sys\nsys.path[:0] = {paths!r}\nexec(open('cells.py', encoding='utf-8').read())"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cardiology wins" in done.stdout
    assert (tmp_path / "pairs.jsonl").stat().st_size
