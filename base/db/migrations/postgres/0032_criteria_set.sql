-- +goose Up
-- Versions of criteria sets of the PAR index (bộ chỉ số CCHC). canonical is the set
-- itself, as YAML; the columns beside it are read from it, for lists. revision
-- counts the changes of a draft, so that two who edit it at once notice.
CREATE TABLE criteria_set (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  code TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0),
  level TEXT COLLATE "C" NOT NULL,
  year BIGINT NOT NULL,
  unit_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'issued', 'superseded')),
  title TEXT COLLATE "C" NOT NULL,
  basis TEXT COLLATE "C" NOT NULL,
  canonical TEXT COLLATE "C" NOT NULL,
  sha256 TEXT COLLATE "C" NOT NULL,
  frame_id TEXT COLLATE "C" REFERENCES criteria_set (id),
  issued_at BIGINT,
  issued_by TEXT COLLATE "C" NOT NULL DEFAULT '',
  note TEXT COLLATE "C" NOT NULL DEFAULT '',
  revision BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT COLLATE "C" NOT NULL,
  UNIQUE (unit_id, code, version),
  CHECK ((state = 'draft') = (issued_at IS NULL))
);
CREATE UNIQUE INDEX criteria_set_one_draft ON criteria_set (unit_id, code) WHERE state = 'draft';
CREATE UNIQUE INDEX criteria_set_one_issued ON criteria_set (unit_id, code) WHERE state = 'issued';

-- What was issued stays as it was issued: it can only be superseded.
-- +goose StatementBegin
CREATE FUNCTION criteria_set_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'draft' THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.state = 'issued' AND NEW.state = 'superseded'
    AND (NEW.id, NEW.code, NEW.version, NEW.level, NEW.year, NEW.unit_id, NEW.title, NEW.basis, NEW.canonical, NEW.sha256, NEW.frame_id, NEW.issued_at, NEW.issued_by, NEW.note)
      IS NOT DISTINCT FROM
      (OLD.id, OLD.code, OLD.version, OLD.level, OLD.year, OLD.unit_id, OLD.title, OLD.basis, OLD.canonical, OLD.sha256, OLD.frame_id, OLD.issued_at, OLD.issued_by, OLD.note) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an issued criteria set does not change';
END $$;
-- +goose StatementEnd
CREATE TRIGGER criteria_set_no_change BEFORE UPDATE OR DELETE ON criteria_set
FOR EACH ROW EXECUTE FUNCTION criteria_set_refuse();
