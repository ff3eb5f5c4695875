"""A format as a contributor adds one: a module with an `ExportFormat`, and a line in the list."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.formats import registry
from ftcompare.formats.export_format import ExportContext, ExportFormat, RowKind
from ftcompare.formats.training.rows import PreferenceRow


def to_object(row: PreferenceRow, _context: ExportContext) -> dict[str, Json]:
    return {"question": row.prompt.key, "good": row.chosen, "bad": row.rejected}


def write(path: Path, rows: Iterable[PreferenceRow], context: ExportContext) -> int:
    """Binary, with a second file beside it."""
    objects = [to_object(row, context) for row in rows]
    path.write_bytes(gzip.compress(json.dumps(objects).encode()))
    path.with_name(f"{path.name}.count").write_text(f"{len(objects)}")
    return len(objects)


PACKED = ExportFormat(
    id="packed-preference",
    title="Packed rows",
    description="A list of all training rows, compressed.",
    rows=RowKind.PREFERENCE,
    stem="packed",
    to_object=to_object,
    writer=write,
    suffix=".json.gz",
    file_type="Packed JSON",
    names_systems=False,
)


@contextmanager
def registered() -> Iterator[None]:
    registry.EXPORT_FORMATS.append(PACKED)
    try:
        yield
    finally:
        registry.EXPORT_FORMATS.remove(PACKED)
