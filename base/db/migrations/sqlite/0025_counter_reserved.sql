-- +goose Up
-- Numbers of dossiers reserved for receipts written on paper during an outage. Each
-- ends as used or cancelled: every number has its answer.
CREATE TABLE reserved_number (
  code TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  block TEXT NOT NULL,
  reserved_at INTEGER NOT NULL,
  account TEXT NOT NULL,
  dossier_id TEXT UNIQUE REFERENCES dossier (id),
  cancelled_at INTEGER,
  cancelled_by TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX reserved_number_open ON reserved_number (unit_id, code) WHERE dossier_id IS NULL AND cancelled_at IS NULL;
CREATE INDEX reserved_number_unit ON reserved_number (unit_id, reserved_at);
