-- +goose Up
-- When everything was recounted from facts (cchc verify), and what was found.
CREATE TABLE verify_run (
  started_at BIGINT NOT NULL PRIMARY KEY,
  finished_at BIGINT NOT NULL,
  dossiers BIGINT NOT NULL,
  differences BIGINT NOT NULL
);
