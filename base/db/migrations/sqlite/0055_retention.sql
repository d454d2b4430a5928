-- +goose Up
-- How long dossiers of a field (lĩnh vực) keep their people's data where a unit's list
-- of retention periods (danh mục thời hạn lưu trữ) gives another period than its usual
-- one. The last row of a unit and field holds; months NULL takes it back.
CREATE TABLE dossier_keep (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  sector TEXT NOT NULL,
  seq INTEGER NOT NULL,
  months INTEGER,
  basis TEXT NOT NULL,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (unit_id, sector, seq)
) STRICT, WITHOUT ROWID;

-- Dossiers under inspection, complaint or in court: nothing of their people goes while
-- a hold lasts, whoever asks.
CREATE TABLE dossier_hold (
  id TEXT NOT NULL PRIMARY KEY,
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  ended_at INTEGER,
  ended_by TEXT NOT NULL,
  ended_why TEXT NOT NULL
) STRICT;
CREATE INDEX dossier_hold_of ON dossier_hold (dossier_id);

-- What a retention rule would take people out of, as somebody approves or refuses it.
CREATE TABLE retention_proposal (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'refused', 'approved', 'done')),
  quantity INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT NOT NULL,
  document TEXT NOT NULL,
  reason TEXT NOT NULL,
  done_at INTEGER,
  erased INTEGER NOT NULL
) STRICT;
CREATE INDEX retention_proposal_unit ON retention_proposal (unit_id, at);
CREATE TABLE retention_item (
  proposal_id TEXT NOT NULL REFERENCES retention_proposal (id),
  dossier_id TEXT NOT NULL,
  code TEXT NOT NULL,
  kept_until INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'erased', 'kept')),
  problem TEXT NOT NULL,
  PRIMARY KEY (proposal_id, dossier_id)
) STRICT, WITHOUT ROWID;

-- Requests of people about their own data (yêu cầu của chủ thể dữ liệu), numbered by
-- unit and year. What a person typed is personal and goes when the person is erased.
CREATE TABLE subject_request (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  year INTEGER NOT NULL,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('access', 'correct', 'delete')),
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  code TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('counter', 'public')),
  name TEXT NOT NULL,
  contact TEXT NOT NULL,
  asks TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  received_by TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  identity TEXT NOT NULL,
  assigned_to TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('', 'granted', 'refused')),
  answered_at INTEGER,
  answered_by TEXT NOT NULL,
  answer TEXT NOT NULL,
  basis TEXT NOT NULL,
  UNIQUE (unit_id, year, number)
) STRICT;
CREATE INDEX subject_request_open ON subject_request (due_at) WHERE answered_at IS NULL;
CREATE INDEX subject_request_unit ON subject_request (unit_id, received_at);
CREATE INDEX subject_request_dossier ON subject_request (dossier_id);
