"""regex 2026: regular expressions that can be limited in time."""

from typing import AnyStr, Generic

IGNORECASE: int

class error(Exception): ...

class Match(Generic[AnyStr]):
    def span(self) -> tuple[int, int]: ...

class Pattern(Generic[AnyStr]):
    pattern: AnyStr
    def search(self, string: AnyStr, *, timeout: float | None = ...) -> Match[AnyStr] | None: ...
    def fullmatch(self, string: AnyStr, *, timeout: float | None = ...) -> Match[AnyStr] | None: ...

def compile(pattern: AnyStr, flags: int = ...) -> Pattern[AnyStr]: ...
