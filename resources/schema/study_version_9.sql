-- Judgments that a study inherits from the study before it.

-- The judgments of people in the study before this one. `pair` is the digest of the systems' places, the
-- prompt and both answers; `digest` is that of the event in the chain of the other study.
CREATE TABLE source_judgments (
        id INTEGER PRIMARY KEY,
        pair TEXT NOT NULL,
        rater INTEGER NOT NULL REFERENCES raters (id),
        a_is_left INTEGER CHECK (a_is_left IN (0, 1)),
        choice TEXT NOT NULL CHECK (choice IN ('a', 'b', 'tie', 'both_bad')),
        strength INTEGER,
        preference REAL NOT NULL CHECK (preference BETWEEN 0 AND 1),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL,
        seconds REAL,
        details TEXT NOT NULL,
        at TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE
    ) STRICT;

CREATE INDEX source_judgments_by_pair ON source_judgments (pair);

-- The items whose judgment is inherited.
CREATE TABLE inherited (
        id INTEGER PRIMARY KEY,
        allocation INTEGER NOT NULL UNIQUE REFERENCES allocations (id),
        judgment INTEGER NOT NULL UNIQUE REFERENCES source_judgments (id)
    ) STRICT;
