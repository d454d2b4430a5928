-- +goose Up
-- Where groups are scored by sets of their own, each group's set with its title,
-- maximum and bands; [] where one set scored all.
ALTER TABLE publication ADD COLUMN sets TEXT NOT NULL DEFAULT '[]';

-- A publication stays as it was published: a proposal can be approved or thrown away,
-- and that is all.
-- +goose StatementBegin
CREATE TRIGGER publication_no_change BEFORE UPDATE OF id, unit_id, publisher, round_id, year, level, title, number, decided_day, source, supersedes, reason, ties, decimals, weighting,
  bands, mean, stated, sums, facts, set_ref, set_title, set_max, made_at, made_by, breakers, sets ON publication
BEGIN SELECT RAISE(ABORT, 'a publication does not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_approved_once BEFORE UPDATE ON publication WHEN OLD.approved_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a publication does not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication WHEN OLD.approved_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a publication stays'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_row_no_change BEFORE UPDATE ON publication_row
BEGIN SELECT RAISE(ABORT, 'a publication does not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_row_no_delete BEFORE DELETE ON publication_row
WHEN EXISTS (SELECT 1 FROM publication p WHERE p.id = OLD.publication_id AND p.approved_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a publication stays'); END;
-- +goose StatementEnd
