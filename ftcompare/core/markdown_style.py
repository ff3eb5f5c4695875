"""Counts of Markdown elements in a text: headers, list items and bold passages, outside of code."""

from __future__ import annotations

import re
from typing import NamedTuple

_CODE_BLOCK = re.compile(
    r"^[ \t]*(?:(`{3,})[^`\n]*|(~{3,})[^\n]*)$.*?(?:^[ \t]*(?:\1`*|\2~*)[ \t\r]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
# A pattern that begins with a literal character is searched five times as fast as one with ^ and MULTILINE.
_LINE_START = re.compile(r"\n[ \t]*(?:(#{1,6})|[-*+]|\d{1,9}[.)])[ \t]")
_CODE_IN_LINE = re.compile(r"`[^`\n]*`")
_STARS = re.compile(r"\*\*(?=\S)[^*\n]+(?<=\S)\*\*")
_UNDERSCORES = re.compile(r"(?<!\w)__(?=\S)[^_\n]+(?<=\S)__(?!\w)")


class MarkdownStyle(NamedTuple):
    """Number of uses of each Markdown element in a text."""

    headers: int = 0  # lines that begin with one to six ``#``
    list_items: int = 0  # lines that begin with a bullet or a number
    bold: int = 0  # passages between two ``**`` or two ``__`` on one line


def markdown_style(text: str) -> MarkdownStyle:
    """Count the elements that LMArena's style control counts, outside of fenced code.

    Bold passages within inline code are not counted either. Source: Li, Angelopoulos & Chiang 2024, "Does
    style matter? Disentangling style and substance in Chatbot Arena", with the patterns of
    `fastchat/serve/monitor/add_markdown_info.py`. Differences from that code: a block of code may contain
    backticks and may be fenced by tildes, ``1)`` begins a list item as ``1.`` does, and, as in CommonMark, a
    bold marker must touch a character that is not a space.
    """
    if "```" in text or "~~~" in text:
        text = _CODE_BLOCK.sub("", text)
    starts = _LINE_START.findall(f"\n{text}")
    headers = len(starts) - starts.count("")
    return MarkdownStyle(headers, len(starts) - headers, _bold(text))


def _bold(text: str) -> int:
    stars, underscores = "**" in text, "__" in text
    if (stars or underscores) and "`" in text:
        text = _CODE_IN_LINE.sub("", text)
    found = len(_STARS.findall(text)) if stars else 0
    return found + len(_UNDERSCORES.findall(text)) if underscores else found
