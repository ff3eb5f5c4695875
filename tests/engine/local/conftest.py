"""A tiny Llama with its adapter, loaded and verified once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.local.local_driver import Driver, ready


@pytest.fixture(scope="module")
def shared(tiny: Path) -> Driver:
    """Llama with its adapter, verified; files of tests that need other options replace it."""
    return ready(tiny / "llama" / "base", tiny / "llama" / "adapter")


@pytest.fixture
def driver(shared: Driver) -> Iterator[Driver]:
    """The shared backend; a test may cancel it without any effect on the next test."""
    yield shared
    shared.is_cancelled = lambda: False
