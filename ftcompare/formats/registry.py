"""The formats that can be written and read.

A new one is a module with its `ExportFormat` or `ImportFormat`, and a line here: the command line, the Export
page and the import dialog offer what these lists hold, in their order.
"""

from __future__ import annotations

from typing import TypeVar

from ftcompare.core.errors import UserError
from ftcompare.formats import judgments, judgments_csv, outputs, study_folder, trl_preference
from ftcompare.formats.export_format import AnyExportFormat, ImportFormat

Format = TypeVar("Format", AnyExportFormat, ImportFormat)

EXPORT_FORMATS: list[AnyExportFormat] = [
    trl_preference.EXPORT,
    judgments.EXPORT,
    judgments_csv.EXPORT,
    outputs.EXPORT,
    study_folder.EXPORT,
]
IMPORT_FORMATS: list[ImportFormat] = [outputs.IMPORT, judgments.IMPORT]


def export_format(name: str) -> AnyExportFormat:
    """The format of an id.

    Raises:
        UserError: code ``unknown-format``.
    """
    return _named(name, EXPORT_FORMATS, "export")


def import_format(name: str) -> ImportFormat:
    """The format of an id.

    Raises:
        UserError: code ``unknown-format``.
    """
    return _named(name, IMPORT_FORMATS, "import")


def _named(name: str, formats: list[Format], purpose: str) -> Format:
    found = {form.id: form for form in formats}
    if name not in found:
        how = f"Use one of: {', '.join(sorted(found))}."
        raise UserError(f"There is no {purpose} format called {name!r}.", how=how, code="unknown-format")
    return found[name]
