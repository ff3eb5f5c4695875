-- What raters answer before the first pair and after the last one. It is stored apart from judgments, and no
-- digest covers it. The newest of several answers to one question counts.
CREATE TABLE survey_answers (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        moment TEXT NOT NULL CHECK (moment IN ('before', 'after', 'address')),
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        at TEXT NOT NULL,
        UNIQUE (rater, moment, question, at)
    ) STRICT;
