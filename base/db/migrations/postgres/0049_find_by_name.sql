-- +goose Up
-- A unit's dossiers in order of the applicants' names: without it a page of a list
-- sorted so reads and sorts all that the unit ever had.
CREATE INDEX dossier_find_name ON dossier_find (unit_id, name_key, dossier_id);
