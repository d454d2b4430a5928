-- +goose Up
-- Lists of what ended late, or otherwise than by a result, and of what was entered
-- later, are a few in a hundred: the index tells which without a look at the rows.
-- Only what ended stands in it, so receiving a dossier costs nothing more.
DROP INDEX dossier_ended;
CREATE INDEX dossier_ended ON dossier (unit_id, ended_day, accepted_day, last_at, last_recorded, verdict, end_kind) WHERE ended_day IS NOT NULL;
