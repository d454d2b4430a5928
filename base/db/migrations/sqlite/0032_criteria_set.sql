-- +goose Up
-- Versions of criteria sets of the PAR index (bộ chỉ số CCHC). canonical is the set
-- itself, as YAML; the columns beside it are read from it, for lists. revision
-- counts the changes of a draft, so that two who edit it at once notice.
CREATE TABLE criteria_set (
  id TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  level TEXT NOT NULL,
  year INTEGER NOT NULL,
  unit_id TEXT NOT NULL REFERENCES unit (id),
  state TEXT NOT NULL CHECK (state IN ('draft', 'issued', 'superseded')),
  title TEXT NOT NULL,
  basis TEXT NOT NULL,
  canonical TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  frame_id TEXT REFERENCES criteria_set (id),
  issued_at INTEGER,
  issued_by TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  UNIQUE (unit_id, code, version),
  CHECK ((state = 'draft') = (issued_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX criteria_set_one_draft ON criteria_set (unit_id, code) WHERE state = 'draft';
CREATE UNIQUE INDEX criteria_set_one_issued ON criteria_set (unit_id, code) WHERE state = 'issued';

-- What was issued stays as it was issued: it can only be superseded.
-- +goose StatementBegin
CREATE TRIGGER criteria_set_no_change BEFORE UPDATE ON criteria_set
WHEN OLD.state <> 'draft' AND (OLD.state <> 'issued' OR NEW.state <> 'superseded'
  OR NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.version <> OLD.version OR NEW.level <> OLD.level
  OR NEW.year <> OLD.year OR NEW.unit_id <> OLD.unit_id OR NEW.title <> OLD.title OR NEW.basis <> OLD.basis
  OR NEW.canonical <> OLD.canonical OR NEW.sha256 <> OLD.sha256 OR NEW.frame_id IS NOT OLD.frame_id
  OR NEW.issued_at <> OLD.issued_at OR NEW.issued_by <> OLD.issued_by OR NEW.note <> OLD.note)
BEGIN SELECT RAISE(ABORT, 'an issued criteria set does not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER criteria_set_no_delete BEFORE DELETE ON criteria_set WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an issued criteria set stays'); END;
-- +goose StatementEnd
