"""Reads files of a model folder with limited sizes: JSON, safetensors headers, model card labels.

Opening a named pipe would block, a link could point anywhere, and a file could be larger than memory. A
folder's entries are therefore checked with `stat` only, and the folder is refused before any of them is read.
Names and types of tensors show whether weights are quantized as the configuration states.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.engine.optional_dependencies import how_to_get

MOST_ENTRIES = 10_000  # maximum number of entries of a folder; trainers write some dozens

SMALL = 4 * 2**20  # byte limit of configurations and chat templates, which have kilobytes, rarely 1 MB
TOKENS = 16 * 2**20  # byte limit of tokenizer settings, which list every added token
TABLE = 64 * 2**20  # byte limit of weight indexes; that of a model of 671 billion parameters has 9 MB
VOCABULARY = 256 * 2**20  # byte limit of vocabularies; the largest have 35 MB

MOST_BYTES = {
    "config.json": SMALL,
    "generation_config.json": SMALL,
    "adapter_config.json": SMALL,
    "tokenizer_config.json": TOKENS,
    "special_tokens_map.json": TOKENS,
    "added_tokens.json": TOKENS,
    "tokenizer.json": VOCABULARY,
    "vocab.json": VOCABULARY,
}
"""Byte limits of files that are read whole, by name."""

MOST_BYTES_OF = {".json": TABLE, ".jinja": SMALL, ".txt": VOCABULARY, ".model": VOCABULARY}  # of other files

TEMPLATES = "additional_chat_templates"  # the only subfolder that transformers reads

MAX_HEADER = 25_000_000  # bytes, for some 150,000 tensors; the safetensors library allows four times as many
MAX_CARD = 1024 * 1024

DTYPE_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}

_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---(?:\r?\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Tensor as declared in a safetensors header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int = 0  # offset of its data in bytes from the start of the file

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def check_entries(folder: Path, *, code: str) -> None:
    """Raise `UserError` ``code`` for a folder with an entry that must not be opened.

    This is a pipe, socket or device, a link out of the folder (other than to the hub's own store), a file
    that is too large, or one of too many entries.
    """
    root = folder.resolve()
    for number, path in enumerate(_entries(folder)):
        if number >= MOST_ENTRIES:
            raise _refused(folder, f"It contains more than {MOST_ENTRIES:,} entries", code)
        if path.is_symlink() and not _stays(path, root):
            raise _refused(folder, f"{path.name} is a link to a place outside it", code)
        _check_kind(path, code)


def most_bytes(name: str) -> int | None:
    """Return the maximum size of a file that is read whole; None for weights and files that are not read."""
    return MOST_BYTES.get(name, MOST_BYTES_OF.get(Path(name).suffix))


def is_plain_file(path: Path) -> bool:
    """Return whether a path can be opened without blocking and without reaching a device."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _entries(folder: Path) -> Iterator[Path]:
    for place in (folder, folder / TEMPLATES):
        if place.is_dir():
            with os.scandir(place) as entries:  # lists entries lazily
                yield from (Path(entry.path) for entry in entries)


def _stays(link: Path, root: Path) -> bool:
    """Return whether a link stays within this folder or the store of the hub's cache."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return True  # a link without target counts as a missing file
    if target.is_relative_to(root):
        return True
    parts = target.parts
    return len(parts) > 2 and parts[-2] == "blobs" and parts[-3].startswith(("models--", "datasets--"))


def _check_kind(path: Path, code: str) -> None:
    try:
        found = path.stat()
    except OSError:
        return  # a link without target
    if stat.S_ISDIR(found.st_mode):
        return
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path.parent, f"{path.name} is not a file, but a pipe, socket, or device", code)
    limit = most_bytes(path.name)
    if limit is not None and found.st_size > limit:
        size = f"{found.st_size / 2**20:,.0f} MB; the maximum is {limit / 2**20:,.0f} MB"
        raise _refused(path.parent, f"{path.name} is too large for such a file ({size})", code)


def _refused(folder: Path, why: str, code: str) -> UserError:
    how = "Remove that from it, or copy or download the folder again."
    return UserError(f"The folder is not opened. {why}.", where=str(folder), how=how, code=code)


def read_json(path: Path, *, code: str) -> dict[str, object]:
    try:
        if not is_plain_file(path):
            raise UserError("It is not a file.", where=str(path), how=_AGAIN, code=code)
        if path.stat().st_size > (most_bytes(path.name) or TABLE):
            raise UserError("The file is too large for its kind.", where=str(path), code=code)
        text = path.read_text("utf-8")
        if text.startswith(POINTER.decode()):
            raise _pointer(path, code)
        body = json.loads(text)
    except OSError as error:
        raise UserError(f"The file cannot be read: {error.strerror}.", where=str(path), code=code) from error
    except (ValueError, RecursionError) as error:
        raise UserError("The file is not JSON.", where=str(path), how=_AGAIN, code=code) from error
    if not isinstance(body, dict):
        raise UserError("The file does not contain a JSON object.", where=str(path), how=_AGAIN, code=code)
    return body


_AGAIN = "Copy or download it again."


POINTER = b"version https://git-lfs.github.com/spec/"  # start of a file that git-lfs stores for a large file


def _pointer(path: Path, code: str) -> UserError:
    what = "The file is only a git-lfs pointer."
    how = "Run git lfs pull in its folder, or download it with the hub's own program (hf download)."
    return UserError(what, where=str(path), how=how, code=code)


def read_safetensors_header(path: Path, *, code: str) -> dict[str, TensorInfo]:
    """Read tensors from a header (8 bytes of length, JSON, data). Raises `UserError` ``code``."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            first = file.read(len(POINTER))
            if first == POINTER:
                raise _pointer(path, code)
            file.seek(8)
            length = int.from_bytes(first[:8], "little")
            if size < 8 or not 2 <= length <= min(MAX_HEADER, size - 8):
                raise _broken(path, "it is cut off, or not a safetensors file", code)
            header = json.loads(file.read(length))
    except OSError as error:
        raise _broken(path, f"it cannot be read ({error.strerror})", code) from error
    except (ValueError, RecursionError) as error:
        raise _broken(path, "its header is not JSON", code) from error
    if not isinstance(header, dict):
        raise _broken(path, "its header is not a JSON object", code)
    header.pop("__metadata__", None)
    return {name: _tensor(path, name, entry, 8 + length, size, code) for name, entry in header.items()}


def read_bytes(path: Path, tensor: TensorInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(tensor.begin)
        return file.read(tensor.size * DTYPE_BITS[tensor.dtype] // 8)


def _tensor(path: Path, name: str, entry: object, first: int, size: int, code: str) -> TensorInfo:
    """Read one header entry, whose data must lie within ``size`` bytes, starting at byte ``first``."""
    parts = entry if isinstance(entry, dict) else {}
    place = _counts(parts.get("data_offsets"), path, code)
    shape = _counts(parts.get("shape"), path, code)
    info = TensorInfo(str(parts.get("dtype")), shape, first + min(place, default=0))
    room = size - first
    if info.dtype not in DTYPE_BITS or len(place) != 2:
        raise _broken(path, f"the entry of {name!r} is not valid", code)
    begin, end = place
    if not begin <= end <= room or (end - begin) * 8 != info.size * DTYPE_BITS[info.dtype]:
        raise _broken(path, f"the data of {name!r} is incomplete", code)
    return info


def _counts(value: object, path: Path, code: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(n) is int and n >= 0 for n in value):
        raise _broken(path, "an entry of its header is not valid", code)
    return tuple(value)


def _broken(path: Path, why: str, code: str) -> UserError:
    return UserError(f"The weights are broken: {why}.", where=str(path), how=_AGAIN, code=code)


def plain_file(folder: Path, name: str, *, code: str) -> Path:
    """Return the path of a named file in the same folder. Raises `UserError` ``code``."""
    if name in ("", ".", "..") or any(mark in name for mark in "/\\:\0"):
        raise UserError(f"The folder points to a file outside it ({name!r}).", where=str(folder), code=code)
    if not (folder / name).is_file():
        raise UserError(f"The folder lacks {name}.", where=str(folder), how=_AGAIN, code=code)
    return folder / name


def front_matter(path: Path) -> dict[str, str]:
    if not is_plain_file(path):
        return {}
    try:
        with path.open("rb") as file:
            text = file.read(MAX_CARD).decode("utf-8", "replace")
    except OSError:
        return {}
    match = _FRONT_MATTER.match(text)
    pairs = (line.partition(":") for line in match[1].splitlines()) if match else ()
    return {key.strip(): value.strip().strip("\"'") for key, colon, value in pairs if colon}


METHODS = frozenset({
    "aqlm", "auto-round", "awq", "bitnet", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit",
    "compressed-tensors", "eetq", "fbgemm_fp8", "fouroversix", "fp8", "fp_quant", "gemma", "gguf", "gptq",
    "higgs", "hqq", "metal", "mxfp4", "mxfp8", "nvfp4", "quanto", "quark", "sinq", "spqr", "torchao", "vptq",
})  # fmt: skip
"""Quantization methods for which transformers 5.23 has a class."""

PACKED = frozenset({
    "aqlm", "auto-round", "awq", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit", "eetq",
    "fbgemm_fp8", "fp8", "gptq", "mxfp4", "spqr", "vptq",
})  # fmt: skip
"""Methods that always store additional numbers with each packed weight."""

LIBRARIES = {
    "aqlm": "aqlm", "auto-round": "auto_round", "awq": "gptqmodel", "bitsandbytes": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes", "bitsandbytes_8bit": "bitsandbytes",
    "compressed-tensors": "compressed_tensors", "fp_quant": "fp_quant", "gptq": "gptqmodel", "hqq": "hqq",
    "quanto": "optimum", "quark": "quark", "spqr": "spqr_quant", "torchao": "torchao", "vptq": "vptq",
}  # fmt: skip
"""Modules with which transformers 5.23 loads such models; other methods need a graphics card or nothing."""

FLOATS = frozenset({"BF16", "F16", "F32", "F64"})

STATE = re.compile(r"(?P<weight>.+)\.quant_state\.bitsandbytes__\w+")
"""Tensors in which bitsandbytes stores, as JSON, the original form of a 4-bit weight."""
MOST_STATE = 4096  # maximum number of bytes of such a tensor; usual ones have a hundred

BESIDE = re.compile(
    r".*(?:quant|absmax|scale|scb|zero|codes|codebook|centroid|packed|blocks).*", re.IGNORECASE
)
"""Names of the numbers stored with packed weights, or of packed weights themselves."""


def unpacked_shapes(path: Path, tensors: Mapping[str, TensorInfo]) -> dict[str, tuple[int, ...]]:
    """Return shapes of 4-bit weights, packed as one column; states left out here bitsandbytes refuses."""
    found = {}
    for name, state in tensors.items():
        named = STATE.fullmatch(name)
        if named and named["weight"] in tensors and state.dtype == "U8" and state.size <= MOST_STATE:
            weight = tensors[named["weight"]]
            shape = _shape(read_bytes(path, state))
            if math.prod(shape) in (numbers := weight.size * DTYPE_BITS[weight.dtype] // 4, numbers - 1):
                found[named["weight"]] = shape
    return found


def _shape(state: bytes) -> tuple[int, ...]:
    try:
        found = json.loads(state)
    except (ValueError, RecursionError):
        return ()
    shape = found.get("shape") if isinstance(found, dict) else None
    whole = isinstance(shape, list) and all(type(one) is int and one > 0 for one in shape)
    return tuple(shape) if isinstance(shape, list) and whole else ()


def count_numbers(tensors: Mapping[str, TensorInfo], unpacked: Mapping[str, tuple[int, ...]]) -> int:
    """Return the number of a model's weights, without the numbers stored with packed weights."""
    beside = tuple(f"{name}." for name in unpacked)
    return sum(
        math.prod(unpacked.get(name, info.shape))
        for name, info in tensors.items()
        if not (beside and name.startswith(beside))
    )


def check_quantisation(
    config: Mapping[str, object], tensors: Mapping[str, TensorInfo], *, where: str
) -> None:
    """Refuse an unknown method, or plain weights declared as quantized, which would silently be wrong."""
    found = config.get("quantization_config")
    if not found:
        return
    method = _method(found)
    if not isinstance(method, str) or method not in METHODS:
        raise _refused_format(f"The model's weights are quantized in an unknown way ({method!r}).", where)
    if method in PACKED and not any(map(_is_packed, tensors, tensors.values())):
        what = (
            f"The configuration says that the weights are quantized ({method}), but they are plain numbers."
        )
        raise _refused_format(what, where)


def quantised_note(config: Mapping[str, object]) -> str:
    """Say how a model is quantized, and which required library is missing; "" if it is not."""
    found = config.get("quantization_config")
    if not found:
        return ""
    method = str(_method(found))
    library = LIBRARIES.get(method, "")
    if not library or find_spec(library):
        return f"The model's weights are quantized ({method})."
    way = how_to_get("quantised") if library == "bitsandbytes" else SERVED
    return f"The model's weights are quantized ({method}), and {library} is not installed here. {way}"


SERVED = "Install it, load the model on a server, or choose the model before quantization."


def _method(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if value.get("load_in_4bit") or value.get("load_in_8bit"):
        return "bitsandbytes"
    return value.get("quant_method")


def _is_packed(name: str, tensor: TensorInfo) -> bool:
    odd = tensor.dtype not in FLOATS and name.endswith("weight")
    return odd or BESIDE.fullmatch(name.rpartition(".")[2]) is not None


def not_packed_so(where: str) -> UserError:
    return _refused_format("The model's weights are not packed as its configuration says.", where)


def _refused_format(what: str, where: str) -> UserError:
    how = (
        "If the weights are not quantized, remove quantization_config from it. Otherwise, download it again."
    )
    return UserError(what, where=where, how=how, code="model-quantisation")


CONFIGS = {"model": "config.json", "adapter": "adapter_config.json"}  # identifies each kind of folder

FULL_MODEL = "Add it as another full model instead of an adapter."

MOST_LOOKED_AT = 1000
MOST_NAMED = 4

_GGUF = ".gguf"
_NUMBER = re.compile(r"(\d+)")
_PART = re.compile(r".+-\d{5}-of-\d{5}\.safetensors")


def of_file(file: Path, noun: str, code: str) -> UserError:
    if is_gguf(file):
        return _gguf(file, file.name, code)
    there = (file.parent / CONFIGS[noun]).is_file()
    how = f"Choose the folder that contains it, {file.parent}." if there else _choose(noun)
    return UserError(f"The {noun} is a file, not a folder.", where=str(file), how=how, code=code)


def without_config(folder: Path, noun: str, code: str) -> UserError:
    config = CONFIGS[noun]
    if noun == "adapter" and (folder / CONFIGS["model"]).is_file():
        what = "This folder contains a full model, not an adapter."
        return UserError(what, where=str(folder), how=FULL_MODEL, code=code)
    if gguf := _first(folder, f"*{_GGUF}"):
        return _gguf(folder, gguf, code)
    what = f"The folder has no {config}, so it contains no {noun}."
    if within := [*islice(_within(folder, config), MOST_NAMED + 1)]:
        named = ", ".join(within[:MOST_NAMED]) + (" …" if len(within) > MOST_NAMED else "")
        how = f"Choose one of its folders: {named}." if within[1:] else f"Choose {named} in it."
        return UserError(what, where=str(folder), how=how, code=code)
    return UserError(what, where=str(folder), how=_choose(noun), code=code)


def model_and_adapter(folder: Path, code: str) -> UserError:
    weights = (path.name for path in folder.glob("*.safetensors"))
    if (folder / CONFIGS["model"]).is_file() and not all(name.startswith("adapter") for name in weights):
        what = "This folder contains a model and an adapter, which would be loaded as one."
        how = "If you mean the model, move the adapter's files (adapter_*) to a separate folder."
        return UserError(what, where=str(folder), how=how, code=code)
    what = "This folder contains an adapter, not a model."
    how = "Choose it as the adapter, and choose the model that it was trained on as the model."
    return UserError(what, where=str(folder), how=how, code=code)


def without_weights(folder: Path, weights: str, index: str, code: str) -> UserError:
    if gguf := _first(folder, f"*{_GGUF}"):
        return _gguf(folder, gguf, code)
    found = sorted(path.name for path in folder.glob("*.safetensors"))
    if parts := [name for name in found if _PART.fullmatch(name)]:
        what = (
            f"The model folder has weights in parts ({parts[0]}) but no {index}, which lists the "
            "contents of each."
        )
        return UserError(what, where=str(folder), how="Copy or download that file as well.", code=code)
    what = f"The model folder has no weights ({weights})."
    if found:
        what = f"The model folder has no weights in the format of transformers ({weights}), only {found[0]}."
        how = "Download the files for transformers, or convert these with their authors' tool."
        return UserError(what, where=str(folder), how=how, code=code)
    how = "Choose a folder with safetensors weights, or copy or download them into it."
    return UserError(what, where=str(folder), how=how, code=code)


def of_mlx(where: str, code: str) -> UserError:
    what = "The adapter was saved by MLX, in a format that PEFT does not read."
    how = f"Fuse it into its model (mlx_lm.fuse). {FULL_MODEL}"
    return UserError(what, where=where, how=how, code=code)


def is_gguf(file: Path) -> bool:
    return is_plain_file(file) and (file.suffix.lower() == _GGUF or _begins(file, b"GGUF"))


def gguf_file(place: Path) -> Path | None:
    """The GGUF file that this is, or the only one in a folder that has no model or adapter to load here."""
    files = [place] if is_gguf(place) else []
    if place.is_dir() and not any((place / config).is_file() for config in CONFIGS.values()):
        files = [*islice(place.glob(f"*{_GGUF}"), 2)]
    return files[0] if len(files) == 1 else None


def _gguf(where: Path, name: str, code: str) -> UserError:
    what = f"This is a GGUF file ({name}), which FTCompare does not read."
    how = (
        "If base and adapter are both GGUF files, choose these, and FTCompare shows the command for "
        "llama.cpp's server. Or start it yourself: llama-server -m MODEL.gguf --alias MODEL --lora LORA.gguf "
        "--lora-init-without-apply --port 8080. Then enter its address, such as "
        "http://localhost:8080/v1#model=MODEL&adapter=LORA. Or choose the safetensors that it was made from."
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
    return f"Choose the folder that contains the {noun}."


def _first(folder: Path, pattern: str) -> str:
    return min((path.name for path in islice(folder.glob(pattern), MOST_LOOKED_AT)), default="")


def _within(folder: Path, config: str) -> Iterator[str]:
    """Yield folders in it, or in its ``snapshots`` (the hub cache), with a configuration; last first."""
    places = [*_folders(folder), *_folders(folder / "snapshots")]
    found = [place for place in places if (place / config).is_file()]
    yield from (str(place.relative_to(folder)) for place in sorted(found, key=_numbered, reverse=True))


def _numbered(place: Path) -> list[tuple[int, str]]:
    parts = _NUMBER.split(place.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _folders(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in islice(folder.iterdir(), MOST_LOOKED_AT) if path.is_dir())
    except OSError:
        return
