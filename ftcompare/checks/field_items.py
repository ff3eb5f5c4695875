"""The items of a structured answer and of its reference in each field, so that they can be counted."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ftcompare.core.hashing import Json, canonical_json
from ftcompare.core.structured_answer import fields, structured

_LABELS = ("label", "type")  # the fields of a span that name its kind


@dataclass(frozen=True, slots=True)
class LabeledSpan:
    start: int  # the first character
    end: int  # the character after the last one
    label: str = ""

    def overlaps(self, other: LabeledSpan) -> bool:
        return self.label == other.label and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class FieldItems:
    """The items of one field; a field with one value has one."""

    expected: frozenset[str] = frozenset()  # those of the reference
    given: frozenset[str] = frozenset()  # those of the answer
    overlapping: int | None = None  # spans that overlap one of the reference; None for a field without spans

    @property
    def right(self) -> int:
        return len(self.expected & self.given)


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    items: Mapping[str, FieldItems] = field(default_factory=dict)
    valid: bool = True  # whether the answer is structured; if not, it gives no items

    def counts(self, *, overlapping: bool = False) -> tuple[int, int, int]:
        """Return the number of items that are right, given, and expected, over all fields."""
        found = self.items.values()
        right = (
            one.overlapping if overlapping and one.overlapping is not None else one.right for one in found
        )
        return sum(right), sum(len(one.given) for one in found), sum(len(one.expected) for one in found)


def f1(right: float, answered: float, expected: float) -> float:
    """Return the harmonic mean of precision and recall; 1 where nothing is given and nothing expected."""
    return 2 * right / (answered + expected) if answered + expected else 1.0


def scored(answer: str, references: Iterable[str], named: Collection[str] = ()) -> ScoredAnswer | None:
    """Compare an answer with the structured references, and take the one with the highest F1.

    ``named`` are the fields that count; empty for those of the reference. None without such a reference.
    """
    given, scores = structured(answer), []
    for reference in references:
        expected = structured(reference)
        if expected is not None:
            own = {} if given is None else dict(fields(given, rows=False))
            wanted = dict(fields(expected, rows=False))
            names = [name for name in dict.fromkeys((*wanted, *own)) if _counts(name, wanted, named)]
            items = {name: _field(own.get(name), wanted.get(name)) for name in names}
            scores.append(ScoredAnswer(items, given is not None))
    return max(scores, key=lambda one: f1(*one.counts()), default=None)


def _counts(name: str, wanted: Collection[str], named: Collection[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in named) if named else name in wanted


def _field(answer: Json, expected: Json) -> FieldItems:
    one, other = _spans(answer), _spans(expected)
    overlapping = _matched(one, other) if one or other else None
    return FieldItems(_items(expected), _items(answer), overlapping)


def _items(value: Json) -> frozenset[str]:
    """The items of a value as canonical JSON; none for null and an empty list or text."""
    parts = value if isinstance(value, list) else [value]
    return frozenset(canonical_json(_normal(one)).decode() for one in parts if one not in (None, "", [], {}))


def _normal(value: Json) -> Json:
    """A value in which upper and lower case, spaces, and 1 and 1.0 are the same."""
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).casefold().split())
    if isinstance(value, dict):
        return {key: _normal(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_normal(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _spans(value: Json) -> list[LabeledSpan]:
    spans = []
    for one in value if isinstance(value, list) else []:
        start, end = (one.get("start"), one.get("end")) if isinstance(one, dict) else (None, None)
        if isinstance(one, dict) and type(start) is int and type(end) is int:
            label = next((str(_normal(one[key])) for key in _LABELS if key in one), "")
            spans.append(LabeledSpan(start, end, label))
    return spans


def _matched(answered: list[LabeledSpan], expected: list[LabeledSpan]) -> int:
    """Return the largest number of pairs of overlapping spans in which each span is once (Kuhn 1955)."""
    taken: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other, span in enumerate(expected):
            if other not in tried and answered[one].overlaps(span):
                tried.add(other)
                if other not in taken or place(taken[other], tried):
                    taken[other] = one
                    return True
        return False

    return sum(place(one, set()) for one in range(len(answered)))
