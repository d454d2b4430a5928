-- +goose Up
-- Runs of imports (lượt nhập): one file from its upload to its end. The file is
-- kept under its hash.
CREATE TABLE import_run (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  file_key TEXT NOT NULL,
  file_size INTEGER NOT NULL,
  format TEXT NOT NULL,
  sheets TEXT NOT NULL,
  sheet TEXT NOT NULL,
  options TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'checking', 'checked', 'storing', 'done', 'failed', 'abandoned')),
  account TEXT NOT NULL,
  person TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  read_at INTEGER,
  ended_at INTEGER,
  row_count INTEGER NOT NULL,
  fresh INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  same INTEGER NOT NULL,
  wrong INTEGER NOT NULL,
  left_out INTEGER NOT NULL,
  notes TEXT NOT NULL,
  header TEXT NOT NULL,
  fault TEXT NOT NULL,
  mended_key TEXT NOT NULL
) STRICT;
CREATE INDEX import_run_created ON import_run (created_at, id);
CREATE INDEX import_run_file ON import_run (file_key, kind);

-- Wrong rows of a run that is not over; they may name persons, and go with it.
CREATE TABLE import_flaw (
  run_id TEXT NOT NULL REFERENCES import_run (id),
  ord INTEGER NOT NULL,
  line INTEGER NOT NULL,
  place INTEGER NOT NULL,
  cells TEXT NOT NULL,
  fault TEXT NOT NULL,
  PRIMARY KEY (run_id, ord)
) STRICT, WITHOUT ROWID;

-- What people said that a header means, for the next file of the kind.
CREATE TABLE import_header (
  kind TEXT NOT NULL,
  header TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (kind, header)
) STRICT, WITHOUT ROWID;
