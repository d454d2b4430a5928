-- +goose Up
-- When copies were made and tried, and how that ended; asked for by the schedule, a
-- person or the command line. started_at and finished_at are of the last attempt.
CREATE TABLE backup_run (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('copy', 'drill')),
  account TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  attempts INTEGER NOT NULL,
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  files INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  error TEXT NOT NULL
) STRICT;
CREATE INDEX backup_run_asked ON backup_run (asked_at, id);
