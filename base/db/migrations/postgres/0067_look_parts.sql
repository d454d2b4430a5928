-- +goose Up
-- What was in a file, some hundred things to a row and in order: a file of 30,000
-- dossiers wrote as many rows, each to a place of its own in a table that grew by as
-- many with every file. ids: each between two '|'. The rows of before stay where they
-- are and are read as well; look_export_item goes when nothing writes it (docs/adr/0037).
CREATE TABLE look_export_part (
  export_id TEXT COLLATE "C" NOT NULL REFERENCES look_export (id),
  first_id TEXT COLLATE "C" NOT NULL,
  last_id TEXT COLLATE "C" NOT NULL,
  ids TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (export_id, first_id)
);
CREATE INDEX look_export_part_of ON look_export_part (first_id, last_id, export_id);
