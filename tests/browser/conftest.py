"""Pages of packs in real browsers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.webdriver import Browser, installed


@pytest.fixture(params=["chromium", "firefox"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if not installed(name):
        pytest.fail(f"{name} is not installed; the Makefile installs it where it may, or says how.")
    return name


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Where the browser saves files."""
    made = tmp_path / "downloads"
    made.mkdir()
    return made


class Starter:
    """Starts browsers of one kind."""

    def __init__(self, kind: str, folder: Path, downloads: Path) -> None:
        self._kind, self._folder, self._downloads = kind, folder, downloads
        self.started: list[Browser] = []

    def __call__(self, profile: str = "profile", *, private: bool = False) -> Browser:
        make = Browser.chromium if self._kind == "chromium" else Browser.firefox
        browser = make(self._folder / profile, self._downloads, private=private)
        self.started.append(browser)
        return browser


@pytest.fixture
def start(kind: str, tmp_path: Path, downloads: Path) -> Iterator[Starter]:
    """Starts the browser, always with the same profile unless another is named."""
    starter = Starter(kind, tmp_path, downloads)
    yield starter
    for browser in starter.started:
        browser.close()
