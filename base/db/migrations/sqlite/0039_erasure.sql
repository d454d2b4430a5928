-- +goose Up
-- Whose personal data were erased, at whose request: that they were, not what they
-- were. part: the applicant with all that the dossier knew of people, or only the
-- representative.
CREATE TABLE dossier_erased (
  dossier_id TEXT NOT NULL REFERENCES dossier (id),
  part TEXT NOT NULL CHECK (part IN ('applicant', 'agent')),
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (dossier_id, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX dossier_agent_id_number ON dossier_agent (id_number) WHERE id_number <> '';

-- The trail only grows; what may change in an entry are the words that people typed
-- where a person was erased, and this says in which entries that was done.
CREATE TABLE audit_redacted (
  entry_id TEXT NOT NULL REFERENCES audit_entry (id),
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  PRIMARY KEY (entry_id, at)
) STRICT, WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER audit_redacted_no_update BEFORE UPDATE ON audit_redacted
BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_redacted_no_delete BEFORE DELETE ON audit_redacted
BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
-- +goose StatementEnd
DROP TRIGGER audit_entry_no_update;
-- +goose StatementBegin
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
WHEN NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.account <> OLD.account OR NEW.verb <> OLD.verb OR NEW.kind <> OLD.kind
  OR NEW.object_id <> OLD.object_id OR NEW.unit_id <> OLD.unit_id OR NEW.on_behalf <> OLD.on_behalf
  OR NOT EXISTS (SELECT 1 FROM audit_redacted r WHERE r.entry_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
-- +goose StatementEnd
