-- +goose Up
-- Changes of calendars and what came of them: how many promises moved when the
-- open deadlines were projected anew.
CREATE TABLE calendar_change (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" REFERENCES unit (id),
  verb TEXT COLLATE "C" NOT NULL,
  from_day INTEGER NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  moved INTEGER NOT NULL
);
CREATE INDEX calendar_change_unit ON calendar_change (COALESCE(unit_id, ''), recorded_at);
