-- +goose Up
-- The oldest schema whose programs still run on this one: see docs/adr/0037. Migrations
-- that take something away raise it.
CREATE TABLE schema_floor (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL
) STRICT;
INSERT INTO schema_floor (id, version) VALUES (1, 0);

-- When a server wrote last of all: a standby that has it is as new as that.
CREATE TABLE heartbeat (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

-- The code with which the first account is made, the same on every server; gone when it
-- is made.
CREATE TABLE first_run (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  code TEXT NOT NULL
) STRICT;

-- How far an import is, for the other servers: who works on it writes it every few
-- seconds.
CREATE TABLE import_progress (
  run_id TEXT NOT NULL PRIMARY KEY,
  done INTEGER NOT NULL,
  of_rows INTEGER NOT NULL,
  since INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
