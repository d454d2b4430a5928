-- +goose Up
-- Where groups are scored by sets of their own, each group's set with its title,
-- maximum and bands; [] where one set scored all.
ALTER TABLE publication ADD COLUMN sets TEXT NOT NULL DEFAULT '[]';

-- A publication stays as it was published: a proposal can be approved or thrown away,
-- and that is all.
-- +goose StatementBegin
CREATE FUNCTION publication_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.approved_at IS NULL THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'a publication stays';
  END IF;
  IF OLD.approved_at IS NULL
    AND (to_jsonb(NEW) - 'approved_at' - 'approved_by') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'approved_at' - 'approved_by') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a publication does not change';
END $$;
-- +goose StatementEnd
CREATE TRIGGER publication_no_change BEFORE UPDATE OR DELETE ON publication
FOR EACH ROW EXECUTE FUNCTION publication_refuse();
-- +goose StatementBegin
CREATE FUNCTION publication_row_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT 1 FROM publication p WHERE p.id = OLD.publication_id AND p.approved_at IS NOT NULL) THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'a publication stays';
  END IF;
  RAISE EXCEPTION 'a publication does not change';
END $$;
-- +goose StatementEnd
CREATE TRIGGER publication_row_no_change BEFORE UPDATE OR DELETE ON publication_row
FOR EACH ROW EXECUTE FUNCTION publication_row_refuse();
