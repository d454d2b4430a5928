-- +goose Up
-- Comparisons run as jobs: how far one is, what list it reads, and why it failed.
-- A run without a row was made at once, by older versions.
CREATE TABLE exchange_work (
  run_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES exchange_run (id),
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'fetching', 'comparing', 'done', 'failed')),
  file_key TEXT COLLATE "C" NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  lines BIGINT NOT NULL,
  finished_at BIGINT,
  fault TEXT COLLATE "C" NOT NULL
);

-- Where a link's own list of our dossiers is fetched.
CREATE TABLE exchange_list (
  link_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES exchange_link (id),
  url TEXT COLLATE "C" NOT NULL
);
