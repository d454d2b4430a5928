-- +goose Up
-- What the counter knows of an applicant's authorised representative beside the
-- name in dossier_person. Personal data: erased with the row there.
CREATE TABLE dossier_agent (
  dossier_id TEXT NOT NULL PRIMARY KEY REFERENCES dossier (id),
  id_number TEXT NOT NULL,
  phone TEXT NOT NULL,
  relation TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;

-- What a unit sets for its counter; what has no row is as the unit above sets it,
-- or as the product proposes.
CREATE TABLE counter_setting (
  unit_id TEXT NOT NULL REFERENCES unit (id),
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (unit_id, name)
) STRICT, WITHOUT ROWID;
