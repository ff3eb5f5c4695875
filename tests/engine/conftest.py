"""Tiny models, built once a session; copies of them to spoil; and a way to drive a backend."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.tiny_models import SHAPES, build_adapter, build_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``<shape>/base`` and ``<shape>/adapter`` for each shape, to read only."""
    root = tmp_path_factory.mktemp("tiny")
    for number, shape in enumerate(SHAPES):
        base = build_model(root / shape / "base", shape, seed=number, template=shape != "gpt2")
        targets = ["c_attn", "c_proj", "c_fc"] if shape == "gpt2" else "all-linear"
        config = {"fan_in_fan_out": True} if shape == "gpt2" else {}
        build_adapter(root / shape / "adapter", base, targets=targets, **config)
    build_adapter(root / "llama" / "second", root / "llama" / "base", seed=7, targets=["q_proj", "down_proj"])
    return root


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
        if item.path.parent == Path(__file__).parent:
            item.add_marker(ours)
