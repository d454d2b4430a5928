-- +goose Up
-- Weekly digests (bản tin tuần) as they were made: what a leader was told.
CREATE TABLE digest (
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  week INTEGER NOT NULL, -- its Monday
  made_at BIGINT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (unit_id, week)
);
