"""Validates JSON values against JSON Schemas with a time limit: schema and value are untrusted.

jsonschema uses the regular expressions of `re`, which cannot be interrupted. The keywords that search are
therefore reimplemented here with regular expressions that have a timeout; every other keyword checks the time
first. ``format`` is an annotation only, as in the standard. Nothing is downloaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from threading import local
from typing import Any, TypeAlias

import regex

from ftcompare.core.bounded_pattern import bounded_pattern
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, tr

SCHEMA_SECONDS = 1.0  # time limit for one value, in seconds of the thread's processor time
PLACE = 80  # maximum number of characters of a location in a value, within a sentence

DEEPEST = 150  # nested keywords; a level of nested objects takes one or two. Python allows some 200

_Keyword: TypeAlias = Callable[[Any, Any, Any, Any], Iterator[Any] | None]
_UNLIMITED = ('"unevaluatedProperties":', '"patternProperties":')
_NO_SCHEMA = N_("its schema cannot be used")
_until = local()


class UnusableSchemaError(ValueError):
    """Raised if the schema cannot be used; the message is a sentence without a full stop."""


def why_unfit(value: Json, schema: str) -> str:
    """Return why a value does not conform to a schema, as a sentence without a full stop; "" if it does.

    ``schema`` is JSON text of the draft that it names, else of 2020-12. Raises `UnusableSchemaError` if
    it is invalid, has a reference to something outside, or endless references.
    """
    from referencing.exceptions import Unresolvable

    _until.seconds, _until.depth = time.thread_time() + SCHEMA_SECONDS, 0
    try:
        wrong = next(_validator(schema).iter_errors(value), None)
    except TimeoutError:
        slow = "checking its JSON against the schema took longer than {seconds:g} s"
        return tr(slow, seconds=SCHEMA_SECONDS)
    except RecursionError:
        why = tr("its schema refers to itself, or the answer nests, without end")
        raise UnusableSchemaError(why) from None
    except (Unresolvable, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, regex.error):
        raise UnusableSchemaError(tr(_NO_SCHEMA)) from None
    if wrong is None:
        return ""
    place = wrong.json_path if wrong.json_path.isprintable() else "$"
    unfit, rule = "its JSON does not fit the schema: “{rule}” at {place}", wrong.validator or "false"
    return tr(unfit, rule=rule, place=place[:PLACE])


@lru_cache(64)
def _validator(schema: str) -> Any:
    import json

    from jsonschema_specifications import REGISTRY

    if all(name in schema for name in _UNLIMITED):
        raise UnusableSchemaError(tr(_NO_SCHEMA))
    return _limited(_draft(json.loads(schema)))(json.loads(schema), registry=REGISTRY)


def _draft(schema: Any) -> Any:
    from jsonschema import Draft202012Validator, validators

    draft = validators.validator_for(schema, Draft202012Validator)
    if not draft(draft.META_SCHEMA).is_valid(schema):
        raise UnusableSchemaError(tr(_NO_SCHEMA))
    return draft


@cache
def _limited(draft: Any) -> Any:
    from jsonschema import validators

    keywords = {**draft.VALIDATORS, **_SEARCHING, "uniqueItems": _unique_items}
    return validators.extend(draft, {name: partial(_in_time, keyword) for name, keyword in keywords.items()})


def _in_time(keyword: _Keyword, *arguments: Any) -> Iterator[Any]:
    """Run a keyword within time and depth: rpds, under jsonschema, panics at Python's recursion limit."""
    _seconds_left()
    if _until.depth >= DEEPEST:
        raise RecursionError
    _until.depth += 1
    try:
        yield from keyword(*arguments) or ()
    finally:
        _until.depth -= 1


def _seconds_left() -> float:
    left: float = _until.seconds - time.thread_time()
    if left <= 0:
        raise TimeoutError
    return left


@lru_cache(512)
def _compiled(pattern: str) -> regex.Pattern[str]:
    compiled: regex.Pattern[str] = bounded_pattern(regex, pattern)
    return compiled


def _found(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text, timeout=_seconds_left()) is not None


def _error(message: str) -> Any:
    from jsonschema import ValidationError

    return ValidationError(message)


def _pattern(validator: Any, pattern: Any, value: Any, _schema: Any) -> Iterator[Any]:
    if validator.is_type(value, "string") and not _found(pattern, value):
        yield _error("pattern")


def _pattern_properties(validator: Any, patterns: Any, value: Any, _schema: Any) -> Iterator[Any]:
    for pattern, below in patterns.items() if validator.is_type(value, "object") else ():
        for name, one in value.items():
            if _found(pattern, name):
                yield from validator.descend(one, below, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator[Any]:
    if not validator.is_type(value, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    more = [name for name in value if name not in known and not any(_found(one, name) for one in patterns)]
    if validator.is_type(allowed, "object"):
        for name in more:
            yield from validator.descend(value[name], allowed, path=name)
    elif more and not allowed:
        yield _error("additionalProperties")


_SEARCHING: dict[str, _Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}


def _unique_items(validator: Any, unique: Any, value: Any, _schema: Any) -> Iterator[Any]:
    if unique and validator.is_type(value, "array") and len(set(map(_key, value))) < len(value):
        yield _error("uniqueItems")


def _key(value: Json) -> object:
    """Return a key that is equal for values that JSON Schema considers equal: 1 and 1.0, but not true."""
    if isinstance(value, dict):
        return frozenset((name, _key(one)) for name, one in value.items())
    if isinstance(value, list):
        return tuple(map(_key, value))
    return (type(value) is bool, value)
