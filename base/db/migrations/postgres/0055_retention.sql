-- +goose Up
-- How long dossiers of a field (lĩnh vực) keep their people's data where a unit's list
-- of retention periods (danh mục thời hạn lưu trữ) gives another period than its usual
-- one. The last row of a unit and field holds; months NULL takes it back.
CREATE TABLE dossier_keep (
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  sector TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  months BIGINT,
  basis TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (unit_id, sector, seq)
);

-- Dossiers under inspection, complaint or in court: nothing of their people goes while
-- a hold lasts, whoever asks.
CREATE TABLE dossier_hold (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  reason TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  ended_at BIGINT,
  ended_by TEXT COLLATE "C" NOT NULL,
  ended_why TEXT COLLATE "C" NOT NULL
);
CREATE INDEX dossier_hold_of ON dossier_hold (dossier_id);

-- What a retention rule would take people out of, as somebody approves or refuses it.
CREATE TABLE retention_proposal (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'refused', 'approved', 'done')),
  quantity BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  done_at BIGINT,
  erased BIGINT NOT NULL
);
CREATE INDEX retention_proposal_unit ON retention_proposal (unit_id, at);
CREATE TABLE retention_item (
  proposal_id TEXT COLLATE "C" NOT NULL REFERENCES retention_proposal (id),
  dossier_id TEXT COLLATE "C" NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  kept_until BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'erased', 'kept')),
  problem TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (proposal_id, dossier_id)
);

-- Requests of people about their own data (yêu cầu của chủ thể dữ liệu), numbered by
-- unit and year. What a person typed is personal and goes when the person is erased.
CREATE TABLE subject_request (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  year BIGINT NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('access', 'correct', 'delete')),
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  code TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('counter', 'public')),
  name TEXT COLLATE "C" NOT NULL,
  contact TEXT COLLATE "C" NOT NULL,
  asks TEXT COLLATE "C" NOT NULL,
  received_at BIGINT NOT NULL,
  received_by TEXT COLLATE "C" NOT NULL,
  due_at BIGINT NOT NULL,
  identity TEXT COLLATE "C" NOT NULL,
  assigned_to TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('', 'granted', 'refused')),
  answered_at BIGINT,
  answered_by TEXT COLLATE "C" NOT NULL,
  answer TEXT COLLATE "C" NOT NULL,
  basis TEXT COLLATE "C" NOT NULL,
  UNIQUE (unit_id, year, number)
);
CREATE INDEX subject_request_open ON subject_request (due_at) WHERE answered_at IS NULL;
CREATE INDEX subject_request_unit ON subject_request (unit_id, received_at);
CREATE INDEX subject_request_dossier ON subject_request (dossier_id);
