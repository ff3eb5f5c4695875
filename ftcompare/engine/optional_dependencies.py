"""Whether the optional libraries of the engine are installed; a rater's machine does not need them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ftcompare.core.errors import EnvironmentFault

# Modules of the extra ``engine`` of pyproject.toml.
LIBRARIES = ("accelerate", "httpx2", "huggingface_hub", "peft", "safetensors", "torch", "transformers")

SERVED_LIBRARIES = ("httpx2",)  # those of these modules that served systems need
HARNESS_LIBRARIES = ("datasets", "lm_eval")  # modules of the extra ``retention``

EXTRAS = {"parquet": ("pyarrow",), "quantised": ("bitsandbytes",), "retention": HARNESS_LIBRARIES}  # others

CONSTRAINTS = "packaging/constraints.txt"

SIZES = "1.1 GB on a disk for a CPU alone, 6.3 GB with CUDA, as pip takes it on Linux"  # with torch 2.13

_CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
_PIP = ("pip install", _CPU_INDEX)
_TOOLS = {
    "pipx_metadata.json": ("pipx install --force", f"--pip-args='{_CPU_INDEX}'"),
    "uv-receipt.toml": ("uv tool install --force", "--torch-backend cpu"),
}
"""Commands that reinstall into a tool's own environment, with the options that leave CUDA out.

Keyed by the file that the tool writes there (pipx 1.18, uv 0.13). Such an environment may have no pip.
"""

Extra = Literal["engine", "quantised", "retention"]


def how_to_get(extra: Extra = "engine") -> str:
    """Return the command to type for the engine, the retention tasks, or weights in 8 or 4 bits."""
    if extra == "engine":
        without_cuda = f"without CUDA add: {_tool()[1]}"
        return f"{how_to_add('engine')} ({without_cuda}; rating and results do not need it)."
    if extra == "retention":
        return f"{how_to_add('engine,retention')}."
    return f"{how_to_add('engine,quantised')}, or use the original precision."


def how_to_add(extras: str) -> str:
    """Return the command for extras (``a,b``); a repository has the versions tested together."""
    origin, tool = _origin(_installed()), _tool()
    folder = _folder_of(origin)
    if tool == _PIP and folder and (folder / CONSTRAINTS).is_file():
        return f"In the folder {folder}, type: pip install -c {CONSTRAINTS} '.[{extras}]'"
    unknown = folder and (tool == _PIP or not folder.is_dir())
    source = f" @ {origin}" if origin and not unknown else ""
    named = extras if tool == _PIP else _with_those_there(extras)
    return f"Type: {tool[0]} 'ftcompare[{named}]{source}'"


def _with_those_there(extras: str) -> str:
    """Add the installed extras: tools recreate their environment and remove unlisted packages."""
    there = [name for name, installed in extras_installed().items() if installed]
    engine = [] if missing_libraries() else ["engine"]
    return ",".join(dict.fromkeys((*extras.split(","), *engine, *there)))


def _tool() -> tuple[str, str]:
    """Return the command that installed this program, and its option for torch without CUDA."""
    return next((manager for file, manager in _TOOLS.items() if (Path(sys.prefix) / file).is_file()), _PIP)


def installed_version(package: str) -> str:
    """Return the version of an installed package; empty where it is missing."""
    found = _distribution(package)
    return found.version if found else ""


def _installed() -> Distribution | None:
    return _distribution("ftcompare")


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _origin(installed: Distribution | None) -> str:
    """Return the origin of the installation in pip's form (PEP 610); "" for an index, or where unknown."""
    text = installed.read_text("direct_url.json") if installed else None
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return ""
    url = found.get("url", "") if isinstance(found, dict) else ""
    version_control = found.get("vcs_info") if isinstance(found, dict) else None
    kind = version_control.get("vcs", "") if isinstance(version_control, dict) else ""
    return f"{kind}+{url}" if kind else str(url)


def _folder_of(origin: str) -> Path | None:
    parts = urlsplit(origin)
    if parts.scheme != "file":
        return None
    place = Path(url2pathname(parts.path))
    return place if place.is_dir() or not place.suffix else None


def installed_bytes() -> int:
    """Return the disk space of the engine beyond what FTCompare needs without it, by file sizes."""
    installed = _installed()
    of_ftcompare = _required(installed) if installed else ()
    engine = _with_all_they_require(LIBRARIES) - _with_all_they_require(of_ftcompare)
    files = (Path(str(file.locate())) for name in engine for file in distribution(name).files or ())
    return sum(file.stat().st_size for file in files if file.is_file())


def _with_all_they_require(names: Iterable[str]) -> set[str]:
    """Return these distributions with all their installed requirements, as normalized names."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found and (one := _distribution(name)):
            found.add(name)
            waiting += _required(one)
    return found


def _required(distribution: Distribution) -> Iterator[str]:
    wanted = (text for text in distribution.requires or () if not re.search(r";.*\bextra\b", text))
    yield from (re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in wanted)


def missing_libraries(names: Iterable[str] = LIBRARIES) -> tuple[str, ...]:
    """Return the modules that are not installed, without importing any."""
    return tuple(name for name in names if find_spec(name) is None)


def extras_installed() -> dict[str, bool]:
    return {extra: not missing_libraries(libraries) for extra, libraries in EXTRAS.items()}


def require_engine(names: Iterable[str] = LIBRARIES) -> None:
    _require(names, "Generating pairs requires the engine", "engine")


def require_harness() -> None:
    _require(HARNESS_LIBRARIES, "Tasks require lm-evaluation-harness", "retention")


def _require(names: Iterable[str], need: str, extra: Extra) -> None:
    if missing := missing_libraries(names):
        what = f"{need}, which is not installed here (no {', '.join(missing)})."
        raise EnvironmentFault(what, how=how_to_get(extra), code="engine-missing")
