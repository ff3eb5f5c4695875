BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'ftcompare-study','version_1','2026-11-20 07:09:32.791850+00:00');
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
INSERT INTO "allocations" VALUES(1,1,2,1,0,1,NULL,1,'judgment');
INSERT INTO "allocations" VALUES(2,1,3,1,1,0,NULL,2,'skip');
INSERT INTO "allocations" VALUES(3,1,1,1,2,1,NULL,NULL,'');
INSERT INTO "allocations" VALUES(4,2,4,NULL,NULL,0,'680afd34d0dce3bdc8ea31c8ab47ce967b8776e5bf5d3d3f55c26e47555d179f',5,'judgment');
CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;
INSERT INTO "audit" VALUES(1,'2026-11-20T09:00:00.000Z','created','{"version":1}','c4e91baaeec9418ac0066191d36c0b9c2622f477170dd412bd2e547e075fb80f');
INSERT INTO "audit" VALUES(2,'2026-11-20T09:00:00.000Z','run-started','{"record":"97a1b3a1b88eaa96b8820e2e36516bab50f89084eb75cc1ae7635f99abc4e4cb","run":1}','4960e9dd309963c1005b0bd7a616a666ef1493779dd3321fb16599d89e528ed4');
INSERT INTO "audit" VALUES(3,'2026-11-20T09:00:00.000Z','allocated','{"commitment":"a2687628c9f25a0e66afc53ff8fd8d245e0c1fa05e9c8d0d870c45b30a5470ae","draw":1,"items":3,"rater":1}','5fe1088d0532b2b67f174095ac3806d12bf264e8eaa447f83a73f590644bbc64');
INSERT INTO "audit" VALUES(4,'2026-11-20T09:00:00.000Z','judgments-imported','{"comparisons":1,"judgments":1,"prompts":1,"raters":1,"responses":2,"systems":2}','e7b058e83b81714491b480c65d54dab72f76386ab743f1425120fa3db905ea7f');
INSERT INTO "audit" VALUES(5,'2026-11-20T09:00:00.000Z','unblinded','{"reason":"all judged"}','86933f5660552c82817a81c4a0af09643f780004f73c7eeffe7da7111297dad8');
CREATE TABLE comparisons (
        id INTEGER PRIMARY KEY,
        a INTEGER NOT NULL REFERENCES responses (id),
        b INTEGER NOT NULL REFERENCES responses (id),
        kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'control', 'gold')),
        UNIQUE (a, b, kind)
    ) STRICT;
INSERT INTO "comparisons" VALUES(1,1,2,'ordinary');
INSERT INTO "comparisons" VALUES(2,3,4,'ordinary');
INSERT INTO "comparisons" VALUES(3,5,6,'ordinary');
INSERT INTO "comparisons" VALUES(4,7,8,'ordinary');
CREATE TABLE drafts (
        allocation INTEGER PRIMARY KEY REFERENCES allocations (id),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL
    ) STRICT;
INSERT INTO "drafts" VALUES(3,'taken back',0);
CREATE TABLE draws (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT;
INSERT INTO "draws" VALUES(1,1,'2026-11-20T09:00:00.000Z','216363698b529b4a97b750923ceb3ffd','795b929e9a9a80fdea7b5bf55eb561a4','a2687628c9f25a0e66afc53ff8fd8d245e0c1fa05e9c8d0d870c45b30a5470ae');
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
INSERT INTO "events" VALUES(1,1,1,1,'judgment','left',2,NULL,'clearer',1,1.25,'',NULL,'2026-11-20T09:00:00.000Z','9835ae49d4f254801947332b3b3ec87dcd15a9aa7bc7d705e926c911a2e91aee');
INSERT INTO "events" VALUES(2,1,2,2,'skip',NULL,NULL,NULL,'hm',0,2.0,'cannot tell',NULL,'2026-11-20T09:00:00.000Z','eac814b087f82d4c9103aa050805d1a3eb9d458134622400109f68d11ad0ee83');
INSERT INTO "events" VALUES(3,1,3,3,'judgment','tie',NULL,NULL,'taken back',0,NULL,'',NULL,'2026-11-20T09:00:00.000Z','d9c28a504abb84caa8ac4278693b2a8fc05b73f5e39590c7b6803f0a64d09890');
INSERT INTO "events" VALUES(4,1,4,3,'retraction',NULL,NULL,NULL,'',0,NULL,'',3,'2026-11-20T09:00:00.000Z','b8ae747aae6ebac74f4e815bae7c2640ef4665ddadbd7c777089e4134155f495');
INSERT INTO "events" VALUES(5,2,1,4,'judgment','a',NULL,0.25,'',0,NULL,'',NULL,'','7506cb35d3594b31fe55c505d24a57519c4b7dc0c18f227cb38945fa372bacaf');
CREATE TABLE failures (
        prompt INTEGER PRIMARY KEY REFERENCES prompts (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (id)
    ) STRICT;
INSERT INTO "failures" VALUES(4,'out of memory',1);
CREATE TABLE glossary (
        id INTEGER PRIMARY KEY,
        term TEXT NOT NULL,
        status TEXT NOT NULL,
        concept TEXT NOT NULL,
        language TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT;
INSERT INTO "glossary" VALUES(1,'myocardial infarction','preferred','mi','en','');
INSERT INTO "glossary" VALUES(2,'heart attack','deprecated','mi','en','lay');
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
INSERT INTO "prompts" VALUES(1,'p0','[["user","Question 0?"]]','heart','trained','ref','["check"]','8d778842d0a86e5937065607333e2fc2e277d115a8e5fa546217bd56d2f91d1c','ac24b2b27eb780ad74779efabdb3e31622c6080da7a8abc39a30e16750838552');
INSERT INTO "prompts" VALUES(2,'p1','[["user","Question 1?"]]','heart','trained','ref','["check"]','775e6cfe0845bbe27fc251708956789d95c059589b9a2dae7eff906cefc3b6f4','ee84e2c3f36e9a672ee19e8c0b2c2ff25182be07ea07ddf5a7067f05616ab0dc');
INSERT INTO "prompts" VALUES(3,'p2','[["user","Question 2?"]]','heart','trained','ref','["check"]','ea4cdf8f0d14b9a4581869a02c1a18f2660365edf6e2356f4cb15b8963727895','625cff6ec0f530db12a15dca48f09c81422b7ba5af5f87335a36803b43cbc56d');
INSERT INTO "prompts" VALUES(4,'p3','[["user","Question 3?"]]','heart','trained','ref','["check"]','5da1e065e63cd984e2f86b4a0e8da11bb2a30e6e678d865254143c9787d8746c','e59690054f55dbe4359af823cb80733b70956c44cee964edd8e9af74c9092561');
INSERT INTO "prompts" VALUES(5,'imported-d96b4f7797ad05a3','[["user","Imported?"]]','','','','[]','d96b4f7797ad05a393b58c9bb9bf38c80a4507bbe8f38ca86db1c746e2f6141d','047755e4a1d5c3fac8d7619540c82b5c1d3a6b887502f562e91ed18ad1b1802e');
CREATE TABLE raters (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        kind TEXT NOT NULL,
        UNIQUE (folded, kind)
    ) STRICT;
INSERT INTO "raters" VALUES(1,'Ann','ann','human');
INSERT INTO "raters" VALUES(2,'Zoe','zoe','human');
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
INSERT INTO "responses" VALUES(1,1,1,0,'end',5,1,'1f12d3c0e2a852425025df52386f7bb94d739d38db1d8fdab8ccfe3dc757983d','plain on p0');
INSERT INTO "responses" VALUES(2,1,2,0,'end',5,1,'b4055f51dde58c4231eea3b1ecdec41600af24812358fba4941eb59332d96ef3','tuned on p0');
INSERT INTO "responses" VALUES(3,2,1,0,'end',5,1,'336e0313d6aca6813863a27ee5beecd0c9264cc83ae32af79a365c97a9a9f5e1','plain on p1');
INSERT INTO "responses" VALUES(4,2,2,0,'end',5,1,'624d4daf237b98e4fe7227b8b32f6a6147cfe4d9c41a0fbe37f6aad69691041e','tuned on p1');
INSERT INTO "responses" VALUES(5,3,1,0,'end',5,1,'658974495e899f99a253a047572e48aa7971bee2caf69fc0bde4dfc5eb7ebb93','plain on p2');
INSERT INTO "responses" VALUES(6,3,2,0,'end',5,1,'47710b7ecc68b43f7b70a78c7dffc7932fe485322da886d3eae863ae70d4ea5b','tuned on p2');
INSERT INTO "responses" VALUES(7,5,3,0,'imported',NULL,NULL,'dde5732157def38556839279ff698771f89fddc3d9c7408090e1b9e5051ba2b6','one');
INSERT INTO "responses" VALUES(8,5,4,0,'imported',NULL,NULL,'156edcef24392da4c5a44feade2695ea3d4a356fffba371c95140a2731c30b1e','other');
CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT;
INSERT INTO "runs" VALUES(1,'2026-11-20T09:00:00.000Z','{"seed":1,"temperature":0.5}');
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "state" VALUES('page','rate');
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
INSERT INTO "study" VALUES(1,'Kept','Which answer would you rather have given?',2,'demonstration','db5b5fab8f4d3e27dda1494c73cf256d','2026-11-20T09:00:00.000Z','2026-11-20T09:00:00.000Z','all judged');
CREATE TABLE systems (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        model TEXT NOT NULL,
        adapter TEXT NOT NULL,
        neutral_name TEXT NOT NULL
    ) STRICT;
INSERT INTO "systems" VALUES(1,'plain','base','models/plain','','System X');
INSERT INTO "systems" VALUES(2,'tuned','adapter','models/plain','adapters/tuned','System Y');
INSERT INTO "systems" VALUES(3,'x','imported','','','System Z');
INSERT INTO "systems" VALUES(4,'y','imported','','','System W');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
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
CREATE TRIGGER responses_no_update BEFORE UPDATE ON responses
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
CREATE TRIGGER responses_no_delete BEFORE DELETE ON responses
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
CREATE TRIGGER comparisons_no_update BEFORE UPDATE ON comparisons
        BEGIN SELECT RAISE (ABORT, 'comparisons is only added to'); END;
CREATE TRIGGER comparisons_no_delete BEFORE DELETE ON comparisons
        BEGIN SELECT RAISE (ABORT, 'comparisons is only added to'); END;
CREATE TRIGGER raters_no_update BEFORE UPDATE ON raters
        BEGIN SELECT RAISE (ABORT, 'raters is only added to'); END;
CREATE TRIGGER raters_no_delete BEFORE DELETE ON raters
        BEGIN SELECT RAISE (ABORT, 'raters is only added to'); END;
CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs
        BEGIN SELECT RAISE (ABORT, 'runs is only added to'); END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
        BEGIN SELECT RAISE (ABORT, 'runs is only added to'); END;
CREATE TRIGGER draws_no_update BEFORE UPDATE ON draws
        BEGIN SELECT RAISE (ABORT, 'draws is only added to'); END;
CREATE TRIGGER draws_no_delete BEFORE DELETE ON draws
        BEGIN SELECT RAISE (ABORT, 'draws is only added to'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
        BEGIN SELECT RAISE (ABORT, 'events is only added to'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
        BEGIN SELECT RAISE (ABORT, 'events is only added to'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE (ABORT, 'audit is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE (ABORT, 'audit is only added to'); END;
CREATE TRIGGER systems_no_update BEFORE UPDATE OF id, name, kind, model, adapter ON systems
        BEGIN SELECT RAISE (ABORT, 'systems is only added to'); END;
CREATE TRIGGER prompts_no_update BEFORE UPDATE OF id, key, messages, category, split, reference, checks, messages_digest, digest ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END;
CREATE TRIGGER allocations_no_update BEFORE UPDATE OF id, rater, comparison, draw, position, a_is_left, origin ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
CREATE TRIGGER allocations_no_delete BEFORE DELETE ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
COMMIT;
