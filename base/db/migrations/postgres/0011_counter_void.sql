-- +goose Up
-- Which dossier was received in the place of one whose receipt was void.
CREATE TABLE dossier_replaced (
  dossier_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES dossier (id),
  by_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES dossier (id)
);
