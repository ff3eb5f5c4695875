"""The migrations of a study file to versions 5 to 8, and what migrations have in common.

A migration is never edited after a release, because existing files of that version were made with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def refusing(table: str, act: str, columns: str = "") -> str:
    """Return SQL of a trigger that refuses `act` on a table, for some columns or for all.

    It raises with the message that `errors` recognizes.
    """
    what = f"{act} OF {columns}" if columns else act
    return f"""CREATE TRIGGER {table}_no_{act.lower()} BEFORE {what} ON {table}
        BEGIN SELECT RAISE (ABORT, '{table} is only added to'); END"""


def refusing_all(tables: Iterable[str]) -> Iterable[str]:
    """Return SQL of triggers that refuse updates and deletes: rows can only be added to these tables."""
    return (refusing(table, act) for table in tables for act in ("UPDATE", "DELETE"))


def relax_checks(db: Database, relaxed: Iterable[tuple[str, str, str]]) -> None:
    """Replace CHECK constraints by wider ones; no stored row changes.

    `relaxed` holds, for each change, the table, the part of its SQL to replace, and the replacement.
    Procedure: https://sqlite.org/lang_altertable.html, for changes that do not affect the content.
    """
    version = db.execute("PRAGMA schema_version").fetchone()[0]
    db.execute("PRAGMA writable_schema = ON")
    for table, before, after in relaxed:
        db.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
            (before, after, table),
        )
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.execute("PRAGMA writable_schema = OFF")


_ANNOTATIONS = (
    # Empty for the error scheme that every study has at first.
    "ALTER TABLE study ADD COLUMN error_scheme TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE experts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE
    ) STRICT""",
    # The annotations of experts, in one hash chain per expert, like the events of raters.
    """CREATE TABLE annotations (
        id INTEGER PRIMARY KEY,
        expert INTEGER NOT NULL REFERENCES experts (id),
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL
            CHECK (kind IN ('mark', 'correction', 'adjudication', 'reviewed', 'retraction')),
        response INTEGER REFERENCES responses (id),
        comparison INTEGER REFERENCES comparisons (id),
        record TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (expert, seq),
        FOREIGN KEY (expert, retracts) REFERENCES annotations (expert, seq),
        CHECK ((kind IN ('mark', 'correction', 'reviewed')) = (response IS NOT NULL)),
        CHECK ((kind = 'adjudication') = (comparison IS NOT NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT""",
    "CREATE INDEX annotations_by_response ON annotations (response, kind) WHERE response IS NOT NULL",
    "CREATE INDEX annotations_by_comparison ON annotations (comparison) WHERE comparison IS NOT NULL",
    """CREATE UNIQUE INDEX annotations_retracted ON annotations (expert, retracts)
        WHERE retracts IS NOT NULL""",
    """CREATE VIEW standing_annotations AS SELECT * FROM annotations a
        WHERE kind <> 'retraction' AND NOT EXISTS (
            SELECT 1 FROM annotations r WHERE r.expert = a.expert AND r.retracts = a.seq)""",
    # An answer that an expert annotated must not be replaced either.
    """CREATE TRIGGER responses_annotated_no_update BEFORE UPDATE ON responses
        WHEN EXISTS (SELECT 1 FROM annotations WHERE response = OLD.id)
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END""",
)

_NEVER_CHANGED = ("experts", "annotations")


def version_5(db: Database) -> None:
    for statement in (*_ANNOTATIONS, *refusing_all(_NEVER_CHANGED)):
        db.execute(statement)


_FIELDS_AND_COUNTS = (
    # Optional data of prompts: task, context, expectation, labels, later turns, further reference answers.
    "ALTER TABLE prompts ADD COLUMN fields TEXT NOT NULL DEFAULT '{}'",
    """CREATE TRIGGER prompts_fields_no_update BEFORE UPDATE OF fields ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END""",
    "ALTER TABLE responses ADD COLUMN reasoning TEXT NOT NULL DEFAULT ''",
    # Answers to the turns of a conversation before the last.
    "ALTER TABLE responses ADD COLUMN earlier TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE responses ADD COLUMN counts TEXT NOT NULL DEFAULT '{}'",
    "DROP TRIGGER responses_no_update",
    # A response whose reasoning was cut before an answer began may be written again, too.
    """CREATE TRIGGER responses_no_update BEFORE UPDATE ON responses
        WHEN OLD.finish_reason NOT IN ('length', 'no_answer')
            OR (NEW.id, NEW.prompt, NEW.system, NEW.sample)
                <> (OLD.id, OLD.prompt, OLD.system, OLD.sample)
            OR EXISTS (SELECT 1 FROM scores WHERE response = OLD.id)
            OR EXISTS (
                SELECT 1 FROM comparisons c JOIN allocations al ON al.comparison = c.id
                WHERE (c.a = OLD.id OR c.b = OLD.id) AND (al.pack IS NOT NULL OR EXISTS (
                    SELECT 1 FROM events e WHERE e.allocation = al.id)))
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END""",
)


def version_6(db: Database) -> None:
    for statement in _FIELDS_AND_COUNTS:
        db.execute(statement)


_MERGED_ANNOTATIONS = (
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
    for statement in (*_MERGED_ANNOTATIONS, *refusing_all(("merged_annotations",))):
        db.execute(statement)


_RELAXED = (
    (
        "examinations",
        "kind IN ('measured', 'scored')",
        "kind IN ('measured', 'scored', 'labels_scored', 'code_run', 'benchmarked', 'judged')",
    ),
    # Whether an answer refuses, as confirmed by a person.
    (
        "annotations",
        "kind IN ('mark', 'correction', 'adjudication', 'reviewed', 'retraction')",
        "kind IN ('mark', 'correction', 'adjudication', 'reviewed', 'refusal', 'retraction')",
    ),
    (
        "annotations",
        "kind IN ('mark', 'correction', 'reviewed')) = (response IS NOT NULL)",
        "kind IN ('mark', 'correction', 'reviewed', 'refusal')) = (response IS NOT NULL)",
    ),
)

_MEASURED = (
    # A judge that is a model, with its rubric; its votes are judgments of its automatic rater.
    """CREATE TABLE judges (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rater INTEGER NOT NULL UNIQUE REFERENCES raters (id),
        record TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT""",
    # A judge's replies to a pair in one order, or to one answer: each try as received, and the outcome read
    # from them.
    """CREATE TABLE judge_replies (
        id INTEGER PRIMARY KEY,
        judge INTEGER NOT NULL REFERENCES judges (id),
        examination INTEGER NOT NULL REFERENCES examinations (id),
        comparison INTEGER REFERENCES comparisons (id),
        a_first INTEGER CHECK (a_first IN (0, 1)),
        response INTEGER REFERENCES responses (id),
        outcome TEXT NOT NULL CHECK (outcome IN ('a', 'b', 'tie', 'score', 'none')),
        score REAL,
        replies TEXT NOT NULL,
        digest TEXT NOT NULL,
        CHECK ((comparison IS NULL) <> (response IS NULL)),
        CHECK ((comparison IS NULL) = (a_first IS NULL)),
        CHECK ((outcome = 'score') = (score IS NOT NULL)),
        CHECK (outcome NOT IN ('a', 'b', 'tie') OR comparison IS NOT NULL)
    ) STRICT""",
    """CREATE UNIQUE INDEX judge_replies_by_pair ON judge_replies (comparison, judge, a_first)
        WHERE comparison IS NOT NULL""",
    """CREATE UNIQUE INDEX judge_replies_by_response ON judge_replies (response, judge)
        WHERE response IS NOT NULL""",
    # The log-probabilities of a prompt's labels under a system, in the labels' order.
    """CREATE TABLE label_scores (
        id INTEGER PRIMARY KEY,
        examination INTEGER NOT NULL REFERENCES examinations (id),
        prompt INTEGER NOT NULL REFERENCES prompts (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        logprobs TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (prompt, system)
    ) STRICT""",
    # Whether the code of an answer passes tests; `tests` is the digest of the tests that were run with it.
    """CREATE TABLE code_results (
        id INTEGER PRIMARY KEY,
        examination INTEGER NOT NULL REFERENCES examinations (id),
        response INTEGER NOT NULL REFERENCES responses (id),
        tests TEXT NOT NULL,
        outcome TEXT NOT NULL,
        detail TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (response, tests)
    ) STRICT""",
    # One metric of one item of a benchmark task for one system.
    """CREATE TABLE benchmark_results (
        id INTEGER PRIMARY KEY,
        examination INTEGER NOT NULL REFERENCES examinations (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        task TEXT NOT NULL,
        item TEXT NOT NULL,
        metric TEXT NOT NULL,
        value REAL NOT NULL,
        record TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (examination, system, task, item, metric)
    ) STRICT""",
    "CREATE INDEX benchmark_results_by_task ON benchmark_results (task, system)",
    "DROP TRIGGER responses_annotated_no_update",
    # An answer that was judged by a model, confirmed by a person or run as code must not be replaced either.
    """CREATE TRIGGER responses_annotated_no_update BEFORE UPDATE ON responses
        WHEN EXISTS (SELECT 1 FROM annotations WHERE response = OLD.id)
            OR EXISTS (SELECT 1 FROM code_results WHERE response = OLD.id)
            OR EXISTS (SELECT 1 FROM judge_replies WHERE response = OLD.id)
            OR EXISTS (
                SELECT 1 FROM comparisons c JOIN judge_replies j ON j.comparison = c.id
                WHERE c.a = OLD.id OR c.b = OLD.id)
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END""",
)

_MEASURED_TABLES = ("judges", "judge_replies", "label_scores", "code_results", "benchmark_results")


def version_8(db: Database) -> None:
    relax_checks(db, _RELAXED)
    for statement in (*_MEASURED, *refusing_all(_MEASURED_TABLES)):
        db.execute(statement)
