-- +goose Up
-- When copies were made and tried, and how that ended; asked for by the schedule, a
-- person or the command line. started_at and finished_at are of the last attempt.
CREATE TABLE backup_run (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('copy', 'drill')),
  account TEXT COLLATE "C" NOT NULL,
  asked_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  attempts BIGINT NOT NULL,
  place TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  bytes BIGINT NOT NULL,
  files BIGINT NOT NULL,
  file_bytes BIGINT NOT NULL,
  removed BIGINT NOT NULL,
  error TEXT COLLATE "C" NOT NULL
);
CREATE INDEX backup_run_asked ON backup_run (asked_at, id);
