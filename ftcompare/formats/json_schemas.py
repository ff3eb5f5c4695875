"""Validate the JSON Schemas of answer checks before they are used.

They may come from anyone. Nothing is fetched: a ``$ref`` must point inside the schema, or to the meta-schema
of a draft of JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import regex

from ftcompare.core.bounded_pattern import bounded_pattern
from ftcompare.core.hashing import Json, canonical_json
from ftcompare.formats.jsonl import parse
from ftcompare.formats.record_fields import shown
from ftcompare.formats.text_files import MIB, file_beside, read_blocks

MAX_SCHEMA = 100_000  # maximum number of characters of a schema as canonical JSON
MAX_PATTERN = 1_000  # of a regular expression; a longer one is a mistake or takes long to compile
UNLIMITED = ('"unevaluatedProperties":', '"patternProperties":')
"""Keywords for which jsonschema evaluates regular expressions without a possible time limit."""

_PLACE = 60
_Parts: TypeAlias = Iterator[
    tuple[dict[str, Any], Any]
]  # subschemas, each with the resolver of its references


def read_schema(path: Path, name: str) -> Json:
    """Return the JSON value in a file that another file names. Raises `ValueError` if it is not JSON."""
    return parse("".join(read_blocks(file_beside(path, name), max_bytes=MIB)))


def schema_text(schema: Json) -> str:
    """Return a schema as canonical JSON; `require_schema` checks the rest.

    Raises `ValueError` with a sentence for the user if it is too long or not an object.
    """
    text = canonical_json(_object(schema)).decode()
    if len(text) > MAX_SCHEMA:
        raise ValueError(f"json_schema is longer than {MAX_SCHEMA:,} characters.")
    return text


def _object(schema: Json) -> dict[str, Json]:
    if isinstance(schema, dict):
        return schema
    raise ValueError(f"json_schema must be a JSON Schema, an object, not {shown(schema)}.")


@lru_cache(64)
def require_schema(text: str) -> None:
    """Refuse a schema that is invalid or cannot be evaluated in limited time.

    Raises `ValueError` with a sentence for the user and the position in the schema.
    """
    schema = _object(parse(text))
    draft = _draft(schema)
    wrong = min(draft(draft.META_SCHEMA).iter_errors(schema), key=_depth, default=None)
    if wrong is not None:
        value = f": {shown(wrong.instance)}" if isinstance(wrong.instance, str | int | float) else ""
        raise ValueError(
            f"json_schema is no JSON Schema: {_at(wrong.json_path)} is not as it must be{value}."
        )
    if all(name in text for name in UNLIMITED):
        raise ValueError("json_schema has unevaluatedProperties beside patternProperties; use one of them.")
    _require_parts(schema, draft)


def _draft(schema: Mapping[str, Json]) -> Any:
    """Return the validator of the schema's draft; 2020-12 where it names none."""
    from jsonschema import Draft202012Validator, validators

    named = schema.get("$schema")
    found = validators.validator_for({"$schema": named}, None) if isinstance(named, str) else None
    if named is not None and found is None:
        raise ValueError(f"json_schema: $schema {shown(named)} is no draft of JSON Schema that is known.")
    return found or Draft202012Validator


def _depth(error: Any) -> int:
    return -len(error.absolute_path)


def _at(path: str) -> str:
    return path if len(path) <= _PLACE else f"{path[:_PLACE]}…"


def _require_parts(schema: Mapping[str, Json], draft: Any) -> None:
    """Refuse references without a target, and invalid regular expressions."""
    from referencing.exceptions import Unresolvable

    for contents, resolver in _parts(schema, draft):
        for name in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(wanted := contents.get(name), str):
                try:
                    resolver.lookup(wanted)
                except (Unresolvable, ValueError):
                    what = f"{name} {shown(wanted)} leads to nothing in it"
                    raise ValueError(f"json_schema: {what}; nothing is fetched.") from None
        patterns = contents.get("patternProperties")
        for pattern in (contents.get("pattern"), *(patterns if isinstance(patterns, dict) else ())):
            if isinstance(pattern, str):
                require_pattern(pattern, "json_schema: pattern")


def _parts(schema: Mapping[str, Json], draft: Any) -> _Parts:
    from jsonschema_specifications import REGISTRY
    from referencing import Resource
    from referencing.jsonschema import DRAFT202012

    named = draft.META_SCHEMA.get("$schema")
    root = Resource.from_contents({"$schema": named, **schema}, default_specification=DRAFT202012)
    yield from _below(root, REGISTRY.resolver_with_root(root))


def _below(part: Any, resolver: Any) -> _Parts:
    if isinstance(part.contents, dict):
        yield part.contents, resolver
        for one in part.subresources():
            yield from _below(one, resolver.in_subresource(one))


def require_pattern(pattern: str, name: str) -> None:
    """Refuse an invalid or very long regular expression, also after expansion.

    Raises `ValueError` with a sentence for the user, in which ``name`` stands for it.
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"{name} is longer than {MAX_PATTERN:,} characters.")
    try:
        bounded_pattern(regex, pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise ValueError(f"{name} {shown(pattern)} is no regular expression: {error}.") from None
