-- +goose Up
-- Dossiers (hồ sơ). Table dossier_fact is the truth; dossier holds what follows
-- from it, moved in the same write, and the tallies count it.
CREATE TABLE dossier (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  system TEXT COLLATE "C" NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  promised_unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  procedure_code TEXT COLLATE "C" NOT NULL,
  version_id TEXT COLLATE "C" REFERENCES procedure_version (id),
  sector TEXT COLLATE "C" NOT NULL,
  case_code TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('direct', 'online', 'post')),
  return_by TEXT COLLATE "C" NOT NULL CHECK (return_by IN ('counter', 'post', 'online')),
  area_class TEXT COLLATE "C" NOT NULL,
  territorial BOOLEAN NOT NULL,
  convention TEXT COLLATE "C" NOT NULL,
  limit_qty BIGINT,
  limit_unit TEXT COLLATE "C" NOT NULL,
  limit_basis TEXT NOT NULL,
  stops_as TEXT COLLATE "C" NOT NULL,
  external_due BOOLEAN NOT NULL,
  rating_token TEXT COLLATE "C" NOT NULL,
  -- what follows from the facts
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 10),
  registered_at BIGINT,
  accepted_at BIGINT,
  accepted_day INTEGER,
  not_accepted_at BIGINT,
  started_at BIGINT,
  ended_at BIGINT,
  ended_day INTEGER,
  end_kind TEXT COLLATE "C" NOT NULL,
  returned_at BIGINT,
  due_original BIGINT,
  due_at BIGINT,
  due_day INTEGER,
  due_promised BIGINT,
  due_maximum BIGINT,
  waiting TEXT COLLATE "C" NOT NULL,
  waiting_since BIGINT,
  waiting_late BOOLEAN NOT NULL,
  supplements INTEGER NOT NULL,
  asked_before INTEGER NOT NULL,
  withdrawal_at BIGINT,
  apology_at BIGINT,
  verdict TEXT COLLATE "C" NOT NULL,
  timed_day INTEGER,
  timed_ok BOOLEAN NOT NULL,
  marks INTEGER NOT NULL,
  rating INTEGER NOT NULL,
  transfers INTEGER NOT NULL,
  by_instant BOOLEAN NOT NULL,
  facts INTEGER NOT NULL,
  last_at BIGINT NOT NULL,
  last_recorded BIGINT NOT NULL,
  -- who holds it now
  step_name TEXT NOT NULL,
  step_role TEXT COLLATE "C" NOT NULL,
  step_account TEXT COLLATE "C" NOT NULL,
  step_due BIGINT,
  UNIQUE (system, code)
);
CREATE INDEX dossier_open_due ON dossier (unit_id, due_at) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
CREATE INDEX dossier_no_due ON dossier (unit_id) WHERE due_at IS NULL AND ended_at IS NULL AND accepted_at IS NOT NULL;
CREATE INDEX dossier_due ON dossier (due_at) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
CREATE INDEX dossier_waiting_for ON dossier (unit_id, step_role, step_due) WHERE ended_at IS NULL;
CREATE INDEX dossier_new ON dossier (unit_id, registered_at) WHERE accepted_at IS NULL AND not_accepted_at IS NULL;
CREATE INDEX dossier_uncollected ON dossier (unit_id, ended_at) WHERE ended_at IS NOT NULL AND returned_at IS NULL;
CREATE INDEX dossier_accepted ON dossier (promised_unit_id, accepted_day);
CREATE INDEX dossier_ended ON dossier (unit_id, ended_day) WHERE ended_day IS NOT NULL;
CREATE INDEX dossier_timed ON dossier (unit_id, timed_day) WHERE timed_day IS NOT NULL;
CREATE INDEX dossier_code ON dossier (code);
CREATE INDEX dossier_recorded ON dossier (last_recorded);
CREATE INDEX dossier_rating_token ON dossier (rating_token) WHERE rating_token <> '';

-- Personal data live here and nowhere else, so that they can be masked, counted
-- when read, and erased.
CREATE TABLE dossier_person (
  dossier_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES dossier (id),
  name TEXT NOT NULL,
  fold TEXT COLLATE "C" NOT NULL,
  id_number TEXT COLLATE "C" NOT NULL,
  phone TEXT COLLATE "C" NOT NULL,
  email TEXT NOT NULL,
  address TEXT NOT NULL,
  representative TEXT NOT NULL
);
CREATE INDEX dossier_person_fold ON dossier_person (fold);
CREATE INDEX dossier_person_phone ON dossier_person (phone) WHERE phone <> '';
CREATE INDEX dossier_person_id_number ON dossier_person (id_number) WHERE id_number <> '';

CREATE TABLE dossier_fact (
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  seq INTEGER NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  due BIGINT,
  how TEXT COLLATE "C" NOT NULL,
  qty BIGINT NOT NULL,
  ref INTEGER NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (dossier_id, seq)
);

CREATE TABLE dossier_step (
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  body TEXT NOT NULL,
  hours BIGINT NOT NULL,
  beside BOOLEAN NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  came_at BIGINT,
  due_at BIGINT,
  done_at BIGINT,
  outcome TEXT COLLATE "C" NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (dossier_id, ord)
);

CREATE TABLE dossier_paper (
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  source TEXT COLLATE "C" NOT NULL CHECK (source IN ('paper', 'scanned', 'reused', 'national_store')),
  result BOOLEAN NOT NULL,
  file_key TEXT COLLATE "C" NOT NULL,
  file_name TEXT NOT NULL,
  file_type TEXT COLLATE "C" NOT NULL,
  file_size BIGINT NOT NULL,
  signed BOOLEAN NOT NULL,
  PRIMARY KEY (dossier_id, ord)
);

-- The last number given under a prefix and day; numbers are never given again.
CREATE TABLE dossier_number (
  prefix TEXT COLLATE "C" NOT NULL,
  day INTEGER NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (prefix, day)
);

-- Counters of what facts alone decide. in_ and out_ are dossiers that a merger or
-- split moved.
CREATE TABLE tally_day (
  unit_id TEXT COLLATE "C" NOT NULL,
  day INTEGER NOT NULL,
  procedure_code TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  received BIGINT NOT NULL,
  early BIGINT NOT NULL,
  on_time BIGINT NOT NULL,
  late BIGINT NOT NULL,
  moved_in BIGINT NOT NULL,
  moved_out BIGINT NOT NULL,
  PRIMARY KEY (unit_id, day, procedure_code, channel)
);

-- Measures of the service index by month: of receipt, except timed and timed_ok,
-- which go by the month in which the dossier ended or is held to have ended.
CREATE TABLE tally_month (
  unit_id TEXT COLLATE "C" NOT NULL,
  month INTEGER NOT NULL,
  received BIGINT NOT NULL,
  online BIGINT NOT NULL,
  e_result BIGINT NOT NULL,
  digitised BIGINT NOT NULL,
  reused BIGINT NOT NULL,
  population BIGINT NOT NULL,
  synced BIGINT NOT NULL,
  obliged BIGINT NOT NULL,
  paid_online BIGINT NOT NULL,
  displeased BIGINT NOT NULL,
  timed BIGINT NOT NULL,
  timed_ok BIGINT NOT NULL,
  PRIMARY KEY (unit_id, month)
);

-- The same by procedure; ended and ended_in_time go by the month of the end.
CREATE TABLE tally_procedure (
  unit_id TEXT COLLATE "C" NOT NULL,
  month INTEGER NOT NULL,
  procedure_code TEXT COLLATE "C" NOT NULL,
  received BIGINT NOT NULL,
  online BIGINT NOT NULL,
  population BIGINT NOT NULL,
  obliged BIGINT NOT NULL,
  paid_online BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  ended_in_time BIGINT NOT NULL,
  PRIMARY KEY (unit_id, month, procedure_code)
);
