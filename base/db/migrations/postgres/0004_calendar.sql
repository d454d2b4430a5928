-- +goose Up
-- Working time of a unit and of what lies below it, from a day on; its week is in
-- calendar_session.
CREATE TABLE calendar (
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  from_day INTEGER NOT NULL,
  convention TEXT COLLATE "C" NOT NULL CHECK (convention IN ('days', 'clock')),
  same_day_until INTEGER NOT NULL, -- second of the day
  as_received BOOLEAN NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  told_at BIGINT, -- when the other rooms were told; a week that lies ahead waits
  PRIMARY KEY (unit_id, from_day)
);

-- The sessions of each weekday (0 is Sunday), in seconds since midnight.
CREATE TABLE calendar_session (
  unit_id TEXT COLLATE "C" NOT NULL,
  from_day INTEGER NOT NULL,
  weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  opens INTEGER NOT NULL,
  closes INTEGER NOT NULL CHECK (closes > opens),
  counts BOOLEAN NOT NULL,
  PRIMARY KEY (unit_id, from_day, weekday, opens),
  FOREIGN KEY (unit_id, from_day) REFERENCES calendar (unit_id, from_day)
);

-- Days on which an office differs from its usual week. Without unit it holds in
-- the whole nation. A row is never changed: it is withdrawn, and another added.
CREATE TABLE day_off (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" REFERENCES unit (id),
  day INTEGER NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('off', 'work')),
  name TEXT COLLATE "C" NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  replaces INTEGER,
  reason TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT COLLATE "C" NOT NULL,
  withdrawn_at BIGINT,
  withdrawn_by TEXT COLLATE "C" NOT NULL,
  withdrawn_reason TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX day_off_one ON day_off (COALESCE(unit_id, ''), day) WHERE withdrawn_at IS NULL;
