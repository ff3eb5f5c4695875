"""Optional fields of a pack's items: context, expectation, turns of a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftcompare.core.context import Expectation
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import ContextShown, RatingDesign
from ftcompare.store.sqlite.values import read_object, to_json
from ftcompare.store.study.prompt_fields import to_passages

LATER, LEFT, RIGHT = "later_turns", "left_earlier", "right_earlier"
_TURNS = (LATER, LEFT, RIGHT)


def beside_json(
    fields: Mapping[str, Json], design: RatingDesign, left: Sequence[Json] = (), right: Sequence[Json] = ()
) -> str:
    """The optional data that raters see of a prompt and its answers, as JSON; empty if there are none.

    Args:
        fields: the optional fields of the prompt, as stored.
        design: the rating design, which says what raters see.
        left: for a conversation, the left answers to all turns except the last.
        right: the right answers, likewise.
    """
    shown: dict[str, Json] = {
        "context": fields.get("context") if design.context is not ContextShown.NEVER else None,
        "expects": fields.get("expects") if design.expectation else None,
    }
    if later := fields.get(LATER):
        shown |= {LATER: later, LEFT: [*left], RIGHT: [*right]}
    found: dict[str, Json] = {name: value for name, value in shown.items() if value}
    return to_json(found) if found else ""


def is_beside(text: str) -> bool:
    """Whether a text can be output of `beside_json`."""
    try:
        found = read_object(text) if text else {}
        passages = to_passages(to_json(found.get("context", [])))
        texts = [part for one in passages for part in (one.id, one.text)]
        Expectation(found.get("expects", ""))
    except (ValueError, TypeError):
        return False
    known = found.keys() <= {"context", "expects", *_TURNS}
    return known and all(isinstance(part, str) for part in texts) and _are_turns(found)


def _are_turns(found: Mapping[str, Any]) -> bool:
    given = [found.get(name, []) for name in _TURNS]
    lists = all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in given)
    return lists and len({len(one) for one in given}) == 1
