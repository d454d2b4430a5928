-- +goose Up
-- What one person does to many dossiers at once: the run, and each dossier of it
-- with what became of it. A run that is cut off goes on where it stopped.
CREATE TABLE bulk_run (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,  -- made by the form, so that a form sent twice is one run
  account TEXT COLLATE "C" NOT NULL,
  act TEXT COLLATE "C" NOT NULL,
  to_account TEXT COLLATE "C" NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  how TEXT COLLATE "C" NOT NULL,
  made_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX bulk_run_account ON bulk_run (account, made_at, id);

CREATE TABLE bulk_item (
  run_id TEXT COLLATE "C" NOT NULL REFERENCES bulk_run (id),
  ord BIGINT NOT NULL,
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  until BIGINT,               -- an apology's new date
  done_at BIGINT,
  problem TEXT NOT NULL,  -- why it was not done: a message's key and arguments
  facts BIGINT NOT NULL,      -- how many the dossier had afterwards
  step BIGINT NOT NULL,       -- which step it was at
  holder TEXT COLLATE "C" NOT NULL,     -- whose that step was
  undone_at BIGINT,
  undo_problem TEXT NOT NULL,
  PRIMARY KEY (run_id, ord),
  UNIQUE (run_id, dossier_id)
);
