-- +goose Up
-- Changes of calendars and what came of them: how many promises moved when the
-- open deadlines were projected anew.
CREATE TABLE calendar_change (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT REFERENCES unit (id),
  verb TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  reason TEXT NOT NULL,
  account TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  moved INTEGER NOT NULL
) STRICT;
CREATE INDEX calendar_change_unit ON calendar_change (COALESCE(unit_id, ''), recorded_at);
