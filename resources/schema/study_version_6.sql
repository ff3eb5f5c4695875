-- Optional data of prompts, and reasoning, earlier answers, and counts of responses.

-- Optional data of prompts: task, context, expectation, labels, later turns, further reference answers.
ALTER TABLE prompts ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';

CREATE TRIGGER prompts_fields_no_update BEFORE UPDATE OF fields ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END;

ALTER TABLE responses ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';

-- Answers to the turns of a conversation before the last.
ALTER TABLE responses ADD COLUMN earlier TEXT NOT NULL DEFAULT '[]';

ALTER TABLE responses ADD COLUMN counts TEXT NOT NULL DEFAULT '{}';

DROP TRIGGER responses_no_update;

-- A response whose reasoning was cut before an answer began may be written again, too.
CREATE TRIGGER responses_no_update BEFORE UPDATE ON responses
        WHEN OLD.finish_reason NOT IN ('length', 'no_answer')
            OR (NEW.id, NEW.prompt, NEW.system, NEW.sample)
                <> (OLD.id, OLD.prompt, OLD.system, OLD.sample)
            OR EXISTS (SELECT 1 FROM scores WHERE response = OLD.id)
            OR EXISTS (
                SELECT 1 FROM comparisons c JOIN allocations al ON al.comparison = c.id
                WHERE (c.a = OLD.id OR c.b = OLD.id) AND (al.pack IS NOT NULL OR EXISTS (
                    SELECT 1 FROM events e WHERE e.allocation = al.id)))
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
