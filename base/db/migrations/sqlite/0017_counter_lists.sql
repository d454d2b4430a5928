-- +goose Up
-- For which body elsewhere a dossier was received (phi địa giới hành chính).
CREATE TABLE dossier_elsewhere (
  dossier_id TEXT NOT NULL PRIMARY KEY REFERENCES dossier (id),
  body TEXT NOT NULL
) STRICT;

-- Numbered lists of dossiers that leave the counter: to a body elsewhere, to a
-- division of the office, to the post (BCCI).
CREATE TABLE counter_list (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  kind TEXT NOT NULL CHECK (kind IN ('outside', 'inside', 'post')),
  year INTEGER NOT NULL,
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  day INTEGER NOT NULL,
  account TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  handed_at INTEGER,
  receiver TEXT NOT NULL,
  UNIQUE (unit_id, kind, year, number)
) STRICT;
CREATE INDEX counter_list_day ON counter_list (unit_id, day);

CREATE TABLE counter_list_item (
  list_id TEXT NOT NULL REFERENCES counter_list (id),
  ord INTEGER NOT NULL,
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  kind TEXT NOT NULL,
  tracking TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('', 'back', 'delivered', 'failed')),
  outcome_at INTEGER,
  note TEXT NOT NULL,
  PRIMARY KEY (list_id, ord)
) STRICT, WITHOUT ROWID;
-- A dossier is out on one list of a kind at a time.
CREATE UNIQUE INDEX counter_list_item_out ON counter_list_item (dossier_id, kind) WHERE outcome = '';
CREATE INDEX counter_list_item_dossier ON counter_list_item (dossier_id);

-- Attempts to reach an applicant whose result lies ready.
CREATE TABLE dossier_contact (
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  ord INTEGER NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('phone', 'message', 'letter', 'visit', 'post')),
  note TEXT NOT NULL,
  PRIMARY KEY (dossier_id, ord)
) STRICT, WITHOUT ROWID;

-- Original papers that the office keeps until it gives them back.
CREATE TABLE dossier_original (
  id TEXT NOT NULL PRIMARY KEY,
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  kept_at INTEGER NOT NULL,
  account TEXT NOT NULL,
  returned_at INTEGER,
  returned_to TEXT NOT NULL,
  returned_by TEXT NOT NULL
) STRICT;
CREATE INDEX dossier_original_dossier ON dossier_original (dossier_id);
CREATE INDEX dossier_original_here ON dossier_original (kept_at) WHERE returned_at IS NULL;
