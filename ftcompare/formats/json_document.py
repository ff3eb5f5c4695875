"""``json``: one answer for machines, as ``--json`` prints it and the window saves it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ftcompare.formats.files import atomic_text


def json_text(document: Mapping[str, object]) -> str:
    """The document as text, without a line end.

    Raises:
        ValueError: a number is not finite: a figure that is not defined must be None.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def write_json(path: Path, document: Mapping[str, object], *, replace: bool = True) -> None:
    """Write the file, whole or not at all.

    Raises:
        UserError, EnvironmentFault: as `atomic_text`.
        ValueError: as `json_text`.
    """
    text = json_text(document)
    with atomic_text(path, replace=replace) as handle:
        handle.write(f"{text}\n")
