"""Scale and rating design as a TOML file: the rating settings of Setup, for the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, FieldKind, fields_of
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.formats.practice_and_gold import practice_item, read_practice
from ftcompare.formats.record_fields import Record
from ftcompare.formats.text_files import file_beside
from ftcompare.formats.toml_file import TomlTable, read_toml


def _in_file(kind: type) -> dict[str, Field]:
    """The settings of a record by attribute, with limits as far as the record does not check them itself."""
    share: dict[str, Any] = {"kind": FieldKind.NUMBER, "high": 1.0, "below": True, "usual": 0.1}
    return {
        one.attribute: replace(
            one, **{"low": -math.inf, "high": math.inf, **(share if one.kind is FieldKind.SHARE else {})}
        )
        for one in fields_of(kind).values()
    }


_SCALE, _DESIGN = _in_file(Scale), _in_file(RatingDesign)
KEYS = (*(one.key for one in (*_SCALE.values(), *_DESIGN.values())), "practice", "gold_file")
"""The settings that such a file may contain."""


@dataclass(frozen=True, slots=True)
class RatingFile:
    """The settings of a file; missing ones have the defaults of a study."""

    scale: Scale = field(default_factory=Scale)
    design: RatingDesign = field(default_factory=RatingDesign)
    gold: Path | None = None
    """File of pairs with a known better answer; None to make them from mismatched answers."""


def read_rating_file(path: Path) -> RatingFile:
    """Read a file's settings. Raises ``rating-file``; ``bad-line``; ``file-elsewhere``; as `RatingDesign`."""
    table = read_toml(path, code="rating-file", example='question = "Which is better?"')
    table.require_known(KEYS)
    try:
        return _settings(table, path)
    except UserError as error:
        raise UserError(
            error.what, where=error.where or table.where, how=error.how, code=error.code
        ) from error


def _settings(table: TomlTable, path: Path) -> RatingFile:
    scale = {name: table.setting(field) for name, field in _SCALE.items()}
    if not scale["question"]:
        raise table.error("question is empty.", "Ask in one sentence, or leave the line out.")
    given = {name: table.setting(field) for name, field in _DESIGN.items()}
    design = RatingDesign(**given, practice=_practice(table, path))
    return RatingFile(Scale(**scale), design, _gold(table, design, path))


def _practice(table: TomlTable, path: Path) -> tuple[PracticeItem, ...]:
    value = table.values.get("practice", "")
    if isinstance(value, str):
        return read_practice(file_beside(path, value, key="practice")) if value else ()
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise table.error("practice must be the name of a file, or tables.", "Write [[practice]] above each.")
    rows = (Record(row, f"{table.where}, practice {n}", 0) for n, row in enumerate(value, start=1))
    return tuple(map(practice_item, rows))


def _gold(table: TomlTable, design: RatingDesign, path: Path) -> Path | None:
    name = table.text("gold_file")
    if name and not design.gold:
        raise table.error(
            "gold_file is given, but gold is 0, so nobody would see these pairs.",
            "Add a line such as gold = 0.05",
        )
    return file_beside(path, name) if name else None
