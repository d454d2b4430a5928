-- +goose Up
-- For what somebody opens the scans of a dossier that is not on their hands, and until
-- when that holds. What was opened by it is in look, with the purpose.
CREATE TABLE look_open (
  object_id TEXT NOT NULL,
  account TEXT NOT NULL,
  on_behalf TEXT NOT NULL,
  token TEXT NOT NULL,
  purpose TEXT NOT NULL,
  until_at INTEGER NOT NULL,
  PRIMARY KEY (object_id, account, on_behalf, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX look_open_until ON look_open (until_at);
