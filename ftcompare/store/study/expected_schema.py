"""The schema that a study file of a version must have, found by creating an empty study in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from ftcompare.store.sqlite.connection import without_pandas
from ftcompare.store.sqlite.schema_comparison import Definition, definitions
from ftcompare.store.study import migrations

if TYPE_CHECKING:
    from sqlite_utils import Database


def expected_definitions(up_to: int) -> frozenset[Definition]:
    """Return all definitions of an intact file of version `up_to`, with SQLite's own indexes."""
    return _definitions(migrations.STEPS[:up_to])


@lru_cache(8)
def _definitions(steps: tuple[Callable[[Database], None], ...]) -> frozenset[Definition]:
    with closing(made_in_memory(steps)) as fresh:
        return frozenset(definitions(fresh.conn))


def made_in_memory(steps: Sequence[Callable[[Database], None]]) -> Database:
    """Make an empty study in memory by the given migration steps."""
    with without_pandas():
        from sqlite_utils import Database

    fresh = Database(memory=True, execute_plugins=False)
    migrations.migrate(fresh, steps)
    return fresh
