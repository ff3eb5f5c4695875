"""The sandbox in which templates of tasks are filled in: nothing of Python, and an end to loops and filters.

Jinja's own sandbox bounds a single `range`; loops within loops, macros that call themselves, and filters that
apply others to many values it does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ftcompare.core.errors import UserError

SECONDS = 20.0
"""Of this thread, for one text; honest templates take a thousandth of one."""

LARGEST = 1_000_000
"""Characters or elements that a text or a list may be multiplied to, and digits of a number's power."""

_IN_TIME = "ftcompare_in_time"


class _TimedTemplate(Template):
    def render(self, *args: Any, **values: Any) -> str:
        sandbox: Any = self.environment
        sandbox.until = time.thread_time() + SECONDS
        return super().render(*args, **values)


class TaskSandbox(ImmutableSandboxedEnvironment):
    """Fills in a text in so many seconds.

    Each turn of a loop, each call, filter and test looks at the time: where it is over, `UserError`
    ``task-broken``.
    """

    template_class = _TimedTemplate
    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__(loader=BaseLoader(), undefined=StrictUndefined, keep_trailing_newline=True)
        self.until = float("inf")
        for kind in ("filter", "test"):
            known: dict[str, Callable[..., Any]] = getattr(self, f"{kind}s")
            known.update({name: self._timed(f"the {kind} {name}", one) for name, one in known.items()})
        self.filters[_IN_TIME] = self._in_time

    def add_filter(self, name: str, work: Callable[..., Any]) -> None:
        """Let templates use a further filter, in time as the others."""
        self.filters[name] = self._timed(f"the filter {name}", work)

    def _timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same, which looks at the time before and after; jinja reads what it is to be given off it."""

        @wraps(work)
        def timed(*args: Any, **options: Any) -> Any:
            self._look(name)
            found = work(*args, **options)
            self._look(name)
            return found

        return timed

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:
        for loop in source.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _IN_TIME, [], [], None, None, lineno=loop.lineno)
        return super()._generate(source, *args, **options)

    def _in_time(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self._look()
            yield value

    def _look(self, where: str = "") -> None:
        if time.thread_time() > self.until:
            told = f", in {where}" if where else ""
            raise _refused(f"takes longer than {SECONDS:g} s for one item{told}")

    def call(self, context: Context, obj: Any, *args: Any, **options: Any) -> Any:
        """As the sandbox does, in time."""
        self._look()
        return super().call(context, obj, *args, **options)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """As Python does, unless what comes out is enormous."""
        if _size(operator, left, right) > LARGEST:
            raise _refused("makes a text, list or number of millions of parts")
        return super().call_binop(context, operator, left, right)


def _size(operator: str, left: Any, right: Any) -> float:
    """Of a product or power: elements of what is repeated, or bits of a whole number."""
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
    for many, times in ((left, right), (right, left)):
        if hasattr(many, "__len__") and isinstance(times, int):
            return len(many) * times
    return 0


def _refused(why: str) -> UserError:
    return UserError(f"A template of the task {why}.", how="Correct the task's file.", code="task-broken")
