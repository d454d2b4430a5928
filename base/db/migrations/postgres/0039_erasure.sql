-- +goose Up
-- Whose personal data were erased, at whose request: that they were, not what they
-- were. part: the applicant with all that the dossier knew of people, or only the
-- representative.
CREATE TABLE dossier_erased (
  dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossier (id),
  part TEXT COLLATE "C" NOT NULL CHECK (part IN ('applicant', 'agent')),
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (dossier_id, part)
);
CREATE INDEX dossier_agent_id_number ON dossier_agent (id_number) WHERE id_number <> '';

-- The trail only grows; what may change in an entry are the words that people typed
-- where a person was erased, and this says in which entries that was done.
CREATE TABLE audit_redacted (
  entry_id TEXT COLLATE "C" NOT NULL REFERENCES audit_entry (id),
  at BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (entry_id, at)
);
CREATE TRIGGER audit_redacted_no_change BEFORE UPDATE OR DELETE ON audit_redacted
FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse();
CREATE TRIGGER audit_redacted_no_truncate BEFORE TRUNCATE ON audit_redacted
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse();
-- +goose StatementBegin
CREATE FUNCTION audit_entry_redact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM audit_redacted r WHERE r.entry_id = OLD.id)
    AND (NEW.id, NEW.at, NEW.account, NEW.verb, NEW.kind, NEW.object_id, NEW.unit_id, NEW.on_behalf)
      = (OLD.id, OLD.at, OLD.account, OLD.verb, OLD.kind, OLD.object_id, OLD.unit_id, OLD.on_behalf) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit trail only grows';
END $$;
-- +goose StatementEnd
DROP TRIGGER audit_entry_no_change ON audit_entry;
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_redact();
