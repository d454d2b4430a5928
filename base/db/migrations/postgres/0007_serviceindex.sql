-- +goose Up
-- What was entered by hand for the service index, by unit and month. A row is a
-- version and never changes but for superseded_at; month is its first day.
CREATE TABLE entered_measure (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  metric TEXT COLLATE "C" NOT NULL,
  month INTEGER NOT NULL,
  version INTEGER NOT NULL,
  numerator BIGINT NOT NULL,
  denominator BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  entered_at BIGINT NOT NULL,
  superseded_at BIGINT,
  CONSTRAINT entered_measure_version UNIQUE (unit_id, metric, month, version),
  CHECK (numerator >= 0 AND numerator <= denominator)
);
CREATE UNIQUE INDEX entered_measure_current ON entered_measure (month, unit_id, metric) WHERE superseded_at IS NULL;

-- A period's numbers as they were first reported after its end; kept as they
-- are, whatever becomes known later.
CREATE TABLE index_closed (
  kind TEXT COLLATE "C" NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  set_id TEXT COLLATE "C" NOT NULL,
  closed_at BIGINT NOT NULL,
  PRIMARY KEY (kind, to_day)
);

-- Each unit's own numbers, without what is below it: metric to numerator and
-- denominator, in JSON.
CREATE TABLE index_closed_unit (
  kind TEXT COLLATE "C" NOT NULL,
  to_day INTEGER NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  dossiers BIGINT NOT NULL,
  numbers TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, to_day, unit_id),
  FOREIGN KEY (kind, to_day) REFERENCES index_closed (kind, to_day)
);
