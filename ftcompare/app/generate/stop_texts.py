"""Stop texts as typed: one on each line, with escapes for line breaks and tabs."""

from __future__ import annotations

import re

_NAMED = {"\\\\": "\\", "\\n": "\n", "\\t": "\t"}
"""The escapes and the characters for which they stand."""
_ESCAPES = str.maketrans({character: written for written, character in _NAMED.items()})


def stop_texts(text: str) -> tuple[str, ...]:
    r"""Read stop texts, one on each line, with the escapes of `read_escapes`; repetitions are removed."""
    read = (read_escapes(line) for line in text.split("\n"))
    return tuple(dict.fromkeys(line for line in read if line))


def stop_lines(stops: tuple[str, ...]) -> str:
    """Write stop texts in the form that `stop_texts` reads."""
    return "\n".join(stop.translate(_ESCAPES) for stop in stops)


def read_escapes(line: str) -> str:
    r"""Replace ``\n``, ``\t`` and ``\\`` by a line break, a tab and a backslash."""
    return re.sub(r"\\.?", lambda found: _NAMED.get(found[0], found[0]), line, flags=re.DOTALL)
