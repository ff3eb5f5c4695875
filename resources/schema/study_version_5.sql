-- Annotations of experts.

-- Empty for the error scheme of every new study.
ALTER TABLE study ADD COLUMN error_scheme TEXT NOT NULL DEFAULT '';

CREATE TABLE experts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE
    ) STRICT;

-- The annotations of experts, in one hash chain per expert, like the events of raters.
CREATE TABLE annotations (
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
    ) STRICT;

CREATE INDEX annotations_by_response ON annotations (response, kind) WHERE response IS NOT NULL;

CREATE INDEX annotations_by_comparison ON annotations (comparison) WHERE comparison IS NOT NULL;

CREATE UNIQUE INDEX annotations_retracted ON annotations (expert, retracts)
        WHERE retracts IS NOT NULL;

CREATE VIEW standing_annotations AS SELECT * FROM annotations a
        WHERE kind <> 'retraction' AND NOT EXISTS (
            SELECT 1 FROM annotations r WHERE r.expert = a.expert AND r.retracts = a.seq);

-- An answer that an expert annotated must not be replaced either.
CREATE TRIGGER responses_annotated_no_update BEFORE UPDATE ON responses
        WHEN EXISTS (SELECT 1 FROM annotations WHERE response = OLD.id)
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
