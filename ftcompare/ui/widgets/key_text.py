"""How a key sequence is written for people."""

from __future__ import annotations

_KEY_SIGNS = {
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
    "Return": "Enter",
    "PgUp": "Page Up",
    "PgDown": "Page Down",
}


def key_text(sequence: str) -> str:
    """A key sequence as it stands on a key cap: ``Ctrl+Z`` is ``Ctrl Z``, ``Left`` is an arrow.

    Of a range, ``Home … End``, both ends are.
    """
    return " … ".join(map(_one_key_text, sequence.split(" … ")))


def _one_key_text(sequence: str) -> str:
    parts = [*sequence[:-1].split("+"), "+"] if sequence.endswith("++") else sequence.split("+")
    return " ".join(_KEY_SIGNS.get(part, part) for part in parts if part)
