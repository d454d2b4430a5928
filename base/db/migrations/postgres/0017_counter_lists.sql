-- +goose Up
-- For which body elsewhere a dossier was received (phi địa giới hành chính).
CREATE TABLE dossier_elsewhere (
  dossier_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES dossier (id),
  body TEXT COLLATE "C" NOT NULL
);

-- Numbered lists of dossiers that leave the counter: to a body elsewhere, to a
-- division of the office, to the post (BCCI).
CREATE TABLE counter_list (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('outside', 'inside', 'post')),
  year BIGINT NOT NULL,
  number BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  day BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  made_at BIGINT NOT NULL,
  handed_at BIGINT,
  receiver TEXT COLLATE "C" NOT NULL,
  UNIQUE (unit_id, kind, year, number)
);
CREATE INDEX counter_list_day ON counter_list (unit_id, day);

CREATE TABLE counter_list_item (
  list_id TEXT COLLATE "C" NOT NULL REFERENCES counter_list (id),
  ord BIGINT NOT NULL,
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  kind TEXT COLLATE "C" NOT NULL,
  tracking TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('', 'back', 'delivered', 'failed')),
  outcome_at BIGINT,
  note TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (list_id, ord)
);
-- A dossier is out on one list of a kind at a time.
CREATE UNIQUE INDEX counter_list_item_out ON counter_list_item (dossier_id, kind) WHERE outcome = '';
CREATE INDEX counter_list_item_dossier ON counter_list_item (dossier_id);

-- Attempts to reach an applicant whose result lies ready.
CREATE TABLE dossier_contact (
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  ord BIGINT NOT NULL,
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  how TEXT COLLATE "C" NOT NULL CHECK (how IN ('phone', 'message', 'letter', 'visit', 'post')),
  note TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (dossier_id, ord)
);

-- Original papers that the office keeps until it gives them back.
CREATE TABLE dossier_original (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  name TEXT COLLATE "C" NOT NULL,
  place TEXT COLLATE "C" NOT NULL,
  kept_at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  returned_at BIGINT,
  returned_to TEXT COLLATE "C" NOT NULL,
  returned_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX dossier_original_dossier ON dossier_original (dossier_id);
CREATE INDEX dossier_original_here ON dossier_original (kept_at) WHERE returned_at IS NULL;
