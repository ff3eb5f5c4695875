"""Text that fonts can draw: missing characters are replaced by their code."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.example_pairs import ExamplePairs
from ftcompare.markup.mapped_texts import mapped
from ftcompare.markup.visible_text import spelled

T = TypeVar("T")

_LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
"""Blocks of right-to-left scripts (Unicode 16, `DerivedBidiClass.txt`)."""
ISOLATES = frozenset("\u2068\u2069")
"""First strong isolate and pop directional isolate, which are not drawn."""
LINE_ENDS = frozenset("\n\t")
"""Line breaks and tabs, allowed in code only."""
_LEFTWARD_WORDS = re.compile(f"[{_LEFTWARD}](?:[{_LEFTWARD}\\s]*[{_LEFTWARD}])?")


def isolated(document: Document) -> Document:
    """Isolate right-to-left words from the English text around them.

    Otherwise a number after such a name would be displayed before it. Title, notice and example pairs keep
    their own direction.
    """

    def apart(text: str) -> str:
        return _LEFTWARD_WORDS.sub("\u2068\\g<0>\u2069", text)

    shown: Document = mapped(replace(document, examples=ExamplePairs()), apart)
    return replace(shown, title=document.title, notice=document.notice, examples=document.examples)


def characters(thing: object) -> frozenset[str]:
    """All characters in the texts of a data structure."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.update(text)
        return text

    mapped(thing, note)
    return frozenset(found)


def drawn_with(text: str, drawable: Collection[str]) -> str:
    """The text with ``⟨U+4E2D⟩`` for each character that cannot be drawn."""
    return "".join(c if c in drawable else spelled(c) for c in text)


def fitting(thing: T, drawable: Collection[str]) -> T:
    """The same data structure, with `drawn_with` applied to every text."""
    changed: T = mapped(thing, lambda text: drawn_with(text, drawable))
    return changed
