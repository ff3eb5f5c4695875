-- Marks of errors, with the columns of a study's, so that `Annotations` works on both. An answer here is a text of
-- an item.

CREATE TABLE annotations (
        id INTEGER PRIMARY KEY,
        expert INTEGER NOT NULL CHECK (expert = 1),
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('mark', 'reviewed', 'retraction')),
        response INTEGER,
        comparison INTEGER CHECK (comparison IS NULL),
        record TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (expert, seq),
        FOREIGN KEY (expert, retracts) REFERENCES annotations (expert, seq),
        CHECK ((kind = 'retraction') = (response IS NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT;

CREATE INDEX annotations_by_response ON annotations (response, kind) WHERE response IS NOT NULL;

CREATE UNIQUE INDEX annotations_retracted ON annotations (expert, retracts)
        WHERE retracts IS NOT NULL;

CREATE VIEW standing_annotations AS SELECT * FROM annotations a
        WHERE kind <> 'retraction' AND NOT EXISTS (
            SELECT 1 FROM annotations r WHERE r.expert = a.expert AND r.retracts = a.seq);
