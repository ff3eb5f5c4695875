-- Responses that were cut can be replaced while nothing refers to them.

DROP TRIGGER responses_no_update;

-- A response that was cut may be replaced by a longer one while nothing refers to it.
CREATE TRIGGER responses_no_update BEFORE UPDATE ON responses
        WHEN OLD.finish_reason <> 'length'
            OR (NEW.id, NEW.prompt, NEW.system, NEW.sample)
                <> (OLD.id, OLD.prompt, OLD.system, OLD.sample)
            OR EXISTS (SELECT 1 FROM scores WHERE response = OLD.id)
            OR EXISTS (
                SELECT 1 FROM comparisons c JOIN allocations al ON al.comparison = c.id
                WHERE (c.a = OLD.id OR c.b = OLD.id) AND (al.pack IS NOT NULL OR EXISTS (
                    SELECT 1 FROM events e WHERE e.allocation = al.id)))
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
