"""What every test gets: folders of its own, and a failure where something is logged as a warning."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and backups of a test go to a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FTCOMPARE_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_unexpected_warning(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning in the log of a test that did not ask for it (``caplog.clear()``) is a failure."""
    yield
    unexpected = [r for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not unexpected, [r.getMessage() for r in unexpected]


@pytest.fixture
def now() -> datetime:
    """A fixed time."""
    return NOW


@pytest.fixture
def rng() -> Random:
    """A generator with a fixed seed."""
    return Random(20261120)
