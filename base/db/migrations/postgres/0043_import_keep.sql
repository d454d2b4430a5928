-- +goose Up
-- Files that were taken in or given up hold people's papers: they go some time
-- after their run ended, or at once when somebody in them is erased. The run, with
-- the file's hash and counts, stays.
ALTER TABLE import_run ADD COLUMN file_gone_at BIGINT;
CREATE INDEX import_run_kept ON import_run (ended_at) WHERE file_gone_at IS NULL;
