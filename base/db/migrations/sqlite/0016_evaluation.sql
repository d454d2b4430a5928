-- +goose Up
-- What people enter for the indices of the evaluation that facts cannot tell:
-- publicity, and feedback answered in time. What stood before is in the trail.
CREATE TABLE evaluation_entry (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  set_id TEXT NOT NULL,
  code TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  choice TEXT NOT NULL,
  numerator INTEGER NOT NULL,
  denominator INTEGER NOT NULL,
  source TEXT NOT NULL,
  account TEXT NOT NULL,
  entered_at INTEGER NOT NULL,
  PRIMARY KEY (unit_id, set_id, code, from_day, to_day)
) STRICT;
