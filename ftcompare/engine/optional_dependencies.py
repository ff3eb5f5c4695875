"""Whether the libraries that only the engine needs are installed: a rater's machine does without them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from ftcompare.core.errors import EnvironmentFault

LIBRARIES = ("accelerate", "httpx2", "huggingface_hub", "peft", "safetensors", "torch", "transformers")
"""The extra ``engine`` of pyproject.toml, as modules."""

SERVED_LIBRARIES = ("httpx2",)
"""Those of them that a server's answers need."""

HOW_TO_GET = (
    "In the folder that FTCompare was installed from, type: "
    "pip install -c packaging/constraints.txt '.[engine]' (rating and results do without)."
)

QUANTISED_HOW_TO_GET = (
    "In the folder that FTCompare was installed from, type: "
    "pip install -c packaging/constraints.txt '.[engine,quantised]', or leave the weights as they are."
)
"""For weights in 8 or 4 bits."""


def missing_libraries(names: Iterable[str] = LIBRARIES) -> tuple[str, ...]:
    """Those that are not there; nothing is imported to find out."""
    return tuple(name for name in names if find_spec(name) is None)


def require_engine(names: Iterable[str] = LIBRARIES) -> None:
    """Refuses to go on where pairs cannot be written on this machine.

    Raises:
        EnvironmentFault: ``engine-missing``.
    """
    missing = missing_libraries(names)
    if missing:
        what = f"Writing pairs needs the engine, which is not installed here (no {', '.join(missing)})."
        raise EnvironmentFault(what, how=HOW_TO_GET, code="engine-missing")
