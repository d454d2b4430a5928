-- +goose Up
-- Working time of a unit and of what lies below it, from a day on; its week is in
-- calendar_session.
CREATE TABLE calendar (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  from_day INTEGER NOT NULL,
  convention TEXT NOT NULL CHECK (convention IN ('days', 'clock')),
  same_day_until INTEGER NOT NULL, -- second of the day
  as_received INTEGER NOT NULL,
  reason TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  told_at INTEGER, -- when the other rooms were told; a week that lies ahead waits
  PRIMARY KEY (unit_id, from_day)
) STRICT;

-- The sessions of each weekday (0 is Sunday), in seconds since midnight.
CREATE TABLE calendar_session (
  unit_id TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  opens INTEGER NOT NULL,
  closes INTEGER NOT NULL CHECK (closes > opens),
  counts INTEGER NOT NULL,
  PRIMARY KEY (unit_id, from_day, weekday, opens),
  FOREIGN KEY (unit_id, from_day) REFERENCES calendar (unit_id, from_day)
) STRICT;

-- Days on which an office differs from its usual week. Without unit it holds in
-- the whole nation. A row is never changed: it is withdrawn, and another added.
CREATE TABLE day_off (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT REFERENCES unit (id),
  day INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('off', 'work')),
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  replaces INTEGER,
  reason TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL,
  withdrawn_at INTEGER,
  withdrawn_by TEXT NOT NULL,
  withdrawn_reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX day_off_one ON day_off (COALESCE(unit_id, ''), day) WHERE withdrawn_at IS NULL;
