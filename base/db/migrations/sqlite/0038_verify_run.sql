-- +goose Up
-- When everything was recounted from facts (cchc verify), and what was found.
CREATE TABLE verify_run (
  started_at INTEGER NOT NULL PRIMARY KEY,
  finished_at INTEGER NOT NULL,
  dossiers INTEGER NOT NULL,
  differences INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
