-- +goose Up
-- Queue numbers at the counter (số thứ tự). A kind of business has a letter of its
-- own for good, so that a printed number never means two things.
CREATE TABLE turn_kind (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  letter TEXT NOT NULL,
  name TEXT NOT NULL,
  ord INTEGER NOT NULL,
  ended_at INTEGER,
  UNIQUE (unit_id, letter)
) STRICT;

-- The last number given of a kind on a day.
CREATE TABLE turn_number (
  kind_id TEXT NOT NULL REFERENCES turn_kind (id),
  day INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (kind_id, day)
) STRICT, WITHOUT ROWID;

-- A turn waits while desk is '' and ended_at is null, and is called while desk is
-- not ''. It holds nothing of the person. account is '' for one taken at a kiosk.
CREATE TABLE turn (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  day INTEGER NOT NULL,
  kind_id TEXT NOT NULL REFERENCES turn_kind (id),
  number INTEGER NOT NULL,
  waits_for TEXT NOT NULL REFERENCES turn_kind (id),
  priority INTEGER NOT NULL CHECK (priority IN (0, 1)),
  taken_at INTEGER NOT NULL,
  taken_by TEXT NOT NULL,
  placed_at INTEGER NOT NULL,
  called_at INTEGER,
  recalled_at INTEGER,
  desk TEXT NOT NULL,
  account TEXT NOT NULL,
  misses INTEGER NOT NULL,
  ended_at INTEGER,
  ending TEXT NOT NULL CHECK (ending IN ('', 'served', 'missed')),
  UNIQUE (kind_id, day, number)
) STRICT;
CREATE INDEX turn_day ON turn (unit_id, day);

-- Where an officer sits and which kinds are called to there.
CREATE TABLE turn_desk (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  account TEXT NOT NULL,
  desk TEXT NOT NULL,
  PRIMARY KEY (unit_id, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE turn_desk_kind (
  unit_id TEXT NOT NULL,
  account TEXT NOT NULL,
  kind_id TEXT NOT NULL REFERENCES turn_kind (id),
  PRIMARY KEY (unit_id, account, kind_id)
) STRICT, WITHOUT ROWID;
