"""Asynchronous work that a cancel stops at once: running requests are dropped with their connections."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from ftcompare.engine.backends import Cancelled, IsCancelled

POLL_SECONDS = 0.05  # seconds between two checks for a cancel

Result = TypeVar("Result")


async def until_cancelled(work: Coroutine[Any, Any, Result], is_cancelled: IsCancelled) -> Result:
    """The result of the work.

    Raises:
        Cancelled: the user cancelled before the work was done.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            if is_cancelled():
                raise Cancelled
            await asyncio.wait({task}, timeout=POLL_SECONDS)
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def gather_all(works: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results, in order. The first exception cancels the others and is raised itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]
