-- +goose Up
-- Comparisons of our dossiers with another system's list of them, and what
-- differed. Only the first differences are kept; the counts are of all.
CREATE TABLE exchange_run (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  system TEXT NOT NULL,
  from_day INTEGER,
  to_day INTEGER,
  minutes INTEGER NOT NULL,
  file TEXT NOT NULL,
  account TEXT NOT NULL,
  person TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ours INTEGER NOT NULL,
  theirs INTEGER NOT NULL,
  same INTEGER NOT NULL,
  outside INTEGER NOT NULL,
  missing_there INTEGER NOT NULL,
  missing_here INTEGER NOT NULL,
  status_differs INTEGER NOT NULL,
  time_differs INTEGER NOT NULL
) STRICT;
CREATE INDEX exchange_run_unit ON exchange_run (unit_id, id);

CREATE TABLE exchange_difference (
  run_id TEXT NOT NULL REFERENCES exchange_run (id),
  ord INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'status', 'time')),
  code TEXT NOT NULL,
  dossier_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  our_status INTEGER NOT NULL,
  our_at INTEGER,
  their_status INTEGER NOT NULL,
  their_at INTEGER,
  sent_at INTEGER,
  PRIMARY KEY (run_id, ord)
) STRICT, WITHOUT ROWID;
