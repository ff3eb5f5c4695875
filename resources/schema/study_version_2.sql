-- Shared pairs, repeats, controls, gold items, guesses, packs, exclusions, live pairs.

-- The pairs of each slot, if raters share the pairs; a slot is a planned rater, who may not have begun.
CREATE TABLE plans (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        raters INTEGER NOT NULL,
        each INTEGER NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT;

-- The key's columns come first: otherwise SQLite 3.40 takes another column for NULL in its check.
CREATE TABLE shares (
        slot INTEGER NOT NULL,
        comparison INTEGER NOT NULL REFERENCES comparisons (id),
        plan INTEGER NOT NULL REFERENCES plans (id),
        PRIMARY KEY (slot, comparison)
    ) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
        slot INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL UNIQUE REFERENCES raters (id)
    ) STRICT;

CREATE TABLE packs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        record TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;

CREATE TABLE pack_items (
        pack INTEGER NOT NULL REFERENCES packs (id),
        number INTEGER NOT NULL,
        item TEXT NOT NULL UNIQUE,
        allocation INTEGER NOT NULL UNIQUE REFERENCES allocations (id),
        PRIMARY KEY (pack, number)
    ) STRICT, WITHOUT ROWID;

CREATE TABLE merged (
        pack INTEGER NOT NULL REFERENCES packs (id),
        seq INTEGER NOT NULL,
        event INTEGER NOT NULL UNIQUE REFERENCES events (id),
        digest TEXT NOT NULL,
        PRIMARY KEY (pack, seq)
    ) STRICT, WITHOUT ROWID;

CREATE TABLE exclusions (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        excluded INTEGER NOT NULL CHECK (excluded IN (0, 1)),
        reason TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;

ALTER TABLE study ADD COLUMN rating TEXT NOT NULL DEFAULT '{}';

-- Prompts of gold items and of the live page are not the study's own prompts.
ALTER TABLE prompts ADD COLUMN kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'gold', 'live'));

ALTER TABLE events ADD COLUMN details TEXT NOT NULL DEFAULT '';

ALTER TABLE drafts ADD COLUMN details TEXT NOT NULL DEFAULT '';

ALTER TABLE allocations ADD COLUMN kind TEXT NOT NULL DEFAULT 'ordinary'
        CHECK (kind IN ('ordinary', 'control', 'gold', 'live'));

ALTER TABLE allocations ADD COLUMN repeat_of INTEGER REFERENCES allocations (id);

ALTER TABLE allocations ADD COLUMN guess_due TEXT NOT NULL DEFAULT ''
        CHECK (guess_due IN ('', 'at_once', 'at_end'));

ALTER TABLE allocations ADD COLUMN guess INTEGER REFERENCES events (id);

ALTER TABLE allocations ADD COLUMN pack INTEGER REFERENCES packs (id);

UPDATE allocations
    SET kind = (SELECT c.kind FROM comparisons c WHERE c.id = allocations.comparison)
    WHERE comparison IN (SELECT id FROM comparisons WHERE kind <> 'ordinary');

CREATE VIEW rated_here AS SELECT * FROM allocations
    WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live';

CREATE INDEX allocations_here ON allocations (rater, position)
        WHERE standing IS NULL AND pack IS NULL AND kind <> 'live';

CREATE INDEX allocations_progress ON allocations (rater, standing_kind)
        WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live';

CREATE INDEX allocations_guessed ON allocations (rater, guess) WHERE guess IS NOT NULL;

CREATE INDEX allocations_to_guess ON allocations (rater, guess_due, standing_kind, position)
        WHERE guess_due <> '' AND guess IS NULL;

CREATE INDEX allocations_at_end ON allocations (rater, standing_kind) WHERE guess_due = 'at_end';

CREATE INDEX allocations_live ON allocations (rater, standing) WHERE kind = 'live';

CREATE INDEX allocations_repeated ON allocations (repeat_of) WHERE repeat_of IS NOT NULL;

CREATE INDEX shares_by_comparison ON shares (comparison);

CREATE INDEX allocations_compared ON allocations (comparison);

CREATE TRIGGER prompts_kind_no_update BEFORE UPDATE OF kind ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END;

CREATE TRIGGER allocations_plan_no_update BEFORE UPDATE OF kind, repeat_of, guess_due ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;

CREATE TRIGGER allocations_pack_no_update BEFORE UPDATE OF pack ON allocations
        WHEN OLD.pack IS NOT NULL
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
