-- +goose Up
-- What the counter knows of an applicant's authorised representative beside the
-- name in dossier_person. Personal data: erased with the row there.
CREATE TABLE dossier_agent (
  dossier_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES dossier (id),
  id_number TEXT COLLATE "C" NOT NULL,
  phone TEXT COLLATE "C" NOT NULL,
  relation TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL
);

-- What a unit sets for its counter; what has no row is as the unit above sets it,
-- or as the product proposes.
CREATE TABLE counter_setting (
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  name TEXT COLLATE "C" NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (unit_id, name)
);
