"""The sandbox that renders templates of tasks: no access to Python, and limits on loops and filters.

Jinja's own sandbox limits a single `range`, but not nested loops, recursive macros, or filters that apply
others to many values.
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
"""Time limit for one text, of this thread; usual templates take milliseconds."""

LARGEST = 1_000_000
"""Maximum length to which a text or list may be multiplied, and maximum digits of a power."""

_IN_TIME = "ftcompare_in_time"


class _TimedTemplate(Template):
    def render(self, *args: Any, **values: Any) -> str:
        sandbox: Any = self.environment
        sandbox.until = time.thread_time() + SECONDS
        return super().render(*args, **values)


class TaskSandbox(ImmutableSandboxedEnvironment):
    """Renders a text within a time limit.

    Each loop iteration, call, filter and test checks the time; after the limit they raise `UserError`
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
        """Register a further filter for templates, with the time limit of the others."""
        self.filters[name] = self._timed(f"the filter {name}", work)

    def _timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The function with time checks before and after; keeps the attributes that jinja reads."""

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
        """As the sandbox, with a time check."""
        self._look()
        return super().call(context, obj, *args, **options)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """As Python, except that an enormous result is refused."""
        if _size(operator, left, right) > LARGEST:
            raise _refused("makes a text, list or number of millions of parts")
        return super().call_binop(context, operator, left, right)


def _size(operator: str, left: Any, right: Any) -> float:
    """Size of a product or power: elements of a repeated sequence, or bits of an integer."""
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
    for many, times in ((left, right), (right, left)):
        if hasattr(many, "__len__") and isinstance(times, int):
            return len(many) * times
    return 0


def _refused(why: str) -> UserError:
    return UserError(f"A template of the task {why}.", how="Correct the task's file.", code="task-broken")
