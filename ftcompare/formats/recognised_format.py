"""Recognise the import format of a file by its field names, for the error about a wrong choice."""

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
from ftcompare.formats.tables import is_table, read_table_file

_LISTS = ((), ("examples",), ("samples",), ("results",), ("results", "results"))
"""Positions of lists that may be long, in the documents of the formats."""
_LOOKED_AT = 50
"""Number of elements to examine."""


@dataclass(frozen=True, slots=True)
class RecognisedFormat:
    """A format, and the fields of the file that identify it."""

    form: ImportFormat
    fields: tuple[str, ...]


def recognised_format(path: Path) -> RecognisedFormat | None:
    """The format whose fields occur at the beginning of a file; None if no format matches.

    If several formats match, the one with the most fields.
    """
    names = _names(path)
    forms = [form for form in IMPORT_FORMATS if not is_table(path) or path.suffix.lower() in form.suffixes]
    ways = ((form, tuple(way.split())) for form in forms for way in form.told_by)
    found = [RecognisedFormat(form, fields) for form, fields in ways if names.issuperset(fields)]
    return max(found, key=lambda each: len(each.fields), default=None)


def _names(path: Path) -> set[str]:
    """Field names of the first records, or of the top of a document; up to the first damage."""
    names: set[str] = set()
    with suppress(UserError):
        if is_table(path):
            first = next(read_table_file(path, max_bytes=MAX_BYTES, required=()), None)
            return set(first.fields) if first else names
        for element in islice(read_elements(path, _LISTS, max_bytes=MAX_BYTES, several=True), _LOOKED_AT):
            if element.path:
                names.add(element.path[0])
            elif isinstance(element.value, dict):
                names.update(element.value)
    return names
