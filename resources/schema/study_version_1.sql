-- The first tables of a study file.

CREATE TABLE study (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        title TEXT NOT NULL,
        question TEXT NOT NULL,
        strengths INTEGER NOT NULL,
        notice TEXT NOT NULL,
        secret TEXT NOT NULL,
        created_at TEXT NOT NULL,
        unblinded_at TEXT NOT NULL DEFAULT '',
        unblinding_reason TEXT NOT NULL DEFAULT ''
    ) STRICT;

CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE systems (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        model TEXT NOT NULL,
        adapter TEXT NOT NULL,
        neutral_name TEXT NOT NULL
    ) STRICT;

CREATE TABLE prompts (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        messages TEXT NOT NULL,
        category TEXT NOT NULL,
        split TEXT NOT NULL,
        reference TEXT NOT NULL,
        checks TEXT NOT NULL,
        messages_digest TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;

CREATE TABLE glossary (
        id INTEGER PRIMARY KEY,
        term TEXT NOT NULL,
        status TEXT NOT NULL,
        concept TEXT NOT NULL,
        language TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT;

CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT;

CREATE TABLE responses (
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
    ) STRICT;

CREATE TABLE failures (
        prompt INTEGER PRIMARY KEY REFERENCES prompts (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (id)
    ) STRICT;

CREATE TABLE comparisons (
        id INTEGER PRIMARY KEY,
        a INTEGER NOT NULL REFERENCES responses (id),
        b INTEGER NOT NULL REFERENCES responses (id),
        kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'control', 'gold')),
        UNIQUE (a, b, kind)
    ) STRICT;

CREATE TABLE raters (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        kind TEXT NOT NULL,
        UNIQUE (folded, kind)
    ) STRICT;

CREATE TABLE draws (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT;

-- An imported judgment has no draw, no position in an order, and sometimes no known side.
CREATE TABLE allocations (
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
    ) STRICT;

CREATE TABLE drafts (
        allocation INTEGER PRIMARY KEY REFERENCES allocations (id),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL
    ) STRICT;

CREATE TABLE events (
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
    ) STRICT;

CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;

CREATE INDEX prompts_by_messages ON prompts (messages_digest);

CREATE INDEX responses_by_system ON responses (system, finish_reason);

CREATE INDEX allocations_by_comparison ON allocations (rater, comparison);

CREATE INDEX allocations_open ON allocations (rater, position) WHERE standing IS NULL;

CREATE INDEX allocations_standing ON allocations (rater, standing)
        WHERE standing IS NOT NULL AND draw IS NOT NULL;

CREATE INDEX allocations_by_kind ON allocations (rater, standing_kind) WHERE draw IS NOT NULL;

CREATE INDEX allocations_by_draw ON allocations (draw, position) WHERE draw IS NOT NULL;

CREATE INDEX allocations_by_origin ON allocations (origin) WHERE origin IS NOT NULL;

CREATE UNIQUE INDEX events_retracted ON events (rater, retracts) WHERE retracts IS NOT NULL;

CREATE INDEX events_timed ON events (rater, seq) WHERE seconds IS NOT NULL;

CREATE INDEX events_by_time ON events (at) WHERE kind = 'judgment';
