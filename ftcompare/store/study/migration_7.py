"""The migration to version 7 of a study file: experts' marks made in rater packs.

A migration is never edited after a release, because existing files of that version were made with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftcompare.store.study.append_only_triggers import refusing_all

if TYPE_CHECKING:
    from sqlite_utils import Database

_STATEMENTS = (
    # The rows of packs as they were in the pack, each with the annotation of the study made from it. A row
    # has none if it is about a text that is no system's answer, or takes back a mark that was taken back here
    # already.
    """CREATE TABLE merged_annotations (
        pack INTEGER NOT NULL REFERENCES packs (id),
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('mark', 'reviewed', 'retraction')),
        answer INTEGER,
        record TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        annotation INTEGER UNIQUE REFERENCES annotations (id),
        PRIMARY KEY (pack, seq),
        CHECK ((kind = 'retraction') = (answer IS NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT, WITHOUT ROWID""",
)


def version_7(db: Database) -> None:
    """Add the record of experts' annotations merged from packs."""
    for statement in (*_STATEMENTS, *refusing_all(("merged_annotations",))):
        db.execute(statement)
