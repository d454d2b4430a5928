-- +goose Up
-- What is under way in the order in which it is due, whatever the unit: the list
-- of a province reads as many rows as it shows.
CREATE INDEX dossier_open_order ON dossier ((COALESCE(due_at, 4503599627370496)), id) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
