-- +goose Up
-- What lists find and sort dossiers by: one narrow row each, and one row for each
-- word of it, in order of arrival so that a search can stop early.
CREATE TABLE dossier_find (
  dossier_id TEXT NOT NULL PRIMARY KEY REFERENCES dossier (id),
  unit_id TEXT NOT NULL,
  arrived INTEGER NOT NULL,
  words TEXT NOT NULL,    -- the name folded and the code's number, a blank before each
  name_key BLOB NOT NULL  -- orders names as a Vietnamese dictionary does
) STRICT, WITHOUT ROWID;
CREATE INDEX dossier_find_unit ON dossier_find (unit_id, arrived, dossier_id, words);
CREATE INDEX dossier_find_arrived ON dossier_find (arrived, dossier_id, unit_id, words);

CREATE TABLE dossier_word (
  word TEXT NOT NULL,
  arrived INTEGER NOT NULL,
  dossier_id TEXT NOT NULL,
  PRIMARY KEY (word, arrived, dossier_id)
) STRICT, WITHOUT ROWID;

-- How far dossiers that were there before have been entered, and by which rules.
CREATE TABLE dossier_find_state (
  one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  after_id TEXT NOT NULL
) STRICT;
INSERT INTO dossier_find_state (one, version, after_id) VALUES (1, 0, '');

DROP INDEX dossier_person_fold;

-- Filters and sort that a person keeps under a name.
CREATE TABLE saved_view (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  page TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  is_default INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  UNIQUE (account_id, page, name)
) STRICT;
