"""Recognizes folders and files of another kind than requested, and says what to choose instead.

Only the names of entries are checked, and whether a configuration file exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.engine.models.folder_files import is_plain_file

CONFIGS = {"model": "config.json", "adapter": "adapter_config.json"}  # identifies each kind of folder

MLX_WEIGHTS = "adapters.safetensors"
FULL_MODEL = "Give it as a system of its own: --system NAME=FOLDER, or in Setup Add › Another full model."

MOST_LOOKED_AT = 1000
MOST_NAMED = 4

_GGUF = ".gguf"
_NUMBER = re.compile(r"(\d+)")
_PART = re.compile(r".+-\d{5}-of-\d{5}\.safetensors")


def of_file(file: Path, noun: str, code: str) -> UserError:
    if file.suffix.lower() == _GGUF or _begins(file, b"GGUF"):
        return _gguf(file, file.name, code)
    there = (file.parent / CONFIGS[noun]).is_file()
    how = f"Choose the folder that it lies in, {file.parent}." if there else _choose(noun)
    return UserError(f"The {noun} is a file, not a folder.", where=str(file), how=how, code=code)


def without_config(folder: Path, noun: str, code: str) -> UserError:
    config = CONFIGS[noun]
    if noun == "adapter" and (folder / CONFIGS["model"]).is_file():
        what = "This folder holds a full model, not an adapter."
        return UserError(what, where=str(folder), how=FULL_MODEL, code=code)
    if gguf := _first(folder, f"*{_GGUF}"):
        return _gguf(folder, gguf, code)
    what = f"The folder has no {config}: it holds no {noun}."
    if within := [*islice(_within(folder, config), MOST_NAMED + 1)]:
        named = ", ".join(within[:MOST_NAMED]) + (" …" if len(within) > MOST_NAMED else "")
        how = f"Choose the one in it that is meant: {named}." if within[1:] else f"Choose {named} in it."
        return UserError(what, where=str(folder), how=how, code=code)
    return UserError(what, where=str(folder), how=_choose(noun), code=code)


def model_and_adapter(folder: Path, code: str) -> UserError:
    weights = (path.name for path in folder.glob("*.safetensors"))
    if (folder / CONFIGS["model"]).is_file() and not all(name.startswith("adapter") for name in weights):
        what = "This folder holds a model and an adapter, which would be loaded as one."
        how = "If the model is meant, move the adapter's files (adapter_*) to a folder of their own."
        return UserError(what, where=str(folder), how=how, code=code)
    what = "This folder holds an adapter, not a model."
    how = "Choose it as the adapter, and the model it was trained on as the model."
    return UserError(what, where=str(folder), how=how, code=code)


def without_weights(folder: Path, weights: str, index: str, code: str) -> UserError:
    if gguf := _first(folder, f"*{_GGUF}"):
        return _gguf(folder, gguf, code)
    found = sorted(path.name for path in folder.glob("*.safetensors"))
    if parts := [name for name in found if _PART.fullmatch(name)]:
        what = (
            f"The model folder has weights in parts ({parts[0]}) and no {index}, which says what is in each."
        )
        return UserError(what, where=str(folder), how="Copy or download that file, too.", code=code)
    what = f"The model folder has no weights ({weights})."
    if found:
        what = f"The model folder has no weights of transformers' form ({weights}), only {found[0]}."
        how = "Download the files that transformers reads, or convert these with the tool of their authors."
        return UserError(what, where=str(folder), how=how, code=code)
    how = "Choose a folder with safetensors weights, or copy or download them into it."
    return UserError(what, where=str(folder), how=how, code=code)


def of_mlx(where: str, code: str) -> UserError:
    what = "The adapter was saved by MLX, whose form PEFT does not read."
    how = f"Fuse it into its model (mlx_lm.fuse). {FULL_MODEL}"
    return UserError(what, where=where, how=how, code=code)


def _gguf(where: Path, name: str, code: str) -> UserError:
    what = f"This is in GGUF form ({name}), which is not read here."
    how = (
        "Have a server load it (llama-server -m FILE, a LoRA beside its model with --lora FILE) and give its "
        "address, such as http://localhost:8080/v1#NAME; or choose the safetensors that it was made from."
    )
    return UserError(what, where=str(where), how=how, code=code)


def _begins(file: Path, with_: bytes) -> bool:
    """Return whether a file starts with these bytes, whatever its name: Ollama names files by digests."""
    try:
        if not is_plain_file(file):
            return False
        with file.open("rb") as opened:
            return opened.read(len(with_)) == with_
    except OSError:
        return False


def _choose(noun: str) -> str:
    return f"Choose the folder that holds the {noun}."


def _first(folder: Path, pattern: str) -> str:
    return min((path.name for path in islice(folder.glob(pattern), MOST_LOOKED_AT)), default="")


def _within(folder: Path, config: str) -> Iterator[str]:
    """Yield folders in it, or in its ``snapshots`` (the hub cache), with a configuration; last first."""
    places = [*_folders(folder), *_folders(folder / "snapshots")]
    found = [place for place in places if (place / config).is_file()]
    yield from (str(place.relative_to(folder)) for place in sorted(found, key=_numbered, reverse=True))


def _numbered(place: Path) -> list[tuple[int, str]]:
    """Return a sort key that puts "checkpoint-20" before "checkpoint-100"."""
    parts = _NUMBER.split(place.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _folders(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in islice(folder.iterdir(), MOST_LOOKED_AT) if path.is_dir())
    except OSError:
        return
