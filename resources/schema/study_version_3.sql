-- Tags of prompts, options of systems, what was active while a response was written, and scores.

ALTER TABLE prompts ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';

-- Optional data of systems, such as where a system is served and how its weights are loaded.
ALTER TABLE systems ADD COLUMN options TEXT NOT NULL DEFAULT '{}';

-- The adapter and settings that were active while a response was written.
ALTER TABLE responses ADD COLUMN record TEXT NOT NULL DEFAULT '';

CREATE TRIGGER prompts_tags_no_update BEFORE UPDATE OF tags ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END;

CREATE TRIGGER systems_options_no_update BEFORE UPDATE OF options ON systems
        BEGIN SELECT RAISE (ABORT, 'systems is only added to'); END;

-- Findings of the engine that are not responses (examinations).
CREATE TABLE examinations (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('measured', 'scored')),
        record TEXT NOT NULL
    ) STRICT;

-- For each token of a response: the distance of its start from the start of the one before, and its
-- log-probability in units of 1/10,000 nat.
CREATE TABLE scores (
        id INTEGER PRIMARY KEY,
        response INTEGER NOT NULL REFERENCES responses (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        examination INTEGER NOT NULL REFERENCES examinations (id),
        steps TEXT NOT NULL,
        logprobs TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (response, system)
    ) STRICT;
