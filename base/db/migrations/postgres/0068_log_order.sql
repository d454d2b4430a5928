-- +goose Up
-- In which order entries came that are not in the log yet: the database counts, for ids
-- begin with the time of the server that made them, and servers' clocks differ. What waits
-- already enters as it would have, by its id.
ALTER TABLE log_pending ADD COLUMN came BIGSERIAL;
UPDATE log_pending SET came = r.n
FROM (SELECT entry_id, ROW_NUMBER() OVER (ORDER BY entry_id) AS n FROM log_pending) r
WHERE r.entry_id = log_pending.entry_id;
SELECT setval(pg_get_serial_sequence('log_pending', 'came'), COALESCE(MAX(came), 0) + 1, false) FROM log_pending;
CREATE INDEX log_pending_came ON log_pending (came);
