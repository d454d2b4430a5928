-- +goose Up
-- What one person does to many dossiers at once: the run, and each dossier of it
-- with what became of it. A run that is cut off goes on where it stopped.
CREATE TABLE bulk_run (
  id TEXT NOT NULL PRIMARY KEY,  -- made by the form, so that a form sent twice is one run
  account TEXT NOT NULL,
  act TEXT NOT NULL,
  to_account TEXT NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  how TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX bulk_run_account ON bulk_run (account, made_at, id);

CREATE TABLE bulk_item (
  run_id TEXT NOT NULL REFERENCES bulk_run (id),
  ord INTEGER NOT NULL,
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  until INTEGER,               -- an apology's new date
  done_at INTEGER,
  problem TEXT NOT NULL,  -- why it was not done: a message's key and arguments
  facts INTEGER NOT NULL,      -- how many the dossier had afterwards
  step INTEGER NOT NULL,       -- which step it was at
  holder TEXT NOT NULL,     -- whose that step was
  undone_at INTEGER,
  undo_problem TEXT NOT NULL,
  PRIMARY KEY (run_id, ord),
  UNIQUE (run_id, dossier_id)
) STRICT;
