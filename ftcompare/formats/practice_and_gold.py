"""Practice pairs and gold items that an owner gives to raters, as JSON Lines.

A practice pair: ``prompt`` (text or ``messages``), ``left``, ``right``, and optionally ``expected``
(``left``, ``right``, ``tie``, ``both_bad``) and ``because``. One answer to grade has ``answer`` in place of
``left`` and ``right``, and ``expected`` is its grade. A gold item: ``prompt`` or
``messages``, ``better``, ``worse``. These files are written by hand for this one use, so an unknown field is
an error: it is most likely misspelt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from ftcompare.core.rating_design import MAX_PRACTICE, GoldItem, PracticeItem
from ftcompare.core.scale import Choice
from ftcompare.formats.json_files import read_records
from ftcompare.formats.prompts import prompt_messages
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.text_files import MIB

MAX_BYTES = 16 * MIB
MAX_GOLD = 1000

PRACTICE_FIELDS = ("prompt", "messages", "left", "right", "expected", "because")
GRADED_FIELDS = ("prompt", "messages", "answer", "expected", "because")
GOLD_FIELDS = ("prompt", "messages", "better", "worse")

_CHOICES: dict[str, Choice | None] = {choice.value: choice for choice in Choice if choice is not Choice.GRADE}

T = TypeVar("T")


def read_practice(path: Path) -> tuple[PracticeItem, ...]:
    wanted = '{"prompt": "…", "left": "…", "right": "…"}'
    return _read(path, wanted, MAX_PRACTICE, "practice pairs", practice_item)


def read_gold(path: Path) -> tuple[GoldItem, ...]:
    wanted = '{"prompt": "…", "better": "…", "worse": "…"}'
    return _read(path, wanted, MAX_GOLD, "known-answer checks", _gold_item)


def practice_item(record: Record) -> PracticeItem:
    alone = "answer" in record.fields
    _require_known(record, GRADED_FIELDS if alone else PRACTICE_FIELDS)
    return PracticeItem(
        messages=prompt_messages(record),
        left=_answer(record, "answer" if alone else "left"),
        right="" if alone else _answer(record, "right"),
        expected=_grade(record) if alone else record.word("expected", _CHOICES, None),
        because=record.text("because").strip(),
    )


def _grade(record: Record) -> int | None:
    value = record.fields.get("expected")
    if value in (None, ""):
        return None
    if type(value) is not int:
        raise record.error("expected must be a grade, such as 4.", "Give a whole number, or remove it.")
    return value


def _gold_item(record: Record) -> GoldItem:
    _require_known(record, GOLD_FIELDS)
    item = GoldItem(prompt_messages(record), _answer(record, "better"), _answer(record, "worse"))
    if item.better.strip() == item.worse.strip():
        raise record.error("The better and the worse answer are the same.", "Give two different answers.")
    return item


def _read(path: Path, expected: str, most: int, what: str, build: Callable[[Record], T]) -> tuple[T, ...]:
    found: list[T] = []
    for record in read_records(path, max_bytes=MAX_BYTES, expected=expected):
        if len(found) == most:
            raise record.error(f"There are more than {most:,} {what}.", "Keep the best of them.")
        found.append(build(record))
    return tuple(found)


def _answer(record: Record, name: str) -> str:
    text = record.present_text(name)
    if not text.strip():
        raise record.error(f"{name} is empty.", f'Give "{name}" a text.')
    return text


def _require_known(record: Record, known: Collection[str]) -> None:
    unknown = next((name for name in record.fields if name not in known), None)
    if unknown is not None:
        raise record.error(f"There is no field {shown(unknown)}.", f"The fields are {', '.join(known)}.")
