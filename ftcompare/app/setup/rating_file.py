"""Scale and rating design as a TOML file: the rating settings of Setup, for the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ftcompare.app.setup.toml_settings import TomlTable, read_toml
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import (
    ContextShown,
    ConversationJudged,
    LiveHistory,
    PracticeItem,
    RatingDesign,
    ReferenceShown,
)
from ftcompare.core.scale import DEFAULT_QUESTION, Scale
from ftcompare.formats.practice_and_gold import practice_items, read_practice
from ftcompare.formats.record_fields import any_of, shown
from ftcompare.formats.text_files import file_beside

KEYS = (
    *("question", "strengths", "criteria", "reasons", "instructions", "practice", "raters"),
    *("judgments_per_pair", "repeats", "controls", "gold", "gold_file", "guesses_at_end", "guess_share"),
    *("reference", "context", "expectation", "conversations", "live_history"),
)
"""The settings that such a file may contain."""


@dataclass(frozen=True, slots=True)
class RatingFile:
    """The settings of a file; missing ones have the defaults of a study.

    Args:
        gold: file of pairs with a known better answer; None to make them from mismatched answers.
    """

    scale: Scale = field(default_factory=Scale)
    design: RatingDesign = field(default_factory=RatingDesign)
    gold: Path | None = None


def read_rating_file(path: Path) -> RatingFile:
    """Read the settings of a file. Files that it names must be in its folder.

    Raises:
        UserError: ``rating-file``, ``bad-line``, ``file-elsewhere`` for a file in another folder, or errors
            of `Scale` and `RatingDesign`.
    """
    table = read_toml(path, code="rating-file", example='question = "Which is better?"')
    _require_known(table)
    try:
        return _settings(table, path)
    except UserError as error:
        raise UserError(
            error.what, where=error.where or table.where, how=error.how, code=error.code
        ) from error


def _settings(table: TomlTable, path: Path) -> RatingFile:
    design = RatingDesign(
        raters=_whole(table, "raters"),
        each=_whole(table, "judgments_per_pair"),
        repeats=_share(table, "repeats"),
        controls=_share(table, "controls"),
        gold=_share(table, "gold"),
        guess_share=_share(table, "guess_share"),
        end_guesses=_whole(table, "guesses_at_end"),
        instructions=table.text("instructions"),
        practice=_practice(table, path),
        reference=table.word("reference", ReferenceShown.NEVER),
        context=table.word("context", ContextShown.FOLDED),
        expectation=table.flag("expectation") if "expectation" in table.values else True,
        conversations=table.word("conversations", ConversationJudged.WHOLE),
        live_history=table.word("live_history", LiveHistory.OWN),
    )
    return RatingFile(_scale(table), design, _gold(table, design, path))


def _scale(table: TomlTable) -> Scale:
    question = table.text("question", DEFAULT_QUESTION)
    if not question:
        raise table.error("question is empty.", "Ask in one sentence, or leave the line out.")
    return Scale(question, _whole(table, "strengths", 1), _texts(table, "criteria"), _texts(table, "reasons"))


def _practice(table: TomlTable, path: Path) -> tuple[PracticeItem, ...]:
    value = table.values.get("practice", "")
    if isinstance(value, str):
        return read_practice(file_beside(path, value, key="practice")) if value else ()
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise table.error("practice must be the name of a file, or tables.", "Write [[practice]] above each.")
    return practice_items({f"{table.where}, practice {n}": row for n, row in enumerate(value, start=1)})


def _gold(table: TomlTable, design: RatingDesign, path: Path) -> Path | None:
    name = table.text("gold_file")
    if name and not design.gold:
        raise table.error(
            "gold_file is given, but gold is 0: nobody would see them.", "Add a line such as gold = 0.05"
        )
    return file_beside(path, name) if name else None


def _require_known(table: TomlTable) -> None:
    unknown = next((name for name in table.values if name not in KEYS), None)
    if unknown is not None:
        raise table.error(f"There is no setting {shown(unknown)}.", f"The settings are {any_of(KEYS)}.")


def _texts(table: TomlTable, name: str) -> tuple[str, ...]:
    value = table.values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise table.error(f"{name} must be a list of texts.", f'Write: {name} = ["…", "…"]')
    return tuple(part.strip() for part in value)


def _whole(table: TomlTable, name: str, default: int = 0) -> int:
    value = table.values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise table.error(f"{name} must be a whole number, not {shown(value)}.", f"Write: {name} = 3")
    return value


def _share(table: TomlTable, name: str) -> float:
    value = table.values.get(name, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise table.error(f"{name} must be a number, not {shown(value)}.", f"Write: {name} = 0.1 for 10%")
    if value >= 1:
        raise table.error(f"{name} is a share below 1, not {shown(value)}.", "Write 0.1 for 10%.")
    return float(value)
