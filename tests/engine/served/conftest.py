"""A backend for servers, closed after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.served.served_driver import Driver, driving


@pytest.fixture
def driver() -> Iterator[Driver]:
    with driving() as made:
        yield made
