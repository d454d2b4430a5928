-- +goose Up
-- Comparisons run as jobs: how far one is, what list it reads, and why it failed.
-- A run without a row was made at once, by older versions.
CREATE TABLE exchange_work (
  run_id TEXT NOT NULL PRIMARY KEY REFERENCES exchange_run (id),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'fetching', 'comparing', 'done', 'failed')),
  file_key TEXT NOT NULL,
  address TEXT NOT NULL,
  lines INTEGER NOT NULL,
  finished_at INTEGER,
  fault TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where a link's own list of our dossiers is fetched.
CREATE TABLE exchange_list (
  link_id TEXT NOT NULL PRIMARY KEY REFERENCES exchange_link (id),
  url TEXT NOT NULL
) STRICT, WITHOUT ROWID;
