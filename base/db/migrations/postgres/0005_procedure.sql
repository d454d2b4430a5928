-- +goose Up
-- A procedure is its versions; a dossier pins the one that it began under.
CREATE TABLE procedure_version (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  code TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  fold TEXT COLLATE "C" NOT NULL,
  level TEXT COLLATE "C" NOT NULL,
  sector TEXT COLLATE "C" NOT NULL,
  sector_code TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  decision TEXT COLLATE "C" NOT NULL,
  subjects TEXT COLLATE "C" NOT NULL,
  channels TEXT COLLATE "C" NOT NULL,
  online_level TEXT COLLATE "C" NOT NULL,
  stops_as TEXT COLLATE "C" NOT NULL CHECK (stops_as IN ('reset', 'pause', 'extend', 'close')),
  closes BOOLEAN NOT NULL,
  closes_after INTEGER NOT NULL,
  after_15h BOOLEAN NOT NULL,
  apology BOOLEAN NOT NULL,
  obligation BOOLEAN NOT NULL,
  hard_area_extra BOOLEAN NOT NULL,
  non_territorial BOOLEAN NOT NULL,
  differs_by_channel BOOLEAN NOT NULL,
  paper_count INTEGER NOT NULL,
  paper_groups INTEGER NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER,
  source TEXT COLLATE "C" NOT NULL,
  source_hash TEXT COLLATE "C" NOT NULL,
  limit_hash TEXT COLLATE "C" NOT NULL,
  fee_hash TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  UNIQUE (code, from_day),
  CHECK (to_day IS NULL OR to_day >= from_day)
);
-- One version at most goes on without an end.
CREATE UNIQUE INDEX procedure_version_open ON procedure_version (code) WHERE to_day IS NULL;

-- How long it may take, in thousandths of the unit; '' matches any case, any
-- channel, an ordinary area.
CREATE TABLE procedure_limit (
  version_id TEXT COLLATE "C" NOT NULL REFERENCES procedure_version (id),
  case_code TEXT COLLATE "C" NOT NULL,
  case_name TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  area_class TEXT COLLATE "C" NOT NULL,
  qty BIGINT NOT NULL,
  unit TEXT COLLATE "C" NOT NULL,
  basis TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (version_id, case_code, channel, area_class)
);

-- Who works on it for how long, in thousandths of an hour, 8 hours a day.
CREATE TABLE procedure_step (
  version_id TEXT COLLATE "C" NOT NULL REFERENCES procedure_version (id),
  case_code TEXT COLLATE "C" NOT NULL,
  ord INTEGER NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  hours BIGINT NOT NULL CHECK (hours > 0),
  PRIMARY KEY (version_id, case_code, ord)
);

CREATE TABLE procedure_paper (
  version_id TEXT COLLATE "C" NOT NULL REFERENCES procedure_version (id),
  ord INTEGER NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  form TEXT COLLATE "C" NOT NULL,
  originals INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  required BOOLEAN NOT NULL,
  PRIMARY KEY (version_id, ord)
);

-- Dong; 0 is free of charge.
CREATE TABLE procedure_fee (
  version_id TEXT COLLATE "C" NOT NULL REFERENCES procedure_version (id),
  channel TEXT COLLATE "C" NOT NULL,
  ord INTEGER NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (version_id, channel, ord)
);

-- What could not be read, for a person to settle. blocks: 'all' keeps the
-- version from being received against, 'area' only in areas with extra time.
CREATE TABLE procedure_problem (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  version_id TEXT COLLATE "C" NOT NULL REFERENCES procedure_version (id),
  field TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  raw TEXT COLLATE "C" NOT NULL,
  blocks TEXT COLLATE "C" NOT NULL CHECK (blocks IN ('', 'area', 'all')),
  settled_at BIGINT,
  settled_by TEXT COLLATE "C" NOT NULL,
  settled_basis TEXT COLLATE "C" NOT NULL
);
CREATE INDEX procedure_problem_version ON procedure_problem (version_id);
CREATE INDEX procedure_problem_open ON procedure_problem (reason, version_id) WHERE settled_at IS NULL;
