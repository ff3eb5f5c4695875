"""The schema of a study file, as the migrations that lead to its newest version.

A migration is never edited after a release, because existing files of that version were made with it.

sqlite-utils is imported inside functions because it loads slowly, and the window opens before any file does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from ftcompare.store.sqlite.connection import without_pandas
from ftcompare.store.sqlite.schema_comparison import Definition, definitions

if TYPE_CHECKING:
    from sqlite_utils import Database


def refusing(table: str, act: str, columns: str = "") -> str:
    """Return SQL of a trigger that refuses `act` with the message that `errors` recognizes."""
    what = f"{act} OF {columns}" if columns else act
    return f"""CREATE TRIGGER {table}_no_{act.lower()} BEFORE {what} ON {table}
        BEGIN SELECT RAISE (ABORT, '{table} is only added to'); END"""


def refusing_all(tables: Iterable[str]) -> Iterable[str]:
    """Return SQL of triggers that refuse updates and deletes: rows can only be added to these tables."""
    return (refusing(table, act) for table in tables for act in ("UPDATE", "DELETE"))


def run_all(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.execute(statement)


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


APPLICATION_ID = 0x46544353  # the SQLite application id of a study file (ASCII ``FTCS``)

MIGRATION_SET = "ftcompare-study"

_VERSION_1_TABLES = (
    """CREATE TABLE study (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        title TEXT NOT NULL,
        question TEXT NOT NULL,
        strengths INTEGER NOT NULL,
        notice TEXT NOT NULL,
        secret TEXT NOT NULL,
        created_at TEXT NOT NULL,
        unblinded_at TEXT NOT NULL DEFAULT '',
        unblinding_reason TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    """CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT""",
    """CREATE TABLE systems (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        model TEXT NOT NULL,
        adapter TEXT NOT NULL,
        neutral_name TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE prompts (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        messages TEXT NOT NULL,
        category TEXT NOT NULL,
        split TEXT NOT NULL,
        reference TEXT NOT NULL,
        checks TEXT NOT NULL,
        messages_digest TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE glossary (
        id INTEGER PRIMARY KEY,
        term TEXT NOT NULL,
        status TEXT NOT NULL,
        concept TEXT NOT NULL,
        language TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE responses (
        id INTEGER PRIMARY KEY,
        prompt INTEGER NOT NULL REFERENCES prompts (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        sample INTEGER NOT NULL,
        finish_reason TEXT NOT NULL,
        tokens INTEGER,
        run INTEGER REFERENCES runs (id),
        digest TEXT NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (prompt, system, sample)
    ) STRICT""",
    """CREATE TABLE failures (
        prompt INTEGER PRIMARY KEY REFERENCES prompts (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (id)
    ) STRICT""",
    """CREATE TABLE comparisons (
        id INTEGER PRIMARY KEY,
        a INTEGER NOT NULL REFERENCES responses (id),
        b INTEGER NOT NULL REFERENCES responses (id),
        kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'control', 'gold')),
        UNIQUE (a, b, kind)
    ) STRICT""",
    """CREATE TABLE raters (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        kind TEXT NOT NULL,
        UNIQUE (folded, kind)
    ) STRICT""",
    """CREATE TABLE draws (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT""",
    # An imported judgment has no draw, no position in an order, and sometimes no known side.
    """CREATE TABLE allocations (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        comparison INTEGER NOT NULL REFERENCES comparisons (id),
        draw INTEGER REFERENCES draws (id),
        position INTEGER,
        a_is_left INTEGER CHECK (a_is_left IN (0, 1)),
        origin TEXT,
        standing INTEGER REFERENCES events (id),
        standing_kind TEXT NOT NULL DEFAULT '' CHECK (standing_kind IN ('', 'judgment', 'skip')),
        UNIQUE (rater, position),
        CHECK ((draw IS NULL) = (position IS NULL)),
        CHECK ((draw IS NULL) = (origin IS NOT NULL)),
        CHECK (draw IS NULL OR a_is_left IS NOT NULL),
        CHECK ((standing IS NULL) = (standing_kind = ''))
    ) STRICT""",
    """CREATE TABLE drafts (
        allocation INTEGER PRIMARY KEY REFERENCES allocations (id),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        seq INTEGER NOT NULL,
        allocation INTEGER NOT NULL REFERENCES allocations (id),
        kind TEXT NOT NULL CHECK (kind IN ('judgment', 'skip', 'retraction')),
        choice TEXT CHECK (choice IN ('left', 'right', 'a', 'b', 'tie', 'both_bad')),
        strength INTEGER,
        preference REAL CHECK (preference BETWEEN 0 AND 1),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL,
        seconds REAL,
        reason TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (rater, seq),
        FOREIGN KEY (rater, retracts) REFERENCES events (rater, seq),
        CHECK ((kind = 'judgment') = (choice IS NOT NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT""",
    """CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT""",
)

_VERSION_1_INDEXES = (
    "CREATE INDEX prompts_by_messages ON prompts (messages_digest)",
    "CREATE INDEX responses_by_system ON responses (system, finish_reason)",
    "CREATE INDEX allocations_by_comparison ON allocations (rater, comparison)",
    "CREATE INDEX allocations_open ON allocations (rater, position) WHERE standing IS NULL",
    """CREATE INDEX allocations_standing ON allocations (rater, standing)
        WHERE standing IS NOT NULL AND draw IS NOT NULL""",
    "CREATE INDEX allocations_by_kind ON allocations (rater, standing_kind) WHERE draw IS NOT NULL",
    "CREATE INDEX allocations_by_draw ON allocations (draw, position) WHERE draw IS NOT NULL",
    "CREATE INDEX allocations_by_origin ON allocations (origin) WHERE origin IS NOT NULL",
    "CREATE UNIQUE INDEX events_retracted ON events (rater, retracts) WHERE retracts IS NOT NULL",
    "CREATE INDEX events_timed ON events (rater, seq) WHERE seconds IS NOT NULL",
    "CREATE INDEX events_by_time ON events (at) WHERE kind = 'judgment'",
)

_NEVER_CHANGED = ("responses", "comparisons", "raters", "runs", "draws", "events", "audit")

_NEVER_ALTERED = {
    "systems": "id, name, kind, model, adapter",
    "prompts": "id, key, messages, category, split, reference, checks, messages_digest, digest",
    "allocations": "id, rater, comparison, draw, position, a_is_left, origin",
}


def version_1(db: Database) -> None:
    run_all(db, (*_VERSION_1_TABLES, *_VERSION_1_INDEXES, *refusing_all(_NEVER_CHANGED)))
    for table, columns in _NEVER_ALTERED.items():
        db.execute(refusing(table, "UPDATE", columns))
    db.execute(refusing("allocations", "DELETE"))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


_RELAXED = (
    (
        "comparisons",
        "kind IN ('ordinary', 'control', 'gold')",
        "kind IN ('ordinary', 'control', 'gold', 'live')",
    ),
    (
        "events",
        "kind IN ('judgment', 'skip', 'retraction')",
        "kind IN ('judgment', 'skip', 'retraction', 'guess')",
    ),
    (
        "events",
        "(kind = 'judgment') = (choice IS NOT NULL)",
        "(kind IN ('judgment', 'guess')) = (choice IS NOT NULL)",
    ),
)

_VERSION_2_COLUMNS = (
    "ALTER TABLE study ADD COLUMN rating TEXT NOT NULL DEFAULT '{}'",
    # Prompts of gold items and of the live page are not the study's own prompts.
    "ALTER TABLE prompts ADD COLUMN kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'gold', 'live'))",
    "ALTER TABLE events ADD COLUMN details TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE drafts ADD COLUMN details TEXT NOT NULL DEFAULT ''",
    """ALTER TABLE allocations ADD COLUMN kind TEXT NOT NULL DEFAULT 'ordinary'
        CHECK (kind IN ('ordinary', 'control', 'gold', 'live'))""",
    "ALTER TABLE allocations ADD COLUMN repeat_of INTEGER REFERENCES allocations (id)",
    """ALTER TABLE allocations ADD COLUMN guess_due TEXT NOT NULL DEFAULT ''
        CHECK (guess_due IN ('', 'at_once', 'at_end'))""",
    "ALTER TABLE allocations ADD COLUMN guess INTEGER REFERENCES events (id)",
    "ALTER TABLE allocations ADD COLUMN pack INTEGER REFERENCES packs (id)",
)

_VERSION_2_KINDS = """UPDATE allocations
    SET kind = (SELECT c.kind FROM comparisons c WHERE c.id = allocations.comparison)
    WHERE comparison IN (SELECT id FROM comparisons WHERE kind <> 'ordinary')"""

_VERSION_2_TABLES = (
    # The pairs of each slot, if raters share the pairs; a slot is a planned rater, who may not have begun.
    """CREATE TABLE plans (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        raters INTEGER NOT NULL,
        each INTEGER NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT""",
    # The key's columns come first: otherwise SQLite 3.40 takes another column for NULL in its check.
    """CREATE TABLE shares (
        slot INTEGER NOT NULL,
        comparison INTEGER NOT NULL REFERENCES comparisons (id),
        plan INTEGER NOT NULL REFERENCES plans (id),
        PRIMARY KEY (slot, comparison)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE slots (
        slot INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL UNIQUE REFERENCES raters (id)
    ) STRICT""",
    """CREATE TABLE packs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        record TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE pack_items (
        pack INTEGER NOT NULL REFERENCES packs (id),
        number INTEGER NOT NULL,
        item TEXT NOT NULL UNIQUE,
        allocation INTEGER NOT NULL UNIQUE REFERENCES allocations (id),
        PRIMARY KEY (pack, number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE merged (
        pack INTEGER NOT NULL REFERENCES packs (id),
        seq INTEGER NOT NULL,
        event INTEGER NOT NULL UNIQUE REFERENCES events (id),
        digest TEXT NOT NULL,
        PRIMARY KEY (pack, seq)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE exclusions (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        excluded INTEGER NOT NULL CHECK (excluded IN (0, 1)),
        reason TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
)

_VERSION_2_INDEXES = (
    """CREATE INDEX allocations_here ON allocations (rater, position)
        WHERE standing IS NULL AND pack IS NULL AND kind <> 'live'""",
    """CREATE INDEX allocations_progress ON allocations (rater, standing_kind)
        WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live'""",
    "CREATE INDEX allocations_guessed ON allocations (rater, guess) WHERE guess IS NOT NULL",
    """CREATE INDEX allocations_to_guess ON allocations (rater, guess_due, standing_kind, position)
        WHERE guess_due <> '' AND guess IS NULL""",
    "CREATE INDEX allocations_at_end ON allocations (rater, standing_kind) WHERE guess_due = 'at_end'",
    "CREATE INDEX allocations_live ON allocations (rater, standing) WHERE kind = 'live'",
    "CREATE INDEX allocations_repeated ON allocations (repeat_of) WHERE repeat_of IS NOT NULL",
    "CREATE INDEX shares_by_comparison ON shares (comparison)",
    "CREATE INDEX allocations_compared ON allocations (comparison)",
)

_VERSION_2_VIEW = """CREATE VIEW rated_here AS SELECT * FROM allocations
    WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live'"""

_VERSION_2_NEVER_CHANGED = ("plans", "shares", "slots", "packs", "pack_items", "merged", "exclusions")

_VERSION_2_TRIGGERS = (
    """CREATE TRIGGER prompts_kind_no_update BEFORE UPDATE OF kind ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END""",
    """CREATE TRIGGER allocations_plan_no_update BEFORE UPDATE OF kind, repeat_of, guess_due ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END""",
    """CREATE TRIGGER allocations_pack_no_update BEFORE UPDATE OF pack ON allocations
        WHEN OLD.pack IS NOT NULL
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END""",
)


def version_2(db: Database) -> None:
    """Add shared pairs, repeats, controls, gold items, guesses, packs, exclusions, live pairs."""
    relax_checks(db, _RELAXED)
    run_all(db, (*_VERSION_2_TABLES, *_VERSION_2_COLUMNS, _VERSION_2_KINDS))
    triggers = (*_VERSION_2_TRIGGERS, *refusing_all(_VERSION_2_NEVER_CHANGED))
    run_all(db, (_VERSION_2_VIEW, *_VERSION_2_INDEXES, *triggers))


_VERSION_3_STATEMENTS = (
    "ALTER TABLE prompts ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
    # Optional data of systems, such as where a system is served and how its weights are loaded.
    "ALTER TABLE systems ADD COLUMN options TEXT NOT NULL DEFAULT '{}'",
    # The adapter and settings that were active while a response was written.
    "ALTER TABLE responses ADD COLUMN record TEXT NOT NULL DEFAULT ''",
    """CREATE TRIGGER prompts_tags_no_update BEFORE UPDATE OF tags ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END""",
    """CREATE TRIGGER systems_options_no_update BEFORE UPDATE OF options ON systems
        BEGIN SELECT RAISE (ABORT, 'systems is only added to'); END""",
    # Findings of the engine that are not responses (examinations).
    """CREATE TABLE examinations (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('measured', 'scored')),
        record TEXT NOT NULL
    ) STRICT""",
    # For each token of a response: the distance of its start from the start of the one before, and its
    # log-probability in units of 1/10,000 nat.
    """CREATE TABLE scores (
        id INTEGER PRIMARY KEY,
        response INTEGER NOT NULL REFERENCES responses (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        examination INTEGER NOT NULL REFERENCES examinations (id),
        steps TEXT NOT NULL,
        logprobs TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (response, system)
    ) STRICT""",
)


def version_3(db: Database) -> None:
    """Add tags of prompts, options of systems, what was active while a response was written, and scores."""
    run_all(db, (*_VERSION_3_STATEMENTS, *refusing_all(("examinations", "scores"))))


_VERSION_4_STATEMENTS = (
    "DROP TRIGGER responses_no_update",
    # A response that was cut may be replaced by a longer one while nothing refers to it.
    """CREATE TRIGGER responses_no_update BEFORE UPDATE ON responses
        WHEN OLD.finish_reason <> 'length'
            OR (NEW.id, NEW.prompt, NEW.system, NEW.sample)
                <> (OLD.id, OLD.prompt, OLD.system, OLD.sample)
            OR EXISTS (SELECT 1 FROM scores WHERE response = OLD.id)
            OR EXISTS (
                SELECT 1 FROM comparisons c JOIN allocations al ON al.comparison = c.id
                WHERE (c.a = OLD.id OR c.b = OLD.id) AND (al.pack IS NOT NULL OR EXISTS (
                    SELECT 1 FROM events e WHERE e.allocation = al.id)))
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END""",
)


def version_4(db: Database) -> None:
    """Allow replacing responses that were cut while nothing refers to them."""
    run_all(db, _VERSION_4_STATEMENTS)


_ANNOTATIONS = (
    # Empty for the error scheme of every new study.
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


def version_5(db: Database) -> None:
    run_all(db, (*_ANNOTATIONS, *refusing_all(("experts", "annotations"))))


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
    run_all(db, _FIELDS_AND_COUNTS)


_MERGED_ANNOTATIONS = (
    # The rows of packs as they were in the pack, each with the study's annotation made from it. It has none
    # if its text is no system's answer, or if it takes back a mark that was taken back here already.
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
    run_all(db, (*_MERGED_ANNOTATIONS, *refusing_all(("merged_annotations",))))


_VERSION_8_RELAXED = (
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
    # A judge's replies to a pair in one order, or to one answer: each try, and the outcome read from them.
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
    relax_checks(db, _VERSION_8_RELAXED)
    run_all(db, (*_MEASURED, *refusing_all(_MEASURED_TABLES)))


STEPS: tuple[Callable[[Database], None], ...] = (
    version_1,
    version_2,
    version_3,
    version_4,
    version_5,
    version_6,
    version_7,
    version_8,
)
"""The migrations; the one at index n - 1 is ``version_n`` and leads to version n."""


def newest_version() -> int:
    return len(STEPS)


def version(db: Database) -> int:
    """Return the format version of a file; 0 for an empty file."""
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def migrate(db: Database, steps: Sequence[Callable[[Database], None]] | None = None) -> None:
    """Apply the migrations that a file needs (from `STEPS` by default): all or, if one fails, none."""
    with without_pandas():
        from sqlite_utils import Migrations

    taken = STEPS if steps is None else steps
    migrations = Migrations(MIGRATION_SET)
    for step in taken:
        migrations()(step)
    with db.atomic():
        migrations.apply(db)
        db.execute(f"PRAGMA user_version = {len(taken)}")


def expected_definitions(up_to: int) -> frozenset[Definition]:
    """Return all definitions of an intact file of version `up_to`, with SQLite's own indexes."""
    return _definitions(STEPS[:up_to])


@lru_cache(8)
def _definitions(steps: tuple[Callable[[Database], None], ...]) -> frozenset[Definition]:
    with closing(made_in_memory(steps)) as fresh:
        return frozenset(definitions(fresh.conn))


def made_in_memory(steps: Sequence[Callable[[Database], None]]) -> Database:
    """Make an empty study in memory by the given migration steps."""
    with without_pandas():
        from sqlite_utils import Database

    fresh = Database(memory=True, execute_plugins=False)
    migrate(fresh, steps)
    return fresh
