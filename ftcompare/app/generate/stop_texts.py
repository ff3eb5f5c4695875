"""Stop texts as they are typed: on one line each, with escapes for what a line cannot hold."""

from __future__ import annotations

_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"))
"""How characters of a stop text that a line cannot hold are written in it."""


def stop_texts(text: str) -> tuple[str, ...]:
    r"""Stop texts from a field: one a line, each once, with ``\n``, ``\t`` and ``\\`` for what they name."""
    read = (read_escapes(line) for line in text.split("\n"))
    return tuple(dict.fromkeys(line for line in read if line))


def stop_lines(stops: tuple[str, ...]) -> str:
    """Stop texts as `stop_texts` reads them."""
    lines = []
    for stop in stops:
        line = stop
        for character, written in _ESCAPES:
            line = line.replace(character, written)
        lines.append(line)
    return "\n".join(lines)


def read_escapes(line: str) -> str:
    r"""A line with ``\n``, ``\t`` and ``\\`` read as a line break, a tab and a backslash."""
    named = {"n": "\n", "t": "\t", "\\": "\\"}
    read, characters = [], iter(line)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            read.append(named.get(following, f"\\{following}"))
        else:
            read.append(character)
    return "".join(read)
