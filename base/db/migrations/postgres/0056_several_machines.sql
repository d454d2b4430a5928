-- +goose Up
-- The oldest schema whose programs still run on this one: see docs/adr/0037. Migrations
-- that take something away raise it.
CREATE TABLE schema_floor (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL
);
INSERT INTO schema_floor (id, version) VALUES (1, 0);

-- When a server wrote last of all: a standby that has it is as new as that.
CREATE TABLE heartbeat (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  at BIGINT NOT NULL
);

-- The code with which the first account is made, the same on every server; gone when it
-- is made.
CREATE TABLE first_run (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  code TEXT COLLATE "C" NOT NULL
);

-- How far an import is, for the other servers: who works on it writes it every few
-- seconds.
CREATE TABLE import_progress (
  run_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  done BIGINT NOT NULL,
  of_rows BIGINT NOT NULL,
  since BIGINT NOT NULL,
  at BIGINT NOT NULL
);
