-- Annotations from packs.

-- The rows of packs as they were in the pack, each with the study's annotation made from it. It has none
-- if its text is no system's answer, or if it takes back a mark that was taken back here already.
CREATE TABLE merged_annotations (
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
    ) STRICT, WITHOUT ROWID;
