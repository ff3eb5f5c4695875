"""jsonschema 4: validators of JSON Schema."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from jsonschema import validators as validators
from jsonschema.exceptions import ValidationError as ValidationError

class Draft202012Validator:
    META_SCHEMA: ClassVar[Mapping[str, Any]]
    VALIDATORS: ClassVar[Mapping[str, Callable[..., Any]]]
    def __init__(self, schema: Any, *, registry: Any = ...) -> None: ...
    @classmethod
    def check_schema(cls, schema: Any) -> None: ...
    def is_valid(self, instance: Any) -> bool: ...
    def iter_errors(self, instance: Any) -> Iterator[ValidationError]: ...
