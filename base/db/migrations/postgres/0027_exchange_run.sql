-- +goose Up
-- Comparisons of our dossiers with another system's list of them, and what
-- differed. Only the first differences are kept; the counts are of all.
CREATE TABLE exchange_run (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  unit_id TEXT COLLATE "C" NOT NULL,
  link_id TEXT COLLATE "C" NOT NULL,
  system TEXT COLLATE "C" NOT NULL,
  from_day BIGINT,
  to_day BIGINT,
  minutes BIGINT NOT NULL,
  file TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  person TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  ours BIGINT NOT NULL,
  theirs BIGINT NOT NULL,
  same BIGINT NOT NULL,
  outside BIGINT NOT NULL,
  missing_there BIGINT NOT NULL,
  missing_here BIGINT NOT NULL,
  status_differs BIGINT NOT NULL,
  time_differs BIGINT NOT NULL
);
CREATE INDEX exchange_run_unit ON exchange_run (unit_id, id);

CREATE TABLE exchange_difference (
  run_id TEXT COLLATE "C" NOT NULL REFERENCES exchange_run (id),
  ord BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'status', 'time')),
  code TEXT COLLATE "C" NOT NULL,
  dossier_id TEXT COLLATE "C" NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL,
  our_status BIGINT NOT NULL,
  our_at BIGINT,
  their_status BIGINT NOT NULL,
  their_at BIGINT,
  sent_at BIGINT,
  PRIMARY KEY (run_id, ord)
);
