-- +goose Up
-- Weekly digests (bản tin tuần) as they were made: what a leader was told.
CREATE TABLE digest (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  week INTEGER NOT NULL, -- its Monday
  made_at INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (unit_id, week)
) STRICT, WITHOUT ROWID;
