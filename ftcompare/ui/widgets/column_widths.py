"""How the columns of a table share its width: each by what it holds, the longest by what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ColumnNeed(NamedTuple):
    """Pixels that a column takes at least, and that show all that is in it (no fewer)."""

    least: int
    whole: int


def shared_widths(
    room: int, texts: Mapping[int, ColumnNeed], names: Mapping[int, ColumnNeed]
) -> dict[int, int]:
    """The width of each column, together ``room`` where there is that much.

    Where not all can be shown, names are cut first, then the texts that are longest.

    Args:
        room: pixels.
        texts: columns of text; the first takes what is left over. At least one.
        names: columns that give way to texts.
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
    """Short texts have all they need, and the others what is left in equal parts."""
    widths: dict[int, int] = {}
    for done, (column, need) in enumerate(sorted(needs.items(), key=lambda item: item[1].whole)):
        share = (room - sum(widths.values())) // (len(needs) - done)
        widths[column] = max(need.least, min(need.whole, share))
    return widths
