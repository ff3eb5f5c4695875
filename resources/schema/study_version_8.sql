-- Judges, scores of labels, results of code, and benchmarks.

-- A judge that is a model, with its rubric; its votes are judgments of its automatic rater.
CREATE TABLE judges (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rater INTEGER NOT NULL UNIQUE REFERENCES raters (id),
        record TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;

-- A judge's replies to a pair in one order, or to one answer: each try, and the outcome read from them.
CREATE TABLE judge_replies (
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
    ) STRICT;

CREATE UNIQUE INDEX judge_replies_by_pair ON judge_replies (comparison, judge, a_first)
        WHERE comparison IS NOT NULL;

CREATE UNIQUE INDEX judge_replies_by_response ON judge_replies (response, judge)
        WHERE response IS NOT NULL;

-- The log-probabilities of a prompt's labels under a system, in the labels' order.
CREATE TABLE label_scores (
        id INTEGER PRIMARY KEY,
        examination INTEGER NOT NULL REFERENCES examinations (id),
        prompt INTEGER NOT NULL REFERENCES prompts (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        logprobs TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (prompt, system)
    ) STRICT;

-- Whether the code of an answer passes tests; `tests` is the digest of the tests that were run with it.
CREATE TABLE code_results (
        id INTEGER PRIMARY KEY,
        examination INTEGER NOT NULL REFERENCES examinations (id),
        response INTEGER NOT NULL REFERENCES responses (id),
        tests TEXT NOT NULL,
        outcome TEXT NOT NULL,
        detail TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (response, tests)
    ) STRICT;

-- One metric of one item of a benchmark task for one system.
CREATE TABLE benchmark_results (
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
    ) STRICT;

CREATE INDEX benchmark_results_by_task ON benchmark_results (task, system);

DROP TRIGGER responses_annotated_no_update;

-- An answer that was judged by a model, confirmed by a person or run as code must not be replaced either.
CREATE TRIGGER responses_annotated_no_update BEFORE UPDATE ON responses
        WHEN EXISTS (SELECT 1 FROM annotations WHERE response = OLD.id)
            OR EXISTS (SELECT 1 FROM code_results WHERE response = OLD.id)
            OR EXISTS (SELECT 1 FROM judge_replies WHERE response = OLD.id)
            OR EXISTS (
                SELECT 1 FROM comparisons c JOIN judge_replies j ON j.comparison = c.id
                WHERE c.a = OLD.id OR c.b = OLD.id)
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
