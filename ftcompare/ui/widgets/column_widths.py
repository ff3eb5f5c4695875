"""Distributes a table's width over its columns: each by its content, long text columns by what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ColumnNeed(NamedTuple):
    """Smallest width of a column in pixels, and the width that shows all its content (not smaller)."""

    least: int
    whole: int


def shared_widths(
    room: int, texts: Mapping[int, ColumnNeed], names: Mapping[int, ColumnNeed]
) -> dict[int, int]:
    """The width of each column; together ``room`` if that is enough for the smallest widths.

    If not everything fits, columns of names are narrowed first, then the columns with the longest texts.

    Args:
        room: total width in pixels.
        texts: columns of text, at least one; the first gets the room that is left over.
        names: columns that are narrowed before columns of text.
    """
    short = sum(need.whole for need in (*texts.values(), *names.values())) - room
    widths = {}
    for column, need in names.items():
        widths[column] = max(need.least, need.whole - max(short, 0))
        short -= need.whole - widths[column]
    widths |= _levelled(room - sum(widths.values()), texts)
    first = next(iter(texts))
    widths[first] += max(0, room - sum(widths.values()))
    return widths


def _levelled(room: int, needs: Mapping[int, ColumnNeed]) -> dict[int, int]:
    """Short texts get the width they need, the others equal parts of what is left."""
    widths: dict[int, int] = {}
    for done, (column, need) in enumerate(sorted(needs.items(), key=lambda item: item[1].whole)):
        share = (room - sum(widths.values())) // (len(needs) - done)
        widths[column] = max(need.least, min(need.whole, share))
    return widths
