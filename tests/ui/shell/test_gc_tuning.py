"""What stays loaded is not looked through again and again while the window should take events."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from ftcompare.ui.gc_tuning import load_for_good


def test_what_a_module_holds_is_looked_through_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module_for_good.py").write_text("held = [[n] for n in range(500)]")
    monkeypatch.syspath_prepend(str(tmp_path))
    load_for_good("module_for_good")
    held = sys.modules.pop("module_for_good").held
    assert not _looked_through(held)


def test_what_is_there_already_changes_nothing() -> None:
    made: list[object] = [[]]
    load_for_good("sys", "gc")
    assert _looked_through(made)


def _looked_through(container: object) -> bool:
    """Whether the collector's rounds go through this container.

    By the container itself: the count of all that is exempt falls whenever any thread lets go of something.
    """
    return any(found is container for found in gc.get_objects())
