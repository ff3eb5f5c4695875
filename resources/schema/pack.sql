-- A rater pack. The tables of judgments have the same columns as those of a study, so that `JudgmentLog` works
-- on both. Columns that only distinguish kinds of items in a study have one fixed value here.

CREATE TABLE pack (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        name TEXT NOT NULL,
        rater TEXT NOT NULL,
        title TEXT NOT NULL,
        question TEXT NOT NULL,
        strengths INTEGER NOT NULL,
        notice TEXT NOT NULL,
        rating TEXT NOT NULL,
        commitment TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;

CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE allocations (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL CHECK (rater = 1),
        position INTEGER NOT NULL,
        draw INTEGER NOT NULL CHECK (draw = 1),
        pack INTEGER CHECK (pack IS NULL),
        kind TEXT NOT NULL CHECK (kind = 'ordinary'),
        item TEXT NOT NULL UNIQUE,
        messages TEXT NOT NULL,
        left_text TEXT NOT NULL,
        right_text TEXT NOT NULL,
        guess_due TEXT NOT NULL CHECK (guess_due IN ('', 'at_once', 'at_end')),
        digest TEXT NOT NULL,
        standing INTEGER REFERENCES events (id),
        standing_kind TEXT NOT NULL DEFAULT '' CHECK (standing_kind IN ('', 'judgment', 'skip')),
        guess INTEGER REFERENCES events (id),
        UNIQUE (rater, position),
        CHECK ((standing IS NULL) = (standing_kind = ''))
    ) STRICT;

CREATE TABLE drafts (
        allocation INTEGER PRIMARY KEY REFERENCES allocations (id),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
        details TEXT NOT NULL
    ) STRICT;

CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL CHECK (rater = 1),
        seq INTEGER NOT NULL,
        allocation INTEGER NOT NULL REFERENCES allocations (id),
        kind TEXT NOT NULL CHECK (kind IN ('judgment', 'skip', 'retraction', 'guess')),
        choice TEXT CHECK (choice IN ('left', 'right', 'tie', 'both_bad')),
        strength INTEGER,
        preference REAL CHECK (preference IS NULL),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
        seconds REAL,
        reason TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        details TEXT NOT NULL,
        UNIQUE (rater, seq),
        FOREIGN KEY (rater, retracts) REFERENCES events (rater, seq),
        CHECK ((kind IN ('judgment', 'guess')) = (choice IS NOT NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT;

CREATE VIEW rated_here AS SELECT * FROM allocations
        WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live';

CREATE INDEX allocations_here ON allocations (rater, position) WHERE standing IS NULL;

CREATE INDEX allocations_progress ON allocations (rater, standing_kind);

CREATE INDEX allocations_standing ON allocations (rater, standing) WHERE standing IS NOT NULL;

CREATE INDEX allocations_guessed ON allocations (rater, guess) WHERE guess IS NOT NULL;

CREATE INDEX allocations_to_guess ON allocations (rater, guess_due, standing_kind, position)
        WHERE guess_due <> '' AND guess IS NULL;

CREATE INDEX allocations_at_end ON allocations (rater, standing_kind) WHERE guess_due = 'at_end';

CREATE UNIQUE INDEX events_retracted ON events (rater, retracts) WHERE retracts IS NOT NULL;

CREATE INDEX events_timed ON events (rater, seq) WHERE seconds IS NOT NULL;
