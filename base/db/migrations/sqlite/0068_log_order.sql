-- +goose Up
-- In which order entries came that are not in the log yet: PostgreSQL counts. Here rows of
-- the trail are numbered as they come (rowid), and came is 0; what was loaded from
-- PostgreSQL keeps what it had. What waits already enters as it would have, by its id.
ALTER TABLE log_pending ADD COLUMN came INTEGER NOT NULL DEFAULT 0;
UPDATE log_pending SET came = r.n
FROM (SELECT entry_id, ROW_NUMBER() OVER (ORDER BY entry_id) AS n FROM log_pending) r
WHERE r.entry_id = log_pending.entry_id;
