"""Formats key sequences for display."""

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
    """A key sequence as shown on a key: ``Ctrl+Z`` is ``Ctrl Z``, ``Left`` is an arrow.

    For a range such as ``Home … End``, both ends are converted.
    """
    return " … ".join(map(_one_key_text, sequence.split(" … ")))


def _one_key_text(sequence: str) -> str:
    parts = [*sequence[:-1].split("+"), "+"] if sequence.endswith("++") else sequence.split("+")
    return " ".join(_KEY_SIGNS.get(part, part) for part in parts if part)
