-- +goose Up
-- Files of the store that were deleted lately, or are being deleted: a row that is about
-- to refer to a file makes sure that it is not one of these. done: the deleting is over.
-- turn tells one deleting of the same content from the next. They are dropped after a day.
CREATE TABLE erased_file (
  key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  turn TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  done INTEGER NOT NULL
);

-- Whether a dossier refers to a file is asked before it is deleted.
CREATE INDEX dossier_paper_file ON dossier_paper (file_key) WHERE file_key <> '';
