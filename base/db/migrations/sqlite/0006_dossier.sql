-- +goose Up
-- Dossiers (hồ sơ). Table dossier_fact is the truth; dossier holds what follows
-- from it, moved in the same write, and the tallies count it.
CREATE TABLE dossier (
  id TEXT NOT NULL PRIMARY KEY,
  system TEXT NOT NULL,
  code TEXT NOT NULL,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  promised_unit_id TEXT NOT NULL REFERENCES unit (id),
  procedure_code TEXT NOT NULL,
  version_id TEXT REFERENCES procedure_version (id),
  sector TEXT NOT NULL,
  case_code TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('direct', 'online', 'post')),
  return_by TEXT NOT NULL CHECK (return_by IN ('counter', 'post', 'online')),
  area_class TEXT NOT NULL,
  territorial INTEGER NOT NULL,
  convention TEXT NOT NULL,
  limit_qty INTEGER,
  limit_unit TEXT NOT NULL,
  limit_basis TEXT NOT NULL,
  stops_as TEXT NOT NULL,
  external_due INTEGER NOT NULL,
  rating_token TEXT NOT NULL,
  -- what follows from the facts
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 10),
  registered_at INTEGER,
  accepted_at INTEGER,
  accepted_day INTEGER,
  not_accepted_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  ended_day INTEGER,
  end_kind TEXT NOT NULL,
  returned_at INTEGER,
  due_original INTEGER,
  due_at INTEGER,
  due_day INTEGER,
  due_promised INTEGER,
  due_maximum INTEGER,
  waiting TEXT NOT NULL,
  waiting_since INTEGER,
  waiting_late INTEGER NOT NULL,
  supplements INTEGER NOT NULL,
  asked_before INTEGER NOT NULL,
  withdrawal_at INTEGER,
  apology_at INTEGER,
  verdict TEXT NOT NULL,
  timed_day INTEGER,
  timed_ok INTEGER NOT NULL,
  marks INTEGER NOT NULL,
  rating INTEGER NOT NULL,
  transfers INTEGER NOT NULL,
  by_instant INTEGER NOT NULL,
  facts INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last_recorded INTEGER NOT NULL,
  -- who holds it now
  step_name TEXT NOT NULL,
  step_role TEXT NOT NULL,
  step_account TEXT NOT NULL,
  step_due INTEGER,
  UNIQUE (system, code)
) STRICT;
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
  dossier_id TEXT NOT NULL PRIMARY KEY REFERENCES dossier (id),
  name TEXT NOT NULL,
  fold TEXT NOT NULL,
  id_number TEXT NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  address TEXT NOT NULL,
  representative TEXT NOT NULL
) STRICT;
CREATE INDEX dossier_person_fold ON dossier_person (fold);
CREATE INDEX dossier_person_phone ON dossier_person (phone) WHERE phone <> '';
CREATE INDEX dossier_person_id_number ON dossier_person (id_number) WHERE id_number <> '';

CREATE TABLE dossier_fact (
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  account TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  due INTEGER,
  how TEXT NOT NULL,
  qty INTEGER NOT NULL,
  ref INTEGER NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (dossier_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE dossier_step (
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  body TEXT NOT NULL,
  hours INTEGER NOT NULL,
  beside INTEGER NOT NULL,
  account TEXT NOT NULL,
  came_at INTEGER,
  due_at INTEGER,
  done_at INTEGER,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (dossier_id, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE dossier_paper (
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  ord INTEGER NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('paper', 'scanned', 'reused', 'national_store')),
  result INTEGER NOT NULL,
  file_key TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_type TEXT NOT NULL,
  file_size INTEGER NOT NULL,
  signed INTEGER NOT NULL,
  PRIMARY KEY (dossier_id, ord)
) STRICT, WITHOUT ROWID;

-- The last number given under a prefix and day; numbers are never given again.
CREATE TABLE dossier_number (
  prefix TEXT NOT NULL,
  day INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (prefix, day)
) STRICT, WITHOUT ROWID;

-- Counters of what facts alone decide. in_ and out_ are dossiers that a merger or
-- split moved.
CREATE TABLE tally_day (
  unit_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  procedure_code TEXT NOT NULL,
  channel TEXT NOT NULL,
  received INTEGER NOT NULL,
  early INTEGER NOT NULL,
  on_time INTEGER NOT NULL,
  late INTEGER NOT NULL,
  moved_in INTEGER NOT NULL,
  moved_out INTEGER NOT NULL,
  PRIMARY KEY (unit_id, day, procedure_code, channel)
) STRICT, WITHOUT ROWID;

-- Measures of the service index by month: of receipt, except timed and timed_ok,
-- which go by the month in which the dossier ended or is held to have ended.
CREATE TABLE tally_month (
  unit_id TEXT NOT NULL,
  month INTEGER NOT NULL,
  received INTEGER NOT NULL,
  online INTEGER NOT NULL,
  e_result INTEGER NOT NULL,
  digitised INTEGER NOT NULL,
  reused INTEGER NOT NULL,
  population INTEGER NOT NULL,
  synced INTEGER NOT NULL,
  obliged INTEGER NOT NULL,
  paid_online INTEGER NOT NULL,
  displeased INTEGER NOT NULL,
  timed INTEGER NOT NULL,
  timed_ok INTEGER NOT NULL,
  PRIMARY KEY (unit_id, month)
) STRICT, WITHOUT ROWID;

-- The same by procedure; ended and ended_in_time go by the month of the end.
CREATE TABLE tally_procedure (
  unit_id TEXT NOT NULL,
  month INTEGER NOT NULL,
  procedure_code TEXT NOT NULL,
  received INTEGER NOT NULL,
  online INTEGER NOT NULL,
  population INTEGER NOT NULL,
  obliged INTEGER NOT NULL,
  paid_online INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  ended_in_time INTEGER NOT NULL,
  PRIMARY KEY (unit_id, month, procedure_code)
) STRICT, WITHOUT ROWID;
