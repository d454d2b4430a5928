-- +goose Up
-- Runs of imports (lượt nhập): one file from its upload to its end. The file is
-- kept under its hash.
CREATE TABLE import_run (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  file_key TEXT NOT NULL,
  file_size BIGINT NOT NULL,
  format TEXT NOT NULL,
  sheets TEXT NOT NULL,
  sheet TEXT NOT NULL,
  options TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'checking', 'checked', 'storing', 'done', 'failed', 'abandoned')),
  account TEXT NOT NULL,
  person TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT,
  ended_at BIGINT,
  row_count BIGINT NOT NULL,
  fresh BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  same BIGINT NOT NULL,
  wrong BIGINT NOT NULL,
  left_out BIGINT NOT NULL,
  notes TEXT NOT NULL,
  header TEXT NOT NULL,
  fault TEXT NOT NULL,
  mended_key TEXT NOT NULL
);
CREATE INDEX import_run_created ON import_run (created_at, id);
CREATE INDEX import_run_file ON import_run (file_key, kind);

-- Wrong rows of a run that is not over; they may name persons, and go with it.
CREATE TABLE import_flaw (
  run_id TEXT NOT NULL REFERENCES import_run (id),
  ord BIGINT NOT NULL,
  line BIGINT NOT NULL,
  place BIGINT NOT NULL,
  cells TEXT NOT NULL,
  fault TEXT NOT NULL,
  PRIMARY KEY (run_id, ord)
);

-- What people said that a header means, for the next file of the kind.
CREATE TABLE import_header (
  kind TEXT NOT NULL,
  header TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (kind, header)
);
