"""Scale and rating design as a TOML file: the rating settings of Setup, for the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, FieldKind, word_choices
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
from ftcompare.formats.text_files import file_beside
from ftcompare.formats.toml_file import TomlTable, read_toml


def _whole(key: str, meaning: str, default: int = 0) -> Field:
    return Field(key=key, title="", help=meaning, kind=FieldKind.WHOLE, default=default)


def _share(key: str, meaning: str) -> Field:
    return Field(
        key=key, title="", help=meaning, kind=FieldKind.NUMBER, default=0.0, high=1.0, below=True, usual=0.1
    )


def _texts(key: str, meaning: str) -> Field:
    return Field(key=key, title="", help=meaning, kind=FieldKind.TEXTS, default=())


def _word(key: str, meaning: str, default: StrEnum) -> Field:
    choices = word_choices(default, *type(default))
    return Field(key=key, title="", help=meaning, kind=FieldKind.CHOICE, default=default, choices=choices)


def _text(key: str, meaning: str, default: str = "") -> Field:
    return Field(key=key, title="", help=meaning, kind=FieldKind.TEXT, default=default)


_SCALE = {
    "question": _text("question", "The question that raters answer.", DEFAULT_QUESTION),
    "strengths": _whole("strengths", "Degrees of a preference.", 1),
    "criteria": _texts("criteria", "What is judged besides."),
    "reasons": _texts("reasons", "Reasons that raters can name."),
}
_DESIGN = {
    "raters": _whole("raters", "Planned number of raters."),
    "each": _whole("judgments_per_pair", "Judgments of each pair; 0: every rater judges every pair."),
    "repeats": _share("repeats", "Share of a rater's pairs that are shown again with sides swapped."),
    "controls": _share("controls", "Share of pairs that show two answers of one system."),
    "gold": _share("gold", "Share of pairs with a known better answer."),
    "guess_share": _share("guess_share", "Share of pairs after which raters guess which side is fine-tuned."),
    "end_guesses": _whole("guesses_at_end", "Pairs that are shown again at the end for such a guess."),
    "instructions": _text("instructions", "What raters read before they begin."),
    "reference": _word("reference", "When raters see the reference answer.", ReferenceShown.NEVER),
    "context": _word("context", "How raters see the context.", ContextShown.FOLDED),
    "expectation": Field(
        key="expectation",
        title="",
        help="Whether raters see what a right answer does.",
        kind=FieldKind.FLAG,
        default=True,
    ),
    "conversations": _word("conversations", "Which part of them is judged.", ConversationJudged.WHOLE),
    "live_history": _word("live_history", "What comes before a further turn.", LiveHistory.OWN),
}
FIELDS = (*_SCALE.values(), *_DESIGN.values())
KEYS = (*(field.key for field in FIELDS), "practice", "gold_file")
"""The settings that such a file may contain."""


@dataclass(frozen=True, slots=True)
class RatingFile:
    """The settings of a file; missing ones have the defaults of a study."""

    scale: Scale = field(default_factory=Scale)
    design: RatingDesign = field(default_factory=RatingDesign)
    gold: Path | None = None
    """File of pairs with a known better answer; None to make them from mismatched answers."""


def read_rating_file(path: Path) -> RatingFile:
    """Read the settings of a file. Files that it names must be in its folder.

    Raises:
        UserError: ``rating-file``, ``bad-line``, ``file-elsewhere`` for a file in another folder, or errors
            of `Scale` and `RatingDesign`.
    """
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
    return practice_items({f"{table.where}, practice {n}": row for n, row in enumerate(value, start=1)})


def _gold(table: TomlTable, design: RatingDesign, path: Path) -> Path | None:
    name = table.text("gold_file")
    if name and not design.gold:
        raise table.error(
            "gold_file is given, but gold is 0: nobody would see them.", "Add a line such as gold = 0.05"
        )
    return file_beside(path, name) if name else None
