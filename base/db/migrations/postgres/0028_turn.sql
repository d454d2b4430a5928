-- +goose Up
-- Queue numbers at the counter (số thứ tự). A kind of business has a letter of its
-- own for good, so that a printed number never means two things.
CREATE TABLE turn_kind (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  letter TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  ord BIGINT NOT NULL,
  ended_at BIGINT,
  UNIQUE (unit_id, letter)
);

-- The last number given of a kind on a day.
CREATE TABLE turn_number (
  kind_id TEXT COLLATE "C" NOT NULL REFERENCES turn_kind (id),
  day BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (kind_id, day)
);

-- A turn waits while desk is '' and ended_at is null, and is called while desk is
-- not ''. It holds nothing of the person. account is '' for one taken at a kiosk.
CREATE TABLE turn (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  day BIGINT NOT NULL,
  kind_id TEXT COLLATE "C" NOT NULL REFERENCES turn_kind (id),
  number BIGINT NOT NULL,
  waits_for TEXT COLLATE "C" NOT NULL REFERENCES turn_kind (id),
  priority BOOLEAN NOT NULL,
  taken_at BIGINT NOT NULL,
  taken_by TEXT COLLATE "C" NOT NULL,
  placed_at BIGINT NOT NULL,
  called_at BIGINT,
  recalled_at BIGINT,
  desk TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  misses BIGINT NOT NULL,
  ended_at BIGINT,
  ending TEXT COLLATE "C" NOT NULL CHECK (ending IN ('', 'served', 'missed')),
  UNIQUE (kind_id, day, number)
);
CREATE INDEX turn_day ON turn (unit_id, day);

-- Where an officer sits and which kinds are called to there.
CREATE TABLE turn_desk (
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  account TEXT COLLATE "C" NOT NULL,
  desk TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (unit_id, account)
);
CREATE TABLE turn_desk_kind (
  unit_id TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  kind_id TEXT COLLATE "C" NOT NULL REFERENCES turn_kind (id),
  PRIMARY KEY (unit_id, account, kind_id)
);
