"""Prepares a part of a long Markdown text to look as within the whole: in its table, code, list or quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})(?P<rest>[^\n]*)$", re.MULTILINE)
_DELIMITERS = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_NUMBERED = re.compile(r"(?P<indent> {0,3})(?P<number>\d{1,9})(?P<mark>[.)])(?=\s|$)")
_ITEM = re.compile(r" {0,3}([-*+]|\d{1,9}[.)])(\s|$)")


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part, prepared to be shown."""

    text: str  # the stored part, with additions that make it look as in the whole
    header: bool = False  # whether it begins with the header row of its table, repeated from an earlier part


def continued(before: str, part: str) -> ShownPart:
    """A part of a Markdown text that begins behind ``before``."""
    fence = _open_fence(before)
    if fence:
        return ShownPart(f"{fence}\n{part}")
    if not before.strip() or not part.strip():
        return ShownPart(part)
    table = _table_head(before) if part[:1] not in "\r\n" else ""
    if table:
        return ShownPart(table + part, header=True)
    if _in_quote(before, part):
        return ShownPart(f"> {part}")
    return ShownPart(_renumbered(before, part) if before.endswith("\n") else part)


def _open_fence(before: str) -> str:
    """The opening line of a code block that is still open; empty if there is none."""
    opened: re.Match[str] | None = None
    for found in _FENCE.finditer(before):
        fence, rest = found["fence"], found["rest"]
        if opened is None:
            opened = None if fence[0] == "`" and "`" in rest else found
        elif fence.startswith(opened["fence"]) and not rest.strip():
            opened = None
    return opened.group().rstrip("\r") if opened else ""


def _table_head(before: str) -> str:
    """Header and delimiter rows of the table that ``before`` ends in; empty outside of one."""
    if not before.endswith("\n"):
        return ""
    block: list[str] = []
    for line in _lines_back(before):
        if not line.strip() or "|" not in line:
            break
        block.append(line)
    for header, row in zip(block[:0:-1], block[-2::-1], strict=True):
        if _DELIMITERS.match(row):
            return f"{header}\n{row}\n"
    return ""


def _in_quote(before: str, part: str) -> bool:
    """Whether a quote continues without its marker: its line was split, or the next line has no marker."""
    if part[:1] in "\r\n":
        return False
    last = next(_lines_back(before))
    marked = part.lstrip(" ").startswith(">")
    return last.lstrip(" ").startswith(">") and not (before.endswith("\n") and marked)


def _renumbered(before: str, part: str) -> str:
    """With the number that the first numbered item has in the whole list; its own need not be that."""
    head = re.match(r"(?:[ \t]*\r?\n)*", part)
    start = head.end() if head else 0
    item = _NUMBERED.match(part, start)
    if item is None:
        return part
    count, first = 0, 0
    for line in _list_lines_back(before):
        found = _NUMBERED.match(line)
        if found and found["mark"] == item["mark"] and found["indent"] == item["indent"]:
            count, first = count + 1, int(found["number"])
    number = str(first + count) if count else item["number"]
    return part[: item.start("number")] + number + part[item.end("number") :]


def _list_lines_back(before: str) -> Iterator[str]:
    """The lines of the list that ``before`` ends in, the last first."""
    held: str | None = None
    for line in _lines_back(before):
        if held is not None and not line.strip():
            return  # The unindented paragraph follows a blank line, so the list began after it.
        held = None
        if line.strip() and not line.startswith((" ", "\t")) and not _ITEM.match(line):
            held = line
        yield line


def _lines_back(text: str) -> Iterator[str]:
    """The lines of a text from the last to the first."""
    end = len(text) - 1 if text.endswith("\n") else len(text)
    while end >= 0:
        start = text.rfind("\n", 0, end)
        yield text[start + 1 : end].rstrip("\r")
        end = start
