-- Several answers to a prompt that are ranked at once. Each ranking is one judgment of every pair of them. The
-- allocations of these pairs have consecutive positions, and the position of the first as their series.
ALTER TABLE allocations ADD COLUMN series INTEGER CHECK (series IS NULL OR draw IS NOT NULL);

CREATE INDEX allocations_ranked ON allocations (rater, series) WHERE series IS NOT NULL;

CREATE TRIGGER allocations_series_no_update BEFORE UPDATE OF series ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
