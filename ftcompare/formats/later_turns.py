"""The turns of a conversation after its first answer, as stored in lines of answers and judgments."""

from __future__ import annotations

from ftcompare.formats.record_fields import Record

LATER_TURNS = "later_turns"


def turns_of(fields: Record, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The user's later turns, and the answers before the last one in field ``name``.

    Raises:
        UserError: they are not lists of texts, or differ in length.
    """
    later, earlier = (_texts(fields, one) for one in (LATER_TURNS, name))
    if len(later) != len(earlier):
        what = f"There are {len(later)} in {LATER_TURNS} and {len(earlier)} in {name}."
        raise fields.error(what, "Each later turn follows an earlier answer: give as many of both.")
    if not all(turn.strip() for turn in later):
        raise fields.error(f"{LATER_TURNS} holds an empty turn.")
    return later, earlier


def _texts(fields: Record, name: str) -> tuple[str, ...]:
    value = fields.fields[name] if fields.has(name) else []
    texts = [part for part in value if isinstance(part, str)] if isinstance(value, list) else None
    if texts is None or not isinstance(value, list) or len(texts) < len(value):
        raise fields.error(f"{name} must be a list of texts.")
    return tuple(texts)
