-- +goose Up
-- Numbers of dossiers reserved for receipts written on paper during an outage. Each
-- ends as used or cancelled: every number has its answer.
CREATE TABLE reserved_number (
  code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  block TEXT COLLATE "C" NOT NULL,
  reserved_at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  dossier_id TEXT COLLATE "C" UNIQUE REFERENCES dossier (id),
  cancelled_at BIGINT,
  cancelled_by TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL
);
CREATE INDEX reserved_number_open ON reserved_number (unit_id, code) WHERE dossier_id IS NULL AND cancelled_at IS NULL;
CREATE INDEX reserved_number_unit ON reserved_number (unit_id, reserved_at);
