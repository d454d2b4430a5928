-- +goose Up
-- What is open in the order in which it came. What is counted of it is kept in memory
-- now (docs/adr/0037): the wide index that counting went along has no use any more.
CREATE INDEX dossier_open_received ON dossier (unit_id, registered_at, id) WHERE ended_at IS NULL AND accepted_at IS NOT NULL;
DROP INDEX dossier_under_way;
