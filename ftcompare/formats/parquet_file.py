"""Parquet, written a group of rows at a time, by pyarrow where that is installed.

pyarrow takes more room than all else that an export needs together, so it is the extra ``parquet``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.hashing import Json
from ftcompare.formats.jsonl import require_rows

SUFFIX = ".parquet"
GROUP = 10_000
"""Rows that are held in memory at a time."""

HOW_TO_GET = "Install it (pip install pyarrow), or give the file the suffix .jsonl."


def write(path: Path, objects: Iterable[dict[str, Json]], *, what: str) -> int:
    """Write rows whose columns have one type each; their number. The columns are those of the first rows.

    Raises:
        UserError: code ``no-rows``, where there is none; ``what`` says of what.
        EnvironmentFault: code ``no-parquet``, where pyarrow is missing.
    """
    if find_spec("pyarrow") is None:
        raise EnvironmentFault(
            "Parquet files need pyarrow, which is not installed.", how=HOW_TO_GET, code="no-parquet"
        )
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")

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
