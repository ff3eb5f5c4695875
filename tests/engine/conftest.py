"""Tiny models, built once a session; copies of them to spoil; and a way to drive a backend.

torch and its friends are imported where models are built: the tests of the protocol do without, in a second.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.served.openai_model import FrontModel


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``<shape>/base`` and ``<shape>/adapter`` for each shape, to read only."""
    from tests.engine.tiny_models import SHAPES, build_adapter, build_model, quiet_libraries

    quiet_libraries()
    root = tmp_path_factory.mktemp("tiny")
    for number, shape in enumerate(SHAPES):
        base = build_model(root / shape / "base", shape, seed=number, template=shape != "gpt2")
        build_adapter(root / shape / "adapter", base)
    build_adapter(root / "llama" / "second", root / "llama" / "base", seed=7, targets=["q_proj", "down_proj"])
    return root


@pytest.fixture(scope="session")
def front_model(tiny: Path) -> FrontModel:
    """The Llama and its two adapters, "tuned" and "second", for `tests.engine.served.openai_front`."""
    from tests.engine.served.openai_model import FrontModel

    llama = tiny / "llama"
    return FrontModel(llama / "base", {"tuned": llama / "adapter", "second": llama / "second"})


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that answers a cancel is not killed for answering late on a busy machine."""
    monkeypatch.setattr("ftcompare.engine.client.CANCEL_SECONDS", 120.0)


@pytest.fixture
def spoil(tiny: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies a folder of `tiny`, to be changed."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(tiny / name, tmp_path / name.replace("/", "-")))

    return copy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PEFT 0.21.2 asks transformers 5.23 for a name that the latter is about to drop."""
    ours = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(ours)
