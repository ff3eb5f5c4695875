"""Turns dataclasses into JSON and back by their type hints; a `JsonForm` declares how strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import (
    Any,
    Literal,
    NewType,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from ftcompare.core.hashing import Json

Record = TypeVar("Record")
Reader: TypeAlias = Callable[[Any], Any]


class ShapeError(ValueError):
    """A value does not have the required type; the message names the field."""

    def __init__(self, what: str = "has the wrong type") -> None:
        super().__init__(what)
        self._path: tuple[str, ...] = ()

    def within(self, name: str) -> ShapeError:
        """Return the error, seen from the record that has the field `name`."""
        self._path = (name, *self._path)
        return self

    def __str__(self) -> str:
        return f"{'.'.join(filter(None, self._path)) or 'The value'} {self.args[0]}."


@dataclass(frozen=True, slots=True)
class JsonForm:
    """The form of records in one kind of document. By default each field is written and required."""

    only: tuple[str, ...] = ()  # names of the fields in the document; empty for all
    sparse: bool = False  # leave out fields that have their default, except those in ``always``
    always: tuple[str, ...] = ()
    defaults: bool = False  # a missing field has its default
    further: bool = False  # unknown fields are passed over, not refused
    as_list: bool = False  # a record is the list of its values, not an object
    objects: tuple[str, ...] = ()  # fields with pairs of name and value, written as an object, read sorted
    none: str | None = None  # how None is written
    parts: tuple[tuple[type, JsonForm], ...] = ()  # classes inside the record that have a form of their own

    def of(self, kind: object) -> JsonForm:
        return next((form for part, form in self.parts if part is kind), self)


STRICT = JsonForm()
STORED = JsonForm(sparse=True, defaults=True, further=True)
"""Only what differs from the defaults is written; fields of later versions are passed over."""
AS_LIST = JsonForm(as_list=True)


def record_json(record: Any, form: JsonForm = STRICT) -> dict[str, Json]:
    kind: Any = type(record)
    return {
        field.name: _json(getattr(record, field.name), form, as_object=field.name in form.objects)
        for field in _fields(kind, form)
        if not form.sparse or field.name in form.always or getattr(record, field.name) != _default(field)
    }


def _json(value: Any, form: JsonForm, *, as_object: bool = False) -> Json:
    match value:
        case None:
            return form.none
        case Enum():
            plain: Json = value.value
            return plain
        case Mapping():
            return {str(name): _json(part, form) for name, part in value.items()}
        case tuple() | list():
            return dict(value) if as_object else [_json(part, form) for part in value]
        case _ if is_dataclass(value):
            own = form.of(type(value))
            found = record_json(value, own)
            return [*found.values()] if own.as_list else found
    return cast("Json", value)  # text, number or truth value


def read_record(kind: type[Record], value: object, form: JsonForm = STRICT, at: str = "") -> Record:
    """Make a dataclass from an object that `record_json` made, or that came from elsewhere.

    Lists become tuples, texts enums; an integer is accepted where a float is required, and kept. Raises
    `ShapeError` for a value of another type, or a missing or unknown field; `at` names the record.
    """
    try:
        found: Record = value_reader(cast("Any", kind), form)(value)
    except ShapeError as wrong:
        raise wrong.within(at) from None
    return found


def read_lenient(kind: type[Record], stored: Mapping[str, object], **known: object) -> Record:
    """Make a dataclass in which every missing or invalid field is empty; `known` are given."""
    types = field_types(cast("Any", kind))
    read = {name: _or_empty(stored.get(name), types[name]) for name in types.keys() - known.keys()}
    return kind(**read, **known)


def _or_empty(value: object, kind: Any) -> object:
    try:
        return value_reader(kind)(value)
    except ShapeError:
        origin = get_origin(kind)
        return None if origin in (Union, UnionType) else (origin or kind)()


@cache
def field_types(kind: Any) -> dict[str, object]:
    """Return type hints of a dataclass by field name, in field order."""
    return get_type_hints(kind)


@cache
def _fields(kind: type, form: JsonForm) -> tuple[Field[Any], ...]:
    return tuple(field for field in fields(kind) if not form.only or field.name in form.only)


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


@cache
def value_reader(kind: Any, form: JsonForm = STRICT) -> Reader:
    """Return what reads a value of a type; made once for each type and form."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value: value
    if isinstance(kind, NewType):
        return value_reader(kind.__supertype__, form)
    if is_dataclass(kind):
        plain: Any = kind
        read = fields_reader(plain, form.of(plain))
        return lambda value: plain(**read(value))
    if origin is tuple:
        return _tuple_reader(parts, form)
    if origin in (dict, Mapping):
        each = value_reader(parts[1], form)
        return lambda value: {name: each(part) for name, part in _typed(value, dict).items()}
    if origin in (Union, UnionType):
        return _union_reader(parts, form)
    if origin is Literal:
        return lambda value: value if value in parts else _refuse()
    if isinstance(kind, type) and issubclass(kind, Enum):
        known = {one.value: one for one in kind}
        return lambda value: known[value] if isinstance(value, str) and value in known else _refuse()
    accepted = (float, int) if kind is float else (kind,)
    return lambda value: value if type(value) in accepted else _refuse()


def _refuse() -> object:
    raise ShapeError


def _typed(value: Any, kind: type | UnionType) -> Any:
    return value if isinstance(value, kind) else _refuse()


@cache
def fields_reader(kind: Any, form: JsonForm) -> Callable[[Any], dict[str, Any]]:
    """Return what reads the fields of a dataclass that an object has, by name."""
    own = _fields(kind, form)
    readers = {one.name: value_reader(field_types(kind)[one.name], form) for one in own}
    needed = {one.name for one in own if not form.defaults or _default(one) is MISSING}

    def read(value: Any) -> dict[str, Any]:
        if form.as_list and isinstance(value, list) and len(value) <= len(readers):
            value = dict(zip(readers, value, strict=False))
        _typed(value, dict)
        if needed - value.keys() or (not form.further and value.keys() - readers.keys()):
            raise ShapeError("does not have the expected fields")
        given = {}
        for name in readers.keys() & value.keys():
            part = value[name]
            if name in form.objects and isinstance(part, dict):
                part = [[key, part[key]] for key in sorted(part)]
            try:
                given[name] = readers[name](part)
            except ShapeError as wrong:
                raise wrong.within(name) from None
        return given

    return read


def _tuple_reader(parts: tuple[Any, ...], form: JsonForm) -> Reader:
    if parts[-1] is Ellipsis:
        each = value_reader(parts[0], form)
        return lambda value: tuple([each(part) for part in _typed(value, list | tuple)])
    readers = [value_reader(part, form) for part in parts]

    def read(value: Any) -> object:
        if len(_typed(value, list | tuple)) != len(readers):
            raise ShapeError
        return tuple([each(part) for each, part in zip(readers, value, strict=True)])

    return read


def _union_reader(parts: tuple[Any, ...], form: JsonForm) -> Reader:
    if dict in [get_origin(part) for part in parts]:  # `Json`
        return lambda value: value
    readers = [value_reader(part, form) for part in parts if part is not type(None)]

    def read(value: Any) -> object:
        if value == form.none and type(None) in parts:
            return None
        for each in readers[:-1]:
            try:
                return each(value)
            except ShapeError:
                continue
        return readers[-1](value)

    return read
