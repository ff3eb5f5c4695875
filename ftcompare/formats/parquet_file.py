"""Parquet files in groups of rows, with pyarrow, which is large and therefore in the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from ftcompare.core.hashing import Json
from ftcompare.core.language import N_
from ftcompare.core.optional_module import optional_module
from ftcompare.formats.json_files import MAX_BRACKETS, MAX_DEPTH, require_rows
from ftcompare.formats.record_fields import Record
from ftcompare.formats.text_files import MAX_LINE_BYTES, MIB, open_binary, place, refused

SUFFIX = ".parquet"
GROUP = 10_000  # number of rows held in memory at a time

MAX_UNPACKED = 1024 * MIB  # all columns, for a small file can contain very large ones; it bounds the memory
MAX_VALUES = 50_000_000  # maximum number of values of all columns; values inside lists count one by one
READ_ROWS = 1_000

ROW = N_("row")  # the unit of positions in errors, from 1

NO_PARQUET = N_("Parquet files need pyarrow, which is not installed.")
NO_ZSTANDARD = N_("Files compressed with Zstandard need pyarrow, which is not installed.")
HOW_TO_WRITE = "Install it (pip install pyarrow), or give the file the suffix .jsonl."
HOW_TO_READ = "Install it (pip install pyarrow), or save the file as JSON Lines."


def write(path: Path, objects: Iterable[dict[str, Json]], *, what: str) -> int:
    """Write rows with one type for each column, which the first rows define; return their number."""
    pyarrow, parquet = _libraries(HOW_TO_WRITE)
    count, rest = 0, iter(objects)
    groups = _groups(rest)
    first = next(groups, None)
    require_rows(path, len(first or ()), what)
    table = pyarrow.Table.from_pylist(first)
    with parquet.ParquetWriter(path, table.schema) as writer:
        while first:
            writer.write_table(pyarrow.Table.from_pylist(first, schema=table.schema))
            count += len(first)
            first = next(groups, None)
    return count


def _groups(rows: Iterator[dict[str, Json]]) -> Iterator[list[dict[str, Json]]]:
    while group := list(islice(rows, GROUP)):
        yield group


def read_rows(path: Path, *, max_bytes: int) -> Iterator[Record]:
    """Read the rows of a file in batches. Dates become ``2026-05-31``, bytes an object with their number."""
    pyarrow, parquet = _libraries(HOW_TO_READ)
    with open_binary(path, max_bytes=max_bytes) as handle:
        try:
            file = parquet.ParquetFile(handle)
            _require_shallow(path, pyarrow, file.schema_arrow)
            batches = file.iter_batches(batch_size=_batch_rows(path, file.metadata))
            rows = (row for batch in batches for row in batch.to_pylist())
            for number, row in enumerate(rows, start=1):
                yield _record(path, number, row)
        except (pyarrow.ArrowException, ValueError, OverflowError, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise  # an error of the disk, not of the file
            what = "This Parquet file cannot be read; it may be damaged."
            raise refused(path, what, "Save it again, or as JSON Lines.", "bad-parquet") from error


def zstd_unpacked(data: bytes, size: int, *, how: str) -> bytes:
    """Return data that Zstandard unpacks, at most ``size`` + 1 bytes. Raises `ValueError` if damaged."""
    pyarrow, _ = _libraries(f"Install it (pip install pyarrow). {how}", NO_ZSTANDARD)
    try:
        with pyarrow.input_stream(pyarrow.py_buffer(data), compression="zstd") as stream:
            unpacked: bytes = stream.read(size + 1)
    except OSError as error:
        raise ValueError(str(error)) from None
    return unpacked


def _libraries(how: str, what: str = NO_PARQUET) -> tuple[ModuleType, ModuleType]:
    pyarrow, parquet = (optional_module(n, what, how, "no-parquet") for n in ("pyarrow", "pyarrow.parquet"))
    return pyarrow, parquet


def _batch_rows(path: Path, metadata: Any) -> int:
    """Return the rows to unpack at once: each may be as large as the largest column of a group."""
    columns: list[Any] = [
        metadata.row_group(group).column(column)
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    ]
    sizes = [int(column.total_uncompressed_size) for column in columns]
    if sum(sizes) > MAX_UNPACKED or sum(column.num_values for column in columns) > MAX_VALUES:
        what = f"The file is larger than {MAX_UNPACKED // MIB} MiB, or {MAX_VALUES:,} values, once unpacked."
        raise refused(path, what, "Split it into smaller files.", "file-too-large")
    return min(max(MAX_UNPACKED // max([1, *sizes]), 1), READ_ROWS)


def _require_shallow(path: Path, pyarrow: ModuleType, schema: Any) -> None:
    """Refuse columns that are nested deeper than JSON may be."""
    level, depth = [field.type for field in schema], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            what = f"A column nests deeper than {MAX_DEPTH}."
            raise refused(path, what, "Remove that column.", "bad-parquet")
        nested = [kind for kind in level if pyarrow.types.is_nested(kind)]
        level = [kind.field(place).type for kind in nested for place in range(kind.num_fields)]


def _record(path: Path, number: int, row: dict[str, Any]) -> Record:
    where, size = place(path, number, ROW), _Size()
    fields = {name: _as_json(value, size) for name, value in row.items()}
    record = Record(fields, where, number)
    if size.characters > MAX_LINE_BYTES:
        raise record.error(f"The row is longer than {MAX_LINE_BYTES // MIB} MiB.")
    if size.lists > MAX_BRACKETS:
        raise record.error(f"The row contains more than {MAX_BRACKETS:,} lists and objects.")
    return record


class _Size:
    """Size of a row: characters of its texts, and number of lists and objects."""

    def __init__(self) -> None:
        self.characters = self.lists = 0


def _as_json(value: object, size: _Size) -> Json:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            size.characters += len(value)
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return {"bytes": len(value)}
        case dict():
            size.lists += 1
            return {str(name): _as_json(part, size) for name, part in value.items()}
        case list() | tuple():
            size.lists += 1
            return [_as_json(part, size) for part in value]
    return str(value)
