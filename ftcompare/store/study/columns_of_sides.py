"""SQL expressions for columns of the left and the right response."""

from __future__ import annotations


def of_sides(**values: str) -> str:
    """SQL of two columns for each name: ``left_<name>`` and ``right_<name>``.

    Each value is the SQL expression of a response's column with ``{}`` for the table alias. The alias is
    ``a`` or ``b``; the column ``al.a_is_left`` decides which of the two is on the left.
    """
    return ", ".join(_columns(name, value.format("a"), value.format("b")) for name, value in values.items())


def _columns(name: str, a: str, b: str) -> str:
    left, right = (f"CASE al.a_is_left WHEN 1 THEN {one} ELSE {two} END" for one, two in ((a, b), (b, a)))
    return f"{left} AS left_{name}, {right} AS right_{name}"
