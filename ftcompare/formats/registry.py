"""The formats that can be written and read.

A new one is a module with its `ExportFormat` or `ImportFormat`, and a line here: the command line, the Export
page and the import dialog offer what these lists hold, in their order; formats of one group stand together.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TypeVar

from ftcompare.core.errors import UserError
from ftcompare.formats import (
    alpaca_eval,
    arena,
    argilla,
    chosen_rejected,
    inspect_log,
    judgments,
    judgments_csv,
    judgments_xlsx,
    label_studio,
    llm_comparator,
    lm_eval,
    outputs,
    promptfoo,
    study_folder,
)
from ftcompare.formats.export_format import AnyExportFormat, ImportFormat
from ftcompare.formats.training import axolotl, dataset_folder, llama_factory, openai, trl

Format = TypeVar("Format", AnyExportFormat, ImportFormat)

EXPORT_FORMATS: list[AnyExportFormat] = [
    trl.PREFERENCE,
    trl.UNPAIRED,
    trl.SUPERVISED,
    trl.REWARD,
    openai.EXPORT,
    llama_factory.EXPORT,
    axolotl.EXPORT,
    dataset_folder.EXPORT,
    judgments.EXPORT,
    judgments_csv.EXPORT,
    judgments_xlsx.EXPORT,
    outputs.EXPORT,
    study_folder.EXPORT,
    alpaca_eval.EXPORT,
    alpaca_eval.EXPORT_OUTPUTS,
    arena.EXPORT,
    llm_comparator.EXPORT,
    label_studio.EXPORT,
    argilla.EXPORT,
]
IMPORT_FORMATS: list[ImportFormat] = [
    outputs.IMPORT,
    judgments.IMPORT,
    alpaca_eval.IMPORT,
    arena.IMPORT,
    llm_comparator.IMPORT,
    label_studio.IMPORT,
    argilla.IMPORT,
    chosen_rejected.IMPORT_TRL,
    chosen_rejected.IMPORT_UNPAIRED,
    chosen_rejected.IMPORT_OPENAI,
    lm_eval.IMPORT,
    inspect_log.IMPORT,
    promptfoo.IMPORT,
]


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
    found: dict[str, Format] = {form.id: form for form in formats}
    if name not in found:
        known = sorted({*found, study_folder.EXPORT.id})
        near = get_close_matches(name.casefold(), known, n=1)
        listed = f"Use one of: {', '.join(known)}."
        how = f"Did you mean {near[0]}? {listed}" if near else listed
        raise UserError(f"There is no {purpose} format called {name!r}.", how=how, code="unknown-format")
    return found[name]
