"""Stop texts as they are typed: on one line each, with escapes for what a line cannot hold."""

from __future__ import annotations

import re

_NAMED = {"\\\\": "\\", "\\n": "\n", "\\t": "\t"}
"""How characters of a stop text that a line cannot hold are written in it, and what is read for them."""
_ESCAPES = str.maketrans({character: written for written, character in _NAMED.items()})


def stop_texts(text: str) -> tuple[str, ...]:
    r"""Stop texts from a field: one a line, each once, with ``\n``, ``\t`` and ``\\`` for what they name."""
    read = (read_escapes(line) for line in text.split("\n"))
    return tuple(dict.fromkeys(line for line in read if line))


def stop_lines(stops: tuple[str, ...]) -> str:
    """Stop texts as `stop_texts` reads them."""
    return "\n".join(stop.translate(_ESCAPES) for stop in stops)


def read_escapes(line: str) -> str:
    r"""A line with ``\n``, ``\t`` and ``\\`` read as a line break, a tab and a backslash."""
    return re.sub(r"\\.?", lambda found: _NAMED.get(found[0], found[0]), line, flags=re.DOTALL)
