-- +goose Up
-- A procedure is its versions; a dossier pins the one that it began under.
CREATE TABLE procedure_version (
  id TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  fold TEXT NOT NULL,
  level TEXT NOT NULL,
  sector TEXT NOT NULL,
  sector_code TEXT NOT NULL,
  kind TEXT NOT NULL,
  decision TEXT NOT NULL,
  subjects TEXT NOT NULL,
  channels TEXT NOT NULL,
  online_level TEXT NOT NULL,
  stops_as TEXT NOT NULL CHECK (stops_as IN ('reset', 'pause', 'extend', 'close')),
  closes INTEGER NOT NULL,
  closes_after INTEGER NOT NULL,
  after_15h INTEGER NOT NULL,
  apology INTEGER NOT NULL,
  obligation INTEGER NOT NULL,
  hard_area_extra INTEGER NOT NULL,
  non_territorial INTEGER NOT NULL,
  differs_by_channel INTEGER NOT NULL,
  paper_count INTEGER NOT NULL,
  paper_groups INTEGER NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER,
  source TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  limit_hash TEXT NOT NULL,
  fee_hash TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  UNIQUE (code, from_day),
  CHECK (to_day IS NULL OR to_day >= from_day)
) STRICT;
-- One version at most goes on without an end.
CREATE UNIQUE INDEX procedure_version_open ON procedure_version (code) WHERE to_day IS NULL;

-- How long it may take, in thousandths of the unit; '' matches any case, any
-- channel, an ordinary area.
CREATE TABLE procedure_limit (
  version_id TEXT NOT NULL REFERENCES procedure_version (id),
  case_code TEXT NOT NULL,
  case_name TEXT NOT NULL,
  channel TEXT NOT NULL,
  area_class TEXT NOT NULL,
  qty INTEGER NOT NULL,
  unit TEXT NOT NULL,
  basis TEXT NOT NULL,
  PRIMARY KEY (version_id, case_code, channel, area_class)
) STRICT;

-- Who works on it for how long, in thousandths of an hour, 8 hours a day.
CREATE TABLE procedure_step (
  version_id TEXT NOT NULL REFERENCES procedure_version (id),
  case_code TEXT NOT NULL,
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  body TEXT NOT NULL,
  hours INTEGER NOT NULL CHECK (hours > 0),
  PRIMARY KEY (version_id, case_code, ord)
) STRICT;

CREATE TABLE procedure_paper (
  version_id TEXT NOT NULL REFERENCES procedure_version (id),
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  form TEXT NOT NULL,
  originals INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  required INTEGER NOT NULL,
  PRIMARY KEY (version_id, ord)
) STRICT;

-- Dong; 0 is free of charge.
CREATE TABLE procedure_fee (
  version_id TEXT NOT NULL REFERENCES procedure_version (id),
  channel TEXT NOT NULL,
  ord INTEGER NOT NULL,
  label TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (version_id, channel, ord)
) STRICT;

-- What could not be read, for a person to settle. blocks: 'all' keeps the
-- version from being received against, 'area' only in areas with extra time.
CREATE TABLE procedure_problem (
  id TEXT NOT NULL PRIMARY KEY,
  version_id TEXT NOT NULL REFERENCES procedure_version (id),
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL,
  blocks TEXT NOT NULL CHECK (blocks IN ('', 'area', 'all')),
  settled_at INTEGER,
  settled_by TEXT NOT NULL,
  settled_basis TEXT NOT NULL
) STRICT;
CREATE INDEX procedure_problem_version ON procedure_problem (version_id);
CREATE INDEX procedure_problem_open ON procedure_problem (reason, version_id) WHERE settled_at IS NULL;
