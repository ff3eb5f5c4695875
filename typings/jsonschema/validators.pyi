from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from jsonschema import Draft202012Validator

_D = TypeVar("_D")

@overload
def validator_for(schema: Any) -> type[Draft202012Validator]: ...
@overload
def validator_for(schema: Any, default: _D) -> type[Draft202012Validator] | _D: ...
def extend(
    validator: type[Draft202012Validator], validators: Mapping[str, Callable[..., Any]]
) -> type[Draft202012Validator]: ...
