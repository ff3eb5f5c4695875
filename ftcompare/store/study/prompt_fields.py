"""Optional fields of prompts, stored as JSON in the column ``fields`` of ``prompts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptSpec
from ftcompare.store.sqlite.values import read_list

_VALID = "CASE WHEN json_valid(p.fields) THEN json_extract(p.fields, '$.%s') END"
TASK_AND_KIND = f"COALESCE({_VALID % 'task'}, ''), COALESCE({_VALID % 'context_kind'}, '')"
"""SQL of a prompt's task and kind of context. Fields that are not valid JSON count as empty here;
verification of the file reports them."""

_LAST = "(SELECT json_extract(rating, '$.conversations') FROM study WHERE id = 1) IS 'last'"
JUDGED_EARLIER = ", ".join(f"CASE WHEN {_LAST} THEN '[]' ELSE {side}.earlier END" for side in "ab")
"""SQL of both sides' answers to earlier turns if these are judged too; ``[]`` if only the last answers are
judged."""

SHOWN_BESIDE = """CASE (SELECT COALESCE(json_extract(rating, '$.reference'), 'never') FROM study)
        WHEN 'never' THEN '' ELSE p.reference END AS reference,
    CASE (SELECT COALESCE(json_extract(rating, '$.context'), 'folded') FROM study)
        WHEN 'never' THEN '[]' ELSE COALESCE(json_extract(p.fields, '$.context'), '[]') END AS context,
    CASE (SELECT COALESCE(json_extract(rating, '$.expectation'), 1) FROM study)
        WHEN 0 THEN '' ELSE COALESCE(json_extract(p.fields, '$.expects'), '') END AS expects,
    json_extract(p.fields, '$.later_turns') AS later_turns"""
"""SQL of what raters see of a prompt ``p`` besides its messages; empty where the study's rating settings hide
it."""


def fields_json(spec: PromptSpec) -> dict[str, Json]:
    """The optional fields of a prompt that are not empty."""
    fields: dict[str, Json] = {
        "task": spec.task,
        "context": [[one.id, one.text] for one in spec.context],
        "context_kind": spec.context_kind.value,
        "expects": spec.expects.value,
        "labels": [*spec.labels],
        "later_turns": [*spec.later_turns],
        "more_references": [*spec.more_references],
    }
    return {name: value for name, value in fields.items() if value}


def to_passages(text: str) -> tuple[Passage, ...]:
    """The passages of a context, from their JSON."""
    return tuple(Passage(key, passage) for key, passage in read_list(text))


def read_fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `PromptSpec` from the JSON object that `fields_json` made."""
    lists = ("labels", "later_turns", "more_references")
    return {
        "task": stored.get("task", ""),
        "context": tuple(Passage(key, text) for key, text in stored.get("context", [])),
        "context_kind": ContextKind(stored.get("context_kind", "")),
        "expects": Expectation(stored.get("expects", "")),
        **{name: tuple(stored.get(name, [])) for name in lists},
    }
