-- +goose Up
-- The open dossiers of one unit in the order of their lists: a page of them is read
-- without sorting the rest.
CREATE INDEX dossier_open_unit ON dossier (unit_id, (COALESCE(due_at, 4503599627370496)), id) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
