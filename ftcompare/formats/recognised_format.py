"""Which import format a file is of, by the names of its fields: for the error about a wrong choice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.formats.export_format import ImportFormat
from ftcompare.formats.foreign_pairs import MAX_BYTES
from ftcompare.formats.json_elements import read_elements
from ftcompare.formats.registry import IMPORT_FORMATS

_LISTS = ((), ("examples",), ("samples",), ("results",), ("results", "results"))
"""Lists that may be long, of the documents that are read."""
_LOOKED_AT = 50
"""Elements of the file that are looked at."""


@dataclass(frozen=True, slots=True)
class RecognisedFormat:
    """A format, and the fields of the file that tell it."""

    form: ImportFormat
    fields: tuple[str, ...]


def recognised_format(path: Path) -> RecognisedFormat | None:
    """The format whose fields stand at the beginning of a JSON file; None for no such file or format.

    Where the fields of several formats are there, it is the one of the most fields.
    """
    names = _names(path)
    ways = ((form, tuple(way.split())) for form in IMPORT_FORMATS for way in form.told_by)
    found = [RecognisedFormat(form, fields) for form, fields in ways if names.issuperset(fields)]
    return max(found, key=lambda each: len(each.fields), default=None)


def _names(path: Path) -> set[str]:
    """Fields of the first records, or of the top of a document; up to where it is damaged."""
    names: set[str] = set()
    with suppress(UserError):
        for element in islice(read_elements(path, _LISTS, max_bytes=MAX_BYTES, several=True), _LOOKED_AT):
            if element.path:
                names.add(element.path[0])
            elif isinstance(element.value, dict):
                names.update(element.value)
    return names
