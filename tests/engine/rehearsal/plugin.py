"""``pytest -p tests.engine.rehearsal.plugin``: tests see a graphics card (`card.install`)."""

from __future__ import annotations

import gc
import importlib
import os
import warnings
from pathlib import Path

import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # bitsandbytes, which these import, needs compiled parts if there is a card
    for name in ("accelerate", "peft", "transformers"):
        importlib.import_module(name)

from tests.engine.rehearsal.card import install
from tests.engine.rehearsal.card_memory import CARDS, GIB, Script
from tests.engine.rehearsal.device_guard import GUARD

install(Path(os.environ[GUARD]))


@pytest.fixture(autouse=True)
def _as_new() -> None:
    """Every test begins with one card of 8 GiB that does what it should, and an empty cache."""
    CARDS.leaked.clear()
    CARDS.visible, CARDS.capability, CARDS.script = 1, (9, 0), Script()
    for card in CARDS.all:
        card.total, card.others = 8 * GIB, GIB // 2
    gc.collect()
    torch.cuda.empty_cache()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    total, replays = sum(CARDS.operations.values()), CARDS.operations["replay"]
    terminalreporter.write_line(
        f"rehearsal: {total} operations, {replays} replays, {sum(CARDS.waits.values())} waits"
    )
